"""The trusted directory: what it adopts, what it refuses, and what it keeps meanwhile."""

import asyncio
import shutil
from collections.abc import Awaitable
from io import StringIO
from pathlib import Path
from typing import TypeVar

import pytest
from tuf.api.metadata import (  # type: ignore[attr-defined]  # public, but not marked so
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

from gateway.directory.layout import (
    MAX_TIMESTAMP_BYTES,
    ROOT,
    TARGETS,
    TIMESTAMP_FILE,
    entry_file,
    entry_target,
    role_file,
)
from gateway.directory.metadata import keys_by_id, sign
from gateway.directory.trusted import TrustedDirectory
from gateway.errors import ConfigError
from gateway.journal import configure_journal, get_journal, reset_journal
from keys.digest import sha256
from protocol.directory import encode_entry
from protocol.envelope.header import DirectoryStamp
from protocol.identifiers import NodeId
from tests.gateway.directory.forge import Forger
from tests.gateway.directory.setting import RO, Setting, publish_entry
from tests.gateway.directory.world import DAY_MS, Authority, FakeClock
from tests.protocol.entries import certificate, node_keys

FR = NodeId("FR", 1)
_Result = TypeVar("_Result")


def run(story: Awaitable[_Result]) -> _Result:
    """Run one story to its end."""

    async def whole() -> _Result:
        return await story

    return asyncio.run(whole())


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    """Return a fresh setting."""
    return Setting(tmp_path)


def test_a_node_without_a_directory_says_why(setting: Setting) -> None:
    """It waits; people must see for what."""

    async def story() -> None:
        client = setting.client(url=(setting.base / "nothing").as_uri())
        await client.start()
        assert client.stamp() is None
        assert client.view is None
        assert not await client.refresh()
        assert client.why is not None
        assert "no such file" in client.why
        assert (client.node(RO), client.party("RO"), client.nodes()) == (None, None, ())
        assert client.node_of_spki(bytes(32)) is None
        assert client.certificates() == ()
        assert client.verified_ms is None

    run(story())


def test_a_verified_directory_answers_every_use(setting: Setting) -> None:
    """One resolver for sealing, verifying, TLS and officers."""

    async def story() -> None:
        client = setting.client()
        await client.start()
        assert await client.refresh()
        assert client.why is None
        assert client.verified_ms == setting.now_ms
        assert [node.id for node in client.nodes()] == ["FR/1", "RO/1"]
        entry = client.party("RO")
        assert entry is not None
        assert entry.nodes[0] == client.node(RO)
        assert client.node_of_spki(node_keys("RO/1").tls.spki) == RO
        assert client.node_of_spki(bytes(32)) is None
        assert client.certificates() == (
            certificate(node_keys("FR/1")),
            certificate(node_keys("RO/1")),
        )
        assert client.view is not None
        assert [each.party for each in client.view.parties()] == ["FR", "RO"]

    run(story())


def test_the_stamp_is_the_digest_of_the_timestamp(setting: Setting) -> None:
    """Envelopes and receipts carry it; peers compare it."""

    async def story() -> None:
        client = setting.client()
        await client.refresh()
        assert client.stamp() == DirectoryStamp(
            root_version=1, timestamp_version=2, digest=setting.authority.digest()
        )

    run(story())


def test_a_refresh_tells_whether_anything_changed(setting: Setting) -> None:
    """What rests on the directory is renewed only then."""

    async def story() -> None:
        client = setting.client()
        assert await client.refresh()
        assert not await client.refresh()
        setting.authority.delegate("JP")
        setting.authority.admit("JP/1")
        setting.authority.publish()
        assert await client.refresh()
        assert [node.id for node in client.nodes()] == ["FR/1", "JP/1", "RO/1"]

    run(story())


def test_two_refreshes_at_once_are_one_update(setting: Setting) -> None:
    """python-tuf wants its folder to itself."""

    async def story() -> None:
        client = setting.client()
        outcomes = await asyncio.gather(client.refresh(), client.refresh())
        assert all(outcomes)
        assert client.stamp() is not None

    run(story())


def test_the_last_good_directory_stays_while_nobody_answers(setting: Setting) -> None:
    """An outage of the directory is no outage of the network."""

    async def story() -> None:
        client = setting.client()
        await client.refresh()
        before = client.stamp()
        away = setting.authority.folder.rename(setting.base / "away")
        assert not await client.refresh()
        assert client.why is not None
        assert client.stamp() == before
        away.rename(setting.authority.folder)
        assert not await client.refresh()
        assert client.why is None

    run(story())


def test_a_node_starts_with_its_kept_directory_even_when_that_has_expired(
    setting: Setting,
) -> None:
    """The library would refuse; an emergency must not wait for the directory."""

    async def story() -> None:
        first = setting.client()
        await first.refresh()
        away = (setting.base / "nothing").as_uri()
        second = setting.client(url=away, later_ms=40 * DAY_MS)
        await second.start()
        assert second.stamp() == first.stamp()
        assert second.node(RO) == first.node(RO)
        assert second.verified_ms == setting.now_ms
        assert second.view is not None
        assert second.view.verified.expires_ms < setting.now_ms + 40 * DAY_MS
        assert not await second.refresh()
        assert second.stamp() == first.stamp()

    run(story())


def test_a_kept_directory_under_another_root_is_refused(setting: Setting) -> None:
    """ROOT.json is the anchor, not what happens to lie in the folder."""

    async def story() -> None:
        await setting.client().refresh()
        other = Authority.found(setting.base / "other", setting.now_ms)
        client = TrustedDirectory(
            setting.home,
            url=setting.authority.url,
            root=other.root,
            clock=FakeClock(setting.now_ms),
            journal=get_journal("test"),
        )
        await client.start()
        assert client.stamp() is None
        assert client.why is not None
        assert not await client.refresh()
        assert client.stamp() is None

    run(story())


def test_a_damaged_kept_directory_is_replaced_by_the_next_update(setting: Setting) -> None:
    """A bad disk costs a download, nothing else."""

    async def story() -> None:
        await setting.client().refresh()
        (setting.home / "verified.json").write_bytes(b'{"format": 1}')
        client = setting.client()
        await client.start()
        assert client.stamp() is None
        assert client.why is not None
        assert "damaged" in client.why
        assert await client.refresh()
        assert client.why is None

    run(story())


def test_an_older_directory_is_refused(setting: Setting) -> None:
    """Rollback: an old mirror would bring a suspended node back."""

    async def story() -> None:
        old = shutil.copytree(setting.authority.folder, setting.base / "old")
        setting.authority.publish()

        def roll_back() -> None:
            shutil.copy(old / TIMESTAMP_FILE, setting.authority.folder / TIMESTAMP_FILE)

        await setting.refuses(roll_back)

    run(story())


def test_an_older_directory_is_refused_even_if_the_update_state_is_lost(
    setting: Setting,
) -> None:
    """The kept state remembers, should python-tuf's files be gone."""

    async def story() -> None:
        old = shutil.copytree(setting.authority.folder, setting.base / "old")
        setting.authority.publish()
        await setting.client().refresh()
        shutil.rmtree(setting.home / "metadata")
        client = setting.client(url=old.as_uri())
        await client.start()
        before = client.stamp()
        assert not await client.refresh()
        assert client.stamp() == before
        assert client.why is not None
        assert "older" in client.why

    run(story())


def test_two_directories_of_one_version_are_an_alarm(setting: Setting) -> None:
    """The online key was used twice: two nodes might see two networks."""

    async def story() -> None:
        twin = shutil.copytree(setting.authority.folder, setting.base / "twin")
        setting.authority.at(setting.now_ms - 5000).publish()
        await setting.client().refresh()
        Authority(twin, setting.authority.keys, setting.now_ms).publish()
        shutil.rmtree(setting.home / "metadata")
        client = setting.client(url=twin.as_uri())
        await client.start()
        before = client.stamp()
        assert not await client.refresh()
        assert client.stamp() == before
        assert client.why is not None
        assert "used twice" in client.why

    run(story())


def test_an_expired_timestamp_is_refused(setting: Setting) -> None:
    """Freeze: somebody keeps showing a copy that was true once."""

    async def story() -> None:
        setting.authority.at(setting.now_ms - 8 * DAY_MS).publish()
        client = setting.client()
        assert not await client.refresh()
        assert client.stamp() is None
        assert client.why is not None
        assert "expired" in client.why
        setting.authority.publish()
        assert await client.refresh()

    run(story())


def test_files_of_two_versions_do_not_mix(setting: Setting) -> None:
    """Mix and match: a new timestamp over an old snapshot."""

    async def story() -> None:
        setting.authority.delegate("JP")

        def mix() -> None:
            setting.authority.publish()
            folder = setting.authority.folder / "metadata"
            shutil.copy(folder / "2.snapshot.json", folder / "3.snapshot.json")

        newcomer = await setting.refuses(mix)
        assert newcomer.stamp() is None

    run(story())


def test_the_keys_of_one_party_cannot_sign_for_another(setting: Setting) -> None:
    """Only Romania changes Romania's entry, even if the online key is stolen."""

    async def story() -> None:
        def forge() -> None:
            setting.forger.party("RO", lambda _: None, signed_by="FR")
            setting.forger.online("party-RO")

        newcomer = await setting.refuses(forge)
        assert newcomer.stamp() is None

    run(story())


def test_the_online_key_alone_cannot_change_an_entry(setting: Setting) -> None:
    """It signs what is newest, never what is in it."""

    async def story() -> None:
        def forge() -> None:
            setting.forger.role("party-RO", lambda _: None, signed_by="online")
            setting.forger.online("party-RO")

        await setting.refuses(forge)

    run(story())


def test_one_signature_of_two_is_not_enough(setting: Setting) -> None:
    """Threshold: one stolen key of a Party changes nothing."""

    async def story() -> None:
        def forge() -> None:
            setting.forger.party("RO", lambda _: None, signatures=1)
            setting.forger.online("party-RO")

        await setting.refuses(forge)

    run(story())


def test_one_signature_given_twice_counts_once(setting: Setting) -> None:
    """CVE-2020-6174: the same signature under the same key id, repeated."""

    async def story() -> None:
        def forge() -> None:
            setting.forger.party("RO", lambda _: None, signatures=1)
            path = setting.authority.folder / "metadata" / "2.party-RO.json"
            text = path.read_text()
            start = text.index("[") + 1
            one = text[start : text.index("]", start)]
            path.write_text(text.replace(one, f"{one},{one}", 1))

        def both() -> None:
            forge()
            role = setting.authority.folder / "metadata" / "2.party-RO.json"

            def repin(snapshot: Snapshot) -> None:
                meta = snapshot.meta["party-RO.json"]
                meta.version = 2
                meta.length = len(role.read_bytes())
                meta.hashes = {"sha256": sha256(role.read_bytes()).hex()}

            setting.forger.online(change=repin)

        await setting.refuses(both)

    run(story())


def test_a_key_taken_out_of_a_role_counts_no_more(setting: Setting) -> None:
    """Revocation: the authority replaces a Party's keys, and the old ones sign in vain."""

    async def story() -> None:
        def revoke() -> None:
            fresh = setting.authority.keys.create("fresh", 2)

            def replace(targets: Targets) -> None:
                assert targets.delegations is not None
                assert targets.delegations.roles is not None
                role = targets.delegations.roles["party-RO"]
                role.keyids = list(keys_by_id(*fresh))
                targets.delegations.keys.update(keys_by_id(*fresh))

            setting.forger.role(TARGETS, replace)
            setting.forger.party("RO", lambda _: None)
            setting.forger.online(TARGETS, "party-RO")

        await setting.refuses(revoke)

    run(story())


def test_a_party_cannot_shadow_the_entry_of_another(setting: Setting) -> None:
    """France lists `parties/RO/party.json` in its own role: nobody looks for it there."""

    async def story() -> None:
        client = setting.client()
        await client.refresh()
        romania = client.node(RO)
        forged = encode_entry(
            setting.entry("RO").model_copy(update={"name": "Somebody else", "nodes": ()})
        )

        def shadow(targets: Targets) -> None:
            name = entry_target("RO")
            targets.targets[name] = TargetFile.from_data(name, forged, ["sha256"])

        setting.forger.write(entry_file("RO", sha256(forged).hex()), forged)
        setting.forger.party("FR", shadow)
        setting.forger.online("party-FR")
        assert await client.refresh()
        assert client.node(RO) == romania

    run(story())


def test_the_authority_itself_cannot_slip_an_entry_in_beside_the_party(setting: Setting) -> None:
    """An entry in the top role would be found first: it is refused, not preferred."""

    async def story() -> None:
        forged = encode_entry(setting.entry("RO").model_copy(update={"nodes": ()}))

        def slip(targets: Targets) -> None:
            name = entry_target("RO")
            targets.targets[name] = TargetFile.from_data(name, forged, ["sha256"])

        def act() -> None:
            setting.forger.write(entry_file("RO", sha256(forged).hex()), forged)
            setting.forger.role(TARGETS, slip)
            setting.forger.online(TARGETS)

        newcomer = await setting.refuses(act)
        assert newcomer.stamp() is None

    run(story())


def test_a_party_that_lists_nodes_of_another_is_left_out(setting: Setting) -> None:
    """Rogue Party: its own keys sign well, and still it speaks for itself only."""

    async def story() -> None:
        client = setting.client()
        await client.refresh()
        romania = client.node(RO)
        forged = encode_entry(setting.entry("RO")).replace(b'"party":"RO"', b'"party":"FR"')
        publish_entry(setting, "FR", forged)
        assert await client.refresh()
        assert client.node(RO) == romania
        assert client.party("FR") is None
        assert client.node(FR) is None
        assert client.view is not None
        assert "refused" in client.view.verified.left_out["FR"]

    run(story())


def test_a_party_that_signs_anothers_whole_entry_is_left_out(setting: Setting) -> None:
    """The entry is sound, but it is Romania's."""

    async def story() -> None:
        publish_entry(setting, "FR", encode_entry(setting.entry("RO")))
        client = setting.client()
        assert await client.refresh()
        assert client.party("FR") is None
        assert client.node(RO) is not None

    run(story())


def test_a_party_whose_signatures_expired_is_left_out_and_the_others_stay(
    setting: Setting,
) -> None:
    """One administration's lapse must not stop the network."""

    async def story() -> None:
        long_ago = setting.now_ms - 370 * DAY_MS
        authority = Authority.found(setting.base / "aged", long_ago)
        authority.admit("RO/1")
        authority.publish()
        today = authority.at(setting.now_ms)
        today.admit("FR/1")
        Forger(today.folder, today.keys).role(TARGETS, _prolong)
        today.publish()
        client = TrustedDirectory(
            setting.home,
            url=today.url,
            root=today.root,
            clock=FakeClock(setting.now_ms),
            journal=get_journal("test"),
        )
        assert await client.refresh()
        assert [node.id for node in client.nodes()] == ["FR/1"]
        assert client.view is not None
        assert "expired" in client.view.verified.left_out["RO"]
        later = TrustedDirectory(
            setting.home,
            url=today.url,
            root=today.root,
            clock=FakeClock(setting.now_ms),
            journal=get_journal("test"),
        )
        await later.start()
        assert later.stamp() == client.stamp()

    run(story())


def _prolong(targets: Targets) -> None:
    targets.expires = targets.expires.replace(year=targets.expires.year + 2)


def test_names_in_signed_files_never_become_paths(setting: Setting) -> None:
    """Whoever holds a Party's keys writes into no folder of anybody."""

    async def story() -> None:
        evil = b"evil"

        def names(targets: Targets) -> None:
            for name in ("../../../evil", "/etc/evil", "parties/FR/../../evil"):
                targets.targets[name] = TargetFile.from_data(name, evil, ["sha256"])

        setting.forger.party("FR", names)
        setting.forger.online("party-FR")
        client = setting.client()
        assert await client.refresh()
        assert not list(setting.base.rglob("*evil*"))
        assert client.node(FR) is not None

    run(story())


@pytest.mark.parametrize("digest", ["../../../../evil", "00" * 31, "0" * 63 + "G"])
def test_a_digest_that_is_none_never_becomes_a_path(setting: Setting, digest: str) -> None:
    """The digest stands in the name of the file that is fetched."""

    async def story() -> None:
        def spoil(targets: Targets) -> None:
            targets.targets[entry_target("FR")].hashes = {"sha256": digest}

        def act() -> None:
            setting.forger.party("FR", spoil)
            setting.forger.online("party-FR")

        newcomer = await setting.refuses(act)
        assert newcomer.stamp() is None

    run(story())


def test_a_delegation_with_another_name_or_path_counts_for_nothing(setting: Setting) -> None:
    """CVE-2021-41131: a role's name is no path; and a Party's role gets its own path only."""

    async def story() -> None:
        def widen(targets: Targets) -> None:
            assert targets.delegations is not None
            roles = targets.delegations.roles
            assert roles is not None
            roles["party-FR"].paths = ["parties/FR/*", "parties/MC/*"]
            roles["../party-JP"] = roles["party-RO"].from_dict(roles["party-RO"].to_dict())
            roles["../party-JP"].name = "../party-JP"

        setting.forger.role(TARGETS, widen)
        setting.forger.online(TARGETS)
        client = setting.client()
        assert await client.refresh()
        assert [node.id for node in client.nodes()] == ["RO/1"]
        assert client.view is not None
        assert "FR" not in client.view.verified.left_out

    run(story())


def test_a_delegation_that_covers_another_party_is_refused(setting: Setting) -> None:
    """France would stand before Romania for Romania's entry."""

    async def story() -> None:
        def widen(targets: Targets) -> None:
            assert targets.delegations is not None
            roles = targets.delegations.roles
            assert roles is not None
            roles["party-FR"].paths = ["parties/*/*"]

        def act() -> None:
            setting.forger.role(TARGETS, widen)
            setting.forger.party("RO", lambda _: None)
            setting.forger.online(TARGETS, "party-RO")

        newcomer = await setting.refuses(act)
        assert newcomer.stamp() is None
        assert newcomer.why is not None
        assert "another role" in newcomer.why

    run(story())


def test_a_timestamp_above_its_limit_is_refused(setting: Setting) -> None:
    """Endless data: nothing is read further than it may be."""

    async def story() -> None:
        path = setting.authority.folder / TIMESTAMP_FILE

        def grow() -> None:
            path.write_bytes(path.read_bytes() + b" " * MAX_TIMESTAMP_BYTES)

        newcomer = await setting.refuses(grow)
        assert newcomer.stamp() is None

    run(story())


def test_an_entry_that_says_it_is_too_long_is_not_fetched(setting: Setting) -> None:
    """A Party cannot fill the disks of all others."""

    async def story() -> None:
        def lengthen(targets: Targets) -> None:
            targets.targets[entry_target("FR")].length = 1 << 40

        def act() -> None:
            setting.forger.party("FR", lengthen)
            setting.forger.online("party-FR")

        await setting.refuses(act)

    run(story())


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"signed":1}', b"[" * 20_000, b"\xff"])
def test_rubbish_is_refused_with_a_reason(setting: Setting, data: bytes) -> None:
    """Whatever a mirror sends, no foreign error comes out."""

    async def story() -> None:
        await setting.refuses(lambda: setting.forger.write(TIMESTAMP_FILE, data))

    run(story())


def test_a_new_root_is_followed_if_the_old_one_signed_it(setting: Setting) -> None:
    """Rotation of the offline keys: by the threshold of old and new."""

    async def story() -> None:
        client = setting.client()
        await client.refresh()
        root = setting.forger.newest(Root, ROOT)
        root.version = 2
        setting.forger.write(role_file(ROOT, 2), sign(root, setting.authority.keys.load(ROOT)[1:]))
        setting.authority.publish()
        assert await client.refresh()
        stamp = client.stamp()
        assert stamp is not None
        assert stamp.root_version == 2
        again = setting.client()
        await again.start()
        assert again.stamp() == stamp

    run(story())


def test_a_new_root_without_enough_old_signatures_is_refused(setting: Setting) -> None:
    """Whoever made it holds one of the offline keys, not two."""

    async def story() -> None:
        def forge() -> None:
            root = setting.forger.newest(Root, ROOT)
            root.version = 2
            one = setting.authority.keys.load(ROOT)[:1]
            setting.forger.write(role_file(ROOT, 2), sign(root, one))

        await setting.refuses(forge)

    run(story())


def test_a_lower_timestamp_counts_under_a_new_root(setting: Setting) -> None:
    """How the authority recovers after a stolen online key ran ahead."""

    async def story() -> None:
        client = setting.client()
        setting.forger.timestamp(_run_ahead)
        await client.refresh()
        root = setting.forger.newest(Root, ROOT)
        root.version = 2
        fresh = setting.authority.keys.create("fresh", 1)
        for role in ("snapshot", "timestamp"):
            root.roles[role].keyids = list(keys_by_id(*fresh))
        root.keys.update(keys_by_id(*fresh))
        setting.forger.write(role_file(ROOT, 2), sign(root, setting.authority.keys.load(ROOT)))
        snapshot = setting.forger.newest(Snapshot, "snapshot")
        data = sign(snapshot, fresh)
        setting.forger.write(role_file("snapshot", snapshot.version), data)
        found = setting.forger.repository.timestamp()
        assert found is not None
        found.version = 3
        found.snapshot_meta.length = len(data)
        found.snapshot_meta.hashes = {"sha256": sha256(data).hex()}
        setting.forger.write(TIMESTAMP_FILE, sign(found, fresh))
        assert await client.refresh()
        stamp = client.stamp()
        assert stamp is not None
        assert (stamp.root_version, stamp.timestamp_version) == (2, 3)

    run(story())


def test_an_older_root_is_refused_even_if_the_update_state_is_lost(setting: Setting) -> None:
    """The keys that it lists may have been replaced for a reason."""

    async def story() -> None:
        old = shutil.copytree(setting.authority.folder, setting.base / "old")
        root = setting.forger.newest(Root, ROOT)
        root.version = 2
        setting.forger.write(role_file(ROOT, 2), sign(root, setting.authority.keys.load(ROOT)))
        await setting.client().refresh()
        shutil.rmtree(setting.home / "metadata")
        client = setting.client(url=old.as_uri())
        await client.start()
        before = client.stamp()
        assert before is not None
        assert before.root_version == 2
        assert not await client.refresh()
        assert client.stamp() == before

    run(story())


def _run_ahead(timestamp: Timestamp) -> None:
    timestamp.version = 1_000_000


def test_a_copied_tls_key_leaves_out_who_copied_it(setting: Setting) -> None:
    """France lists Romania's pin as its own: Romania's connections stay Romania's, everywhere.

    The certificate names its node, and only Romania can sign another one for its key.
    """

    async def story() -> None:
        client = setting.client()
        await client.refresh()
        stolen, mine = setting.entry("RO").nodes[0], setting.entry("FR").nodes[0]
        text = encode_entry(setting.entry("FR")).decode()
        text = text.replace(mine.tls_spki[0], stolen.tls_spki[0])
        text = text.replace(mine.tls_certificates[0], stolen.tls_certificates[0])
        publish_entry(setting, "FR", text.encode())
        assert await client.refresh()
        assert client.node_of_spki(node_keys("RO/1").tls.spki) == RO
        assert client.party("FR") is None
        newcomer = TrustedDirectory(
            setting.base / "newcomer",
            url=setting.authority.url,
            root=setting.authority.root,
            clock=FakeClock(setting.now_ms),
            journal=get_journal("test"),
        )
        assert await newcomer.refresh()
        assert newcomer.node_of_spki(node_keys("RO/1").tls.spki) == RO

    run(story())


def test_the_kept_files_are_a_mirror(setting: Setting) -> None:
    """Any node can hand the directory on; nobody has to trust it for that."""

    async def story() -> None:
        client = setting.client()
        await client.refresh()
        assert client.view is not None
        mirror = setting.base / "stick"
        for name, data in client.view.verified.files.items():
            path = mirror / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        other = TrustedDirectory(
            setting.base / "other-home",
            url=mirror.as_uri(),
            root=setting.authority.root,
            clock=FakeClock(setting.now_ms),
            journal=get_journal("test"),
        )
        assert await other.refresh()
        assert other.stamp() == client.stamp()

    run(story())


def test_a_reason_is_written_once_and_kept_in_view(setting: Setting) -> None:
    """A long outage must not fill the journal."""

    async def story() -> None:
        client = setting.client(url=(setting.base / "nothing").as_uri())
        for _ in range(3):
            await client.refresh()
        assert client.why is not None

    stream = StringIO()
    configure_journal(stream, json=True)
    try:
        run(story())
    finally:
        reset_journal()
    assert stream.getvalue().count("directory_not_reached") == 1


def test_closing_ends_an_update_that_hangs(setting: Setting) -> None:
    """A node stops in five seconds, whatever the directory's server does."""

    async def story() -> None:
        asked = asyncio.Event()

        async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
            await writer.drain()
            asked.set()
            await reader.read()
            writer.close()

        server = await asyncio.start_server(hang, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        client = setting.client(url=f"http://127.0.0.1:{port}/")
        waiting = asyncio.create_task(client.refresh())
        await asyncio.wait_for(asked.wait(), 10)
        waiting.cancel()
        await asyncio.wait_for(client.close(), 5)
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert client.why is not None
        server.close()
        await server.wait_closed()

    run(story())


def test_a_folder_that_cannot_be_written_is_said(setting: Setting) -> None:
    """A full or foreign disk is the operator's to mend."""

    async def story() -> None:
        setting.home.write_bytes(b"")
        client = setting.client()
        assert not await client.refresh()
        assert client.why is not None
        assert str(setting.home) in client.why

    run(story())


def test_a_closed_directory_asks_no_more(setting: Setting) -> None:
    """What is known stays readable while the node stops."""

    async def story() -> None:
        client = setting.client()
        await client.refresh()
        await client.close()
        assert not await client.refresh()
        assert client.node(RO) is not None

    run(story())


def test_an_address_of_another_kind_is_refused_at_once(setting: Setting) -> None:
    """A wrong setting is no outage."""
    with pytest.raises(ConfigError):
        setting.client(url="ftp://directory.example/")
