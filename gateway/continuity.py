"""What is recorded when a log cannot simply go on: losses, generations given up, acceptances.

Every record is frozen. Notes are whole signed notes, kept for ever: they are the evidence.
"""

from dataclasses import dataclass

from protocol.identifiers import LogOrigin, NodeId
from protocol.log.recovery import Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Why a generation of our own log is not signed any more.

    `held` is our newest note when it was found, None if there was none; `shown` the note with
    our own valid signatures that shows a log that we do not have; `by` who showed it.
    """

    kind: Claim
    held: bytes | None
    shown: bytes
    by: NodeId


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedLog:
    """A log of another node that was given up for a later generation, which proved its beginning.

    `epoch` are the bytes of leaf 0 of `successor`. `held` is our newest note of the closed log.
    `is_short`: we hold more of it than its owner named, so that its owner lost what we saw.
    """

    origin: LogOrigin
    successor: LogOrigin
    epoch: bytes
    held: bytes | None
    is_short: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LateReceipt:
    """A receipt that is proven only in a log that was given up: evidence that changes nothing."""

    origin: LogOrigin
    digest: bytes
    note: bytes
    index: int
    path: tuple[bytes, ...]
    receipt: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedGeneration:
    """The operator's word that a node with two histories may go on above one generation."""

    node: NodeId
    above: int
