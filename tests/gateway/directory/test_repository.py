"""The published folder and its drafts: what is there, and damage told from absence."""

from pathlib import Path

import pytest
from tuf.api.metadata import (  # type: ignore[attr-defined]  # public, but not marked so
    Targets,
)

from gateway.directory.draft import Drafts
from gateway.directory.repository import FolderFiles, Repository
from gateway.errors import DataError, NoInputError, StorageError
from protocol.directory import PartyEntry
from tests.gateway.directory.world import Authority

NOW_MS = 1_800_000_000_000


def test_only_published_names_are_in_the_folder(tmp_path: Path) -> None:
    """Whatever else lies there."""
    authority = Authority.found(tmp_path, NOW_MS, parties=())
    Drafts(authority.folder).save(PartyEntry(party="RO", name="x"))
    (authority.folder / "metadata" / "notes.json").write_text("{}")
    files = FolderFiles(authority.folder)
    assert list(files) == [
        "metadata/1.root.json",
        "metadata/1.snapshot.json",
        "metadata/1.targets.json",
        "metadata/timestamp.json",
    ]
    assert len(files) == 4
    assert "drafts/RO.json" not in files
    assert "metadata/notes.json" not in files


def test_new_files_count_before_they_are_written(tmp_path: Path) -> None:
    """A publication is verified first."""
    authority = Authority.found(tmp_path, NOW_MS, parties=())
    files = FolderFiles(authority.folder, over={"metadata/2.root.json": b"new"})
    assert files["metadata/2.root.json"] == b"new"
    assert "metadata/2.root.json" in list(files)


def test_a_file_that_cannot_be_read_is_a_fault_of_the_disk(tmp_path: Path) -> None:
    """It is not the same as a file that is missing."""
    authority = Authority.found(tmp_path, NOW_MS, parties=())
    path = authority.folder / "metadata" / "timestamp.json"
    path.unlink()
    assert Repository(authority.folder).timestamp() is None
    path.mkdir()
    with pytest.raises(StorageError):
        Repository(authority.folder).timestamp()


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff"])
def test_a_damaged_role_is_named(tmp_path: Path, data: bytes) -> None:
    """So that it can be restored."""
    authority = Authority.found(tmp_path, NOW_MS, parties=())
    (authority.folder / "metadata" / "1.targets.json").write_bytes(data)
    with pytest.raises(DataError, match=r"1\.targets\.json"):
        Repository(authority.folder).targets()


def test_a_role_of_another_kind_is_damage(tmp_path: Path) -> None:
    """A snapshot was copied over the targets."""
    authority = Authority.found(tmp_path, NOW_MS, parties=())
    metadata = authority.folder / "metadata"
    (metadata / "1.targets.json").write_bytes((metadata / "1.snapshot.json").read_bytes())
    with pytest.raises(DataError):
        Repository(authority.folder).newest(Targets, "targets")


def test_an_empty_folder_is_no_directory(tmp_path: Path) -> None:
    """The hint says how to make one."""
    repository = Repository(tmp_path / "none")
    assert not repository.exists()
    for act in (repository.anchor, repository.targets):
        with pytest.raises(NoInputError) as caught:
            act()
        assert "new-root" in caught.value.hint


def test_the_newest_version_is_the_highest_number(tmp_path: Path) -> None:
    """Ten comes after nine."""
    authority = Authority.found(tmp_path, NOW_MS, parties=())
    metadata = authority.folder / "metadata"
    for version in (9, 10):
        text = (metadata / "1.targets.json").read_text()
        changed = text.replace('"version":1', f'"version":{version}')
        (metadata / f"{version}.targets.json").write_text(changed)
    assert Repository(authority.folder).targets().version == 10


def test_a_draft_that_cannot_be_used_as_a_file_is_a_fault_of_the_disk(tmp_path: Path) -> None:
    """Reading and removing both say so."""
    (tmp_path / "drafts" / "RO.json").mkdir(parents=True)
    drafts = Drafts(tmp_path)
    with pytest.raises(StorageError):
        drafts.load("RO")
    with pytest.raises(StorageError):
        drafts.drop("RO")


def test_a_draft_under_another_partys_name_is_refused(tmp_path: Path) -> None:
    """A file was renamed."""
    drafts = Drafts(tmp_path)
    drafts.save(PartyEntry(party="RO", name="x"))
    (tmp_path / "drafts" / "RO.json").rename(tmp_path / "drafts" / "FR.json")
    (tmp_path / "drafts" / "notes.json").write_text("{}")
    assert drafts.parties() == ("FR",)
    assert drafts.load("RO") is None
    with pytest.raises(DataError):
        drafts.load("FR")


def test_metadata_that_cannot_be_read_lists_nothing(tmp_path: Path) -> None:
    """An absent entry is none."""
    authority = Authority.found(tmp_path, NOW_MS)
    assert Repository(authority.folder).entry("RO") is None
