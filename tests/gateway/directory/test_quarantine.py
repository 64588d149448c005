"""New keys of a Party wait a day unless its former signers vouch for them, or people do."""

import asyncio
from collections.abc import Sequence
from json import dumps, loads
from pathlib import Path

import pytest
from securesystemslib.signer import (  # type: ignore[attr-defined]  # public, but not marked so
    CryptoSigner,
)
from tuf.api.metadata import (  # type: ignore[attr-defined]  # public, but not marked so
    Metadata,
    TargetFile,
    Targets,
)
from typing_extensions import override

from gateway.directory.layout import TARGETS, entry_file, entry_target, party_role
from gateway.directory.quarantine import HELD_MS, counting, key_names
from gateway.directory.trusted import HeldKeys, TrustedDirectory
from gateway.journal import Journal
from keys.digest import sha256
from protocol.directory import NodeState, PartyEntry, WitnessKey, encode_entry, fingerprints
from protocol.directory_values import key_text
from protocol.identifiers import NodeId
from tests.gateway.directory.setting import Setting, publish_entry
from tests.gateway.directory.world import FakeClock
from tests.protocol.entries import node_keys, part

FR, RO = NodeId("FR", 1), NodeId("RO", 1)
OLD, NEW = node_keys("FR/1").tls.spki, node_keys("FR/1", 1).tls.spki


LISTED = ("tls", "log a35/FR/1/log/1", "kem")


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    """Return two Parties and a node that knows them."""
    return Setting(tmp_path)


def replaced(setting: Setting, *, both: bool = False) -> PartyEntry:
    """Return France's entry with another node's keys, or with those beside its own."""
    now_ms = setting.now_ms
    entry = setting.entry("FR")
    old, new = entry.nodes[0], part(node_keys("FR/1", 1), now_ms)
    lists = ("logs", "kem", "tls_spki", "tls_certificates")
    change: dict[str, object] = {"state": NodeState.ACTIVE}
    for name in lists:
        change[name] = (*(getattr(old, name) if both else ()), *getattr(new, name))
    return entry.model_copy(update={"nodes": (old.model_copy(update=change),)})


def new_signers(setting: Setting, entry: PartyEntry, *, vouched: bool = False) -> None:
    """Let the authority name other signers for France, who sign an entry.

    `vouched`: the former ones sign it too.
    """
    thief = party_role("XX")
    if not setting.authority.keys.has(thief):
        signers = setting.authority.keys.create(thief, 2)

        def delegate(targets: Targets) -> None:
            assert targets.delegations is not None
            assert targets.delegations.roles is not None
            role = targets.delegations.roles[party_role("FR")]
            for key_id in tuple(role.keyids):
                targets.revoke_key(key_id, party_role("FR"))
            for signer in signers:
                targets.add_key(signer.public_key, party_role("FR"))

        setting.forger.role(TARGETS, delegate)
    data = encode_entry(entry)
    name = entry_target("FR")

    def listed(targets: Targets) -> None:
        targets.targets = {name: TargetFile.from_data(name, data, ["sha256"])}

    setting.forger.write(entry_file("FR", sha256(data).hex()), data)
    by = setting.authority.keys.load
    role = party_role("FR")
    setting.forger.role(role, listed, signed_by=thief)
    if vouched:
        _sign_too(setting, by(role))
    setting.forger.online(TARGETS, role)


def _sign_too(setting: Setting, signers: Sequence[CryptoSigner]) -> None:
    found = setting.forger.repository.newest(Targets, party_role("FR"))
    assert found is not None
    metadata = Metadata[Targets].from_bytes(found[1])
    for signer in signers:
        metadata.sign(signer, append=True)
    version = metadata.signed.version
    setting.forger.write(f"metadata/{version}.{party_role('FR')}.json", metadata.to_bytes())


async def looked(setting: Setting, later_ms: int = 0) -> TrustedDirectory:
    """Return what a node holds some time later, after a start and a refresh."""
    client = setting.client(later_ms=later_ms)
    await client.start()
    await client.refresh()
    return client


def test_keys_that_nobody_vouched_for_wait_a_day(setting: Setting) -> None:
    """Who stole the authority's keys must not speak for France within the hour."""

    async def story() -> None:
        await looked(setting)
        new_signers(setting, replaced(setting, both=True))
        client = await looked(setting)
        entry = client.node(FR)
        assert entry is not None
        assert entry.spki == {OLD}
        assert (client.node_of_spki(OLD), client.node_of_spki(NEW)) == (FR, None)
        assert len(client.quarantine.held["FR"]) == 3
        party = client.party("FR")
        assert party is not None
        assert party.nodes == (entry,)
        assert client.view is not None
        assert entry in [node for each in client.view.parties() for node in each.nodes]
        assert client.node_of_spki(node_keys("RO/1").tls.spki) == RO

        client = await looked(setting, HELD_MS - 60_000)
        assert client.node_of_spki(NEW) is None
        client = await looked(setting, HELD_MS)
        assert client.node_of_spki(NEW) == FR
        assert client.quarantine.held == {}

    asyncio.run(story())


def test_a_node_all_of_whose_keys_wait_is_not_there(setting: Setting) -> None:
    """What is listed no more stops counting at once: it may have been stolen."""

    async def story() -> None:
        await looked(setting)
        new_signers(setting, replaced(setting))
        client = await looked(setting)
        assert client.node(FR) is None
        assert FR not in [node.node_id for node in client.nodes()]
        assert client.node_of_spki(OLD) is None

    asyncio.run(story())


def test_other_nodes_of_the_party_are_as_they_were(setting: Setting) -> None:
    """Only what waits is taken out."""
    node = setting.entry("FR").nodes[0]
    assert counting(node, frozenset({"FR/2 tls 00"})) is node


def test_the_wait_is_one_also_when_the_theft_comes_in_two_steps(setting: Setting) -> None:
    """Other signers first, with the old keys; a day's patience would be enough for a thief."""

    async def story() -> None:
        await looked(setting)
        new_signers(setting, setting.entry("FR"))
        client = await looked(setting)
        assert client.node_of_spki(OLD) == FR
        new_signers(setting, replaced(setting, both=True))
        client = await looked(setting, 1000)
        assert client.node_of_spki(NEW) is None

    asyncio.run(story())


def test_a_former_signature_vouches_for_what_it_stands_under_and_for_nobody(
    setting: Setting,
) -> None:
    """A thief adds another signature to France's own entry: no reason to trust the thief."""

    async def story() -> None:
        await looked(setting)
        new_signers(setting, setting.entry("FR"), vouched=True)
        client = await looked(setting)
        assert client.node_of_spki(OLD) == FR
        new_signers(setting, replaced(setting, both=True))
        client = await looked(setting, 1000)
        assert client.node_of_spki(NEW) is None
        assert client.node_of_spki(OLD) == FR

    asyncio.run(story())


class Heard(Journal):
    """A journal that remembers its alarms."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.alarms: list[tuple[str, dict[str, object]]] = []

    @override
    def alarm(self, event: str, **fields: object) -> None:
        """Remember it."""
        self.alarms.append((event, fields))


def test_other_signers_are_an_alarm_before_they_sign_any_new_key(setting: Setting) -> None:
    """Else a thief would be trusted after a day in which nobody had a reason to telephone."""
    journal = Heard("test")

    async def story() -> None:
        client = TrustedDirectory(
            setting.home,
            url=setting.authority.url,
            root=setting.authority.root,
            clock=FakeClock(setting.now_ms),
            journal=journal,
        )
        await client.refresh()
        assert not journal.alarms
        new_signers(setting, setting.entry("FR"))
        await client.refresh()
        assert journal.alarms == [("keys_held_back", {"party": "FR", "waiting": 0})]
        assert not HeldKeys(client).waiting()
        await client.refresh()
        assert len(journal.alarms) == 1
        new_signers(setting, replaced(setting, both=True))
        await client.refresh()
        assert journal.alarms[1:] == [("keys_held_back", {"party": "FR", "waiting": 3})]

    asyncio.run(story())


def test_each_set_of_signers_waits_a_day_of_its_own(setting: Setting) -> None:
    """One that nobody has seen yet does not come in at the end of another one's day."""
    other = {"threshold": 1, "keys": {"b": {"keyval": {"public": "bb"}}}}

    async def story() -> None:
        await looked(setting)
        new_signers(setting, replaced(setting, both=True))
        await looked(setting)
        file = next(setting.home.rglob("trust.json"))
        data = loads(file.read_bytes())
        assert data["FR"]["claimed"] not in (None, other)
        data["FR"]["claimed"] = other  # who waited until now
        file.write_text(dumps(data))
        client = await looked(setting, HELD_MS)
        assert client.node_of_spki(NEW) is None
        client = await looked(setting, 2 * HELD_MS)
        assert client.node_of_spki(NEW) == FR

    asyncio.run(story())


def test_a_witness_key_waits_like_every_other_one(setting: Setting) -> None:
    """What a thief cosigns must not count for a Party's word."""
    keys = node_keys("FR/1").with_new_witness()
    node = setting.entry("FR").nodes[0]
    assert keys.witness is not None
    cosigned = part(keys, setting.now_ms).model_copy(
        update={
            "witness": (
                WitnessKey(
                    mldsa44=key_text(keys.witness.signer().cosigner.key.public),
                    not_before=node.kem[0].not_before,
                    not_after=node.kem[0].not_after,
                ),
            )
        }
    )
    waiting = key_names((cosigned,)) - key_names((cosigned.model_copy(update={"witness": None}),))
    (name,) = waiting
    assert name.startswith("FR/1 witness ")
    counted = counting(cosigned, frozenset(waiting))
    assert counted is not None
    assert counted.witness is None


def test_keys_that_the_same_or_the_former_signers_sign_count_at_once(setting: Setting) -> None:
    """A Party that rotates its own keys waits for nobody."""

    async def story() -> None:
        await looked(setting)
        publish_entry(setting, "FR", encode_entry(replaced(setting, both=True)))
        client = await looked(setting)
        assert client.node_of_spki(NEW) == FR
        new_signers(setting, replaced(setting), vouched=True)
        client = await looked(setting)
        assert client.node_of_spki(NEW) == FR
        assert client.node_of_spki(OLD) is None

    asyncio.run(story())


def test_people_may_end_the_wait(setting: Setting) -> None:
    """After both have read the same fingerprints over the telephone."""

    async def story() -> None:
        await looked(setting)
        new_signers(setting, replaced(setting, both=True))
        client = await looked(setting)
        held = HeldKeys(client)
        names = [fingerprints(part(node_keys("FR/1", 1), setting.now_ms))[name] for name in LISTED]
        assert {name.rpartition(" ")[2] for name in held.waiting()["FR"]} == set(names)
        held.accept("RO")
        assert held.waiting()
        held.accept("FR")
        assert not held.waiting()
        assert client.node_of_spki(NEW) == FR
        client = await looked(setting)
        assert client.node_of_spki(NEW) == FR

    asyncio.run(story())


@pytest.mark.parametrize("damage", ["", "{", '{"FR":{}}', "[]"])
def test_without_knowing_what_is_trusted_nothing_new_is_used(setting: Setting, damage: str) -> None:
    """Else who damages one file of a node could make it believe anybody."""

    async def story() -> None:
        await looked(setting)
        (setting.home / "trust.json").write_text(damage)
        client = await looked(setting)
        assert client.view is None
        assert client.why is not None
        assert "trusted" in client.why

    asyncio.run(story())


def test_what_is_trusted_must_be_kept_before_it_counts(setting: Setting) -> None:
    """A node that forgets it at the next start would have to believe anybody."""

    async def story() -> None:
        (setting.home / "trust.json").mkdir(parents=True)
        client = await looked(setting)
        assert client.view is None
        (setting.home / "trust.json").rmdir()
        client = await looked(setting)
        assert client.view is not None

    asyncio.run(story())
