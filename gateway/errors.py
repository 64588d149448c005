"""The errors of the shell, each with what to do now.

GatewayError
    ConfigError          a setting, a home or a schema version: exit 78
    UsageError           a command line that makes no sense: exit 64
    DataError            a document was refused: exit 65
    NoInputError         a file or message that does not exist: exit 66
    UnavailableError     a node, directory or port cannot be had: exit 69
    StorageError         the disk or the database failed: exit 74
    NotYetError          a wait that ran out: exit 75
        RateLimitedError     too many requests: exit 75
    RecoveringError      the node may not sign yet: exit 75
    LogDamagedError      the stored log does not verify: the node stops, exit 76
    ProofError           a proof or a rule of the protocol does not hold: exit 76
    AccessDeniedError    a wrong passphrase, a file open to others, a missing right: exit 77
    TransportError       a peer was not reached: retried by its lane

Texts and hints never contain content, keys, passphrases or text from a peer.
"""

from typing import ClassVar, Final


class GatewayError(Exception):
    """Root of the family.

    Attributes:
        code: A short documented word, stable for programs.
        hint: What to do now, one sentence; empty if there is nothing to do.
        exit_code: The sysexits value of a command that ends with it.
    """

    default_code: ClassVar[str] = "internal"
    exit_code: ClassVar[int] = 70

    def __init__(self, text: str, *, code: str | None = None, hint: str = "") -> None:
        super().__init__(text)
        self.code = self.default_code if code is None else code
        self.hint = hint


class ConfigError(GatewayError):
    """A setting or the state of a home does not let us go on."""

    default_code = "configuration"
    exit_code = 78


class UsageError(GatewayError):
    """The command line makes no sense."""

    default_code = "usage"
    exit_code = 64


class DataError(GatewayError):
    """A document or value was refused; nothing was changed."""

    default_code = "invalid_document"
    exit_code = 65


class NoInputError(GatewayError):
    """A file or message that was named does not exist."""

    default_code = "not_found"
    exit_code = 66


class AccessDeniedError(GatewayError):
    """Not permitted: a wrong passphrase, a file open to others, a missing right."""

    default_code = "not_permitted"
    exit_code = 77


class UnavailableError(GatewayError):
    """A node, directory or port cannot be had now."""

    default_code = "unavailable"
    exit_code = 69


CONTENT_DAMAGED: Final = "content_damaged"
"""Code of what was sealed here and does not open: the disk gave other bytes back."""


class StorageError(GatewayError):
    """The disk or the database failed; what was not committed did not happen."""

    default_code = "storage"
    exit_code = 74

    @property
    def is_full(self) -> bool:
        """Whether room alone was missing: the same may succeed later, and the store is sound."""
        return self.code == "disk_full"

    @property
    def is_damaged(self) -> bool:
        """Whether one thing alone does not open: all others may still be read."""
        return self.code == CONTENT_DAMAGED


class LogDamagedError(GatewayError):
    """The stored log does not verify; the node must not sign."""

    default_code = "log_damaged"
    exit_code = 76


class ProofError(GatewayError):
    """Somebody cheated or is broken: a proof or a protocol rule does not hold."""

    default_code = "proof"
    exit_code = 76


class NotYetError(GatewayError):
    """What was waited for did not happen in time; it goes on."""

    default_code = "not_yet"
    exit_code = 75


class RateLimitedError(NotYetError):
    """Too many requests; what was asked for was not done.

    Attributes:
        retry_s: After how many seconds it may be asked for again.
    """

    default_code = "rate_limited"

    def __init__(self, text: str, *, retry_s: int) -> None:
        super().__init__(text, hint=f"try again in {retry_s} s")
        self.retry_s = retry_s


class RecoveringError(GatewayError):
    """The node may not sign before its peers have answered."""

    default_code = "recovering"
    exit_code = 75


class TransportError(GatewayError):
    """A peer was not reached, or what answered was not our protocol; retried by its lane.

    Attributes:
        sent: True when the request may have been processed: the outcome is unknown.
    """

    default_code = "transport"
    exit_code = 69

    def __init__(self, text: str, *, code: str | None = None, sent: bool = False) -> None:
        super().__init__(text, code=code)
        self.sent = sent
