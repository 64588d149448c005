"""The errors of the protocol: whose fault it is, and the code a peer is told.

ProtocolError
    LocalProtocolError        our caller's fault: a bug here or an officer's mistake
        NotAllowedError         an act that the rules do not allow in this state
        TooLargeError           something of ours above a limit
    RemoteProtocolError       the other side's fault; carries the code of docs/wire-format.md
        MalformedError          framing, encoding, schema, sizes, digests
        UnknownSenderError      no such node or key in the directory
        NotForUsError           addressed to another node, or to a key that is gone
        NotProvenError          a proof, signature or binding that does not hold
        LogPositionError        a checkpoint that does not start where we stand
        ConflictError           one message id, two headers
        ExpiredError            out of its time
        RollbackError           an older version than the one already held
        ForkDetectedError       two signed histories of one log; carries both notes

Texts are one sentence for an engineer, never content, keys or personal data. To a peer goes
the code alone.
"""

from enum import StrEnum
from typing import ClassVar


class Code(StrEnum):
    """What a refused peer is told; the closed list of docs/wire-format.md, rule 25."""

    FRAME = "E_FRAME"
    CANON = "E_CANON"
    SCHEMA = "E_SCHEMA"
    SIZE = "E_SIZE"
    PEER = "E_PEER"
    FROM = "E_FROM"
    TO = "E_TO"
    PROOF = "E_PROOF"
    RECEIPT = "E_RECEIPT"
    BIND = "E_BIND"
    PAD = "E_PAD"
    OPEN = "E_OPEN"
    CLOCK = "E_CLOCK"
    EXPIRED = "E_EXPIRED"
    LOG_POSITION = "E_LOG_POSITION"
    KEY_UNKNOWN = "E_KEY_UNKNOWN"
    DIR_STALE = "E_DIR_STALE"
    KEM_EXPIRED = "E_KEM_EXPIRED"
    MID_CONFLICT = "E_MID_CONFLICT"
    FORK = "E_FORK"
    BLOBS = "E_BLOBS"
    HASH = "E_HASH"
    LENGTH = "E_LENGTH"
    BUSY = "E_BUSY"
    QUOTA = "E_QUOTA"
    STORE = "E_STORE"


class ProtocolError(Exception):
    """Root of the family."""


class LocalProtocolError(ProtocolError):
    """Our own caller asked for something that the protocol does not allow."""


class NotAllowedError(LocalProtocolError):
    """The act is not allowed in this state; nothing was changed."""


class TooLargeError(LocalProtocolError):
    """Something of ours is above a limit of protocol.limits; nothing was changed."""


class RemoteProtocolError(ProtocolError):
    """What the other side sent cannot be accepted.

    Attributes:
        code: The code that the other side is told.
    """

    default_code: ClassVar[Code] = Code.FRAME

    def __init__(self, text: str, *, code: Code | None = None) -> None:
        super().__init__(text)
        self.code = self.default_code if code is None else code


class MalformedError(RemoteProtocolError):
    """Framing, encoding, schema, size or digest is not what the rules say."""

    default_code = Code.SCHEMA


class UnknownSenderError(RemoteProtocolError):
    """The directory names no such node, or no such key valid now."""

    default_code = Code.PEER


class NotForUsError(RemoteProtocolError):
    """Addressed to another node, or wrapped for a key that this node no longer holds."""

    default_code = Code.TO


class NotProvenError(RemoteProtocolError):
    """A proof, a signature or a binding does not hold."""

    default_code = Code.PROOF


class LogPositionError(RemoteProtocolError):
    """A checkpoint does not join the position at which we hold that log.

    Attributes:
        size: The size of our head of that log; the other side repeats from there.
    """

    default_code = Code.LOG_POSITION

    def __init__(self, text: str, *, size: int) -> None:
        super().__init__(text)
        self.size = size


class ConflictError(RemoteProtocolError):
    """The same sender used one message id for two headers."""

    default_code = Code.MID_CONFLICT


class ExpiredError(RemoteProtocolError):
    """Outside the time in which it counts."""

    default_code = Code.EXPIRED


class RollbackError(RemoteProtocolError):
    """Older than what we already hold of the same thing."""

    default_code = Code.SCHEMA


class ForkDetectedError(RemoteProtocolError):
    """Two checkpoints of one log, both signed, that no single history explains.

    Attributes:
        held: The signed note held before.
        offered: The signed note that contradicts it.
    """

    default_code = Code.FORK

    def __init__(self, text: str, *, held: bytes, offered: bytes) -> None:
        super().__init__(text)
        self.held = held
        self.offered = offered
