"""Reads stored and opened contents; what was read lately is remembered by its bytes.

The same content is looked at several times within seconds: against its form, for its case, for an
answer to it. Reading is a pure function of the bytes, so that what it came to is kept: a bounded
number of small ones. A content that is refused is read again each time. Whoever erases contents
has what is remembered forgotten.
"""

from functools import lru_cache
from typing import Final

from gateway.errors import StorageError
from gateway.rows import MessageRow
from gateway.store import Casebook
from protocol.envelope.content import Content, decode_inner
from protocol.requests.document import Document
from protocol.requests.wire import from_wire

_KEPT: Final = 256
_SMALL_BYTES: Final = 32 * 1024


async def legible_inner(casebook: Casebook, row: MessageRow) -> bytes | None:
    """Return the opened content of a message for whoever looks at many of them.

    One that the disk gave back damaged hides no other: it is passed over here, and told as damaged
    where that message itself is read.

    Args:
        casebook: Holds it.
        row: Which message.

    Returns:
        None where there is no content, or none that opens.

    Raises:
        StorageError: The store failed.
    """
    try:
        return await casebook.inner(row.sender, row.mid)
    except StorageError as error:
        if not error.is_damaged:
            raise
        return None


def content_of(inner: bytes) -> Content:
    """Return the content of an opened envelope.

    Args:
        inner: As it was sealed.

    Raises:
        RemoteProtocolError: It is none.
    """
    return _remembered_content(inner) if len(inner) <= _SMALL_BYTES else _content(inner)


def carried_document(inner: bytes) -> tuple[Content, Document]:
    """Return the content of an opened envelope and the document that it carries.

    Args:
        inner: As it was sealed; of a type of the catalogue.

    Raises:
        RefusedDocumentError: The document is not of the form of its type.
        RemoteProtocolError: It is no content.
    """
    return _remembered_document(inner) if len(inner) <= _SMALL_BYTES else _document(inner)


def document_in(content: Content) -> Document:
    """Return the document that a content carries; nothing is remembered.

    Args:
        content: Of a type of the catalogue.

    Raises:
        RefusedDocumentError: The document is not of the form of its type.
    """
    return from_wire(
        content.type,
        str(content.recipient),
        None if content.re is None else str(content.re),
        body=content.body,
        file_names=[one.name for one in content.files],
    )


def forget() -> None:
    """Remember nothing any more: what was erased must not stay in memory."""
    _remembered_content.cache_clear()
    _remembered_document.cache_clear()


def _content(inner: bytes) -> Content:
    return Content.decode(decode_inner(inner).content)


def _document(inner: bytes) -> tuple[Content, Document]:
    content = content_of(inner)
    return content, document_in(content)


_remembered_content = lru_cache(maxsize=_KEPT)(_content)
_remembered_document = lru_cache(maxsize=_KEPT)(_document)
