"""The errors of this package; `protocol` and `gateway` turn each into one of their own at once.

KeysError
    UnknownSuiteError       a key, size or name that is not of the one suite
    BadNoteError            a signed note that is malformed, or not signed by the key asked for
    DecryptionFailedError   something sealed that does not open
    BadApprovalError        an assertion of a passkey that does not hold
    KeyFileError            a key file or its folder; carries the reason

Texts are one sentence for an engineer. They never hold a key, a passphrase, what was sealed, or
text from the other side.
"""

from enum import StrEnum


class KeysError(Exception):
    """Root of the family."""


class UnknownSuiteError(KeysError):
    """A key, a size or a name is not of the one suite; nothing was computed with it."""


class BadNoteError(KeysError):
    """A signed note is malformed, or does not carry the signatures that it must."""


class DecryptionFailedError(KeysError):
    """Sealed bytes do not open: wrong key, wrong context or changed on the way.

    Which of the three it was is not said, and cannot be told apart.
    """


class BadApprovalError(KeysError):
    """An assertion of a passkey does not hold, or not for what it should approve."""


class KeyFileReason(StrEnum):
    """Why a key file was refused; the operator's remedy differs for each."""

    MISSING = "missing"
    """There is no such file or folder."""
    EXISTS = "exists"
    """A key file is already there and would have been overwritten."""
    NOT_PRIVATE = "not private"
    """Folder or file is open to other users, or belongs to another one."""
    NOT_A_FILE = "not a file"
    """A link, folder or device stands where a plain file or folder must be."""
    UNREADABLE = "unreadable"
    """The system refused to read or write it."""
    NOT_A_KEY_FILE = "not a key file"
    """It does not begin as key files do."""
    NEWER = "newer"
    """Written in a form that this version does not know."""
    DAMAGED = "damaged"
    """Its own checksum fails: cut short or changed; take the copy from the backup."""
    OTHER_KIND = "other kind"
    """A sound key file, but of another kind than the one asked for."""
    OTHER_SECRET = "other secret"  # noqa: S105 - a reason, not a secret
    """Sealed under a passphrase and opened with a credential, or the other way round."""
    COSTS = "costs"
    """The costs of the passphrase are out of bounds, or this machine lacks the memory for them."""
    WRONG_SECRET = "wrong secret"  # noqa: S105 - a reason, not a secret
    """A sound key file that this passphrase or credential does not open."""
    CONTENT = "content"
    """It opens, but does not hold what its kind must."""
    MISMATCH = "mismatch"
    """The two key files, or the file and what should replace it, are not of one node."""


class KeyFileError(KeysError):
    """A key file, or the folder of key files, cannot be used; nothing on disk was changed.

    Attributes:
        reason: Which of the closed list of causes it was.
    """

    def __init__(self, text: str, *, reason: KeyFileReason) -> None:
        super().__init__(text)
        self.reason = reason
