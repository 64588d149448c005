"""The benchmark of one large attachment, without its nodes: what it draws, compares and prints."""

from hashlib import sha256
from pathlib import Path
from random import Random

from tests.bench.attached import encryption_alone, made, table
from tests.bench.journey import FROM, LEGS, TO, Journey, kills_at, newest_size

SIZE = 1000


def test_kills_hit_both_sides_in_turn_where_the_file_is() -> None:
    """In the order in which the file comes by; the same seed draws the same."""
    for seed in range(50):
        kills = kills_at(Random(seed), SIZE, 5)  # noqa: S311
        assert kills == kills_at(Random(seed), SIZE, 5)  # noqa: S311
        assert sorted(one.node for one in kills) == sorted([FROM, TO, FROM, TO, FROM])
        places = [(LEGS.index(one.leg), one.byte) for one in kills]
        assert places == sorted(places)
        for one in kills:
            assert one.leg != ("fetched" if one.node == FROM else "given")
            assert one.leg != "sealed" or one.node == FROM


def test_journey_is_stored_before_it_is_fetched() -> None:
    """Shares speak of the first, and name the second."""
    legs = dict(zip(LEGS, (1.0, 2.0, 3.0, 4.0), strict=True))
    made_up = Journey(
        legs=legs, extra_mib={FROM: 1.234}, peak_in={FROM: "given"}, equal=True, kills=(), cpu_s={}
    )
    assert (made_up.stored_s, made_up.total_s) == (6.0, 10.0)
    assert made_up.as_json()["extra_rss_mib"] == {FROM: 1.2}


def test_encryption_alone_is_slower_with_its_digests(tmp_path: Path) -> None:
    """Both are measured over the same bytes, and nothing is written."""
    file = tmp_path / "a.bin"
    assert made(file, 3_000_000) == sha256(file.read_bytes()).hexdigest()
    alone = encryption_alone(file)
    assert set(alone) == {"encryption", "cipher"}
    assert all(speed > 0 for speed in alone.values())
    assert list(tmp_path.iterdir()) == [file]


def test_newest_file_tells_how_far_it_is(tmp_path: Path) -> None:
    """Nothing is there at first."""
    assert newest_size(tmp_path) == 0
    (tmp_path / "RO-1").mkdir()
    (tmp_path / "RO-1" / "a.part").write_bytes(b"xyz")
    assert newest_size(tmp_path) == 3


def test_table_shows_every_figure() -> None:
    """Groups by their name."""
    text = table({"machine": {"cores": 2}, "bytes": 5, "ratios": {"stored": 0.2}, "held": True})
    assert all(word in text for word in ("cores", "bytes", "ratios", "stored", "0.2", "held"))
