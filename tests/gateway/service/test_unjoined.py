"""A proof that fails is asked for again; only a log that answers and never joins has two histories.

The wire spoils proofs between real nodes; the log itself is honest, so that it can refute.
"""

from pathlib import Path

from gateway.continuity import Unjoined
from protocol.errors import NotProvenError
from tests.gateway.directory.test_quarantine import Heard
from tests.gateway.full import Full
from tests.gateway.network import Network, Wire, network
from tests.gateway.service.test_recover import exchange
from tests.gateway.service.world import FR, RO, request, scenario, send
from tests.gateway.wire import as_it_is

MINUTE_MS = 60_000


def spoiled(node: object, path: str, status: int, body: bytes) -> tuple[int, bytes]:
    """Answer every question for a proof with one that does not hold."""
    del node
    if path.startswith("/v1/log/proof"):
        return status, body[:-1] + bytes([body[-1] ^ 1])
    return status, body


async def failed(net: Network) -> Unjoined:
    """Let RO/1 meet a head of FR/1 with a proof that fails."""
    here, there = net["RO/1"], net["FR/1"]
    net.wire.cut.add((FR, RO))
    for number in range(6):
        await send(there, request(500 + number))
    head = there.store.head()
    assert head is not None
    logs = here.runtime._logs
    checkpoint = logs.verify(FR, head.note)
    try:
        logs.take(checkpoint, old=logs.head_size(FR), proof=())
    except NotProvenError:
        await here.runtime.open_heads.once()
    return here.runtime.open_heads.all()[0]


@scenario
async def test_head_is_joined_by_the_first_valid_proof(tmp_path: Path) -> None:
    """Nothing was wrong; nothing stays."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire(answering=spoiled)) as net:
        await exchange(net, 1)
        one = await failed(net)
        assert (one.origin.node, one.head.answered) == (FR, 1)
        net.wire.answering = as_it_is
        net.clock.ms += 21 * MINUTE_MS
        await net["RO/1"].runtime.open_heads.once()
        assert net["RO/1"].runtime.open_heads.all() == ()
        assert await net["RO/1"].store.unjoined() == ()
        assert not net["RO/1"].runtime._logs.is_forked(FR)


@scenario
async def test_full_disk_neither_ends_the_asking_nor_loses_a_head(tmp_path: Path) -> None:
    """A node whose disk is full for a minute must not stop because a head was joined meanwhile."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire(answering=spoiled)) as net:
        await exchange(net, 1)
        await failed(net)
        net.wire.answering = as_it_is
        net.clock.ms += 21 * MINUTE_MS
        heads, store = net["RO/1"].runtime.open_heads, net["RO/1"].store
        full = Full(store, "drop_unjoined", "save_unjoined")
        heads._store = full  # type: ignore[assignment]  # as far as it is used
        await heads.once()
        assert full.refusals == 1
        assert len(heads.all()) == len(await store.unjoined()) == 1
        full.has_room = True
        await heads.once()
        assert heads.all() == await store.unjoined() == ()


@scenario
async def test_head_that_finds_no_room_is_kept_in_memory(tmp_path: Path) -> None:
    """It is written down with the next answer about it."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire(answering=spoiled)) as net:
        await exchange(net, 1)
        heads, store = net["RO/1"].runtime.open_heads, net["RO/1"].store
        full = Full(store, "save_unjoined")
        heads._store = full  # type: ignore[assignment]  # as far as it is used
        await failed(net)
        assert (len(heads.all()), await store.unjoined()) == (1, ())
        full.has_room = True
        net.clock.ms += 21 * MINUTE_MS
        await heads.once()
        assert len(await store.unjoined()) == 1


@scenario
async def test_three_answers_over_an_hour_are_a_fork_that_a_proof_refutes(tmp_path: Path) -> None:
    """The evidence outlives a start; the log can still clear itself."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire(answering=spoiled)) as net:
        await exchange(net, 1)
        await failed(net)
        for _ in range(3):
            assert not net["RO/1"].runtime._logs.is_forked(FR)
            net.clock.ms += 21 * MINUTE_MS
            await net["RO/1"].runtime.open_heads.once()
        assert net["RO/1"].runtime._logs.is_forked(FR)
        again = await net.restart("RO/1")
        assert again.runtime._logs.is_forked(FR)
        net.wire.answering = as_it_is
        net.clock.ms += 21 * MINUTE_MS
        await again.runtime.open_heads.once()
        assert not again.runtime._logs.is_forked(FR)
        assert await again.store.forks() == ()


@scenario
async def test_silence_is_an_alarm_and_never_a_fork(tmp_path: Path) -> None:
    """Scenario 5: an honest log that cannot be reached for a day."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire(answering=spoiled)) as net:
        await exchange(net, 1)
        await failed(net)
        net.wire.cut.add((RO, FR))
        heads, heard = net["RO/1"].runtime.open_heads, Heard("test")
        heads._journal = heard
        for _ in range(72):
            net.clock.ms += 21 * MINUTE_MS
            await heads.once()
        assert [fields["why"] for _, fields in heard.alarms] == ["silent"]
        net.wire.cut.clear()
        net.wire.answering = as_it_is
        net.clock.ms += 21 * MINUTE_MS
        await heads.once()
        assert (heads.all(), heads._said) == ((), {})
        assert not net["RO/1"].runtime._logs.is_forked(FR)
        assert net["RO/1"].metrics.value("a35_alarms_total", {"kind": "log_unjoined"}) >= 72
