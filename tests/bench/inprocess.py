"""One exchange without disk and network: what the protocol itself costs both sides.

Seal, state, sign one head for a batch; verify the head, join it, believe each statement, open; a
receipt each, stated under one head of the other log; verify, join, believe. Logs of a million
leaves. The pieces are those that the services call.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from keys.digest import new_salt, sha256
from keys.recipient import RecipientKey, RecipientSecret, new_seed
from keys.signing import NoteSigner
from protocol.delivery.urgency import Urgency
from protocol.envelope.content import Content, encode_inner
from protocol.envelope.header import DirectoryStamp
from protocol.envelope.seal import Address, SealedEnvelope, open_envelope, seal
from protocol.identifiers import LogOrigin, MessageId, NodeId
from protocol.log.checkpoint import Checkpoint, TreeHead, read_checkpoint
from protocol.log.proof import InclusionProof, believe
from protocol.log.signing import sign_head
from protocol.log.statement import (
    Statement,
    StatementKind,
    envelope_sent,
    receipt_given,
    receipt_obtained,
)
from protocol.log.tree import Frontier, check_consistency, consistency_path, inclusion_path
from protocol.receipt import Receipt, Stage
from tests.bench.measure import Figure, Work, compare
from tests.bench.primitives import LEAVES, UniformTree

NOW_MS: Final = 1_795_000_000_000
STAMP: Final = DirectoryStamp(root_version=1, timestamp_version=1, digest=bytes(32))
RO: Final = NodeId("RO", 1)
FR: Final = NodeId("FR", 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A head with what joins it to the one before, and a proof for each statement under it."""

    head: Checkpoint
    joined: tuple[bytes, ...]
    proofs: tuple[InclusionProof, ...]


class Log:
    """One log of a million alike leaves, and what is added to it."""

    def __init__(self, node: NodeId) -> None:
        self.origin = LogOrigin(node, 1)
        self._signer = NoteSigner(str(self.origin), sha256(b"e"), sha256(b"m"))
        self.verifiers = self._signer.verifiers
        self._old = UniformTree()
        self._new: dict[tuple[int, int], bytes] = {}
        self._frontier = Frontier(LEAVES, (self._old(LEAVES.bit_length() - 1, 0),))
        self._signed = LEAVES

    def __call__(self, level: int, index: int) -> bytes:
        """Return the hash of a complete subtree."""
        if (index + 1) << level <= LEAVES:
            return self._old(level, index)
        return self._new[level, index]

    @property
    def head(self) -> TreeHead:
        """The tree as it stands."""
        return TreeHead(origin=self.origin, size=self._frontier.size, root=self._frontier.root())

    def add(self, statement: Statement) -> int:
        """Append a statement; return its index."""
        index = self._frontier.size
        for level, made in enumerate(self._frontier.append(statement.leaf_hash)):
            self._new[level, index >> level] = made
        return index

    def state(self, statements: Sequence[Statement]) -> Stated:
        """Append statements under one signed head."""
        indices = [self.add(one) for one in statements]
        head = self.head
        proofs = tuple(
            InclusionProof(index=index, path=inclusion_path(index, head.size, self))
            for index in indices
        )
        joined = consistency_path(self._signed, head.size, self)
        self._signed = head.size
        return Stated(
            head=sign_head(self._signer, head, timestamp_s=NOW_MS // 1000),
            joined=joined,
            proofs=proofs,
        )


class Held:
    """What one side holds of the other one's log."""

    def __init__(self, log: Log) -> None:
        self._verifiers = log.verifiers
        self._head = log.head

    def join(self, stated: Stated) -> Checkpoint:
        """Verify a head and that it goes on from the one held."""
        checkpoint = read_checkpoint(stated.head.note, self._verifiers, now_ms=NOW_MS)
        old, new = self._head, checkpoint.head
        check_consistency(old.size, new.size, old.root, new.root, stated.joined)
        self._head = new
        return checkpoint


class Pair:
    """Two sides that exchange."""

    def __init__(self) -> None:
        self._sender, self._receiver = Log(RO), Log(FR)
        self._of_sender, self._of_receiver = Held(self._sender), Held(self._receiver)
        secret = RecipientSecret(new_seed())
        self._secrets = {secret.key_id: secret}
        self._recipients = (RecipientKey(secret.public),)

    def exchange(self, inners: Sequence[bytes]) -> None:
        """Carry a batch there and its receipts back."""
        sent = [seal(inner, address(), self._recipients) for inner in inners]
        there = self._sender.state([envelope_sent(one.header, one.wraps) for one in sent])
        receipts, back = self._received(sent, there)
        checkpoint = self._of_receiver.join(back)
        for encoded, proof in zip(receipts, back.proofs, strict=True):
            statement = receipt_given(encoded)
            believe(StatementKind.RECEIPT_GIVEN, statement.digest, proof, checkpoint)
            Receipt.decode(encoded)
            self._sender.add(receipt_obtained(statement.digest, new_salt()))

    def _received(
        self, sent: Sequence[SealedEnvelope], there: Stated
    ) -> tuple[list[bytes], Stated]:
        checkpoint = self._of_sender.join(there)
        receipts = []
        for one, proof in zip(sent, there.proofs, strict=True):
            statement = envelope_sent(one.header, one.wraps)
            believe(StatementKind.ENVELOPE_SENT, statement.digest, proof, checkpoint)
            opened = open_envelope(one.header, one.wraps, one.body, self._secrets)
            receipts.append(
                Receipt(
                    stage=Stage.ACCEPTED,
                    mid=opened.header.mid,
                    header_digest=sha256(one.header),
                    envelope_digest=statement.digest,
                    by=FR,
                    for_=RO,
                    t_ms=NOW_MS,
                    why=None,
                    directory=STAMP,
                ).encode()
            )
        return receipts, self._receiver.state([receipt_given(one) for one in receipts])


def measure(*, rounds: int) -> dict[str, Figure]:
    """Measure one exchange in batches of several sizes.

    Args:
        rounds: Turns of each.

    Returns:
        Processor time of ONE exchange, both sides, by `exchange_SIZE_BATCH`.
    """
    cases = {
        f"exchange_{name}_by_{batch}": (size, batch)
        for name, size in (("1k", 1024), ("4k", 4096), ("1m", 1 << 20))
        for batch in (1, 16, 64)
        if size < 1 << 20 or batch == 1
    }
    found = compare({name: work(*case) for name, case in cases.items()}, rounds=rounds)
    return {
        name: Figure(
            us=round(figure.us / cases[name][1], 2), spread=figure.spread, rounds=figure.rounds
        )
        for name, figure in found.items()
    }


def work(size: int, batch: int) -> Work:
    """Return an exchange of a batch, ready to be called again and again."""
    pair = Pair()
    inners = [inner(size)] * batch
    return lambda: pair.exchange(inners)


def inner(size: int) -> bytes:
    """Return what is sealed: a document with a text of this length."""
    where = address()
    content = Content(
        mid=where.mid,
        sender=where.sender,
        recipient=where.recipient,
        t_ms=NOW_MS,
        type="note",
        thread=where.mid,
        re=None,
        body={"text": "x" * size},
        files=(),
    )
    return encode_inner(content.encode(), [])


def address() -> Address:
    """Return where it goes."""
    return Address(
        mid=MessageId(bytes(16)),
        sender=RO,
        recipient=FR,
        t_ms=NOW_MS,
        exp_ms=NOW_MS + 86_400_000,
        cls=Urgency.P2,
        directory=STAMP,
    )
