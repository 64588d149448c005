"""The node's TUF client by itself: the attacks of the TUF specification, through its commands."""

import re
from collections.abc import Callable
from json import loads
from pathlib import Path
from typing import NoReturn

import pytest

from gateway.directory.conformance import BareClient
from gateway.errors import ConfigError, NoInputError, StorageError, UnavailableError
from gateway.main import command_line
from tests.gateway.directory.anyrepo import LATER, AnyRepository


def never(options: object) -> NoReturn:
    """Stand where a node would be run."""
    raise AssertionError(options)


class Suite:
    """The commands of the conformance suite against one repository."""

    def __init__(self, base: Path) -> None:
        self.repository = AnyRepository(base / "pub")
        self.metadata = base / "trusted"
        self.targets = base / "fetched"

    def run(self, *arguments: str) -> int:
        """Run `a35 directory client` as the suite writes it."""
        line = ["directory", "client", "--metadata-dir", str(self.metadata)]
        line += ["--metadata-url", self.repository.metadata.as_uri(), *arguments]
        return command_line(line, run=never)

    def init(self) -> int:
        """Trust the first root."""
        return self.run("init", str(self.repository.anchor))

    def refresh(self) -> int:
        """Bring the metadata up to date."""
        return self.run("refresh")

    def download(self, *names: str) -> int:
        """Bring targets here."""
        wanted = [part for name in names for part in ("--target-name", name)]
        place = ["--target-base-url", self.repository.targets_folder.as_uri()]
        return self.run(*wanted, *place, "--target-dir", str(self.targets), "download")

    def version(self, role: str) -> int:
        """Return the version of a role that is trusted now."""
        document = loads((self.metadata / f"{role}.json").read_bytes())
        return int(document["signed"]["version"])

    def fetched(self) -> list[bytes]:
        """Return what was fetched and verified."""
        return [path.read_bytes() for path in sorted(self.targets.rglob("*")) if path.is_file()]


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    """Return a client that trusts a repository and is up to date."""
    suite = Suite(tmp_path)
    assert suite.init() == 0
    assert suite.refresh() == 0
    return suite


def test_a_target_is_fetched_once_and_verified(suite: Suite) -> None:
    """The plain way; the second time nothing is asked for, because the file may be gone."""
    suite.repository.target("targets", "path/to/file.txt", b"content")
    suite.repository.publish()
    assert suite.download("path/to/file.txt") == 0
    assert suite.fetched() == [b"content"]
    for path in suite.repository.targets_folder.rglob("*.txt"):
        path.unlink()
    assert suite.download("path/to/file.txt") == 0


def test_a_target_of_other_bytes_is_refused(suite: Suite) -> None:
    """A server may change files; not what was signed about them."""
    suite.repository.target("targets", "file.txt", b"content")
    suite.repository.publish()
    for path in suite.repository.targets_folder.rglob("*.txt"):
        path.write_bytes(b"changed")
    assert suite.download("file.txt") == 1
    assert suite.fetched() == []


def test_a_target_nobody_signed_for_is_not_there(suite: Suite) -> None:
    """And ends the command at the first that fails."""
    suite.repository.target("targets", "b", b"content")
    suite.repository.publish()
    assert suite.download("a", "b") == 1
    assert suite.fetched() == []


def test_rollback_of_the_timestamp_is_refused(suite: Suite) -> None:
    """An old state, rightly signed, must not come back."""
    old = suite.repository.timestamp_bytes()
    suite.repository.publish()
    assert suite.refresh() == 0
    held = suite.version("timestamp")
    suite.repository.serve_timestamp(old)
    assert suite.refresh() == 1
    assert suite.version("timestamp") == held


@pytest.mark.parametrize("role", ["snapshot", "targets"])
def test_rollback_below_a_new_timestamp_is_refused(suite: Suite, role: str) -> None:
    """A thief of the online key cannot bring back an old version of a role."""
    suite.repository.publish()
    assert suite.refresh() == 0
    held = suite.version(role)
    if role == "snapshot":
        suite.repository.snapshot.version -= 3
    else:
        suite.repository.roles["targets"].version -= 3
    suite.repository.publish()
    assert suite.refresh() == 1
    assert suite.version(role) == held


def test_rollback_of_what_the_snapshot_lists_is_refused(suite: Suite) -> None:
    """Every role that the old snapshot listed must be in the new one."""
    suite.repository.delegate("targets", "extra", ["extra/*"])
    suite.repository.publish()
    assert suite.refresh() == 0
    del suite.repository.snapshot.meta["extra.json"]
    del suite.repository.roles["extra"]
    suite.repository.publish()
    assert suite.refresh() == 1


def test_freeze_ends_with_the_expiry_of_the_timestamp(suite: Suite) -> None:
    """Who shows the same state for ever is found out."""
    suite.repository.timestamp.expires = LATER.replace(year=2020)
    suite.repository.publish()
    assert suite.refresh() == 1


def test_mix_and_match_is_refused(suite: Suite) -> None:
    """Targets of one state under the snapshot of another."""
    repository = suite.repository
    repository.publish()
    newest = repository.roles["targets"].version
    older = (repository.metadata / f"{newest - 1}.targets.json").read_bytes()
    (repository.metadata / f"{newest}.targets.json").write_bytes(older)
    assert suite.refresh() == 1
    assert suite.version("targets") < newest


def test_fewer_signatures_than_the_threshold_are_refused(suite: Suite) -> None:
    """One of two is none."""
    repository = suite.repository
    repository.add_key("targets")
    repository.root.roles["targets"].threshold = 2
    repository.next_root()
    repository.publish()
    assert suite.refresh() == 0
    held = suite.version("targets")
    repository.publish(signers={"targets": repository.signers["targets"][:1]})
    assert suite.refresh() == 1
    assert suite.version("targets") == held


def test_root_keys_rotate_when_old_and_new_sign(suite: Suite) -> None:
    """Signed by the new key alone, anybody could be root."""
    repository = suite.repository
    old = repository.signers["root"].pop()
    repository.root.revoke_key(old.public_key.keyid, "root")
    new = repository.add_key("root")
    repository.next_root()
    assert suite.refresh() == 1
    assert suite.version("root") == 1
    repository.root.version -= 1
    repository.next_root(old)
    assert suite.refresh() == 0
    assert suite.version("root") == 2
    repository.next_root(new)
    assert suite.refresh() == 0
    assert suite.version("root") == 3


def test_a_rotated_online_key_counts_no_more(suite: Suite) -> None:
    """The new root takes it away at once, also from what it signed before."""
    repository = suite.repository
    old = repository.signers["timestamp"].pop()
    repository.root.revoke_key(old.public_key.keyid, "timestamp")
    repository.add_key("timestamp")
    repository.next_root()
    repository.publish(signers={"timestamp": [old]})
    assert suite.refresh() == 1
    assert suite.version("root") == 2
    repository.publish()
    assert suite.refresh() == 0


def test_a_revoked_delegated_key_counts_no_more(suite: Suite) -> None:
    """Also not for the file that it signed while it counted and that the client holds."""
    repository = suite.repository
    repository.delegate("targets", "party", ["party/*"])
    repository.target("party", "party/entry", b"first")
    repository.publish()
    assert suite.download("party/entry") == 0
    stolen = repository.signers["party"].pop()
    repository.roles["targets"].revoke_key(stolen.public_key.keyid, "party")
    repository.add_key("party", delegator="targets")
    repository.target("party", "party/entry", b"stolen")
    repository.publish(signers={"party": [stolen]})
    assert suite.download("party/entry") == 1
    assert suite.fetched() == [b"first"]
    repository.target("party", "party/entry", b"second")
    repository.publish()
    assert suite.download("party/entry") == 0
    assert suite.fetched() == [b"second"]


def test_a_role_verified_under_one_delegator_does_not_count_under_another(suite: Suite) -> None:
    """Two delegators name one role with different keys; it was signed for the first alone."""
    repository = suite.repository
    for parent, path in (("one", "a/*"), ("two", "b/*")):
        repository.delegate("targets", parent, [path])
    repository.delegate("one", "shared", ["a/*"])
    repository.delegate("two", "shared", ["b/*"])
    first = repository.signers["shared"][:1]
    repository.target("shared", "a/file", b"good")
    repository.target("shared", "b/file", b"bad")
    repository.publish(signers={"shared": first})
    assert suite.download("a/file") == 0
    assert suite.download("a/file", "b/file") == 1
    assert suite.fetched() == [b"good"]


def test_a_delegate_signs_for_no_path_that_it_was_not_given(suite: Suite) -> None:
    """France cannot list the entry of Romania."""
    repository = suite.repository
    repository.delegate("targets", "fr", ["parties/FR/*"])
    repository.target("fr", "parties/RO/party.json", b"false")
    repository.publish()
    assert suite.download("parties/RO/party.json") == 1


@pytest.mark.parametrize(
    "name",
    [
        "../../escape",
        "/etc/escape",
        "a/../../../escape",
        "..",
        "a\\..\\escape",
        "%2e%2e/escape",
        "nul\x00byte",
        "con",
        "line\nfeed",
        "x" * 5000,
        "\u202etxt.exe",
    ],
)
def test_a_targets_name_never_becomes_a_path(suite: Suite, tmp_path: Path, name: str) -> None:
    """Whatever was signed: files appear under a digest in the target folder, or nowhere."""
    repository = suite.repository
    before = {path for path in tmp_path.rglob("*") if "pub" not in path.parts}
    info = dict(repository.roles["targets"].targets)
    try:
        repository.target("targets", name, b"content")
    except (OSError, ValueError):  # no server could hold it: the listing alone is the attack
        assert repository.roles["targets"].targets != info
    repository.publish()
    suite.download(name)
    new = {path for path in tmp_path.rglob("*") if "pub" not in path.parts} - before
    inside = {path.relative_to(tmp_path) for path in new}
    for path in inside:
        assert path == Path("fetched") or re.fullmatch(r"fetched/[0-9a-f]{64}", path.as_posix())


@pytest.mark.parametrize("role", ["../outside", "/outside", "?", "#", "a/b"])
def test_a_roles_name_never_becomes_a_path(suite: Suite, tmp_path: Path, role: str) -> None:
    """Roles are files too; theirs are quoted."""
    before = {path for path in tmp_path.rglob("*") if "pub" not in path.parts}
    suite.repository.delegate("targets", role, ["*"])
    suite.repository.publish()
    assert suite.download("no such target") == 1
    new = {path for path in tmp_path.rglob("*") if "pub" not in path.parts} - before
    assert {path.parent for path in new} <= {suite.metadata, tmp_path}


def test_the_first_root_stays_the_anchor(suite: Suite) -> None:
    """What an update or a thief puts beside it is never trusted by itself."""
    other = AnyRepository(suite.metadata.parent / "other")
    (suite.metadata / "root.json").unlink()
    (suite.metadata / "root.json").write_bytes(other.anchor.read_bytes())
    assert suite.refresh() == 0
    suite.repository = other
    assert suite.refresh() == 1


def test_every_fault_ends_with_1(tmp_path: Path) -> None:
    """The suite knows two exit codes; options that are missing are 64, as everywhere."""
    suite = Suite(tmp_path)
    assert suite.refresh() == 1
    assert suite.run("init", str(tmp_path / "nothing")) == 1
    assert suite.run("download") == 1
    assert command_line(["directory", "client", "refresh"], run=never) == 64


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (lambda client, _: client.refresh("ftp://example.org"), ConfigError),
        (lambda client, _: client.refresh("file:///nowhere-at-all"), UnavailableError),
        (lambda client, base: client.init(base / "pub"), NoInputError),
    ],
)
def test_faults_have_their_kind(
    suite: Suite, tmp_path: Path, act: Callable[[BareClient, Path], None], error: type[Exception]
) -> None:
    """For who uses the client as a library."""
    with pytest.raises(error):
        act(BareClient(suite.metadata, lambda: 0.0), tmp_path)


def test_a_folder_that_cannot_be_made_is_said(suite: Suite, tmp_path: Path) -> None:
    """A fault of the disk is none of the repository."""
    (tmp_path / "taken").write_bytes(b"")
    url = suite.repository.metadata.as_uri()
    with pytest.raises(StorageError):
        BareClient(suite.metadata, lambda: 0.0).download(
            ["a"], metadata_url=url, targets_url=url, folder=tmp_path / "taken"
        )
