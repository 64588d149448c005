"""The part of the store port from which evidence of one message is made, and its values.

gateway.store has the port as a whole. Everything here carries its proof: of our own statements
made anew, of the other side's as it came, because only its owner could make it again.
"""

from dataclasses import dataclass
from typing import Protocol

from protocol.identifiers import LogOrigin, MessageId, NodeId
from protocol.log.statement import StatementKind


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldStatement:
    """One statement with all that shows it.

    Attributes:
        kind: What it says.
        preimage: Its bytes.
        salt: 16 bytes for the kinds that are salted, else None.
        wraps: Of a statement 0x01 the wraps that it is about, else None.
        origin: The log in which it stands.
        index: Its place there.
        path: Inclusion proof to the checkpoint.
        size: Of the checkpoint.
        note: The whole signed note of the checkpoint.
    """

    kind: StatementKind
    preimage: bytes
    salt: bytes | None
    wraps: bytes | None
    origin: LogOrigin
    index: int
    path: tuple[bytes, ...]
    size: int
    note: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """All that the store holds as evidence of one message.

    Attributes:
        sender: Who sent it.
        recipient: Who may accept it.
        mid: Its id.
        header: As sealed.
        body: The ciphertext.
        content_key: 32 bytes, secret; None if the body was never opened here.
        statements: Of both sides, those that a signed checkpoint covers: sealings, receipts,
            receipts obtained, acts, silences, in this order and each kind by log and place.
        unproven: How many statements of ours no signed checkpoint covers yet, or were erased.
    """

    sender: NodeId
    recipient: NodeId
    mid: MessageId
    header: bytes
    body: bytes
    content_key: bytes | None
    statements: tuple[HeldStatement, ...]
    unproven: int


class Exhibits(Protocol):
    """What is held as evidence."""

    async def exhibit(self, sender: NodeId, mid: MessageId) -> Exhibit | None:
        """Return what is held of one message, None if there is none or it is not sealed here."""
