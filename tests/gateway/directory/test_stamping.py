"""What a stamp takes in, what it refuses, and that a refusal changes nothing."""

from dataclasses import replace
from pathlib import Path

import pytest
from tuf.api.metadata import (  # type: ignore[attr-defined]  # public, but not marked so
    Metadata,
    Root,
    TargetFile,
    Targets,
)

from gateway.directory.draft import Drafts
from gateway.directory.drawing import draw_party, draw_root, draw_targets
from gateway.directory.layout import MAX_PARTY_BYTES, entry_file, entry_target
from gateway.directory.metadata import sign
from gateway.directory.sheet import Sheet, sign_sheet
from gateway.directory.stamping import stamp
from gateway.errors import DataError, GatewayError, NoInputError, ProofError, StorageError
from keys.digest import sha256
from protocol.directory import PartyEntry, encode_entry
from tests.gateway.directory.ceremony import NOW_MS, Table, entry_of
from tests.gateway.directory.forge import Forger
from tests.gateway.directory.world import DAY_MS
from tests.protocol.entries import unnamed_pins


@pytest.fixture
def table(tmp_path: Path) -> Table:
    """Return a founded directory with two Parties, RO published."""
    table = Table(tmp_path)
    table.found("FR", "RO")
    table.stamp(table.party(entry_of("RO/1")))
    return table


def refused(table: Table, sheet: Sheet, kind: type[GatewayError], says: str) -> None:
    """Check that a sheet is refused and nothing was written."""
    before = {path: path.read_bytes() for path in table.out.rglob("*.json")}
    with pytest.raises(kind, match=says):
        table.stamp(sheet)
    assert {path: path.read_bytes() for path in table.out.rglob("*.json")} == before


def with_targets(sheet: Sheet, targets: dict[str, TargetFile], table: Table, name: str) -> Sheet:
    """Return a Party's sheet that lists other targets, signed."""
    signed = Metadata[Targets].from_bytes(sheet.metadata).signed
    signed.targets = targets
    return table.signed(replace(sheet, metadata=sign(signed, ())), name)


def test_too_few_signatures_are_refused(table: Table) -> None:
    """Of a root, of targets, of a Party; unsigned or signed by others."""
    state = table.state()
    root = draw_root(state, [], {}, now_ms=NOW_MS)
    refused(table, table.signed(root, "root-2"), ProofError, "root is not signed by enough")
    targets = draw_targets(state, now_ms=NOW_MS)
    refused(table, targets, ProofError, "targets is not signed")
    party = draw_party(state, entry_of("FR/1"), now_ms=NOW_MS)
    refused(table, party, ProofError, "party-FR is not signed")
    needs = (replace(party.needs[0], key_ids=table_keys(table, "party-RO-1")),)
    other = table.signed(replace(party, needs=needs), "party-RO-1")
    refused(table, other, ProofError, "party-FR is not signed")


def table_keys(table: Table, name: str) -> tuple[str, ...]:
    """Return the ids of the keys of a medium."""
    return tuple(signer.public_key.keyid for signer in table.medium(name).all())


def test_a_sheet_that_is_not_the_next_one_is_refused(table: Table) -> None:
    """Somebody else's change came between; and what has expired is no use."""
    late = table.party(entry_of("RO/1", named="Late"))
    table.stamp(table.party(entry_of("RO/1", named="First")))
    refused(table, late, DataError, "version 2, the next is 3")
    old = table.party(entry_of("RO/1"), now_ms=NOW_MS - 400 * DAY_MS)
    refused(table, old, DataError, "has expired")


def test_an_entry_is_held_against_every_rule(table: Table) -> None:
    """Another entry than was signed, of another Party, more targets, or none of it."""
    sheet = table.party(entry_of("FR/1"))
    entry = encode_entry(entry_of("FR/1", named="Other"))
    refused(table, replace(sheet, entry=entry), DataError, "another entry than was signed")
    info = TargetFile.from_data(entry_target("FR"), b"{}", ["sha256"])
    listed = with_targets(replace(sheet, entry=b"{}"), {info.path: info}, table, "party-FR-1")
    refused(table, listed, DataError, "is refused")
    more = {**listed_of(sheet), "parties/FR/x": TargetFile.from_data("x", b"", ["sha256"])}
    refused(table, with_targets(sheet, more, table, "party-FR-1"), DataError, "lists more than")
    foreign = encode_entry(entry_of("RO/1"))
    info = TargetFile.from_data(entry_target("FR"), foreign, ["sha256"])
    listed = with_targets(replace(sheet, entry=foreign), {info.path: info}, table, "party-FR-1")
    refused(table, listed, DataError, "of another Party")
    unlisted = replace(sheet, role="party-JP")
    refused(table, unlisted, DataError, "nothing is delegated to JP")


def listed_of(sheet: Sheet) -> dict[str, TargetFile]:
    """Return what a Party's sheet lists."""
    return Metadata[Targets].from_bytes(sheet.metadata).signed.targets


def test_the_inbox_takes_parties_only_and_one_bad_sheet_stops_nobody(table: Table) -> None:
    """Each for itself, with the reason; the timestamp goes on."""
    good = table.party(entry_of("FR/1"))
    bad = draw_party(table.state(), entry_of("RO/1", named="Unsigned"), now_ms=NOW_MS)
    targets = table.signed(draw_targets(table.state(), now_ms=NOW_MS), "targets-1")
    inbox = {"bad.sheet": bad, "good.sheet": good, "targets.sheet": targets}
    stamped = stamp(table.out, table.medium("online-1"), inbox=inbox, now_ms=NOW_MS)
    assert stamped.taken == ("party-FR",)
    assert set(stamped.refused) == {"bad.sheet", "targets.sheet"}
    assert "only a Party's entry" in stamped.refused["targets.sheet"]
    assert sorted(stamped.verified.entries) == ["FR", "RO"]


def test_a_partys_sheet_that_no_node_would_take_stops_nobody(table: Table) -> None:
    """Another length than the entry's, or a file too long: one Party would end everybody's day."""
    sheet = table.party(entry_of("FR/1"))
    (name, info), *_ = listed_of(sheet).items()
    longer = TargetFile(info.length + 1, info.hashes, info.path)
    wrong = with_targets(sheet, {name: longer}, table, "party-FR-1")
    signed = Metadata[Targets].from_bytes(sheet.metadata).signed
    signed.unrecognized_fields["remark"] = "x" * MAX_PARTY_BYTES
    long = table.signed(replace(sheet, metadata=sign(signed, ())), "party-FR-1")
    good = table.party(entry_of("RO/1", named="Good"))
    inbox = {"long.sheet": long, "wrong.sheet": wrong, "good.sheet": good}
    stamped = stamp(table.out, table.medium("online-1"), inbox=inbox, now_ms=NOW_MS)
    assert stamped.taken == ("party-RO",)
    assert "another length than" in stamped.refused["wrong.sheet"]
    assert "longer than" in stamped.refused["long.sheet"]


def test_a_disk_that_refuses_an_entry_leaves_no_role_that_lists_it(table: Table) -> None:
    """Else no stamp would verify until that Party drew up another sheet."""
    sheet = table.party(entry_of("FR/1"))
    in_the_way = table.out / "targets" / "parties" / "FR"
    in_the_way.write_bytes(b"")
    with pytest.raises(StorageError):
        table.stamp(sheet)
    in_the_way.unlink()
    assert sorted(table.stamp().verified.entries) == ["RO"]
    assert table.stamp(sheet).taken == ("party-FR",)


def test_there_is_no_directory_without_a_root(tmp_path: Path) -> None:
    """And none of its sheets can be taken."""
    table = Table(tmp_path)
    table.key("online", 1)
    with pytest.raises(NoInputError, match="no directory"):
        table.stamp()
    root = draw_root(
        table.state(),
        [*table.keys("root", 1), *table.keys("targets", 1), *table.keys("online", 2)],
        {"root": 1, "targets": 1},
        now_ms=NOW_MS,
    )
    targets = draw_targets(table.state(root), now_ms=NOW_MS)
    with pytest.raises(NoInputError, match="no directory"):
        table.stamp(table.signed(targets, "targets-1"))
    with pytest.raises(NoInputError, match="online key that the root lists"):
        table.stamp(table.signed(root, "root-1"), table.signed(targets, "targets-1"))


def test_a_draft_that_was_published_is_gone_and_others_stay(table: Table) -> None:
    """Damaged ones too: they are for whoever draws them up."""
    drafts = Drafts(table.out)
    drafts.save(entry_of("RO/1"))
    drafts.save(entry_of("FR/1"))
    (table.out / "drafts" / "JP.json").write_bytes(b"{")
    table.stamp()
    assert drafts.parties() == ("FR", "JP")
    table.stamp(table.party(entry_of("FR/1")))
    assert drafts.parties() == ("JP",)


def test_a_party_that_was_taken_out_may_come_back(table: Table) -> None:
    """Its role stays in the snapshot meanwhile, or clients would call it a rollback."""
    gone = draw_targets(table.state(), removed=["RO"], now_ms=NOW_MS)
    stamped = table.stamp(table.signed(gone, "targets-1"))
    assert (dict(stamped.verified.entries), dict(stamped.verified.left_out)) == (
        {},
        {"FR": "delegated, but nothing published yet"},
    )
    cards = table.keys("party-RO", 3, 4)
    back = draw_targets(table.state(), cards=cards, threshold=2, now_ms=NOW_MS)
    table_sheet = table.signed(back, "targets-1")
    party = draw_party(table.state(table_sheet), entry_of("RO/1"), now_ms=NOW_MS)
    assert party.signed.version == 2
    stamped = table.stamp(table_sheet, table.signed(party, "party-RO-3", "party-RO-4"))
    assert sorted(stamped.verified.entries) == ["RO"]


def test_a_tls_key_of_another_node_is_not_taken(table: Table) -> None:
    """One of the two would take the other's name, where the certificate names no node."""
    table.stamp(table.party(unnamed("RO/1")))
    refused(table, table.party(unnamed("FR/1")), DataError, "takes the TLS key of RO/1")
    table.stamp(table.party(entry_of("FR/1")))


def unnamed(name: str) -> PartyEntry:
    """Return an entry whose node has a certificate that names nobody."""
    entry = entry_of(name)
    node = entry.nodes[0].model_copy(update=dict(unnamed_pins()))
    return entry.model_copy(update={"nodes": (node,)})


def test_an_entry_that_nobody_can_read_takes_no_key(table: Table) -> None:
    """It may stand there from an older program; it stops nobody else."""
    forger = Forger(table.out, table.medium("party-RO-1"))
    data = b'{"party":"RO"}'
    forger.write(entry_file("RO", sha256(data).hex()), data)
    info = TargetFile.from_data(entry_target("RO"), data, ["sha256"])
    forger.party("RO", lambda targets: targets.targets.update({info.path: info}))
    stamped = table.stamp(table.party(entry_of("FR/1")))
    assert sorted(stamped.verified.entries) == ["FR"]
    assert "refused" in stamped.verified.left_out["RO"]


def test_a_new_root_needs_the_former_holders_too(table: Table) -> None:
    """Three new people alone are nobody."""
    cards = table.keys("root", 4, 5, 6)
    root = draw_root(table.state(), cards, {}, now_ms=NOW_MS)
    refused(table, table.signed(root, "root-4", "root-5"), ProofError, "root is not signed")
    whole = table.signed(root, "root-1", "root-2", "root-4", "root-6")
    assert table.stamp(whole).verified.stamp.root_version == 2
    names = Metadata[Root].from_bytes(whole.metadata).signatures
    assert len(names) == 4
    assert sign_sheet(whole, table.medium("root-1").all()).signers == whole.signers
