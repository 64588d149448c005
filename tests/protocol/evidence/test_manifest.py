"""The manifest: one spelling, strict, bounded."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import MalformedError
from protocol.evidence.manifest import MAX_FILES, Manifest
from protocol.evidence.spelling import MAX_MANIFEST_BYTES, FileMark
from protocol.identifiers import MessageId, NodeId

MARK = FileMark(digest=b"d" * 32, size=7)


def manifest(*names: str, redacted: bool = False, disclosed: bool = False) -> Manifest:
    """Return a manifest of some files."""
    return Manifest(
        mid=MessageId(b"m" * 16),
        sender=NodeId("FR", 1),
        recipient=NodeId("RO", 1),
        redacted=redacted,
        disclosed=disclosed,
        files=dict.fromkeys(names, MARK),
    )


def test_manifest_reads_back() -> None:
    """In order of the names, whatever the order was."""
    made = manifest("summary.txt", "README.txt")
    data = made.encode()
    assert Manifest.decode(data) == made
    assert data.index(b"README") < data.index(b"summary")
    assert manifest("README.txt", "summary.txt").encode() == data


@pytest.mark.parametrize("names", [("manifest.json",), ("../x",)])
def test_file_that_no_bundle_has_is_refused(names: tuple[str, ...]) -> None:
    """Nor the manifest itself."""
    with pytest.raises(MalformedError):
        manifest(*names)


def test_bounds_are_kept() -> None:
    """Variant, number of files, digests and sizes."""
    with pytest.raises(MalformedError):
        manifest(redacted=True, disclosed=True)
    many = [f"sightings/{n:03d}/salt.bin" for n in range(1000)]
    many += [f"statements/{n:03d}-{k}/salt.bin" for n in range(1000) for k in ("act", "receipt")]
    many += [f"envelope/blobs/{n:03d}.bin" for n in range(1000)]
    many += [f"sightings/{n:03d}/checkpoint.note" for n in range(1000)]
    assert len(many) > MAX_FILES
    with pytest.raises(MalformedError):
        manifest(*many)
    for mark in (FileMark(digest=b"", size=1), FileMark(digest=b"d" * 32, size=-1)):
        with pytest.raises(MalformedError):
            Manifest(
                mid=MessageId(b"m" * 16),
                sender=NodeId("FR", 1),
                recipient=NodeId("RO", 1),
                redacted=False,
                disclosed=False,
                files={"README.txt": mark},
            )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"size":7', b'"size":true'), (b'"size":7', b'"size":7.0'), (b'"size":7', b'"size":07'),
        (b'"redacted":false', b'"redacted":0'), (b"evidence", b"evidenze"),
        (b'"sha256":"64', b'"sha256":"zz'), (b',"from"', b', "from"'), (b"}\n", b"}"),
        (b'"name"', b'"more":1,"name"'), (b'"to"', b'"more":1,"to"'), (b'"FR/1"', b'"FR/0"'),
        (b'"files":[', b'"files":[1,'),
    ],
)  # fmt: skip
def test_second_spelling_is_refused(old: bytes, new: bytes) -> None:
    """Of one manifest there is one text."""
    data = manifest("README.txt").encode()
    assert old in data
    with pytest.raises(MalformedError):
        Manifest.decode(data.replace(old, new, 1))


def test_file_named_twice_and_a_long_text_are_refused() -> None:
    """Both before anything is believed."""
    data = manifest("README.txt").encode()
    entry = data[data.index(b'{"name"') : data.index(b"]")]
    with pytest.raises(MalformedError):
        Manifest.decode(data.replace(entry, entry + b"," + entry))
    with pytest.raises(MalformedError):
        Manifest.decode(b" " * (MAX_MANIFEST_BYTES + 1))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_with_our_error(data: bytes) -> None:
    """Never another one."""
    with pytest.raises(MalformedError):
        Manifest.decode(data)
