"""Contents: one encoding each, and nothing unknown outside of `x`."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.digest import Label, labelled
from protocol.encoding import Value
from protocol.envelope.content import (
    Content,
    FileEntry,
    Inner,
    OfficerSignature,
    decode_inner,
    encode_inner,
    officer_digest,
)
from protocol.errors import Code, MalformedError, NotAllowedError
from protocol.limits import MAX_BLOBS, MAX_BODY_BYTES, MAX_INDEX, MAX_SIGNATURES
from tests.protocol.samples import content, digests, file_entry, mids, nodes, signature, sizes
from tests.protocol.spoiling import refuse_everything_near
from tests.vectors.case_file import Vector, load, shown

bodies: st.SearchStrategy[dict[str, Value]] = st.dictionaries(
    st.text(max_size=8),
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.text(max_size=20)
    | st.lists(st.text(max_size=5), max_size=3).map(list),
    max_size=5,
)
entries = st.builds(
    FileEntry,
    name=st.text(max_size=60),
    media_type=st.text(max_size=60),
    size_bytes=sizes,
    digest=digests,
    blob=digests,
    key=digests,
)
contents = st.builds(
    Content,
    mid=mids,
    sender=nodes,
    recipient=nodes,
    t_ms=sizes,
    type=st.text("abcdefghij_", min_size=1, max_size=64),
    thread=mids,
    re=st.none() | mids,
    body=bodies,
    files=st.lists(entries, max_size=3).map(tuple),
    extra=bodies,
)


def _read(data: bytes) -> bytes:
    return Content.decode(data).encode()


def _read_inner(data: bytes) -> bytes:
    inner = decode_inner(data)
    return encode_inner(inner.content, inner.signatures)


@given(contents)
@settings(max_examples=100, deadline=None)
def test_a_content_reads_back_as_written(original: Content) -> None:
    """Officers at both ends see the same."""
    assert Content.decode(original.encode()) == original


@pytest.mark.parametrize("case", load("envelope", "content"))
def test_the_vectors_of_contents_hold(case: Vector) -> None:
    """A second implementation has nothing but the vectors to compare with."""
    if case.expect == "ok":
        read = Content.decode(case.bytes("input"))
        assert (read.encode(), shown(read)) == (case.bytes("input"), case.value("shows"))
    else:
        with pytest.raises(MalformedError) as refusal:
            Content.decode(case.bytes("input"))
        assert refusal.value.code == case.expect


@pytest.mark.parametrize("case", load("envelope", "inner"))
def test_the_vectors_of_inners_hold(case: Vector) -> None:
    """Signatures are carried in their order, whatever they are."""
    if case.expect == "ok":
        read = decode_inner(case.bytes("input"))
        assert shown(read) == case.value("shows")
        assert encode_inner(read.content, read.signatures) == case.bytes("input")
    else:
        with pytest.raises(MalformedError) as refusal:
            decode_inner(case.bytes("input"))
        assert refusal.value.code == case.expect


def test_every_neighbour_of_a_content_is_refused() -> None:
    """Below `body` and `x` anything may stand; nothing else is free."""
    refuse_everything_near(content(file_entry()).encode(), _read, free=("body", "x"))


def test_every_neighbour_of_an_inner_is_refused() -> None:
    """The content is bytes there: its own decoder looks into it."""
    refuse_everything_near(encode_inner(b"content", [signature()]), _read_inner)


def test_a_content_or_inner_above_its_limit_is_refused_by_size() -> None:
    """It could not have been in a body."""
    for read in (Content.decode, decode_inner):
        with pytest.raises(MalformedError) as refusal:
            read(bytes(MAX_BODY_BYTES + 1))
        assert refusal.value.code is Code.SIZE


def test_what_a_later_version_says_below_x_is_kept() -> None:
    """Rule 5: unknown keys are welcome there and nowhere else."""
    later = replace(content(), extra={"later": [1, {"a": b"b"}]})
    assert Content.decode(later.encode()) == later


def test_a_body_of_seven_levels_passes_and_one_more_does_not() -> None:
    """The content itself is the eighth level of rule 2."""
    body: dict[str, Value] = {"level": 7}
    for level in range(6, 0, -1):
        body = {"level": level, "below": body}
    assert Content.decode(content(body=body).encode()).body == body
    with pytest.raises(NotAllowedError):
        content(body={"below": body}).encode()


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "n" * 256},
        {"name": "\u0103" * 128},
        {"media_type": "m" * 256},
        {"size_bytes": -1},
        {"size_bytes": MAX_INDEX + 1},
        {"digest": bytes(31)},
        {"blob": bytes(33)},
        {"key": b""},
    ],
)
def test_an_impossible_attachment_cannot_be_built(fields: dict[str, Any]) -> None:
    """What could not be read at the other end is not written."""
    with pytest.raises(MalformedError):
        replace(file_entry(), **fields)


def test_one_attachment_too_many_cannot_be_built() -> None:
    """As many as the header has blobs."""
    with pytest.raises(MalformedError):
        content(*[file_entry()] * (MAX_BLOBS + 1))


@pytest.mark.parametrize("document_type", ["", "t" * 65])
def test_a_content_without_a_fitting_type_cannot_be_built(document_type: str) -> None:
    """The type decides which schema is checked."""
    with pytest.raises(MalformedError):
        replace(content(), type=document_type)


@pytest.mark.parametrize(
    ("key_id", "mark"), [(b"", b"s"), (b"k", b""), (bytes(65), b"s"), (b"k", bytes(8193))]
)
def test_an_impossible_signature_cannot_be_built(key_id: bytes, mark: bytes) -> None:
    """A signature without a key is nobody's."""
    with pytest.raises(MalformedError):
        OfficerSignature(key_id=key_id, signature=mark)


def test_an_inner_has_a_content_and_at_most_four_signatures() -> None:
    """Also when our own code builds it."""
    with pytest.raises(MalformedError):
        Inner(content=b"")
    with pytest.raises(MalformedError):
        encode_inner(b"c", [signature()] * (MAX_SIGNATURES + 1))


def test_secrets_and_contents_stay_out_of_representations() -> None:
    """A representation ends up in a journal line sooner or later."""
    inside = content(file_entry(7), body={"subject": "canary"})
    shown_text = f"{inside!r} {file_entry(7)!r} {Inner(content=b'canary')!r}"
    assert "canary" not in shown_text
    assert repr(file_entry(7).key) not in shown_text


@pytest.mark.parametrize("case", load("envelope", "officer-digest"))
def test_officers_sign_a_digest_of_their_own_label(case: Vector) -> None:
    """A signature over a content is never one over anything else."""
    assert officer_digest(case.bytes("input")) == case.bytes("output")
    assert case.bytes("output") == labelled(Label.OFFICER, case.bytes("input"))
