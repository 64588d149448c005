"""What one statement of a bundle says, and that it is about this message and from this speaker.

Does: the bytes of a statement, its log and the header of the message, to one short value. Leaves
to `protocol.log.proof` that it stands in that log, and to `protocol.evidence.verdict` what it is
worth.

Rule kept: the speaker binds the log. A statement counts only in the log of the node that may say
it: a sealing in the sender's, a receipt in the receiver's.

Source: docs/wire-format.md, rules 6, 14, 16 and 22; docs/evidence.md, "The ladder".
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from re import compile as pattern
from types import MappingProxyType
from typing import Final, Self

from keys.digest import sha256
from protocol.envelope.header import DirectoryStamp, Header
from protocol.envelope.seal import check_wraps
from protocol.errors import MalformedError, NotProvenError
from protocol.evidence.ladder import (
    ROWS,
    Exchange,
    Rung,
    may_say,
    rung_of_act,
    rung_of_receipt,
    rung_of_silence,
)
from protocol.identifiers import NodeId
from protocol.log.deed import Act, Silence
from protocol.log.statement import StatementKind
from protocol.receipt import Receipt

OBTAINED: Final = "receipt_obtained"
"""What a leaf 0x03 says: its speaker holds the other side's receipt, with its proof."""

_ACT: Final = "act"
_SILENCE: Final = "silence"
_CONFIRMED: Final = "confirmed"
_APPROVING: Final = frozenset({"approved", _CONFIRMED})
_PROPOSING: Final = frozenset({"submitted", "override"})
_NUMBERED: Final = pattern(r"([A-Z]{2}/[0-9]{1,3}) [a-z]{1,32} ([0-9]{1,9})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """That a second person approved a content, by the word of their node.

    Attributes:
        who: As the node calls them: its own text, at most 255 bytes.
        content: Officer digest of the content that was approved, 32 bytes.
        is_signed: Whether their passkey signed it, and the signature holds; else the node's word
            alone says so.
        is_late: Whether it was sent first, for a reason, and confirmed afterwards.
    """

    who: str
    content: bytes
    is_signed: bool
    is_late: bool

    def is_by(self, who: str) -> bool:
        """Tell whether somebody is the one who approved, whichever role they are called by.

        Args:
            who: As the node calls them: its id, a role, and the number of a person on it.
        """
        mine, theirs = _NUMBERED.fullmatch(self.who), _NUMBERED.fullmatch(who)
        if mine is None or theirs is None:
            return self.who == who
        return mine.groups() == theirs.groups()


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a statement says.

    Attributes:
        what: The rung of the ladder by its value; `receipt_obtained`; `act:` and the act's word,
            which is its speaker's own text, at most 64 bytes; `silence:` and a step likewise.
        rung: The rung, None if it is none.
        at_ms: When, by the speaker's own word: milliseconds since 1970; None if it does not say.
        sealing: Of a receipt the digest of the sealing that it names, else None.
        directory: The directory version that the speaker says it held, if it says so.
        approved: Of an act that approves the message's content, what it approves; else None.
        proposer: Of an act by which somebody of the sender submits the content, or sends it
            without a second person, who that is; else None.
    """

    what: str
    rung: Rung | None
    at_ms: int | None
    sealing: bytes | None = None
    directory: DirectoryStamp | None = None
    approved: Approved | None = None
    proposer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """The message that all statements of a bundle are about.

    Attributes:
        header: Its header.
        digest: SHA-256 of the header's bytes: it names the envelope for ever.
        exchange: Sender and receiver.
    """

    header: Header
    digest: bytes
    exchange: Exchange

    @classmethod
    def of(cls, data: bytes) -> Self:
        """Read a header.

        Args:
            data: Any bytes.

        Raises:
            MalformedError: Not a header.
            NotAllowedError: From a node to itself.
        """
        header = Header.decode(data)
        exchange = Exchange(sender=header.sender, receiver=header.recipient)
        return cls(header=header, digest=sha256(data), exchange=exchange)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """One statement as a bundle holds it; nothing of it is proven.

    Attributes:
        kind: What it says.
        preimage: Its bytes.
        wraps: Of a sealing the wraps, else None.
        node: Of the log in which it stands.
    """

    kind: StatementKind
    preimage: bytes
    wraps: bytes | None
    node: NodeId


def read_spoken(spoken: Spoken, matter: Matter, *, receipts: Collection[bytes] = ()) -> Said:
    """Read a statement and check that it is about this message and from who may say it.

    Args:
        spoken: The statement.
        matter: The message.
        receipts: Digests of the receipts that are held: a leaf 0x03 must be of one of them.

    Returns:
        What it says.

    Raises:
        MalformedError: Not the bytes of such a statement.
        NotProvenError: About another message or envelope, or in the log of another node than the
            one whose word it would be.
    """
    if (spoken.wraps is not None) != (spoken.kind is StatementKind.ENVELOPE_SENT):
        raise MalformedError("wraps where none belong, or none where they do")
    if spoken.kind is StatementKind.RECEIPT_OBTAINED:
        said = _obtained(spoken, matter, receipts)
    else:
        read = _READERS.get(spoken.kind)
        if read is None:
            raise MalformedError("a statement that is about no message")
        said = read(spoken, matter)
    if said.rung is not None and not may_say(said.rung, spoken.node, matter.exchange):
        raise NotProvenError("in the log of a node whose word this is not")
    return said


def _sealing(spoken: Spoken, matter: Matter) -> Said:
    wraps = spoken.wraps or b""
    check_wraps(wraps)
    if spoken.preimage != matter.digest + sha256(wraps):
        raise NotProvenError("a sealing of another envelope than this one")
    header = matter.header
    return Said(
        what=Rung.SUBMITTED.value,
        rung=Rung.SUBMITTED,
        at_ms=header.t_ms,
        directory=header.directory,
    )


def _receipt(spoken: Spoken, matter: Matter) -> Said:
    receipt = Receipt.decode(spoken.preimage)
    exchange = matter.exchange
    if (receipt.mid, receipt.header_digest) != (matter.header.mid, matter.digest):
        raise NotProvenError("a receipt of another envelope than this one")
    if (receipt.by, receipt.for_) != (exchange.receiver, exchange.sender):
        raise NotProvenError("a receipt between other nodes than the envelope's")
    rung = rung_of_receipt(receipt)
    return Said(
        what=rung.value,
        rung=rung,
        at_ms=receipt.t_ms,
        sealing=receipt.envelope_digest,
        directory=receipt.directory,
    )


def _obtained(spoken: Spoken, matter: Matter, receipts: Collection[bytes]) -> Said:
    if spoken.preimage not in receipts:
        raise NotProvenError("of a receipt that is not here")
    _check_speaker(spoken.node, matter.exchange.sender)
    return Said(what=OBTAINED, rung=None, at_ms=None)


def _act(spoken: Spoken, matter: Matter) -> Said:
    act = Act.decode(spoken.preimage)
    if act.ref != matter.header.mid:
        raise NotProvenError("an act about another message")
    if spoken.node not in {matter.exchange.sender, matter.exchange.receiver}:
        raise NotProvenError("an act of a node that has no part in the exchange")
    rung = rung_of_act(act)
    if rung is None or ROWS[rung].kind is not StatementKind.ACT:
        approved = _approval(act)
        if approved is not None and not _is_their_word(approved, spoken.node, matter):
            raise NotProvenError("an approval in the log of a node whose word this is not")
        return Said(
            what=f"{_ACT}:{act.act}",
            rung=None,
            at_ms=act.t_ms,
            approved=approved,
            proposer=act.who if _proposes(act, spoken.node, matter) else None,
        )
    return Said(what=rung.value, rung=rung, at_ms=act.t_ms)


def _proposes(act: Act, node: NodeId, matter: Matter) -> bool:
    return act.act in _PROPOSING and node == matter.exchange.sender


def _is_their_word(approved: Approved, node: NodeId, matter: Matter) -> bool:
    return node == matter.exchange.sender and approved.who.startswith(f"{node} ")


def _approval(act: Act) -> Approved | None:
    """Read what an act approves, and check what a passkey signed.

    Raises:
        NotProvenError: What it signed does not approve what the act says.
    """
    if act.act not in _APPROVING or act.subject is None:
        if act.approval is not None:
            raise NotProvenError("an approval of nothing")
        return None
    if act.approval is not None:
        act.approval.check(act.subject)
    return Approved(
        who=act.who,
        content=act.subject,
        is_signed=act.approval is not None,
        is_late=act.act == _CONFIRMED,
    )


def _silence(spoken: Spoken, matter: Matter) -> Said:
    silence = Silence.decode(spoken.preimage)
    if (silence.mid, silence.header_digest) != (matter.header.mid, matter.digest):
        raise NotProvenError("evidence of silence about another envelope")
    rung = rung_of_silence(silence)
    if rung is None:
        _check_speaker(spoken.node, matter.exchange.sender)
        return Said(what=f"{_SILENCE}:{silence.step}", rung=None, at_ms=silence.t_ms)
    return Said(what=rung.value, rung=rung, at_ms=silence.t_ms)


def _check_speaker(node: NodeId, speaker: NodeId) -> None:
    if node != speaker:
        raise NotProvenError("in the log of a node whose word this is not")


_READERS: Final[Mapping[StatementKind, Callable[[Spoken, Matter], Said]]] = MappingProxyType({
    StatementKind.ENVELOPE_SENT: _sealing,
    StatementKind.RECEIPT_GIVEN: _receipt,
    StatementKind.ACT: _act,
    StatementKind.SILENCE: _silence,
})  # fmt: skip
