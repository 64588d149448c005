"""The commands `evidence forks` and `evidence fork`: what is held against logs of other nodes."""

from pathlib import Path
from typing import BinaryIO

import pytest
from typing_extensions import override

from gateway.errors import NoInputError
from gateway.evidence.forks import FoundFork
from gateway.evidence.write import Written
from gateway.records import Fork
from protocol.identifiers import LogOrigin, NodeId
from protocol.log.checkpoint import TreeHead
from tests.gateway.network import START_MS
from tests.gateway.officer.cli.session import shell_of
from tests.gateway.officer.cli.test_verify import Exporter
from tests.gateway.officer.world import World

LOG = LogOrigin(NodeId("FR", 1), 1)


def found(*, by: NodeId | None, size: int) -> FoundFork:
    """Return a finding against one log."""
    held = TreeHead(origin=LOG, size=9, root=bytes(32))
    return FoundFork(
        fork=Fork(origin=LOG, held=b"one", offered=b"two", by=by, found_ms=START_MS),
        held=held,
        offered=TreeHead(origin=LOG, size=size, root=bytes([1]) * 32),
        is_refused=by is not None,
    )


class Forks:
    """Two findings."""

    def __init__(self) -> None:
        self.asked: list[tuple[LogOrigin, str]] = []

    async def found(self) -> tuple[FoundFork, ...]:
        """Return one that is proven and one in doubt."""
        return found(by=NodeId("DE", 1), size=9), found(by=None, size=12)

    async def export(self, origin: LogOrigin, target: BinaryIO, *, who: str) -> Written:
        """Write a few bytes.

        Raises:
            NoInputError: Another log.
        """
        if origin != LOG:
            raise NoInputError("no second history of this log is known")
        self.asked.append((origin, who))
        target.write(b"exhibit")
        return Written(size_bytes=7, files=1, digest=bytes(32))


class ForkExporter(Exporter):
    """Makes bundles of nothing, and exhibits too."""

    def __init__(self) -> None:
        super().__init__()
        self.held = Forks()

    @property
    @override
    def forks(self) -> Forks:
        """Return the findings."""
        return self.held


def test_findings_are_listed_and_each_is_written_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """For people and for programs; nothing is replaced unasked."""
    exporter = ForkExporter()
    world = World()
    world.evidence = exporter
    target = tmp_path / "fork.zip"
    with shell_of(world, capsys) as a35:
        listed = a35("evidence", "forks", "--json")
        items = listed.document()
        assert isinstance(items, list)
        assert [(one["shows"], one["refused"], one["shown_by"]) for one in items] == [
            ("two_roots", True, "DE/1"), ("not_joined", False, "FR/1"),
        ]  # fmt: skip
        assert "two_roots" in a35("evidence", "forks").out
        done = a35("evidence", "fork", str(LOG), "-o", target, "--json")
        assert done.code == 0, done.err
        shown = done.document()
        assert isinstance(shown, dict)
        assert (shown["log"], shown["size_bytes"]) == (str(LOG), 7)
        assert (target.read_bytes(), exporter.held.asked) == (b"exhibit", [(LOG, "RO/1 desk")])
        assert a35("evidence", "fork", str(LOG), "-o", target).code == 65
        assert "a35 verify" in a35("evidence", "fork", str(LOG), "-o", target, "--force").out
        assert a35("evidence", "fork", "FR/1", "-o", tmp_path / "x").code == 66
        other = LogOrigin(NodeId("FR", 2), 1)
        assert a35("evidence", "fork", str(other), "-o", tmp_path / "x").code == 66
        assert not (tmp_path / "x").exists()
