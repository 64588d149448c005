"""A document as it travels: what the content map calls its body, and back.

Type, addressee, answered message and files have places of their own in an envelope's content;
the rest of the document is the body: fields that are absent are left out, and attachments go by
their file name alone, wherever a path stands. There is one body for one document: any other
spelling of the same (a null, a text that is not NFC, blanks in a telephone number) is refused.

Source: docs/domain.md, section 11 and G5; docs/wire-format.md, rule 11.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from protocol.errors import MalformedError
from protocol.requests.check import InvalidDocumentError, read_document
from protocol.requests.document import THE_BODY, Attachment, Document
from protocol.requests.part import Part
from protocol.requests.walk import shape_of

_PLACED_ELSEWHERE: Final = ("type", "to", "in_reply_to")
"""Fields of the document that are fields of the content, and never of its body."""

_SIMPLE: Final = frozenset({str, int, bool})
"""Types of most values, which travel as they are."""


class RefusedDocumentError(MalformedError):
    """A received document is not one that we could have been sent (E_SCHEMA).

    Attributes:
        path: The field at fault, for the receipt's `why`; empty for the whole.
    """

    def __init__(self, text: str, *, path: str = "") -> None:
        super().__init__(text)
        self.path = path


def to_wire(document: Document) -> dict[str, Any]:
    """Return the body of the content that carries a document.

    The caller puts type, addressee, answered message and files into the content itself.

    Args:
        document: A valid document.

    Returns:
        Plain values: text, whole numbers, booleans, lists, maps; None only where a form asks
        for the name even without a value.
    """
    names = {each.path: file_name(each.path) for each in document.attachments or ()}
    wire = _dump(document, names)
    for name in _PLACED_ELSEWHERE:
        wire.pop(name, None)
    if document.attachments is not None:
        wire["attachments"] = [_attached(each, names) for each in document.attachments]
    return wire


def as_written(document: Document) -> dict[str, Any]:
    """Return a document as a person would write it: what to_wire says, and all that it omits.

    Args:
        document: A valid document.

    Returns:
        Plain values, ready for JSON; check_document reads the same document from them.
    """
    return _dump(document, {})


def from_wire(
    type: str,  # noqa: A002 - the field's own name
    to: str,
    in_reply_to: str | None,
    *,
    body: Mapping[str, Any],
    file_names: Sequence[str],
) -> Document:
    """Read the document that a content carries.

    Args:
        type: The content's type.
        to: The node that it is addressed to, as text.
        in_reply_to: The id of the answered message, 32 hex digits.
        body: The content's body, as decoded.
        file_names: Names of the content's files, in their order.

    Returns:
        The document; the paths of its attachments are the file names.

    Raises:
        RefusedDocumentError: Not the form of its type, not in the one spelling that is admitted,
            or files that are not those of the attachments.

    Source:
        docs/wire-format.md, rules 5 and 11.
    """
    root: dict[str, Any] = {"type": type, "to": to} | {
        name: value for name, value in body.items() if name != "attachments"
    }
    if any(name in body for name in _PLACED_ELSEWHERE):
        raise RefusedDocumentError("a field of the content stands in its body")
    if in_reply_to is not None:
        root["in_reply_to"] = in_reply_to
    if "attachments" in body:
        root["attachments"] = _with_paths(body["attachments"])
    try:
        document = read_document(root)
    except InvalidDocumentError as refused:
        raise RefusedDocumentError(str(refused), path=refused.path) from refused
    if to_wire(document) != body:
        raise RefusedDocumentError("the document is not in its one canonical spelling")
    if [each.path for each in document.attachments or ()] != list(file_names):
        raise RefusedDocumentError("other files than the attachments name", path="attachments")
    return document


def file_name(path: str) -> str:
    """Return the name by which an attachment travels: the last part of its path.

    Args:
        path: Of an attachment.
    """
    return path.rpartition("/")[2]


def _attached(attachment: Attachment, names: Mapping[str, str]) -> dict[str, Any]:
    entry = _dump(attachment, names)
    entry["name"] = names[entry.pop("path")]
    original = attachment.translation_of
    if original is not None and original != THE_BODY:
        entry["translation_of"] = names[original]
    return entry


def _with_paths(entries: object) -> object:
    """Return attachments with the field that forms know; another shape is left to the form."""
    if not isinstance(entries, list):
        return entries
    return [
        {"path" if name == "name" else name: value for name, value in each.items()}
        if isinstance(each, dict) and "path" not in each
        else None
        for each in entries
    ]


def _dump(part: Part, names: Mapping[str, str]) -> dict[str, Any]:
    """Return a form as plain values: absent fields left out, paths turned into file names."""
    shape = shape_of(type(part))
    values = vars(part)
    kept: dict[str, Any] = {}
    for name, written in shape.fields:
        value = values[name]
        if value is None:
            if name in part.KEY_REQUIRED and name in part.model_fields_set:
                kept[written] = None
        elif name in shape.paths:
            kept[written] = _renamed(value, names)
        else:
            kept[written] = value if type(value) in _SIMPLE else _plain(value, names)
    return kept


def _plain(value: object, names: Mapping[str, str]) -> object:
    if isinstance(value, tuple):
        return [each if type(each) in _SIMPLE else _plain(each, names) for each in value]
    # Asked last: for a value that is no form, pydantic takes long to say so.
    return _dump(value, names) if isinstance(value, Part) else value


def _renamed(value: str | tuple[str, ...], names: Mapping[str, str]) -> object:
    if isinstance(value, tuple):
        return [names.get(path, path) for path in value]
    return names.get(value, value)
