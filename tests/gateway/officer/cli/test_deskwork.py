"""search, statistics, export: what a desk asks of all its cases at once."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.officer.services import OfficerServices
from gateway.service.boxes import Boxes
from gateway.service.case import Cases
from gateway.service.searching import Search
from gateway.service.statistics import StatisticsDesk
from gateway.storage.wordindex import MemoryIndex
from protocol.delivery.escalation import Budgets
from tests.gateway.officer.boxbook import BoxShelf
from tests.gateway.officer.cli.desks import desks, printed
from tests.gateway.officer.cli.session import shell_of
from tests.gateway.officer.world import RO, World, mid, received

Capture = pytest.CaptureFixture[str]


def desk() -> World:
    """Return a desk with one request of which it knows what is in it."""
    world = World()
    row = received(world, 7, files=2)
    world.book.happen(row, "opened")

    def beside(services: OfficerServices) -> OfficerServices:
        cases = Cases(node=RO, casebook=world.book, clock=world.clock)
        return replace(
            services,
            searching=Search(world.book, MemoryIndex, world.clock),
            counting=StatisticsDesk(world.book, cases, world.clock, budgets=Budgets()),
        )

    world.beside = beside
    return world


def test_search_prints_where_words_occur(capsys: Capture) -> None:
    """As a table for people, as an array for programs."""
    with shell_of(desk(), capsys) as shell:
        found = shell("search", "FR-26-1102", "--json").document()
        assert isinstance(found, list)
        assert [(hit["mid"], hit["where"]) for hit in found] == [(str(mid(7)), "reference")]
        shown = shell("search", "order", "1.txt", "--box", "in", "--party", "FR")
        assert "files" in shown.out
        nothing = shell("search", "unheard")
        assert (nothing.code, "nothing" in nothing.err) == (0, True)
        assert shell("search", "x" * 201).code == 64
        assert shell("search", "x", "--party", "France").code == 64


def test_statistics_print_the_rows_and_their_total(capsys: Capture) -> None:
    """Times in words for people, in milliseconds for programs."""
    with shell_of(desk(), capsys) as shell:
        view = shell("statistics", "--from", "2026-11-01", "--to", "2026-12-31", "--json")
        shown = view.document()
        assert isinstance(shown, dict)
        assert (shown["by"], shown["total"]["received"]) == ("article", 1)
        table = shell("statistics", "--by", "party")
        assert table.code == 0
        assert table.out.startswith("all\t")
        assert shell("statistics", "--from", "soon").code == 65
        assert shell("statistics", "--by", "nothing").code == 64


def test_export_is_written_whole_and_never_over_another_file(
    tmp_path: Path, capsys: Capture
) -> None:
    """The leaf of the act is named; what exists is replaced only if it is said."""
    with desks(tmp_path, capsys) as (shell, _other, _net):
        target = tmp_path / "out.csv"
        span = ("--from", "2026-11-01", "--to", "2026-12-31")
        done = shell("export", *span, "-o", target, "--json")
        assert done.code == 0, done.err
        made = printed(done)[-1]
        assert isinstance(made, dict)
        assert made["size_bytes"] == target.stat().st_size
        assert shell("export", *span, "-o", target).code == 65
        again = shell("export", *span, "--format", "json", "-o", target, "--force")
        assert (again.code, "act" in again.err) == (0, True)
        assert shell("export", "--thread", "no id", "-o", tmp_path / "x").code == 66
        assert shell("export", "-o", tmp_path / "x").code == 65
        assert not (tmp_path / "x").exists()


def test_lists_are_narrowed_by_party_type_and_lateness(capsys: Capture) -> None:
    """What does not fit is left out on every page."""
    world = desk()

    def beside(services: OfficerServices) -> OfficerServices:
        shelf = BoxShelf(world.book)
        boxes = Boxes(shelf, shelf, services.consult, world.clock, budgets=Budgets())
        return replace(services, boxes=boxes)

    world.beside = beside
    with shell_of(world, capsys) as shell:
        for options, count in (
            (["--party", "FR"], 1),
            (["--party", "DE"], 0),
            (["--type", "subscriber_information_request"], 1),
            (["--type", "decision"], 0),
        ):
            found = shell("inbox", *options, "--json").document()
            assert isinstance(found, list)
            assert len(found) == count, options
        assert shell("inbox", "--overdue").code == 0
        assert shell("outbox", "--party", "FR", "--json").document() == []
