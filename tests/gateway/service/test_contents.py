"""Reading a content is remembered by its bytes, and comes to the same as reading it anew."""

import asyncio
import json
from dataclasses import replace
from typing import cast

import pytest

from gateway.errors import StorageError
from gateway.records import Direction
from gateway.service.contents import carried_document, content_of, legible_inner
from gateway.simulator.documents import request
from gateway.store import Casebook
from protocol.envelope.content import Content, encode_inner
from protocol.errors import RemoteProtocolError
from protocol.identifiers import MessageId, NodeId
from protocol.requests.check import read_document
from protocol.requests.wire import RefusedDocumentError, to_wire
from tests.gateway.officer.world import row_of

FR, RO = NodeId("FR", 1), NodeId("RO", 1)
MID = MessageId(bytes(range(16)))


def content() -> Content:
    """Return a request as it travels."""
    plain = json.loads(request(1, to=RO, urgency="urgent"))
    document = read_document(plain)
    return Content(
        mid=MID, sender=FR, recipient=RO, t_ms=1, type=document.type, thread=MID, re=None,
        body=to_wire(document),
    )  # fmt: skip


def test_same_bytes_come_to_the_same_document() -> None:
    """The second look finds what the first one read, and it is what the bytes say."""
    inner = encode_inner(content().encode())
    read, document = carried_document(inner)
    assert carried_document(bytes(inner))[1] is document
    assert (read, content_of(inner)) == (content(), content())
    assert to_wire(document) == content().body


def test_refusal_is_no_less_a_refusal_the_second_time() -> None:
    """Nothing is remembered of what was not read."""
    broken = encode_inner(replace(content(), body={**content().body, "zz": 1}).encode())
    for _ in range(2):
        with pytest.raises(RefusedDocumentError):
            carried_document(broken)
        with pytest.raises(RemoteProtocolError):
            content_of(b"no content")


def test_large_content_is_read_anew_each_time() -> None:
    """What is remembered is bounded in bytes, not only in number."""
    large = replace(content(), extra={"v": "x" * 40_000})
    inner = encode_inner(large.encode())
    assert carried_document(inner)[1] == carried_document(inner)[1]
    assert carried_document(inner)[1] is not carried_document(inner)[1]
    assert content_of(inner) == large


class Broken:
    """A casebook that does not give a content back."""

    def __init__(self, code: str) -> None:
        self._code = code

    async def inner(self, sender: NodeId, wanted: MessageId) -> bytes | None:
        """Fail."""
        await asyncio.sleep(0)
        raise StorageError(f"{sender} {wanted}", code=self._code)


def test_damaged_content_is_passed_over_and_a_store_that_failed_is_not() -> None:
    """One message that does not open hides no other; a disk that went away hides all."""
    row = row_of(MID, Direction.IN)
    assert asyncio.run(legible_inner(cast("Casebook", Broken("content_damaged")), row)) is None
    with pytest.raises(StorageError):
        asyncio.run(legible_inner(cast("Casebook", Broken("storage")), row))
