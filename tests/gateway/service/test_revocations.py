"""Revocations between nodes: believed by their word, at once, for ever, and told to all."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from gateway.directory.ending import after_revocations
from gateway.errors import TransportError
from gateway.journal import get_journal
from gateway.service.messengers import FIRST_PAUSE_S, TOLD_FOR_MS
from gateway.service.revocations import OrdersError, Revoking
from keys.digest import sha256
from keys.nodekeys import NodeKeys
from keys.recipient import RecipientSecret
from protocol.directory import NodeEntry, NodeState, PartyEntry
from protocol.directory_values import key_text
from protocol.errors import Code, RemoteProtocolError
from protocol.identifiers import NodeId
from protocol.limits import MAX_REVOKED_KEYS
from protocol.log.deed import KeyKind, Revocation
from protocol.log.proof import InclusionProof
from protocol.log.statement import key_revoked
from protocol.revoking import (
    ByLog,
    ByRole,
    RevokedKey,
    ToldRevocation,
    encode_revocation_answer,
    keys_of,
)
from tests.gateway.network import Network, Node, Wire, network
from tests.gateway.service.world import scenario
from tests.protocol.entries import node_keys, part

NAMES = ["DE/1", "FR/1", "RO/1"]
DE, FR, RO = (NodeId.parse(name) for name in NAMES)
GOOD = ByRole(key_id="good", signature=bytes(64))


def digests(keys: NodeKeys) -> dict[KeyKind, bytes]:
    """Return what names each key of a node."""
    pair = keys.signer().verifier
    return {
        KeyKind.LOG: sha256(pair.ed25519 + pair.mldsa44),
        KeyKind.TLS: keys.tls.spki,
        KeyKind.KEM: sha256(RecipientSecret(keys.last_resort_seed).public),
    }


@dataclass
class Paper:
    """The directory in use, as a test lists it."""

    entries: dict[NodeId, NodeEntry]
    ended: Mapping[RevokedKey, int] = field(default_factory=dict)

    def listed(self, node: NodeId) -> NodeEntry | None:
        """Return an entry."""
        return self.entries.get(node)

    def counting(self, node: NodeId) -> NodeEntry | None:
        """Return what of it counts."""
        entry = self.entries.get(node)
        if entry is None or entry.state.value == "candidate":
            return None
        party = PartyEntry.model_construct(
            party=node.country, name="x", nodes=(entry,), profile=None, contact_points=()
        )
        return after_revocations(party, self.ended).nodes[0]

    def has_signed(self, country: str, deed: bytes, word: ByRole) -> bool:
        """Believe one key."""
        del country, deed
        return word.key_id == "good"

    def end(self, ended: Mapping[RevokedKey, int]) -> bool:
        """Let keys end."""
        is_new, self.ended = ended != self.ended, dict(ended)
        return is_new


@dataclass
class Line:
    """The way to the peers, in memory."""

    peers: dict[NodeId, "Revoking"] = field(default_factory=dict)
    told: list[tuple[NodeId, KeyKind]] = field(default_factory=list)
    cut: bool = False
    instead: tuple[int, bytes] | None = None

    async def tell_revocation(self, node: NodeId, body: bytes) -> tuple[int, bytes]:
        """Tell a node."""
        if self.cut:
            raise TransportError("cut")
        self.told.append((node, ToldRevocation.decode(body).key.kind))
        if self.instead is not None:
            return self.instead
        if node not in self.peers:
            return 200, encode_revocation_answer(ToldRevocation.decode(body).deed)
        return 200, await self.peers[node].take(body, by=FR)


@dataclass
class Paperwork:
    """What the operator ordered."""

    orders: list[Revocation] = field(default_factory=list)
    is_damaged: bool = False

    def pending(self) -> Sequence[Revocation]:
        """Return it."""
        if self.is_damaged:
            raise OrdersError("damaged")
        return tuple(self.orders)

    def done(self, revocation: Revocation) -> None:
        """Take one out."""
        self.orders.remove(revocation)


@dataclass
class Desk:
    """One node with its revocations."""

    node: Node
    paper: Paper
    line: Line
    work: Paperwork
    service: Revoking
    renewed: list[int]

    def alarms(self) -> float:
        """Return how often it was told that a key of its own was revoked."""
        return self.node.metrics.value("a35_alarms_total", {"kind": "own_key_revoked"})


async def desk(net: Network, name: str, line: Line | None = None) -> Desk:
    """Open one; what was kept counts."""
    node, line, work = net[name], line or Line(), Paperwork()
    paper, renewed = Paper(net.entries), list[int]()

    async def renew() -> None:
        await asyncio.sleep(0)
        renewed.append(1)

    service = Revoking(
        node=node.id,
        book=node.store,
        listings=paper,
        directory=node.directory,
        line=line,
        orders=work,
        changed=renew,
        clock=node.clock,
        journal=get_journal("test"),
        metrics=node.metrics,
    )
    await service.load()
    return Desk(node, paper, line, work, service, renewed)


def deed(node: Node, kind: KeyKind = KeyKind.TLS, *, t_ms: int | None = None) -> Revocation:
    """Return the revocation of a key of a node."""
    at_ms = node.now_ms() if t_ms is None else t_ms
    return Revocation(node=node.id, kind=kind, key_digest=digests(node.keys)[kind], t_ms=at_ms)


def by_party(revocation: Revocation, word: ByRole = GOOD) -> bytes:
    """Return it with the word of a Party."""
    return ToldRevocation(deed=revocation.encode(), word=word).encode()


async def by_log(speaker: Node, revocation: Revocation) -> ToldRevocation:
    """Return it with the word of a log, in which it is stated."""
    data = revocation.encode()
    index = await speaker.store.state([key_revoked(data)], must_leave=True)
    head = speaker.store.head()
    assert head is not None
    proofs = await speaker.store.prove(head.size, [index], old=0)
    proof = InclusionProof(index=index, path=proofs.inclusion[0])
    return ToldRevocation(deed=data, word=ByLog(proof=proof, note=head.note))


def unchecked(entry: NodeEntry, **changed: object) -> NodeEntry:
    """Return an entry with pins for which there are no certificates."""
    fields = {name: getattr(entry, name) for name in NodeEntry.model_fields}
    return NodeEntry.model_construct(**{**fields, **changed})


async def refused(at: Desk, body: bytes) -> Code:
    """Return why one is refused; nothing was changed."""
    before = await at.node.store.revocations()
    with pytest.raises(RemoteProtocolError) as caught:
        await at.service.take(body, by=DE)
    assert await at.node.store.revocations() == before
    return caught.value.code


@pytest.mark.parametrize("kind", [KeyKind.LOG, KeyKind.TLS, KeyKind.KEM])
def test_own_word_of_a_node_counts_at_once_and_is_durable(tmp_path: Path, kind: KeyKind) -> None:
    """Before the answer; a replay is answered the same and changes nothing; a start knows it."""
    asyncio.run(_own_word(tmp_path, kind))


async def _own_word(tmp_path: Path, kind: KeyKind) -> None:
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        french, romanian = net["FR/1"], await desk(net, "RO/1")
        told = await by_log(french, deed(french, kind))
        answer = await romanian.service.take(told.encode(), by=FR)
        assert answer == encode_revocation_answer(told.deed)
        assert romanian.paper.ended == {told.key: romanian.node.now_ms()}
        net.clock.ms += 5000
        assert await romanian.service.take(told.encode(), by=DE) == answer
        (kept,) = await romanian.node.store.revocations()
        assert (kept.told, kept.is_ours) == (told, False)
        entry = romanian.paper.counting(FR)
        assert entry is not None
        match kind:
            case KeyKind.LOG:
                assert not any(key.is_valid(french.now_ms()) for key in entry.logs)
                assert entry.logs[0].verifier == french.keys.signer().verifier
            case KeyKind.KEM:
                assert not any(key.is_valid(french.now_ms()) for key in entry.kem)
            case _:
                assert (entry.spki, entry.certificates, entry.is_active) == (frozenset(), (), False)
        again = await desk(net, "RO/1")
        assert again.paper.ended == romanian.paper.ended
        assert romanian.service.check().ok
        assert "1 listed keys of others" in romanian.service.check().detail


@scenario
async def test_word_of_a_party_counts_and_nobody_elses(tmp_path: Path) -> None:
    """By a key that signs for it; of a key that the directory lists for that very node."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        french, romanian = net["FR/1"], await desk(net, "RO/1")
        revocation = deed(french)
        bad = replace(GOOD, key_id="bad")
        assert await refused(romanian, by_party(revocation, bad)) is Code.PROOF
        other = replace(revocation, key_digest=bytes(32))
        assert await refused(romanian, by_party(other)) is Code.KEY_UNKNOWN
        assert await refused(romanian, by_party(replace(revocation, node=DE))) is Code.KEY_UNKNOWN
        nobody = replace(revocation, node=NodeId("XX", 9))
        assert await refused(romanian, by_party(nobody)) is Code.KEY_UNKNOWN
        ahead = deed(french, t_ms=french.now_ms() + 11 * 60_000)
        assert await refused(romanian, by_party(ahead)) is Code.CLOCK
        assert await refused(romanian, by_party(other)) is Code.KEY_UNKNOWN
        await romanian.service.take(by_party(revocation), by=None)
        assert len(romanian.paper.ended) == 1
        later = by_party(replace(revocation, t_ms=revocation.t_ms + 1), bad)
        await romanian.service.take(later, by=DE)
        assert len(await romanian.node.store.revocations()) == 1


@scenario
async def test_a_node_revokes_nothing_of_another(tmp_path: Path) -> None:
    """Nor does a pair of keys revoke the one beside it, or a revoked pair anything."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        french, german, romanian = net["FR/1"], net["DE/1"], await desk(net, "RO/1")
        foreign = await by_log(german, deed(french))
        assert await refused(romanian, foreign.encode()) is Code.KEY_UNKNOWN
        assert isinstance(foreign.word, ByLog)
        moved = ByLog(proof=InclusionProof(index=0, path=()), note=foreign.word.note)
        own = ToldRevocation(deed=deed(german).encode(), word=moved)
        assert await refused(romanian, own.encode()) is Code.PROOF
        entry = net.entries[FR]
        second = NodeKeys.generate("FR/1", generation=1, tls_name="x", now_ms=french.now_ms())
        pair = second.signer().verifier
        keys = {"ed25519": key_text(pair.ed25519), "mldsa44": key_text(pair.mldsa44)}
        new = entry.logs[0].model_copy(update=keys)
        net.entries[FR] = entry.model_copy(update={"logs": (new, *entry.logs)})
        thief = Revocation(
            node=FR,
            kind=KeyKind.LOG,
            key_digest=sha256(pair.ed25519 + pair.mldsa44),
            t_ms=french.now_ms(),
        )
        stolen = await by_log(french, thief)
        assert await refused(romanian, stolen.encode()) is Code.PROOF
        await romanian.service.take(
            (await by_log(french, deed(french, KeyKind.LOG))).encode(), by=FR
        )
        late = await by_log(french, deed(french, KeyKind.KEM))
        net.clock.ms += 5000
        assert await refused(romanian, late.encode()) is Code.PROOF
        net.entries[DE] = net.entries[DE].model_copy(update={"state": NodeState.CANDIDATE})
        unseen = await by_log(german, deed(german))
        assert await refused(romanian, unseen.encode()) is Code.KEY_UNKNOWN


@scenario
async def test_number_of_a_party_is_bounded(tmp_path: Path) -> None:
    """What is listed no more makes room."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        romanian, entry = await desk(net, "RO/1"), net.entries[FR]
        pins = tuple(bytes([n]).hex() * 32 for n in range(MAX_REVOKED_KEYS + 1))
        net.entries[FR] = unchecked(entry, tls_spki=pins)
        deeds = [
            Revocation(node=FR, kind=KeyKind.TLS, key_digest=bytes.fromhex(pin), t_ms=1)
            for pin in pins
        ]
        for each in deeds[:-1]:
            await romanian.service.take(by_party(each), by=None)
        assert await refused(romanian, by_party(deeds[-1])) is Code.QUOTA
        net.entries[FR] = unchecked(entry, tls_spki=pins[1:])
        await romanian.service.take(by_party(deeds[-1]), by=None)


@scenario
async def test_what_is_new_is_told_to_each_active_node_until_it_took_it(tmp_path: Path) -> None:
    """A node that is away or behind is asked again, later and later; for a week."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        german = await desk(net, "DE/1")
        line = Line(peers={DE: german.service})
        romanian = await desk(net, "RO/1", line)
        await romanian.service.take(by_party(deed(net["FR/1"])), by=None)
        line.cut = True
        await romanian.service.once()
        assert romanian.renewed == [1]
        line.cut = False
        await romanian.service.once()
        assert line.told == []
        net.clock.ms += int(FIRST_PAUSE_S * 1000)
        await romanian.service.once()
        assert sorted(line.told) == [(DE, KeyKind.TLS), (FR, KeyKind.TLS)]
        assert german.paper.ended.keys() == romanian.paper.ended.keys()
        await romanian.service.once()
        assert (len(line.told), romanian.renewed) == (2, [1])

        late = Line(instead=(409, b""))
        again = await desk(net, "RO/1", late)
        await again.service.once()
        assert len(late.told) == 2
        net.clock.ms += TOLD_FOR_MS
        await again.service.once()
        await again.service.once()
        assert len(late.told) == 2
        forgotten = await desk(net, "RO/1", Line())
        await forgotten.service.once()
        assert forgotten.line.told == []


@scenario
async def test_what_the_operator_ordered_is_stated_kept_and_told(tmp_path: Path) -> None:
    """In an order in which each can still be said; an own word is no alarm."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        german = await desk(net, "DE/1")
        line = Line(peers={DE: german.service})
        french = await desk(net, "FR/1", line)
        french.work.orders = [deed(french.node, KeyKind.TLS), deed(french.node, KeyKind.KEM)]
        gone = replace(deed(french.node), key_digest=bytes(32))
        french.work.orders.append(gone)
        size = french.node.store.size
        await french.service.once()
        assert french.node.store.size == size + 2
        assert french.work.orders == []
        assert [kind for node, kind in line.told if node == DE] == [KeyKind.KEM, KeyKind.TLS]
        assert len(german.paper.ended) == 2
        assert all(each.is_ours for each in await french.node.store.revocations())
        assert french.alarms() == 0
        check = french.service.check()
        assert not check.ok
        assert "kem, tls" in check.detail


@scenario
async def test_an_order_waits_for_the_directory_and_for_the_log(tmp_path: Path) -> None:
    """One that cannot be believed is dropped, and a damaged file stops nobody."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        french = await desk(net, "FR/1")
        french.work.orders = [deed(french.node, KeyKind.LOG)]
        entry = net.entries.pop(FR)
        await french.service.once()
        assert len(french.work.orders) == 1
        net.entries[FR] = entry
        await net.restart("FR/1", begins=False)
        french = await desk(net, "FR/1")
        french.work.orders = [deed(french.node, KeyKind.KEM)]
        size = french.node.store.size
        await french.service.once()
        await french.service.once()
        assert (french.node.store.size, len(french.work.orders)) == (size, 1)
        await french.node.store.begin_signing(None)
        other = NodeKeys.generate("FR/1", generation=2, tls_name="x", now_ms=french.node.now_ms())
        listed = part(other, french.node.now_ms()).logs
        net.entries[FR] = entry.model_copy(update={"logs": listed})
        await french.service.once()
        assert (french.work.orders, french.paper.ended) == ([], {})
        french.work.is_damaged = True
        await french.service.once()
        running = asyncio.create_task(french.service.run())
        await asyncio.sleep(0.05)
        running.cancel()
        await asyncio.wait([running])
        assert running.cancelled()


@scenario
async def test_a_key_of_ours_revoked_by_somebody_else_is_an_alarm(tmp_path: Path) -> None:
    """Ours may have asked for it; the operator must know in any case."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        romanian = await desk(net, "RO/1")
        await romanian.service.take(by_party(deed(romanian.node)), by=FR)
        assert romanian.alarms() == 1
        assert not romanian.service.check().ok
        entry, net.entries[RO] = net.entries[RO], net.entries[FR]
        assert romanian.service.check().ok
        net.entries[RO] = entry
        romanian.work.orders = [deed(romanian.node)]
        net.entries.pop(DE)
        net.entries.pop(FR)
        await romanian.service.once()
        assert (romanian.line.told, romanian.work.orders) == ([], [])


@scenario
async def test_an_order_that_the_directory_was_faster_with_is_done(tmp_path: Path) -> None:
    """Nothing is stated of a key that is listed no more."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        french = await desk(net, "FR/1")
        french.work.orders = [replace(deed(french.node), key_digest=bytes(32))]
        size = french.node.store.size
        await french.service.once()
        assert (french.work.orders, french.node.store.size) == ([], size)


def test_every_kind_of_key_of_an_entry_is_named() -> None:
    """As people compare it."""
    keys = node_keys("FR/1")
    entry = part(keys, 1_800_000_000_000)
    assert {(key.kind, key.digest) for key in keys_of(entry)} == set(digests(keys).items())
