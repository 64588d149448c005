"""Attachments: bound to message and place, and checked before they are used."""

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.body import StreamDigests, decrypt_stream, encrypt_stream, new_content_key
from keys.errors import DecryptionFailedError
from protocol.envelope.blobs import blob_context, blob_part, check_opened, file_entry
from protocol.errors import Code, MalformedError, NotAllowedError, NotProvenError
from protocol.identifiers import MessageId
from protocol.limits import MAX_BLOBS
from tests.protocol.samples import MID, OTHER_MID, mids
from tests.vectors.case_file import Vector, load

PLAIN = b"attached " * 4000
places = st.integers(0, MAX_BLOBS - 1)


def _sealed(key: bytes) -> tuple[bytes, StreamDigests]:
    target = BytesIO()
    digests = encrypt_stream(key, blob_context(MID, 1), BytesIO(PLAIN), target)
    return target.getvalue(), digests


@pytest.mark.parametrize("case", load("envelope", "blob-context"))
def test_the_vectors_of_contexts_hold(case: Vector) -> None:
    """Another context would open nothing."""
    mid = MessageId.parse(case.value("mid"))
    assert blob_context(mid, case.value("index")) == case.bytes("output")


@given(mids, places, mids, places)
@settings(max_examples=100, deadline=None)
def test_no_two_places_share_a_context(
    mid: MessageId, index: int, other_mid: MessageId, other_index: int
) -> None:
    """Else attachments could be exchanged."""
    same_place = (mid, index) == (other_mid, other_index)
    assert (blob_context(mid, index) == blob_context(other_mid, other_index)) is same_place


@pytest.mark.parametrize("index", [-1, MAX_BLOBS])
def test_there_are_64_places(index: int) -> None:
    """As many as a header has blobs."""
    with pytest.raises(NotAllowedError):
        blob_context(MID, index)


def test_a_sealed_attachment_opens_and_is_what_its_content_names() -> None:
    """The whole way, with the records that header and content carry."""
    key = new_content_key()
    sealed, digests = _sealed(key)
    entry, part = file_entry("a.txt", "text/plain", key, digests), blob_part(digests)
    assert (part.size_bytes, part.digest) == (len(sealed), entry.blob)
    target = BytesIO()
    opened = decrypt_stream(entry.key, blob_context(MID, 1), BytesIO(sealed), target)
    check_opened(entry, opened)
    assert target.getvalue() == PLAIN


@pytest.mark.parametrize(("mid", "index"), [(OTHER_MID, 1), (MID, 0)])
def test_an_attachment_opens_at_no_other_place(mid: MessageId, index: int) -> None:
    """Neither in another message nor under another position."""
    key = new_content_key()
    sealed, _ = _sealed(key)
    with pytest.raises(DecryptionFailedError):
        decrypt_stream(key, blob_context(mid, index), BytesIO(sealed), BytesIO())


@pytest.mark.parametrize("field", ["plain_bytes", "plain_digest", "sealed_digest"])
def test_an_opened_file_that_differs_from_its_entry_is_refused(field: str) -> None:
    """A sender that names one file and seals another is found out."""
    values = {
        "plain_bytes": 3,
        "plain_digest": b"\x01" * 32,
        "sealed_bytes": 75,
        "sealed_digest": b"\x02" * 32,
    }
    named = StreamDigests(**values)  # type: ignore[arg-type]  # typed by field
    entry = file_entry("a", "b", bytes(32), named)
    check_opened(entry, named)
    other = 4 if field == "plain_bytes" else b"\x03" * 32
    with pytest.raises(NotProvenError) as refusal:
        check_opened(entry, StreamDigests(**{**values, field: other}))  # type: ignore[arg-type]
    assert refusal.value.code is Code.BIND


def test_a_name_above_its_limit_is_refused() -> None:
    """The officer hears of it before anything is queued."""
    _, digests = _sealed(new_content_key())
    with pytest.raises(MalformedError):
        file_entry("n" * 256, "text/plain", bytes(32), digests)
