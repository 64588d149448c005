"""Cosigning: what the store keeps for it, and the way to a witness as a port.

gateway.store has the store's port as a whole. What may be cosigned, and what is believed of an
answer, is in protocol.witness.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from protocol.identifiers import LogOrigin, NodeId
from protocol.witness.answer import RawAnswer
from protocol.witness.rule import Held


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCosignature:
    """A cosignature of our log that was believed.

    Attributes:
        origin: Our log.
        size: Of the checkpoint.
        witness: Name of the witness's key.
        key_id: Its four bytes.
        cosigned_s: When, by the witness's clock: seconds since 1970.
        line: The signature line, as `protocol.witness.answer.encode_lines` writes it.
    """

    origin: LogOrigin
    size: int
    witness: str
    key_id: bytes
    cosigned_s: int
    line: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CosignedHead:
    """A head of our log with the cosignatures that bound or witness some statements.

    Attributes:
        note: The signed note.
        lines: Signature lines of witnesses, one for each.
        joined: Consistency proof between this head and the one that was asked for, whichever is
            smaller; None for the log that is written, of which anybody can ask for proofs.
    """

    note: bytes
    lines: bytes
    joined: tuple[bytes, ...] | None


class Witnessing(Protocol):
    """What this node cosigned of other logs, and what others cosigned of its own."""

    async def witnessed(self, origin: LogOrigin) -> Held | None:
        """Return what this node cosigned last of a log."""

    async def keep_witnessed(self, before: Held | None, keep: Held) -> bool:
        """Put `keep` in the place of exactly `before`, durably; return whether that was held."""

    async def end_witness_key(self, key_id: bytes, *, now_ms: int) -> None:
        """Note for ever that a witness key must sign no more."""

    async def has_ended(self, key_id: bytes) -> bool:
        """Tell whether a witness key must sign no more."""

    async def keep_cosignatures(self, kept: Sequence[KeptCosignature]) -> None:
        """Keep cosignatures; of each head and key the first and the latest."""

    async def newest_cosignatures(self) -> tuple[KeptCosignature, ...]:
        """Return of each witness key the latest over the log that is written, newest first."""

    async def cosigned_around(
        self, origin: LogOrigin, size: int, indices: Sequence[int]
    ) -> tuple[CosignedHead, ...]:
        """Return for each place and witness the first head with it and the last without it.

        `size`: of the head with which they are to be joined.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Outsider:
    """A witness outside this network.

    Attributes:
        url: Below which it takes `add-checkpoint`.
    """

    url: str


class WitnessLine(Protocol):
    """The way to witnesses; raises TransportError if one was not reached."""

    async def add_checkpoint(self, witness: NodeId | Outsider, body: bytes) -> RawAnswer:
        """POST a request of C2SP tlog-witness; return the answer as HTTP carried it."""
