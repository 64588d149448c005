r"""Signed notes with a tree head in them: parse, format, and verify both signatures.

The forms are C2SP's, so that other witnesses and verifiers read them: signed-note for the
whole, tlog-checkpoint for the text, and the two lines that every log of this protocol writes,
Ed25519 (type 0x01) over the text and ML-DSA-44 (type 0x06) over the tree head and a timestamp.

Neither line counts alone: `verify_pair` checks both, always. Whether the head fits the history
of its log, and whether its timestamp is plausible, is decided above (protocol.log).

>>> parse_tree(b"a35/RO/1/log/1\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n").size
0
"""

import re
from base64 import b64encode
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from keys.cosignature import (
    KEY_ID_PREFIX_BYTES,
    SignatureType,
    cosigned_message,
    key_id,
    split_timestamped,
)
from keys.errors import BadNoteError, UnknownSuiteError
from keys.suite import (
    DIGEST_BYTES,
    ED25519_PUBLIC_BYTES,
    ED25519_SIGNATURE_BYTES,
    MLDSA44_PUBLIC_BYTES,
    MLDSA44_SIGNATURE_BYTES,
)

MAX_NOTE_BYTES: Final = 32 * 1024
"""Longest note that is read; the two lines of a log take 3.5 KB."""

MAX_NOTE_LINES: Final = 16
"""Most signature lines that are read; C2SP asks readers to accept at least these."""

MAX_TREE_SIZE: Final = 2**53 - 1
"""Largest tree size: what every JSON reader holds exactly (rule 4)."""

_MAX_NAME_BYTES: Final = 255  # one length byte in the cosigned message
_TEXT_LINES: Final = 3
_LINE_START: Final = "\N{EM DASH} "
_CONTROLS: Final = bytes((*range(0x0A), *range(0x0B, 0x20)))
_NAME: Final = re.compile(r"[^\s+\x00-\x1f]+")
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,15}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedTree:
    """What a checkpoint says: a log, its size and its root.

    Attributes:
        origin: Name of the log, 1 to 255 bytes of UTF-8 without spaces, controls and plus.
        size: Number of leaves, 0 to 2^53 - 1.
        root: Root hash, 32 bytes.

    Raises:
        BadNoteError: One of them is out of these bounds.
    """

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if not _is_log_name(self.origin):
            raise BadNoteError("the origin is not usable as a name of a log")
        if not 0 <= self.size <= MAX_TREE_SIZE:
            raise BadNoteError("the tree size is out of bounds")
        if len(self.root) != DIGEST_BYTES:
            raise BadNoteError("the root is not 32 bytes long")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureLine:
    """One signature line, not verified.

    Attributes:
        name: Name of the key.
        key_id: Four bytes that tell keys of one name apart; an id, not a commitment.
        signature: What follows, by the rules of the key's type; at least 1 byte.
    """

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note taken apart, nothing of it verified.

    Attributes:
        text: The signed text with its final newline.
        lines: 1 to 16 signature lines, in their order, those of unknown keys too.
    """

    text: bytes
    lines: tuple[SignatureLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogVerifier:
    """The two public keys of one log, parsed once; keep it as long as the keys are valid.

    Attributes:
        name: Origin of the log, which is the name of both keys.
        ed25519: Public key, 32 bytes.
        mldsa44: Public key, 1312 bytes.

    Raises:
        UnknownSuiteError: A key of another size, or a name that no key can have.
    """

    name: str
    ed25519: bytes
    mldsa44: bytes
    _ed25519_id: bytes = field(init=False, repr=False, compare=False)
    _mldsa44_id: bytes = field(init=False, repr=False, compare=False)
    _ed25519_key: VerifyKey = field(init=False, repr=False, compare=False)
    _mldsa44_key: MLDSA44PublicKey = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not _is_log_name(self.name):
            raise UnknownSuiteError("not usable as the name of a log's keys")
        if len(self.ed25519) != ED25519_PUBLIC_BYTES or len(self.mldsa44) != MLDSA44_PUBLIC_BYTES:
            raise UnknownSuiteError("a log's public keys have 32 and 1312 bytes")
        ids = (
            key_id(self.name, SignatureType.ED25519, self.ed25519),
            key_id(self.name, SignatureType.MLDSA44, self.mldsa44),
        )
        # The only writes ever: a frozen value that carries what is costly to make again.
        object.__setattr__(self, "_ed25519_id", ids[0])
        object.__setattr__(self, "_mldsa44_id", ids[1])
        object.__setattr__(self, "_ed25519_key", VerifyKey(self.ed25519))
        object.__setattr__(self, "_mldsa44_key", MLDSA44PublicKey.from_public_bytes(self.mldsa44))

    def verify(self, note: Note) -> int:
        """Do what `verify_pair` says, which is the way to call it.

        Args:
            note: As for `verify_pair`.

        Returns:
            The timestamp of the ML-DSA-44 line, in seconds since 1970.

        Raises:
            BadNoteError: As for `verify_pair`.
        """
        tree = parse_tree(note.text)
        if tree.origin != self.name:
            raise BadNoteError("the note is of another log than the keys")
        if tree.size == 0:
            raise BadNoteError("a log signs no empty tree")
        short = _only_line(note, self.name, self._ed25519_id)
        self._check_ed25519(note.text, short.signature)
        timed = _only_line(note, self.name, self._mldsa44_id)
        timestamp_s, signature = split_timestamped(timed.signature)
        message = cosigned_message(
            self.name, timestamp_s, origin=tree.origin, size=tree.size, root=tree.root
        )
        self._check_mldsa44(message, signature)
        return timestamp_s

    def _check_ed25519(self, message: bytes, signature: bytes) -> None:
        if len(signature) != ED25519_SIGNATURE_BYTES:
            raise BadNoteError("the Ed25519 signature is not 64 bytes long")
        try:
            self._ed25519_key.verify(message, signature)
        except BadSignatureError as error:
            raise BadNoteError("the Ed25519 signature does not hold") from error

    def _check_mldsa44(self, message: bytes, signature: bytes) -> None:
        if len(signature) != MLDSA44_SIGNATURE_BYTES:
            raise BadNoteError("the ML-DSA-44 signature is not 2420 bytes long")
        try:
            self._mldsa44_key.verify(signature, message)
        except InvalidSignature as error:
            raise BadNoteError("the ML-DSA-44 signature does not hold") from error


def verify_pair(note: Note, verifier: LogVerifier) -> int:
    """Check that a log signed this note, with both of its keys.

    Lines of keys that the verifier does not name are ignored, as C2SP demands; they may be
    those of witnesses or of the next pair of keys.

    Args:
        note: From `parse_note`.
        verifier: The pair of keys that the directory gives for that log.

    Returns:
        The timestamp of the ML-DSA-44 line, in seconds since 1970, never 0. It is what the log
        claims; the caller compares it with its own clock.

    Raises:
        BadNoteError: The text is no tree head, or of another log, or of size 0; one of the two
            lines is missing, there twice, malformed or does not verify; the timestamp is 0.

    Source:
        docs/wire-format.md, rule 7; C2SP signed-note and tlog-cosignature.
    """
    return verifier.verify(note)


def note_text(tree: SignedTree) -> bytes:
    """Format a tree head as the text of a checkpoint, without extension lines.

    Args:
        tree: The head.

    Returns:
        Three lines: origin, decimal size, root in base64; each ends in a newline.

    Source:
        C2SP tlog-checkpoint.
    """
    root = b64encode(tree.root).decode()
    return f"{tree.origin}\n{tree.size}\n{root}\n".encode()


def parse_tree(text: bytes) -> SignedTree:
    """Read the text of a checkpoint; only the one form that `note_text` writes is accepted.

    Args:
        text: The text of a note, with its final newline.

    Returns:
        The tree head that it states; nothing is verified.

    Raises:
        BadNoteError: Not three lines, a size that is not canonical decimal or above 2^53 - 1,
            a root that is not 32 bytes in canonical base64, or an origin that is no name.

    Source:
        C2SP tlog-checkpoint; docs/wire-format.md, rule 7.
    """
    try:
        lines = text.decode().split("\n")
    except UnicodeDecodeError as error:
        raise BadNoteError("the text is not UTF-8") from error
    if len(lines) != _TEXT_LINES + 1 or lines[-1]:
        raise BadNoteError("the text is not the three lines of a checkpoint")
    origin, size, root, _ = lines
    if not _SIZE.fullmatch(size):
        raise BadNoteError("the tree size is not canonical decimal")
    return SignedTree(origin=origin, size=int(size), root=_from_base64(root))


def parse_note(note: bytes) -> Note:
    """Take a signed note apart; nothing is verified.

    Args:
        note: The note as received, any bytes.

    Returns:
        Text and lines; `format_note` of them gives the same bytes again.

    Raises:
        BadNoteError: Over 32 KiB, not UTF-8, control characters, no line or more than 16, a
            line that is not dash, name and canonical base64 of at least 5 bytes.

    Source:
        C2SP signed-note, section Format.
    """
    if len(note) > MAX_NOTE_BYTES:
        raise BadNoteError("the note is longer than 32 KiB")
    if len(note.translate(None, _CONTROLS)) != len(note):
        raise BadNoteError("the note contains control characters")
    try:
        head, separator, tail = note.decode().rpartition("\n\n")
    except UnicodeDecodeError as error:
        raise BadNoteError("the note is not UTF-8") from error
    lines = tail.split("\n")
    if not separator or lines.pop():
        raise BadNoteError("the note has no text, blank line and signature lines")
    if not 1 <= len(lines) <= MAX_NOTE_LINES:
        raise BadNoteError("the note does not have 1 to 16 signature lines")
    return Note(text=f"{head}\n".encode(), lines=tuple(_parse_line(line) for line in lines))


def format_note(text: bytes, lines: Sequence[SignatureLine]) -> bytes:
    """Put a text and its signature lines together.

    The caller keeps to the limits of `parse_note`; what comes from it or from a signer does.

    Args:
        text: With its final newline.
        lines: At least one.

    Returns:
        The signed note.

    Source:
        C2SP signed-note, section Format.
    """
    tail = (f"{_LINE_START}{x.name} {b64encode(x.key_id + x.signature).decode()}\n" for x in lines)
    return text + b"\n" + "".join(tail).encode()


def _parse_line(line: str) -> SignatureLine:
    name, space, encoded = line.removeprefix(_LINE_START).partition(" ")
    if not line.startswith(_LINE_START) or not space or not _is_key_name(name):
        raise BadNoteError("a signature line is not dash, name and signature")
    blob = _from_base64(encoded)
    if len(blob) <= KEY_ID_PREFIX_BYTES:
        raise BadNoteError("a signature line holds no signature")
    return SignatureLine(
        name=name, key_id=blob[:KEY_ID_PREFIX_BYTES], signature=blob[KEY_ID_PREFIX_BYTES:]
    )


def _only_line(note: Note, name: str, known_id: bytes) -> SignatureLine:
    # A second line of a known key is refused, whatever it holds: no rule says which counts.
    found = [line for line in note.lines if line.name == name and line.key_id == known_id]
    if len(found) != 1:
        raise BadNoteError("a line of the log's key is missing or repeated")
    return found[0]


def _from_base64(text: str) -> bytes:
    # Encoding again refuses every second spelling of the same bytes: other signs, padding bits.
    try:
        data = a2b_base64(text)
    except (Base64Error, ValueError) as error:
        raise BadNoteError("not base64") from error
    if b2a_base64(data, newline=False).decode() != text:
        raise BadNoteError("base64 with padding bits or otherwise not canonical")
    return data


def _is_log_name(name: str) -> bool:
    # One length byte in the cosigned message carries it; a lone surrogate has no bytes at all.
    try:
        return _is_key_name(name) and len(name.encode()) <= _MAX_NAME_BYTES
    except UnicodeEncodeError:
        return False


def _is_key_name(name: str) -> bool:
    # What signed-note allows and no less: a line of an unknown key must not spoil the note.
    return _NAME.fullmatch(name) is not None
