"""The two nodes of the kept exchange: their keys, made from repeated bytes, and their logs."""

import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from keys.certificate import make_identity
from keys.nodekeys import NodeKeys, Prekey
from keys.recipient import RecipientKey, RecipientSecret
from protocol.encoding import encode
from protocol.envelope.header import DirectoryStamp
from protocol.identifiers import LogOrigin, NodeId
from protocol.joining import JoinRequest, build_join_request, node_part
from protocol.keyset import KeySet, PrekeyEntry
from protocol.log.checkpoint import Checkpoint, TreeHead
from protocol.log.proof import InclusionProof
from protocol.log.signing import sign_head
from protocol.log.statement import Statement, directory_adopted, key_set_published
from protocol.log.tree import Subtree, consistency_path, inclusion_path, root_at
from tests.protocol.log.tree_reference import subtree_of

START_MS: Final = int(datetime(2026, 11, 21, 8, tzinfo=UTC).timestamp() * 1000)
MINUTE_MS: Final = 60_000
DAY_MS: Final = 24 * 60 * MINUTE_MS


def salt(number: int) -> bytes:
    """Return a salt; a node draws its own at random."""
    return bytes((number,)) * 16


@dataclass
class Side:
    """One node: what it holds, and everything that it stated so far.

    Args:
        id: Its name.
        first: Its seeds are this byte and the next ones, 32 times each.
    """

    id: NodeId
    first: int
    statements: list[Statement] = field(default_factory=list)
    keys: NodeKeys = field(init=False)

    def __post_init__(self) -> None:
        name = f"{self.id.country.lower()}.example"
        self.keys = NodeKeys(
            node=str(self.id),
            generation=1,
            log_ed25519_seed=self.seed(0),
            log_mldsa44_seed=self.seed(1),
            tls=make_identity(name, now_ms=START_MS, days=90),
            store_key=bytes(32),
            last_resort_seed=self.seed(2),
            prekeys=(
                Prekey(seed=self.seed(3), not_before_ms=START_MS, expires_ms=START_MS + 7 * DAY_MS),
            ),
        )

    def seed(self, number: int) -> bytes:
        """Return one of its seeds."""
        return bytes((self.first + number,)) * 32

    @property
    def origin(self) -> LogOrigin:
        """The name of its log."""
        return LogOrigin(self.id, 1)

    @property
    def prekey(self) -> RecipientKey:
        """Its prekey, as others seal for it."""
        return RecipientKey(RecipientSecret(self.seed(3)).public)

    @property
    def key_set(self) -> bytes:
        """Its first key set."""
        entry = PrekeyEntry(
            public=self.prekey.public,
            not_before_ms=START_MS,
            expires_ms=START_MS + 7 * DAY_MS,
        )
        return KeySet(
            node=self.id,
            version=1,
            not_before_ms=START_MS,
            expires_ms=START_MS + 7 * DAY_MS,
            keys=(entry,),
        ).encode()

    def begin(self) -> JoinRequest:
        """State the key set as leaf 0, and ask to be admitted."""
        self.state(key_set_published(self.key_set))
        node = node_part(
            self.id,
            endpoints=[f"https://{self.id.country.lower()}.example:8443"],
            log=self.keys.signer().verifier,
            last_resort=RecipientSecret(self.seed(2)).public,
            certificate=ssl.PEM_cert_to_DER_cert(self.keys.tls.certificate_pem.decode()),
            not_before_ms=START_MS,
            not_after_ms=START_MS + 365 * DAY_MS,
        )
        return build_join_request(
            node,
            name=f"Point of contact of {self.id.country}",
            key_set=self.key_set,
            proof=self.proof(0, 1),
            note=self.checkpoint(1, START_MS).note,
        )

    def adopt(self, stamp: DirectoryStamp) -> None:
        """State the directory as leaf 1."""
        self.state(directory_adopted(encode(stamp.to_value()), salt(self.first)))

    def state(self, statement: Statement) -> int:
        """Append a statement; return its index."""
        self.statements.append(statement)
        return len(self.statements) - 1

    def checkpoint(self, size: int, at_ms: int) -> Checkpoint:
        """Sign the head of a size; another call gives another note of the same head."""
        head = TreeHead(origin=self.origin, size=size, root=root_at(size, self._subtree))
        return sign_head(self.keys.signer(), head, timestamp_s=at_ms // 1000)

    def proof(self, index: int, size: int) -> InclusionProof:
        """Prove a leaf."""
        return InclusionProof(index=index, path=inclusion_path(index, size, self._subtree))

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """Prove that an older size begins a newer one."""
        return consistency_path(old, new, self._subtree)

    def roots(self) -> list[bytes]:
        """Return the root at every size, from 0 on."""
        return [root_at(size, self._subtree) for size in range(len(self.statements) + 1)]

    @property
    def _subtree(self) -> Subtree:
        return subtree_of([each.leaf_hash for each in self.statements])
