"""What a witness answers to `add-checkpoint`: cosignatures, where it stands, or a refusal.

Does: answers as status, content type and bytes, and back. Leaves to `protocol.witness.rule` which
one is due, and to `protocol.witness.cosignature` whether the lines in one are believed.

Source: C2SP tlog-witness, section add-checkpoint.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from keys.errors import BadNoteError
from keys.note import SignatureLine, format_note, parse_note
from protocol.errors import Code, MalformedError
from protocol.limits import MAX_INDEX, MAX_NOTE_BYTES

SIZE_TYPE: Final = "text/x.tlog.size"
"""Content type of an answer that says where the witness stands."""

LINES_TYPE: Final = "text/plain; charset=utf-8"
"""Content type under which cosignatures leave; a reader takes any."""

_OK: Final = 200
_CONFLICT: Final = 409
_LEAST_REFUSAL: Final = 300
_MOST_STATUS: Final = 599
_SIZE: Final = re.compile(rb"(0|[1-9][0-9]{0,15})\n\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosigned:
    """The checkpoint was cosigned.

    Attributes:
        lines: 1 to 16 signature lines, those of keys that the reader does not know too.
    """

    lines: tuple[SignatureLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The proof did not begin where the witness stands.

    Attributes:
        size: That it cosigned last, 0 if none.
    """

    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """The witness will not cosign this.

    Attributes:
        status: Of HTTP, 300 to 599; C2SP uses 400, 403, 404 and 422.
    """

    status: int


Answer = Cosigned | Standing | Declined


@dataclass(frozen=True, slots=True, kw_only=True)
class RawAnswer:
    """An answer as HTTP carries it.

    Attributes:
        status: Of HTTP.
        content_type: As it stands in the header; None if there is none.
        body: Everything after the head.
    """

    status: int
    content_type: str | None
    body: bytes


def encode_answer(answer: Answer) -> RawAnswer:
    """Write an answer.

    Args:
        answer: What is due.

    Returns:
        Status, content type and body.
    """
    match answer:
        case Cosigned(lines=lines):
            return RawAnswer(status=_OK, content_type=LINES_TYPE, body=encode_lines(lines))
        case Standing(size=size):
            return RawAnswer(status=_CONFLICT, content_type=SIZE_TYPE, body=b"%d\n" % size)
        case Declined(status=status):
            return RawAnswer(status=status, content_type=None, body=b"")
        case _:
            assert_never(answer)


def decode_answer(raw: RawAnswer) -> Answer:
    """Read an answer; no signature in it is verified.

    Args:
        raw: As HTTP carried it; redirects were not followed.

    Returns:
        What the witness said. A 409 that does not say where it stands is a refusal like others.

    Raises:
        MalformedError: Too long (E_SIZE); a success without well-formed signature lines, a size
            that is no number, or a status that is no answer.
    """
    if len(raw.body) > MAX_NOTE_BYTES:
        raise MalformedError("an answer longer than any", code=Code.SIZE)
    if raw.status == _OK:
        return Cosigned(lines=decode_lines(raw.body))
    if raw.status == _CONFLICT and _is_size_type(raw.content_type):
        size = _SIZE.match(raw.body)
        if size is None or int(size[1]) > MAX_INDEX:
            raise MalformedError("a witness stands at no size")
        return Standing(size=int(size[1]))
    if not _LEAST_REFUSAL <= raw.status <= _MOST_STATUS:
        raise MalformedError("not a status that ends a request")
    return Declined(status=raw.status)


def encode_lines(lines: Sequence[SignatureLine]) -> bytes:
    """Write signature lines alone, as an answer carries them and evidence keeps them.

    Args:
        lines: At least one.

    Returns:
        Each with its dash and newline.
    """
    return format_note(b"", lines)[1:]  # a note is its text, a newline, and these


def decode_lines(data: bytes) -> tuple[SignatureLine, ...]:
    """Read signature lines alone.

    Args:
        data: 1 to 16 lines, at most MAX_NOTE_BYTES with a short text in front.

    Returns:
        The lines, nothing verified.

    Raises:
        MalformedError: Not of that form.
    """
    try:
        note = parse_note(b"-\n\n" + data)
    except BadNoteError as error:
        raise MalformedError("not signature lines") from error
    if note.text != b"-\n":  # a blank line among them would have moved the border
        raise MalformedError("not signature lines alone")
    return note.lines


def _is_size_type(content_type: str | None) -> bool:
    # Parameters mean nothing here, and a proxy may add one.
    return content_type is not None and content_type.split(";")[0].strip().lower() == SIZE_TYPE
