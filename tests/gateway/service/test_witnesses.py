"""A node has its log cosigned: by those of its policy or by a few drawn; nothing waits for it."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final, cast

import pytest
from typing_extensions import override

from gateway.records import SignedHead
from gateway.service.assigned import DRAWN, Roster
from gateway.service.witnesses import LATE_S, Book, Witnesses
from gateway.storage.sqlite import SqliteStore
from gateway.witnessing import KeptCosignature, Outsider
from keys.note import SignedTree
from protocol.directory import NodeState
from protocol.identifiers import NodeId
from protocol.witness.answer import Cosigned, RawAnswer, encode_answer
from protocol.witness.policy import Group, Policy, PolicyWitness
from protocol.witness.request import AddCheckpoint
from tests.gateway.full import Full
from tests.gateway.network import START_MS, Network, Wire, network
from tests.gateway.service.rounds import StoppingClock
from tests.gateway.service.test_cosign import grow
from tests.gateway.service.witness_world import (
    Line,
    asking,
    list_witness,
    signer_of,
    witness_at,
)
from tests.gateway.service.world import DE, FR, RO, scenario

NAMES: Final = ["DE/1", "FR/1", "RO/1"]
HOUR_MS: Final = 3_600_000


async def world(net: Network, *names: str) -> tuple[Line, Witnesses]:
    """Let these be witnesses, and FR/1 ask."""
    line = Line(asker=FR, witnesses={})
    for name in names:
        signer = list_witness(net, name)
        line.witnesses[NodeId.parse(name)] = await witness_at(net[name], signer)
    return line, asking(net["FR/1"], line)


def sizes(line: Line) -> list[int]:
    """Return from which sizes was asked."""
    return [AddCheckpoint.decode(body).old for _, body in line.asked]


@scenario
async def test_each_witness_cosigns_each_hour_from_where_it_stands(tmp_path: Path) -> None:
    """One request each, also after a new start; what they say is kept."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        line, witnesses = await world(net, "DE/1", "RO/1")
        french = net["FR/1"]
        await grow(french, 2)
        await witnesses.once()
        await witnesses.once()
        assert sizes(line) == [0, 0]
        first = {one.size for one in await french.store.newest_cosignatures()}
        head = french.store.head()
        assert head is not None
        assert first == {head.size}
        assert await witnesses.witnessed_size() == head.size
        await grow(french, 3)
        net.clock.ms += 2 * HOUR_MS
        await asking(french, line).once()
        assert sizes(line) == [0, 0, head.size, head.size]
        net.clock.ms += 2 * HOUR_MS
        await witnesses.once()  # the same head again: it says how late it was still the newest
        states = await witnesses.states()
        assert {one.witness for one in states} == {"a35/DE/1/witness", "a35/RO/1/witness"}
        assert {one.cosigned_s for one in states} == {START_MS // 1000 + 4 * 3600}
        assert witnesses.check().ok


@scenario
async def test_nobody_is_asked_by_a_node_that_may_not_sign(tmp_path: Path) -> None:
    """Nor where nobody lists a witness key."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        line, witnesses = await world(net)
        await witnesses.once()
        assert line.asked == []
        assert witnesses.check().detail == "nobody can be asked"
        assert await witnesses.witnessed_size() == 0
        line, _ = await world(net, "DE/1")
        node = await net.restart("FR/1", begins=False)
        await asking(node, line).once()
        assert line.asked == []


@scenario
async def test_witness_that_is_away_is_asked_again_and_told_of(tmp_path: Path) -> None:
    """After five minutes; a day without any is told to the operator."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        line, witnesses = await world(net, "DE/1")
        there = line.witnesses.pop(DE)
        await witnesses.once()
        assert [one.failed for one in await witnesses.states()] == ["unreached"]
        net.clock.ms += 60_000
        await witnesses.once()
        assert len(line.asked) == 1
        net.clock.ms += int(LATE_S * 1000)
        assert not witnesses.check().ok
        for _ in range(2):
            await witnesses.once()
        net.clock.ms += HOUR_MS
        await witnesses.once()
        assert alarms(net, "cosignatures") == 1  # a line and a count each six hours
        net.clock.ms += HOUR_MS
        line.witnesses[DE] = there
        await witnesses.once()
        assert witnesses.check().ok
        assert [one.failed for one in await witnesses.states()] == [None]


def alarms(net: Network, kind: str) -> float:
    """Return how often FR/1 raised an alarm."""
    return net["FR/1"].metrics.value("a35_alarms_total", {"kind": kind})


def says(status: int, body: bytes = b"", kind: str | None = None) -> Callable[[bytes], RawAnswer]:
    """Return what answers so to everything."""
    return lambda _body: RawAnswer(status=status, content_type=kind, body=body)


@pytest.mark.parametrize(
    ("instead", "failed"),
    [
        (says(403), "status_403"),
        (says(200, b"nothing"), "bad_answer"),
        (says(409, b"0\n", "text/x.tlog.size"), "bad_answer"),
        (says(409, b"77\n", "text/x.tlog.size"), "ahead"),
        (says(302), "status_302"),
        (says(422), "status_422"),
    ],
)
def test_answers_that_are_none_are_named(
    tmp_path: Path, instead: Callable[[bytes], RawAnswer], failed: str
) -> None:
    """A witness that contradicts itself, holds more than we signed, or sends elsewhere."""

    @scenario
    async def run(folder: Path) -> None:
        async with network(folder, NAMES, Wire(), run=[]) as net:
            line, witnesses = await world(net, "DE/1")
            line.instead = instead
            await witnesses.once()
            assert [one.failed for one in await witnesses.states()] == [failed]
            assert await net["FR/1"].store.newest_cosignatures() == ()
            assert alarms(net, "not_cosigned") == (failed in {"ahead", "status_422"})

    run(tmp_path)


@scenario
async def test_line_of_another_key_or_head_is_not_kept(tmp_path: Path) -> None:
    """An answer without the witness's own line is none, and a forged one neither."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        line, witnesses = await world(net, "DE/1")

        def by(name: str, root: bytes | None = None) -> Callable[[bytes], RawAnswer]:
            def answer(body: bytes) -> RawAnswer:
                tree = AddCheckpoint.decode(body).tree
                seen = SignedTree(origin=tree.origin, size=tree.size, root=root or tree.root)
                signer = list_witness(net, name) if name == "DE/1" else signer_of(name)
                cosigned = signer.cosign(seen, START_MS // 1000)
                return encode_answer(Cosigned(lines=(cosigned,)))

            return answer

        for instead in (by("example.org/w"), by("DE/1", b"\x01" * 32)):
            line.instead = instead
            await witnesses.once()
            net.clock.ms += HOUR_MS
        assert await net["FR/1"].store.newest_cosignatures() == ()
        line.instead = by("DE/1")
        await witnesses.once()
        assert len(await net["FR/1"].store.newest_cosignatures()) == 1


@scenario
async def test_witness_that_stands_elsewhere_is_met_there(tmp_path: Path) -> None:
    """It was asked by an earlier life of ours, or lost what it held; one that moves is left."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        line, witnesses = await world(net, "DE/1")
        french = net["FR/1"]
        await grow(french, 2)
        await witnesses.once()
        await grow(french, 2)
        other = Line(
            asker=FR, witnesses={DE: await witness_at(net["RO/1"], list_witness(net, "DE/1"))}
        )
        net.clock.ms += 2 * HOUR_MS
        await asking(french, other).once()
        assert sizes(other) == [3, 0]
        moves = iter([b"1\n", b"2\n", b"1\n", b"2\n"])
        line.instead = lambda _: RawAnswer(
            status=409, content_type="text/x.tlog.size", body=next(moves)
        )
        again = asking(french, line)
        await again.once()
        assert [one.failed for one in await again.states()] == ["moving"]


class Lagging:
    """A book that shows an earlier head first, and perhaps forgot who cosigned."""

    def __init__(self, store: SqliteStore, heads: list[SignedHead], *, forgets: bool) -> None:
        self.origin = store.origin
        self.may_sign = True
        self.prove = store.prove
        self.keep_cosignatures = store.keep_cosignatures
        self._store = store
        self._heads = heads
        self._forgets = forgets

    def head(self) -> SignedHead | None:
        """Return the next head, the last one for ever."""
        return self._heads.pop(0) if len(self._heads) > 1 else self._heads[0]

    async def newest_cosignatures(self) -> tuple[KeptCosignature, ...]:
        """Return what is kept."""
        return () if self._forgets else await self._store.newest_cosignatures()


@scenario
async def test_head_that_grew_while_it_was_asked_for_is_no_alarm(tmp_path: Path) -> None:
    """The witness heard of the newer one before; a log that shrank is another matter."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        line, witnesses = await world(net, "DE/1")
        french = net["FR/1"]
        old = french.store.head()
        await grow(french, 2)
        new = french.store.head()
        assert old is not None
        assert new is not None
        await witnesses.once()
        for heads, forgets, failed in (
            ([old, old, new], True, None),
            ([old], True, "ahead"),
            ([old], False, "ahead"),
        ):
            again = asking(french, line)
            again._book = Lagging(french.store, heads, forgets=forgets)
            await again.once()
            again._book = french.store
            assert [one.failed for one in await again.states()] == [failed]


@scenario
async def test_policy_says_who_is_asked_and_what_is_enough(tmp_path: Path) -> None:
    """Nodes that list this very key, others at their address; never oneself."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        line, _ = await world(net, "DE/1", "RO/1")
        outside = signer_of("example.org/w")
        url = "https://example.org/witness"
        named = {
            b"de": (list_witness(net, "DE/1"), None),
            b"ro": (signer_of("a35/RO/1/witness"), None),  # another key than the listed one
            b"fr": (list_witness(net, "FR/1"), None),
            b"ex": (outside, url.encode()),
            b"no": (signer_of("example.org/x"), None),
        }
        policy = Policy(
            logs=(),
            witnesses=tuple(
                PolicyWitness(name=name, cosigner=signer.cosigner, url=address)
                for name, (signer, address) in named.items()
            ),
            groups=(Group(name=b"both", threshold=2, members=(b"de", b"ex")),),
            quorum=b"both",
        )
        witnesses = asking(net["FR/1"], line, policy=policy)
        await witnesses.once()
        assert [place for place, _ in line.asked] == [DE, Outsider(url=url)]
        assert [one.failed for one in await witnesses.states()] == [None, "unreached"]
        assert await witnesses.witnessed_size() == 0
        line.witnesses[Outsider(url=url)] = await witness_at(net["RO/1"], outside)
        net.clock.ms += HOUR_MS
        await witnesses.once()
        assert await witnesses.witnessed_size() == 1


@scenario
async def test_few_are_drawn_among_active_nodes_of_third_states(tmp_path: Path) -> None:
    """Always the same for one log, and no more than needed."""
    names = ["DE/1", "FI/1", "FR/1", "FR/2", "JP/1", "RO/1"]
    async with network(tmp_path, names, Wire(), run=[]) as net:
        for name in names:
            list_witness(net, name)
        french = net["FR/1"]
        suspended = {"state": NodeState.SUSPENDED}
        net.entries[RO] = net.entries[RO].model_copy(update=suspended)
        roster = Roster(node=FR, directory=french.directory, policy=None, clock=french.clock)
        drawn = roster.of(french.store.origin)
        assert {str(each.place) for each in drawn} == {"DE/1", "FI/1", "JP/1"}
        assert len(drawn) == DRAWN
        assert roster.of(french.store.origin) == drawn
        assert roster.is_enough((drawn[0].cosigner,))
        assert not roster.is_enough((list_witness(net, "FR/2").cosigner,))


@scenario
async def test_witness_that_was_dropped_is_still_shown(tmp_path: Path) -> None:
    """What it cosigned stands."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        _, witnesses = await world(net, "DE/1")
        await witnesses.once()
        net.entries[DE] = net.entries[DE].model_copy(update={"witness": None})
        (shown,) = await witnesses.states()
        assert (shown.witness, shown.is_asked, shown.size) == ("a35/DE/1/witness", False, 1)


class Restless(StoppingClock):
    """Moves a little each time that it is read, as clocks do."""

    @override
    def monotonic_s(self) -> float:
        self.ms += 1
        return super().monotonic_s()


@scenario
async def test_asking_goes_on_until_it_is_cancelled(tmp_path: Path) -> None:
    """It begins within a minute and looks again and again."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        line, witnesses = await world(net, "DE/1")
        witnesses._clock = Restless(after=3)
        with pytest.raises(asyncio.CancelledError):
            await witnesses.run()
        assert len(line.asked) == 1


@scenario
async def test_word_that_found_no_room_is_asked_for_again_and_ends_nothing(tmp_path: Path) -> None:
    """Of one witness, as of all: a node whose disk is full for a while stays where it is."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        _, witnesses = await world(net, "DE/1", "RO/1")
        french = net["FR/1"]
        await grow(french, 2)
        full = Full(french.store, "keep_cosignatures")
        witnesses._book = cast("Book", full)
        witnesses._clock = StoppingClock(after=3)
        with pytest.raises(asyncio.CancelledError):
            await witnesses.run()
        assert full.refusals == 4  # both, in both rounds
        assert await french.store.newest_cosignatures() == ()
        full.has_room = True
        await witnesses.once()
        kept = await french.store.newest_cosignatures()
        assert {one.witness for one in kept} == {"a35/DE/1/witness", "a35/RO/1/witness"}
