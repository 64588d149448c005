"""The commands `evidence export` and `verify`: one file, two exit codes, no node for the second."""

import asyncio
import json
import time
from pathlib import Path
from typing import BinaryIO

import pytest

from gateway.errors import NoInputError
from gateway.evidence.export import Exported
from gateway.evidence.material import Variant
from gateway.evidence.write import Written
from gateway.officer.services import ForkService
from protocol.identifiers import MessageId
from tests.gateway.evidence.world import Book, acknowledged, exported
from tests.gateway.network import START_MS, Wire, network
from tests.gateway.officer.cli.session import Shell, shell_of
from tests.gateway.officer.world import World, mid

NAMES = ["FR/1", "RO/1"]


class Exporter:
    """Makes bundles of nothing."""

    @property
    def forks(self) -> ForkService | None:
        """Look for no second history."""
        return None

    def __init__(self) -> None:
        self.asked: list[tuple[MessageId, Variant, str]] = []

    async def export(
        self, mid: MessageId, variant: Variant, target: BinaryIO, *, who: str
    ) -> Exported:
        """Write a few bytes."""
        if variant is Variant.DISCLOSED:
            raise NoInputError("the message was not opened yet", code="not_opened")
        self.asked.append((mid, variant, who))
        target.write(b"bundle")
        return Exported(
            written=Written(size_bytes=6, files=1, digest=bytes(32)),
            statements=3,
            unproven=1,
            missing_blobs=2,
        )


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a disclosed bundle and its root."""
    folder: Path = tmp_path_factory.mktemp("bundle")

    async def made() -> None:
        # The command goes by the machine's clock: nothing may come from its future.
        start_ms = min(START_MS, int(time.time() * 1000) - 1000)
        async with network(folder, NAMES, Wire(), start_ms=start_ms) as net:
            book = Book.of(net, folder / "directory")
            net_mid = await acknowledged(net)
            data, _ = await exported(net["FR/1"], book, net_mid, Variant.DISCLOSED)
            (folder / "case.zip").write_bytes(data)
            (folder / "ROOT.json").write_bytes(book.root)

    asyncio.run(made())
    return folder


def test_export_writes_the_file_whole_and_says_what_is_not_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And never replaces one unasked."""
    exporter = Exporter()
    world = World()
    world.evidence = exporter
    target = tmp_path / "case.zip"
    with shell_of(world, capsys) as a35:
        done = a35("evidence", "export", str(mid(1)), "-o", target, "--redacted", "--json")
        assert done.code == 0, done.err
        shown = done.document()
        assert isinstance(shown, dict)
        assert (shown["variant"], shown["size_bytes"], shown["unproven"]) == ("redacted", 6, 1)
        assert target.read_bytes() == b"bundle"
        assert exporter.asked == [(mid(1), Variant.REDACTED, "RO/1 desk")]
        again = a35("evidence", "export", str(mid(1)), "-o", target)
        assert (again.code, "exists already" in again.err) == (65, True)
        forced = a35("evidence", "export", str(mid(1)), "-o", target, "--force")
        assert forced.code == 0
        assert "1 statements are not in it" in forced.err
        assert "2 attachments are not in it" in forced.err
        both = a35("evidence", "export", str(mid(1)), "-o", target, "--redacted", "--with-content")
        assert both.code == 64
        closed = a35("evidence", "export", str(mid(1)), "-o", tmp_path / "x", "--with-content")
        assert closed.code == 65
        assert not (tmp_path / "x").exists()
        assert list(tmp_path.glob(".a35-*")) == []


def test_verify_says_0_for_what_holds_and_76_for_what_does_not(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """For people and for programs."""
    a35 = Shell(tmp_path, capsys)
    at_once = a35.bare("verify", bundle / "case.zip", "--root", bundle / "ROOT.json", "--json")
    shown = at_once.document()
    assert isinstance(shown, dict)
    assert (at_once.code, shown["valid"], shown["faults"]) == (0, True, [])
    assert [each["what"] for each in shown["statements"]][:2] == ["submitted", "relay_accepted"]
    assert "content" not in shown
    people = a35.bare(
        "verify", bundle / "case.zip", "--root", bundle / "ROOT.json", "--show-content"
    )
    assert people.code == 0
    assert "VALID" in people.out
    assert "type: subscriber_information_request" in people.out
    changed = tmp_path / "changed.zip"
    data = bytearray((bundle / "case.zip").read_bytes())
    data[5000] ^= 1
    changed.write_bytes(data)
    done = a35.bare("verify", changed, "--root", bundle / "ROOT.json")
    assert done.code == 76
    assert "FAULT" in done.out
    assert "NOT VALID" in done.out
    assert "\x1b" not in done.out
    hidden = a35.bare("verify", changed, "--root", bundle / "ROOT.json", "--show-content")
    assert "not disclosed, or does not hold" in hidden.err


def test_verify_needs_its_files(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the reader brings along is read strictly."""
    a35 = Shell(tmp_path, capsys)
    root = bundle / "ROOT.json"
    assert a35.bare("verify", tmp_path / "none.zip", "--root", root).code == 66
    assert a35.bare("verify", bundle / "case.zip", "--root", tmp_path / "none").code == 66
    assert a35.bare("verify", bundle / "case.zip").code == 64
    (tmp_path / "bad").write_text("quorum\n", encoding="ascii")
    bad = a35.bare("verify", bundle / "case.zip", "--root", root, "--policy", tmp_path / "bad")
    assert bad.code == 65
    stamps = ("--authorities", tmp_path / "bad")
    assert a35.bare("verify", bundle / "case.zip", "--root", root, *stamps).code == 78
    (tmp_path / "long").write_bytes(b"x" * (300 * 1024))
    long = a35.bare("verify", bundle / "case.zip", "--root", tmp_path / "long", "--json")
    assert long.code == 65
    assert json.loads(long.out)["error"]["code"] == "too_large"
