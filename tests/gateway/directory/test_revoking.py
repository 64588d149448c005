"""Taking one key away: the level is found, and what is left must be enough."""

from pathlib import Path

import pytest

from gateway.directory.cards import card_of
from gateway.directory.revoking import draw_revocation
from gateway.errors import ConfigError, NoInputError
from tests.gateway.directory.ceremony import NOW_MS, Table, entry_of


@pytest.fixture
def table(tmp_path: Path) -> Table:
    """Return a founded directory with one Party of two keys, one of which must sign."""
    table = Table(tmp_path)
    table.found("RO")
    table.stamp(table.party(entry_of("RO/1")))
    return table


def fingerprint(table: Table, name: str) -> str:
    """Return the fingerprint of a holder's key, as on the paper."""
    role, _, number = name.rpartition("-")
    (signer,) = table.medium(name).load(role)
    return card_of(role, int(number), signer).fingerprint


def test_a_stolen_key_of_a_party_counts_no_more(table: Table) -> None:
    """The other one is enough; what the thief signs from then on is refused."""
    sheet = draw_revocation(table.state(), fingerprint(table, "party-RO-2")[:16], [], now_ms=NOW_MS)
    assert sheet.role == "targets"
    stamped = table.stamp(table.signed(sheet, "targets-1"))
    assert sorted(stamped.verified.entries) == ["RO"]
    table.stamp(table.party(entry_of("RO/1", named="Still ours")))


def test_a_root_holders_key_goes_and_a_new_one_comes(table: Table) -> None:
    """Two of the former holders sign; three keys are left and one is new."""
    new = table.key("root", 4)
    sheet = draw_revocation(table.state(), fingerprint(table, "root-2"), [new], now_ms=NOW_MS)
    assert (sheet.role, len(sheet.needs[1].key_ids)) == ("root", 3)
    stamped = table.stamp(table.signed(sheet, "root-1", "root-4", "root-3"))
    assert stamped.verified.stamp.root_version == 2


def test_what_is_left_must_be_enough(table: Table) -> None:
    """The only online key and the only targets key need another in their place."""
    for name in ("online-1", "targets-1"):
        with pytest.raises(ConfigError, match="would have 0 keys"):
            draw_revocation(table.state(), fingerprint(table, name), [], now_ms=NOW_MS)
    sheet = draw_revocation(
        table.state(), fingerprint(table, "online-1"), [table.key("online", 2)], now_ms=NOW_MS
    )
    signed = table.signed(sheet, "root-1", "root-2")
    assert table.stamp(signed, online="online-2").verified.stamp.root_version == 2


def test_a_key_that_counts_nowhere_is_not_found(table: Table) -> None:
    """A node's key is its Party's business."""
    with pytest.raises(NoInputError, match="counts in the directory"):
        draw_revocation(table.state(), "0" * 16, [], now_ms=NOW_MS)
    with pytest.raises(NoInputError, match="no directory"):
        draw_revocation(Table(table.folder / "none").state(), "0" * 16, [], now_ms=NOW_MS)
    for path in (table.out / "metadata").glob("*.root.json"):
        path.unlink()
    with pytest.raises(NoInputError, match="no root"):
        draw_revocation(table.state(), "0" * 16, [], now_ms=NOW_MS)
