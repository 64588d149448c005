"""Whether the node serves: the same words for probe, doctor and page."""

from pathlib import Path

from gateway.service.health import Check, Health, Offsets
from protocol.cases.ladder import MessageState
from protocol.delivery.circuit import Phase
from tests.gateway.network import STAMP, LoopClock, Node, Wire, network
from tests.gateway.service.world import DE, FR, RO, request, scenario, send, until_state


def checks(node: Node) -> dict[str, Check]:
    """Return what health reports, by name."""
    return {check.name: check for check in node.runtime.health.report()}


@scenario
async def test_node_is_ready_when_its_ports_are_open_and_it_can_be_believed(
    tmp_path: Path,
) -> None:
    """A probe that says ready too early sends officers into errors."""
    async with network(tmp_path, ["RO/1"], Wire(), run=[]) as net:
        health = net["RO/1"].runtime.health
        assert health.is_live()
        assert not health.is_ready()
        health.serving(now=True)
        assert health.is_ready()
        net["RO/1"].directory.current = None
        assert not health.is_ready()
        health.serving(now=False)
        net["RO/1"].directory.current = STAMP
        assert not health.is_ready()


@scenario
async def test_healthy_node_reports_nothing_to_do(tmp_path: Path) -> None:
    """Every check is named and good; a directory that is held has no fix."""
    async with network(tmp_path, ["RO/1"], Wire(), run=[]) as net:
        report = checks(net["RO/1"])
        assert list(report) == [
            "log",
            "recovery",
            "directory",
            "clock",
            "peers",
            "forks",
            "room",
            "silence",
            "directory age",
        ]
        assert all(check.ok for check in report.values())
        assert report["directory"].detail == "root 1, timestamp 1"
        assert report["directory"].fix == ""
        assert "a35/RO/1/log/1, 1 leaves" in report["log"].detail


@scenario
async def test_missing_or_failing_directory_says_why(tmp_path: Path) -> None:
    """The operator must not have to guess what the node waits for."""
    async with network(tmp_path, ["RO/1"], Wire(), run=[]) as net:
        node = net["RO/1"]
        why: list[str | None] = [None]
        health = Health(
            log=node.store,
            directory=node.directory,
            logs=node.runtime._logs,
            offsets=Offsets(net.clock),
            failing=dict,
            why_no_directory=lambda: why[0],
            guard=node.runtime._guard,
            recovery=node.runtime.recovery,
        )
        why[0] = "the source does not answer"
        kept = {check.name: check for check in health.report()}["directory"]
        assert not kept.ok
        assert "last refresh: the source does not answer" in kept.detail
        assert "goes on" in kept.fix
        node.directory.current = None
        gone = {check.name: check for check in health.report()}["directory"]
        assert (gone.ok, gone.detail) == (False, "the source does not answer")
        why[0] = None
        assert {check.name: check for check in health.report()}["directory"].detail == (
            "not fetched yet"
        )


@scenario
async def test_clock_is_held_against_the_median_of_the_peers(tmp_path: Path) -> None:
    """One wrong peer does not accuse us; most of them do."""
    async with network(tmp_path, ["RO/1"], Wire(), run=[]) as net:
        node = net["RO/1"]
        offsets = node.runtime._offsets
        offsets.note(FR, net.clock.ms + 3_600_000)
        offsets.note(RO, net.clock.ms)
        offsets.note(DE, net.clock.ms - 1)
        assert checks(node)["clock"].ok
        offsets.note(DE, net.clock.ms + 3_600_000)
        clock = checks(node)["clock"]
        assert not clock.ok
        assert "+3600.0 s" in clock.detail


@scenario
async def test_node_that_owes_us_a_step_is_named(tmp_path: Path) -> None:
    """The doctor says that somebody must telephone, and never which case it is about."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire(cut={(FR, RO)}), run=[]) as net:
        here = net["FR/1"]
        await send(here, request(to="RO/1", urgency="emergency"))
        net.clock.ms += 60_000
        await here.runtime.escalate.look()
        silence = checks(here)["silence"]
        assert not silence.ok
        assert silence.detail == "overdue at: RO/1"
        assert "a35 show MID" in silence.fix


@scenario
async def test_every_other_active_node_is_in_the_table_of_peers(tmp_path: Path) -> None:
    """Contact, lane, what waits, both logs, clock and silence, each from where it is known."""
    async with network(tmp_path, ["DE/1", "FR/1", "RO/1"], Wire(cut={(FR, DE)})) as net:
        here = net["FR/1"]
        sent = await send(here, request(1, to="RO/1"))
        await until_state(here, sent.mid, MessageState.CONSIGNED)
        await send(here, request(2, to="DE/1", urgency="emergency"))
        await net.turn_until(lambda: bool(here.runtime.engine.waiting_since_failure()))
        net.clock.ms += 60_000
        await here.runtime.escalate.look()
        away, near = await here.runtime.peers.table()
        assert (away.node, near.node) == (DE, RO)
        assert near.way.phase is Phase.CLOSED
        assert near.way.last_contact_ms is not None
        assert near.their_log > 0
        assert near.our_log > 0
        assert (near.offset_ms, near.silent_since_ms, near.is_forked) == (0, None, False)
        assert away.way.failures > 0
        assert away.waiting == (1, 0, 0, 0)
        assert away.silent_since_ms is not None


def test_no_peer_heard_is_no_offset() -> None:
    """A node that just started has nothing to compare with."""
    assert Offsets(LoopClock()).median_ms() == 0
    assert Offsets(LoopClock()).of(FR) is None
