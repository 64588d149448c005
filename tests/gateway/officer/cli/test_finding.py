"""directory search: what an officer finds, and what a program gets of it."""

from pathlib import Path

from gateway.officer.cli.finding import point_row
from gateway.officer.shapes.finding import PointItem
from tests.gateway.officer.cli.desks import Capture, desks, printed


def test_points_of_contact_are_found_over_the_nodes_own_directory(
    tmp_path: Path, capsys: Capture
) -> None:
    """Two points of Romania, of which one has a node that answers."""
    home = tmp_path / "net"
    home.mkdir()
    with desks(home, capsys) as (france, _romania, _net):
        (items,) = printed(france("directory", "search", "--country", "RO", "--json"))
        assert [item["node"] for item in items] == ["RO/1", "RO/2"]
        assert [item["active"] for item in items] == [True, False]
        assert items[0]["articles"] is None
        shown = france("directory", "search", "cybercrime", "--article", "29")
        assert "RO/2 (no node)" in shown.out
        assert "has not stated" in shown.err
        nobody = france("directory", "search", "nobody", "--language", "en", "--function", "x")
        assert "leave something out" in nobody.err
        france("ping", "RO/1", "--timeout", "2s")
        (items,) = printed(france("directory", "search", "--available", "--json"))
        assert [item["node"] for item in items] == ["RO/1"]
        assert items[0]["last_contact"] is not None
        assert france("directory", "search", "x" * 201).code == 65


def test_a_row_says_in_words_what_a_point_of_contact_takes() -> None:
    """Foreign text is made harmless."""
    item = PointItem(
        node="FR/1",
        party_name="France\u202e",
        name="Desk",
        remit="Article 35",
        hours="24 hours a day",
        time_zone="Europe/Paris",
        languages=("fr", "en"),
        telephones=("+33199001240",),
        articles=("29", "2AP 9"),
        equivalent=True,
        active=True,
        available=True,
        last_contact="2026-11-21T14:00:00.000Z",
        last_answer=None,
    )
    row = point_row(item, 1_795_269_600_000 + 600_000)
    assert row[0] == "FR/1"
    assert row[1] == "France\\u{202e}"
    assert row[3:5] == ["29 2AP9", "fr en"]
    assert row[6:] == ["10 min ago", "-"]
