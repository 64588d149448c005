"""A node cosigns what it saw of other logs, never two histories, and remembers before it signs."""

from dataclasses import replace
from pathlib import Path
from typing import Final, cast

import pytest

from gateway.errors import StorageError
from gateway.service.cosign import Cosign
from gateway.store import Store
from keys.digest import new_salt
from protocol.identifiers import LogOrigin
from protocol.log.checkpoint import ClaimedCheckpoint, TreeHead, verify_checkpoint
from protocol.log.deed import Act
from protocol.log.recovery import Start, StartDecision
from protocol.log.signing import sign_head
from protocol.log.statement import officer_act
from protocol.witness.answer import Answer, Cosigned, Declined, Standing, decode_answer
from protocol.witness.cosignature import believe_cosignatures
from protocol.witness.request import AddCheckpoint
from protocol.witness.rule import Held
from tests.gateway.full import Full
from tests.gateway.network import START_MS, Network, Node, Wire, network
from tests.gateway.service.witness_world import list_witness, witness_at
from tests.gateway.service.world import FR, ask, scenario

NAMES: Final = ["DE/1", "FR/1", "RO/1"]
START_S: Final = START_MS // 1000


async def grow(node: Node, leaves: int = 1) -> None:
    """Let a node state something and sign it."""
    for _ in range(leaves):
        act = Act(
            act="noted", who=str(node.id), ref=None, subject=None, why="test", t_ms=node.now_ms()
        )
        await node.store.state([officer_act(act.encode(), new_salt())], must_leave=True)


async def offered(node: Node, old: int) -> AddCheckpoint:
    """Return what a node asks of a witness that stands at a size."""
    head = node.store.head()
    assert head is not None
    proof = (await node.store.prove(head.size, [], old=old)).consistency if old else ()
    return AddCheckpoint(old=old, proof=proof, note=head.note)


async def answer(witness: Cosign, request: AddCheckpoint) -> Answer:
    """Ask a witness."""
    return decode_answer(await witness.add_checkpoint(FR, request.encode()))


def other_history(node: Node, size: int) -> bytes:
    """Return a note by which a node signs another tree."""
    origin = LogOrigin.parse(node.keys.origin)
    head = TreeHead(origin=origin, size=size, root=b"\x07" * 32)
    return sign_head(node.keys.signer(), head, timestamp_s=START_S).note


def count(node: Node, outcome: str) -> float:
    """Return how often a request came to this."""
    return node.metrics.value("a35_cosigned_total", {"outcome": outcome})


async def world(net: Network) -> tuple[Node, Node, Cosign]:
    """Return FR/1, whose log grows, and DE/1 with its witness."""
    signer = list_witness(net, "DE/1")
    return net["FR/1"], net["DE/1"], await witness_at(net["DE/1"], signer)


@scenario
async def test_log_is_cosigned_as_it_grows_and_told_where_the_witness_stands(
    tmp_path: Path,
) -> None:
    """The line is the witness's own, of the very head, at the witness's time."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        french, german, witness = await world(net)
        first = await offered(french, 0)
        given = await answer(witness, first)
        assert isinstance(given, Cosigned)
        verifier = french.keys.signer().verifier
        checkpoint = verify_checkpoint(
            ClaimedCheckpoint.parse(first.note), [verifier], now_ms=START_MS
        )
        cosigner = list_witness(net, "DE/1").cosigner
        (line,) = believe_cosignatures(checkpoint, given.lines, [cosigner], now_ms=START_MS)
        assert line.timestamp_s == START_S
        await grow(french, 3)
        assert await answer(witness, await offered(french, 0)) == Standing(size=first.tree.size)
        second = await offered(french, first.tree.size)
        assert isinstance(await answer(witness, second), Cosigned)
        assert ask(german, "SELECT size FROM witnessed") == [(second.tree.size,)]
        assert (count(german, "granted"), count(german, "position")) == (2, 1)


@scenario
async def test_second_history_is_refused_and_kept_as_an_exhibit(tmp_path: Path) -> None:
    """Both notes, for ever; and nothing more of that log is cosigned."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        french, german, witness = await world(net)
        await grow(french, 2)
        honest = await offered(french, 0)
        await answer(witness, honest)
        size = honest.tree.size
        lie = replace(honest, old=size, note=other_history(french, size))
        assert await answer(witness, lie) == Declined(status=422)
        (fork,) = await german.store.forks()
        assert {fork.held, fork.offered} == {honest.note, lie.note}
        assert await answer(witness, await offered(french, size)) == Declined(status=422)
        assert count(german, "forked") == 1


@scenario
async def test_exhibit_that_found_no_room_is_kept_with_the_next_request(tmp_path: Path) -> None:
    """The log is refused at once; what shows why must not end with the process."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        french, german, witness = await world(net)
        honest = await offered(french, 0)
        await answer(witness, honest)
        size = honest.tree.size
        lie = replace(honest, old=size, note=other_history(french, size))
        full = Full(german.store, "keep_fork")
        german.runtime.logs.succession._store = cast("Store", full)
        with pytest.raises(StorageError):
            await answer(witness, lie)
        assert german.metrics.value("a35_alarms_total", {"kind": "log_forked"}) == 1
        assert await german.store.forks() == ()
        full.has_room = True
        assert await answer(witness, lie) == Declined(status=422)
        (fork,) = await german.store.forks()
        assert {fork.held, fork.offered} == {honest.note, lie.note}


@scenario
async def test_what_proves_nothing_is_refused(tmp_path: Path) -> None:
    """No such log, its own log, no signature, no form; and nothing is kept of it."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        french, german, witness = await world(net)
        own = AddCheckpoint(old=0, proof=(), note=other_history(german, 3))
        assert await answer(witness, own) == Declined(status=404)
        text = b"example.org/log\n5\n" + b"A" * 43 + b"=\n\n"
        foreign = AddCheckpoint(
            old=0, proof=(), note=text + b"\xe2\x80\x94 example.org/log AAAAAAAA\n"
        )
        assert await answer(witness, foreign) == Declined(status=404)
        assert (await witness.add_checkpoint(FR, b"old 0\n")).status == 400
        note = other_history(net["RO/1"], 3).replace(b"a35/RO/1/log/1\n3", b"a35/FR/1/log/1\n3", 1)
        for _ in range(2):
            unsigned = AddCheckpoint(old=0, proof=(), note=note)
            assert await answer(witness, unsigned) == Declined(status=403)
        del net.entries[FR]
        assert await answer(witness, await offered(french, 0)) == Declined(status=404)
        assert ask(german, "SELECT * FROM witnessed") == []
        assert await german.store.forks() == ()


@scenario
async def test_witness_that_died_remembers_what_it_signed(tmp_path: Path) -> None:
    """The memory is durable before the signature leaves."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        french, _, witness = await world(net)
        await grow(french, 2)
        first = await offered(french, 0)
        await answer(witness, first)
        again = await net.crash("DE/1")
        reborn = await witness_at(again, list_witness(net, "DE/1"))
        assert reborn.check().ok
        assert await answer(reborn, first) == Standing(size=first.tree.size)


@scenario
async def test_key_of_files_that_were_put_back_signs_no_more(tmp_path: Path) -> None:
    """Nobody knows what it cosigned since: not now, not after the next start, until it is new."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        french, _, witness = await world(net)
        await answer(witness, await offered(french, 0))
        old = net["DE/1"]
        await old.store.close()
        (old.home.with_name(f"{old.home.name}.anchor")).unlink()
        node = await net.reopen(old, old.home, begins=False)
        assert node.store.beginning.start is not Start.ORDINARY
        for _ in range(2):
            ended = await witness_at(node, list_witness(net, "DE/1"))
            assert not ended.check().ok
            assert await answer(ended, await offered(french, 0)) == Declined(status=503)
        assert count(node, "ended") == 2


class Overtaken:
    """A book in which somebody else was always faster."""

    beginning = StartDecision(start=Start.ORDINARY, why="test")

    def __init__(self, held: Held | None) -> None:
        self.held = held

    async def witnessed(self, origin: LogOrigin) -> Held | None:
        """Return what is held."""
        del origin
        return self.held

    async def keep_witnessed(self, before: Held | None, keep: Held) -> bool:
        """Refuse."""
        del before, keep
        return False

    async def has_ended(self, key_id: bytes) -> bool:
        """Say that it may sign."""
        del key_id
        return False


@scenario
async def test_request_that_is_overtaken_again_and_again_is_told_the_position(
    tmp_path: Path,
) -> None:
    """Nothing is signed that was not kept in the place of what was looked at."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        french, _, witness = await world(net)
        witness._book = Overtaken(None)  # type: ignore[assignment]  # the rest is never called
        assert await answer(witness, await offered(french, 0)) == Standing(size=0)
