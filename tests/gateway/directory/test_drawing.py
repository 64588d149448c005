"""What sheets may be drawn up, and what makes no sense."""

from pathlib import Path

import pytest

from gateway.directory.drawing import draw_party, draw_root, draw_targets
from gateway.errors import ConfigError, DataError, GatewayError, NoInputError
from tests.gateway.directory.ceremony import NOW_MS, Table, entry_of


@pytest.fixture
def table(tmp_path: Path) -> Table:
    """Return a founded directory with one Party."""
    table = Table(tmp_path)
    table.found("RO")
    return table


def test_a_first_root_says_how_many_must_sign(tmp_path: Path) -> None:
    """No number is a good guess of that; and every role has keys."""
    table = Table(tmp_path)
    cards = [*table.keys("root", 1, 2), table.key("targets", 1), table.key("online", 1)]
    with pytest.raises(ConfigError, match="root would have 2 keys of which 0 must sign"):
        draw_root(table.state(), cards, {}, now_ms=NOW_MS)
    with pytest.raises(ConfigError, match="3 must sign"):
        draw_root(table.state(), cards, {"root": 3, "targets": 1}, now_ms=NOW_MS)
    with pytest.raises(ConfigError, match="online would have 0 keys"):
        draw_root(table.state(), cards[:3], {"root": 2, "targets": 1}, now_ms=NOW_MS)
    with pytest.raises(NoInputError, match="no root yet"):
        draw_targets(table.state(), now_ms=NOW_MS)


def test_what_is_not_named_stays(table: Table) -> None:
    """A new online key is a new root with the same people."""
    card = table.key("online", 2)
    sheet = draw_root(table.state(), [card], {"root": 3}, now_ms=NOW_MS)
    assert sheet.signed.version == 2
    assert [(need.threshold, len(need.key_ids)) for need in sheet.needs] == [(2, 3), (3, 3)]
    assert sheet.needs[0].key_ids == sheet.needs[1].key_ids


@pytest.mark.parametrize("case", ["party in root", "twice", "root in targets", "gone", "nobody"])
def test_cards_have_their_place(table: Table, case: str) -> None:
    """Each refusal says where a card belongs."""
    party, root = table.key("party-JP", 1), table.key("root", 4)
    state = table.state()
    acts: dict[str, tuple[type[GatewayError], object]] = {
        "party in root": (DataError, lambda: draw_root(state, [party], {}, now_ms=NOW_MS)),
        "twice": (DataError, lambda: draw_root(state, [root, root], {}, now_ms=NOW_MS)),
        "root in targets": (DataError, lambda: draw_targets(state, cards=[root], now_ms=NOW_MS)),
        "gone": (DataError, lambda: draw_targets(state, removed=["JP"], now_ms=NOW_MS)),
        "nobody": (DataError, lambda: draw_party(state, entry_of("JP/1"), now_ms=NOW_MS)),
    }
    kind, act = acts[case]
    assert callable(act)
    with pytest.raises(kind):
        act()


def test_a_party_needs_as_many_keys_as_must_sign(table: Table) -> None:
    """Two people are two keys."""
    with pytest.raises(ConfigError, match="party-JP would have 1 keys of which 2"):
        draw_targets(table.state(), cards=table.keys("party-JP", 1), now_ms=NOW_MS)
