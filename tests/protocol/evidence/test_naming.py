"""Names of a bundle's files: what is written is read, and nothing else is a name."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.evidence.naming import (
    KINDS,
    blob_file,
    blob_of,
    checkpoint_file,
    consistency_file,
    cosignature_file,
    directory_file,
    directory_of,
    head_of,
    is_large,
    is_name,
    join_of,
    sighting_folder,
    sighting_of,
    stamp_file,
    statement_folder,
    statement_of,
)
from protocol.identifiers import LogOrigin, NodeId
from protocol.log.checkpoint import TreeHead

ORIGIN = LogOrigin(NodeId("RO", 12), 3)


def head(size: int) -> TreeHead:
    """Return a head of a size."""
    return TreeHead(origin=ORIGIN, size=size, root=bytes(32))


@pytest.mark.parametrize("kind", KINDS.values())
def test_files_of_a_statement_are_read_back(kind: object) -> None:
    """Folder, kind and file."""
    found = next(each for each in KINDS.values() if each is kind)
    folder = statement_folder(7, found)
    assert statement_of(f"{folder}/salt.bin") == (folder, found, "salt.bin")
    assert statement_of(f"{folder}/other.bin") is None
    assert is_name(f"{folder}/wraps.cmp")


def test_files_of_heads_are_read_back() -> None:
    """Log and sizes, in order of their names."""
    assert head_of(checkpoint_file(head(9)), "checkpoints") == (ORIGIN, 9)
    assert head_of(cosignature_file(head(9)), "cosignatures") == (ORIGIN, 9)
    assert head_of(stamp_file(head(9), 2), "stamps") == (ORIGIN, 9)
    assert head_of(checkpoint_file(head(9)), "stamps") is None
    assert head_of(checkpoint_file(head(9)).replace(".note", ".sig"), "checkpoints") is None
    assert join_of(consistency_file(head(9), head(10))) == (ORIGIN, 9, 10)
    assert checkpoint_file(head(9)) < checkpoint_file(head(10))


def test_other_files_are_read_back() -> None:
    """Attachments, sightings, the directory."""
    assert blob_of(blob_file(3)) == 3
    assert is_large(blob_file(3))
    assert not is_large("envelope/body.bin")
    assert sighting_of(f"{sighting_folder(1)}/salt.bin") == (sighting_folder(1), "salt.bin")
    name = directory_file(bytes(32), "metadata/timestamp.json")
    assert directory_of(name) == ("00" * 32, "metadata/timestamp.json")
    assert is_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "", "manifest.json/", "./manifest.json", "/README.txt", "statements/001-seen/salt.bin",
        "statements/0001-act/salt.bin", "envelope/header.cmp\n", "checkpoints/RO-0-1-1.note",
        "directory/" + "0" * 64 + "/metadata/../x", "directory/" + "0" * 64 + "/metadata//x",
        "checkpoints/RO-1-1-0000000000000001.note\n", "stamps/RO-1-1-0000000000000001.tsr",
    ],
)  # fmt: skip
def test_what_is_no_name_is_none(name: str) -> None:
    """No path, no second spelling."""
    assert not is_name(name)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_judged(text: str) -> None:
    """Without an error."""
    assert not is_name(f"{text}/")
