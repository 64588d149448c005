"""What a holder reads before signing: the metadata itself, and what changes."""

from dataclasses import replace
from pathlib import Path

import pytest
from securesystemslib.signer import (  # type: ignore[attr-defined]  # public, but not marked so
    SSlibKey,
)
from tuf.api.metadata import (  # type: ignore[attr-defined]  # public, but not marked so
    Metadata,
    Root,
    TargetFile,
    Targets,
)

from gateway.directory.cards import KeyCard, card_of, fingerprint_of, public_of
from gateway.directory.describing import describe, difference, pretty
from gateway.directory.drawing import draw_party, draw_root, draw_targets
from gateway.directory.metadata import sign
from gateway.directory.repository import Repository
from gateway.errors import DataError
from protocol.directory import encode_entry
from tests.gateway.directory.ceremony import NOW_MS, Table, entry_of


@pytest.fixture
def table(tmp_path: Path) -> Table:
    """Return a founded directory with one Party, published."""
    table = Table(tmp_path)
    table.found("RO")
    table.stamp(table.party(entry_of("RO/1")))
    return table


def test_a_root_names_every_key_and_who_is_new_or_gone(table: Table) -> None:
    """A holder looks for the own fingerprint, and for strangers."""
    card = table.key("root", 4)
    root = draw_root(table.state(), [card, *kept_cards(table)], {}, now_ms=NOW_MS)
    lines = describe(root, Repository(table.out))
    assert lines[0] == "root, version 2, until 2029-01-14T08:00:00Z"
    assert "  root: 2 of 3 must sign" in lines
    assert f"    {card.fingerprint} (new)" in lines
    assert sum("no longer" in line for line in lines) == 1
    alone = describe(root, Repository(table.folder / "nothing"))
    assert not any("(new)" in line or "no longer" in line for line in alone)


def test_a_stranger_under_the_id_of_a_holder_is_new(table: Table) -> None:
    """An id is a name that whoever drew the sheet up chose; the key under it is what counts."""
    state = Repository(table.out)
    drawn = draw_root(table.state(), [], {}, now_ms=NOW_MS)
    root = Metadata[Root].from_bytes(drawn.metadata).signed
    taken = root.roles["root"].keyids[0]
    former, stranger = root.keys[taken], table.key("root", 4)
    root.keys[taken] = SSlibKey(taken, former.keytype, former.scheme, {"public": stranger.public})
    lines = describe(replace(drawn, metadata=sign(root, ())), state)
    assert f"    {stranger.fingerprint} (new)" in lines
    assert f"    no longer: {fingerprint_of(public_of(former))}" in lines


def test_what_is_not_shown_is_not_to_be_signed(table: Table) -> None:
    """Another key for the snapshot alone, an entry of the authority's own, a role for any path."""
    state = Repository(table.out)
    drawn = draw_root(table.state(), [], {}, now_ms=NOW_MS)
    root = Metadata[Root].from_bytes(drawn.metadata).signed
    root.roles["snapshot"].keyids = root.roles["root"].keyids
    with pytest.raises(DataError, match="two different keys"):
        describe(replace(drawn, metadata=sign(root, ())), state)
    drawn = draw_targets(table.state(), now_ms=NOW_MS)
    targets = Metadata[Targets].from_bytes(drawn.metadata).signed
    targets.targets = {"parties/RO/party.json": TargetFile.from_data("x", b"", ["sha256"])}
    listing = replace(drawn, metadata=sign(targets, ()))
    with pytest.raises(DataError, match="more than Parties"):
        describe(listing, state)
    targets = Metadata[Targets].from_bytes(drawn.metadata).signed
    assert targets.delegations is not None
    assert targets.delegations.roles is not None
    targets.delegations.roles["party-RO"].paths = ["*"]
    with pytest.raises(DataError, match="more than Parties"):
        describe(replace(drawn, metadata=sign(targets, ())), state)
    with pytest.raises(DataError, match="more than Parties"):
        table.stamp(table.signed(listing, "targets-1"))


def kept_cards(table: Table) -> list[KeyCard]:
    """Return the cards of the first two root holders."""
    return [
        card_of("root", number, table.medium(f"root-{number}").load("root")[0]) for number in (1, 2)
    ]


def test_a_list_of_parties_names_what_changes(table: Table) -> None:
    """Hundreds of Parties that stay are one number."""
    state = Repository(table.out)
    cards = [*table.keys("party-FR", 1), *table.keys("party-RO", 3)]
    targets = draw_targets(table.state(), cards=cards, threshold=1, now_ms=NOW_MS)
    lines = describe(targets, state)
    assert "  2 Parties" in lines
    assert any(line.startswith("  new: FR, 1 of 1 must sign: ") for line in lines)
    assert any(line.startswith("  changed: RO, 1 of 1 must sign: ") for line in lines)
    gone = draw_targets(table.state(), removed=["RO"], now_ms=NOW_MS)
    assert "  taken out: RO" in describe(gone, state)
    assert describe(draw_targets(table.state(), now_ms=NOW_MS), state)[1:] == ["  1 Parties"]
    unknown = describe(targets, Repository(table.folder / "nothing"))
    assert sum(line.startswith("  new: ") for line in unknown) == 2


def test_an_entry_is_shown_as_a_difference_or_whole(table: Table) -> None:
    """Another entry beside what is signed is no small print."""
    state = Repository(table.out)
    changed = draw_party(table.state(), entry_of("RO/1", named="Night desk"), now_ms=NOW_MS)
    lines = describe(changed, state)
    assert '  -  "name": "A desk",' in lines
    assert '  +  "name": "Night desk",' in lines
    same = draw_party(table.state(), entry_of("RO/1"), now_ms=NOW_MS)
    assert describe(same, state)[1:] == ["  no change: for another year"]
    whole = describe(same, Repository(table.folder / "nothing"))
    assert '    "name": "A desk",' in whole
    with pytest.raises(DataError, match="another entry than is to be signed"):
        describe(replace(same, entry=b"{}"), state)


def test_hidden_characters_are_shown_as_what_they_are() -> None:
    """A name in another reading order must not look like ours."""
    entry = entry_of("RO/1", named="B\u0103n\u0103")
    assert "B\\u0103n\\u0103" in pretty(encode_entry(entry))
    assert difference(None, encode_entry(entry))[0] == "--- published"
