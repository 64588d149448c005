"""Keys that were revoked in the directory in use: whose word counts, what is left of an entry."""

import asyncio
from pathlib import Path

import pytest

from gateway.directory.ending import after_revocations
from gateway.directory.layout import party_role
from gateway.directory.quarantine import HELD_MS
from gateway.directory.revocations import RevocableDirectory
from gateway.directory.trusted import TrustedDirectory
from keys.digest import sha256
from protocol.directory import PartyEntry, WitnessKey, last_resort_keys, log_verifiers, witness_keys
from protocol.directory_values import key_text, time_text
from protocol.identifiers import LogOrigin, NodeId
from protocol.log.deed import KeyKind, Revocation
from protocol.revoking import ByRole, RevokedKey, keys_of, signed_digest
from tests.gateway.directory.setting import Setting
from tests.gateway.directory.test_quarantine import looked, new_signers, replaced
from tests.protocol.entries import node_keys

FR, RO = NodeId("FR", 1), NodeId("RO", 1)
ORIGIN = LogOrigin(FR, 1)
PIN = node_keys("FR/1").tls.spki


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    """Return two Parties and a node that knows them."""
    return Setting(tmp_path)


def revocation(node: NodeId = FR) -> bytes:
    """Return that the pin of France's node counts no more."""
    return Revocation(node=node, kind=KeyKind.TLS, key_digest=PIN, t_ms=1).encode()


def signed(setting: Setting, role: str, deed: bytes) -> ByRole:
    """Return the word of a role's first key."""
    made = setting.authority.keys.load(role)[0].sign(signed_digest(deed))
    return ByRole(key_id=made.keyid, signature=bytes.fromhex(made.signature))


def keys_by_kind(entry: PartyEntry) -> dict[KeyKind, RevokedKey]:
    """Return a Party's keys."""
    return {key.kind: key for node in entry.nodes for key in keys_of(node)}


def test_each_kind_of_key_ends_and_stays_listed_for_what_was_before(setting: Setting) -> None:
    """Save the pin, which goes; and a node without one is suspended."""
    entry, now_ms = setting.entry("FR"), setting.now_ms
    cosigner = node_keys("JP/1").signer().verifier.mldsa44
    witness = WitnessKey(
        mldsa44=key_text(cosigner),
        not_before=time_text(now_ms - 9000),
        not_after=time_text(now_ms + 9000),
    )
    (node,) = entry.nodes
    node = node.model_copy(update={"witness": (witness,)})
    entry = entry.model_copy(update={"nodes": (node,)})
    named = keys_by_kind(entry)
    assert named[KeyKind.WITNESS].digest == sha256(cosigner)
    assert after_revocations(entry, {}) is entry
    foreign = RevokedKey(node=RO, kind=KeyKind.TLS, digest=PIN)
    assert after_revocations(entry, {foreign: now_ms}) is entry
    (after,) = after_revocations(entry, dict.fromkeys(named.values(), now_ms)).nodes
    for at_ms in (now_ms, now_ms + 1000):
        assert log_verifiers(after, ORIGIN, at_ms=at_ms) == ()
        assert last_resort_keys(after, at_ms=at_ms) == ()
        assert witness_keys(after, at_ms=at_ms) == ()
    assert log_verifiers(after, ORIGIN, at_ms=now_ms - 3000) == (
        node_keys("FR/1").signer().verifier,
    )
    assert (after.spki, after.certificates, after.is_active) == (frozenset(), (), False)
    log = named[KeyKind.LOG]
    (half,) = after_revocations(entry, {log: now_ms}).nodes
    assert (half.spki, half.is_active, half.kem) == (node.spki, True, node.kem)
    ended_before = after_revocations(entry, {log: node.logs[0].not_after_ms + 5000}).nodes[0]
    assert ended_before.logs == node.logs


def test_view_of_a_directory_follows_and_outlives_a_refresh(setting: Setting) -> None:
    """The same key listed again in a newer version is as dead as before."""

    async def story() -> None:
        client = setting.client()
        listings = RevocableDirectory(client)
        pin = RevokedKey(node=FR, kind=KeyKind.TLS, digest=PIN)
        assert not listings.end({pin: setting.now_ms})
        assert listings.listed(FR) is None
        assert not listings.has_signed("FR", revocation(), ByRole(key_id="x", signature=bytes(64)))
        await client.start()
        assert await client.refresh()
        assert client.node_of_spki(PIN) is None
        before = client.stamp()
        assert listings.end({})
        assert client.node_of_spki(PIN) == FR
        assert listings.end({pin: setting.now_ms})
        assert not listings.end({pin: setting.now_ms})
        assert client.stamp() == before
        assert client.node_of_spki(PIN) is None
        assert FR not in [node.node_id for node in client.nodes()]
        counting, listed = listings.counting(FR), listings.listed(FR)
        assert counting is not None
        assert listed is not None
        assert counting.spki == frozenset()
        assert listed.spki == {PIN}
        setting.authority.at(setting.now_ms + 60_000).publish()
        await client.refresh()
        assert client.node_of_spki(PIN) is None
        assert client.node_of_spki(node_keys("RO/1").tls.spki) == RO

    asyncio.run(story())


def test_one_key_of_the_partys_role_is_enough_and_no_other_counts(setting: Setting) -> None:
    """Not of another Party or of the authority, nor over other bytes."""

    async def story() -> None:
        client = await looked(setting)
        listings, deed = RevocableDirectory(client), revocation()
        good = signed(setting, party_role("FR"), deed)
        assert listings.has_signed("FR", deed, good)
        assert not listings.has_signed("RO", deed, good)
        assert not listings.has_signed("XX", deed, good)
        assert not listings.has_signed("FR", revocation(RO), good)
        for role in (party_role("RO"), "targets", "root"):
            assert not listings.has_signed("FR", deed, signed(setting, role, deed))

    asyncio.run(story())


def test_signers_for_whom_nobody_vouched_revoke_nothing_for_a_day(setting: Setting) -> None:
    """Else who stole the authority's keys could silence every Party within the hour."""

    async def story() -> None:
        await looked(setting)
        former = signed(setting, party_role("FR"), revocation())
        new_signers(setting, replaced(setting, both=True))
        thief = signed(setting, party_role("XX"), revocation())

        def said(client: TrustedDirectory) -> tuple[bool, bool]:
            listings = RevocableDirectory(client)
            deed = revocation()
            return listings.has_signed("FR", deed, former), listings.has_signed("FR", deed, thief)

        assert said(await looked(setting)) == (True, False)
        assert said(await looked(setting, HELD_MS)) == (False, True)

    asyncio.run(story())
