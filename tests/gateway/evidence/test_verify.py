"""Bundles of real exchanges verify, and say what is proven and what is not."""

from pathlib import Path

from gateway.evidence.lines import report_lines
from tests.gateway.evidence.world import Book, acknowledged, exported, verified
from tests.gateway.network import Wire, network
from tests.gateway.service.world import scenario

NAMES = ["FR/1", "RO/1"]


@scenario
async def test_bundle_of_the_sender_shows_the_whole_ladder(tmp_path: Path) -> None:
    """Each step by the node whose word it is."""
    (tmp_path / "net").mkdir()
    async with network(tmp_path / "net", NAMES, Wire()) as net:
        book = Book.of(net, tmp_path / "directory")
        mid = await acknowledged(net)
        data, done = await exported(net["FR/1"], book, mid)
        report = verified(data, book, net)
        assert report.faults == ()
        assert "VALID" in list(report_lines(report))[-1]
        assert done.unproven == 0
