"""Believing cosignatures: lines that came with a checkpoint, and the witnesses they are of.

Does: the one step that makes a `Cosignature`; what the log does with an answer that names another
size; notes with cosignatures added, for readers that want one text. Leaves to
`protocol.witness.policy` how many are enough.

Source: C2SP tlog-witness, section add-checkpoint; tlog-cosignature.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from keys.cosigner import Cosigner
from keys.errors import KeysError
from keys.note import (
    MAX_NOTE_LINES,
    Note,
    SignatureLine,
    SignedTree,
    format_note,
    note_text,
    parse_note,
)
from protocol.errors import (
    Code,
    ExpiredError,
    LogPositionError,
    MalformedError,
    NotProvenError,
    TooLargeError,
)
from protocol.limits import MAX_AHEAD_MS, MAX_NOTE_BYTES
from protocol.log.checkpoint import Checkpoint, TreeHead
from protocol.witness.request import AddCheckpoint

_MS_PER_S: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosignature:
    """That a witness saw a tree, as the newest of its log; made by believing alone.

    Attributes:
        cosigner: Whose word it is.
        head: The tree.
        timestamp_s: When, by the witness's clock: seconds since 1970.
        line: The signature line, to be kept with the note.
    """

    cosigner: Cosigner
    head: TreeHead
    timestamp_s: int
    line: SignatureLine


def believe_cosignatures(
    checkpoint: Checkpoint,
    lines: Sequence[SignatureLine],
    cosigners: Sequence[Cosigner],
    *,
    now_ms: int,
) -> tuple[Cosignature, ...]:
    """Take the cosignatures of known witnesses out of signature lines.

    Args:
        checkpoint: Verified: that its log signed it too is what a cosignature counts beside.
        lines: Of an answer, or of a note; lines of other keys are ignored.
        cosigners: The witnesses that are known.
        now_ms: Milliseconds since 1970, UTC.

    Returns:
        One for each known witness that signed, in the order of `cosigners`.

    Raises:
        NotProvenError: A line of a known witness that does not verify or is there twice: the whole
            answer is malformed (E_PROOF).
        ExpiredError: A cosignature from more than ten minutes ahead (E_CLOCK).
    """
    head = checkpoint.head
    tree = SignedTree(origin=str(head.origin), size=head.size, root=head.root)
    note = Note(text=note_text(tree), lines=tuple(lines))
    found = []
    for cosigner in cosigners:
        try:
            timestamp_s = cosigner.find(note)
        except KeysError as error:
            raise NotProvenError("a cosignature that does not hold") from error
        if timestamp_s is None:
            continue
        if timestamp_s * _MS_PER_S > now_ms + MAX_AHEAD_MS:
            raise ExpiredError("a cosignature from the future", code=Code.CLOCK)
        line = next(line for line in lines if _is_of(line, cosigner))
        found.append(Cosignature(cosigner=cosigner, head=head, timestamp_s=timestamp_s, line=line))
    return tuple(found)


def lines_of(checkpoint: Checkpoint) -> tuple[SignatureLine, ...]:
    """Return every signature line of a checkpoint's note, those of its log too.

    Args:
        checkpoint: Verified, so that its note parses.
    """
    return parse_note(checkpoint.note).lines


def cosigned_note(checkpoint: Checkpoint, cosignatures: Sequence[Cosignature]) -> bytes:
    """Put cosignatures below a checkpoint, for readers that take one text (tlog-proof, monitors).

    Args:
        checkpoint: Verified.
        cosignatures: Of the same head; one that its note carries already is not repeated.

    Returns:
        The note as it came, with one line more for each.

    Raises:
        NotProvenError: A cosignature of another head.
        TooLargeError: More lines or bytes than readers take; nine ML-DSA-44 lines fit.
    """
    if any(each.head != checkpoint.head for each in cosignatures):
        raise NotProvenError("a cosignature of another head")
    note = parse_note(checkpoint.note)
    known = {(line.name, line.key_id) for line in note.lines}
    added = [each.line for each in cosignatures if _key_of(each.line) not in known]
    if len(note.lines) + len(added) > MAX_NOTE_LINES:
        raise TooLargeError("more signature lines than a note may have")
    text = format_note(note.text, (*note.lines, *added))
    if len(text) > MAX_NOTE_BYTES:
        raise TooLargeError("a note longer than readers take")
    return text


def repeat_from(size: int, *, asked: AddCheckpoint) -> int:
    """Decide from where a log asks again that was told where the witness stands.

    Args:
        size: What the witness says that it cosigned last.
        asked: The request that it refused.

    Returns:
        The old size of the next request, whose proof begins there.

    Raises:
        MalformedError: The size that was asked from: the witness contradicts itself.
        LogPositionError: Above the checkpoint that was offered, with the size: if the log never
            signed so large a tree, somebody else signs for it, or it lost what it signed.
    """
    if size == asked.old:
        raise MalformedError("a witness that refuses the size at which it stands")
    if size > asked.tree.size:
        raise LogPositionError("a witness holds more than it was offered", size=size)
    return size


def _is_of(line: SignatureLine, cosigner: Cosigner) -> bool:
    return _key_of(line) == (cosigner.key.name, cosigner.key.key_id)


def _key_of(line: SignatureLine) -> tuple[str, bytes]:
    return line.name, line.key_id
