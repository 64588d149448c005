"""The manifest of a fork has one spelling, and names nothing but the files of an exhibit."""

import json

import pytest

from protocol.errors import Code, MalformedError
from protocol.evidence.forking import ForkManifest, is_fork_manifest
from protocol.evidence.manifest import MAX_FILES
from protocol.evidence.naming import FORK_HELD, HEADER, README, directory_file
from protocol.evidence.spelling import MAX_MANIFEST_BYTES, FileMark
from protocol.identifiers import LogOrigin, NodeId

FR, RO = NodeId("FR", 1), NodeId("RO", 1)
MARK = FileMark(digest=bytes(32), size=3)
MANIFEST = ForkManifest(
    origin=LogOrigin(FR, 1), holder=RO, shown_by=FR, files={FORK_HELD: MARK, README: MARK}
)


def test_manifest_reads_back_and_has_one_spelling() -> None:
    """Whoever compares digests needs it."""
    data = MANIFEST.encode()
    assert ForkManifest.decode(data) == MANIFEST
    assert is_fork_manifest(data)
    assert not is_fork_manifest(data.replace(b"a35/1/fork", b"a35/1/evidence"))
    for other in (data + b" ", data.replace(b",", b", ", 1), json.dumps(json.loads(data)).encode()):
        with pytest.raises(MalformedError):
            ForkManifest.decode(other)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"log"', b'"lag"'), (b"a35/1/fork", b"a35/2/fork"), (b"a35/FR/1/log/1", b"FR/1"),
        (b"00", b"0g"), (b'"size":3', b'"size":true'), (b'"size":3', b'"size":-3'),
        (b'"shown_by":"FR/1"', b'"shown_by":null'), (b"{", b"["),
    ],
)  # fmt: skip
def test_manifest_of_another_form_is_refused(old: bytes, new: bytes) -> None:
    """Any bytes may come."""
    with pytest.raises(MalformedError):
        ForkManifest.decode(MANIFEST.encode().replace(old, new))


def test_manifest_is_bounded_and_names_files_of_an_exhibit_only() -> None:
    """It is read before anything is believed."""
    with pytest.raises(MalformedError) as caught:
        ForkManifest.decode(bytes(MAX_MANIFEST_BYTES + 1))
    assert caught.value.code is Code.SIZE
    for files in (
        {HEADER: MARK},
        {FORK_HELD: FileMark(digest=b"short", size=3)},
        {directory_file(bytes(32), f"metadata/{n}.root.json"): MARK for n in range(MAX_FILES + 1)},
    ):
        with pytest.raises(MalformedError):
            ForkManifest(origin=LogOrigin(FR, 1), holder=RO, shown_by=FR, files=files)
