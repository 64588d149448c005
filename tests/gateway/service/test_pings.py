"""Pings: both legs told apart, nobody asked twice, a report that names exactly who is missing."""

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.demo.members import members
from gateway.errors import DataError, NoInputError, UnavailableError
from gateway.officer.api.caseview import thread_view
from gateway.officer.api.views import message_view
from gateway.records import Direction
from gateway.service.batches import Batch, Progress
from gateway.service.consult import Consult
from gateway.service.pingboard import NO_ANSWER, NOT_SEALED, NOT_VALID, Board, report_json
from gateway.service.pings import CLASS
from keys.digest import sha256
from protocol.cases.ladder import MessageState
from protocol.delivery.escalation import Budgets
from protocol.directory import KemKey
from protocol.directory_values import time_text
from protocol.identifiers import NodeId
from protocol.log.statement import Act, StatementKind
from protocol.receipt import Stage
from protocol.requests.ping import PING
from tests.gateway.network import STAMP, Network, Node, Wire, network
from tests.gateway.service.world import (
    FR,
    RO,
    acknowledgement,
    received_by,
    request,
    scenario,
    send,
    until,
    until_state,
)

HOUR_MS = 3_600_000
ALL = Batch(kind=None, urgent_only=False)
WHO = "FR/1 officer 3"
DE = NodeId("DE", 1)


def still(
    folder: Path, *names: str, wire: Wire | None = None
) -> AbstractAsyncContextManager[Network]:
    """Return nodes whose workers do not run: a test does each step."""
    return network(folder, names, Wire() if wire is None else wire, run=())


async def carry(node: Node, to: NodeId) -> None:
    """Let a node send what waits for another one."""
    while await node.runtime.dispatch.deliver(to, ALL) is Progress.DELIVERED:
        pass


async def asked(asker: Node, node: Node) -> None:
    """Bring a ping to a node, and open it there."""
    await carry(asker, node.id)
    await node.runtime.consign.open_some()


async def answers(asker: Node, node: Node, *, valid: bool = True) -> None:
    """Let the officer of a node answer the one ping that waits, and bring the answer back."""
    desk = node.runtime.contact.desk
    (ping,) = await desk.asked()
    await desk.answer(ping.code, details_valid=valid, note=None, who=f"{node.id} officer 1")
    await carry(node, asker.id)
    await asker.runtime.consign.open_some()


async def begun(asker: Node, *nodes: NodeId, name: str | None = None) -> int:
    """Begin a round and do its machine legs; return its number."""
    pings = asker.runtime.contact.pings
    row = await pings.begin(nodes, name=name, open_ms=HOUR_MS, who=WHO)
    assert await pings.call_all()
    return row.number


async def board(node: Node, number: int) -> Board:
    """Take the answers that came; return the board."""
    await node.runtime.contact.pings.look()
    return await node.runtime.contact.pings.board(number)


@scenario
async def test_a_campaign_over_65_parties_names_exactly_the_silent_ones(tmp_path: Path) -> None:
    """5 nodes are off, at 10 more nobody sits: the report has those, and no other."""
    chosen = sorted(NodeId(member.party, 1) for member in members())
    off = set(chosen[3::13])
    deserted = {name for name in chosen[4::6] if name not in off}
    assert (len(chosen), len(off), len(deserted), len(off | deserted)) == (65, 5, 10, 15)
    secretariat = NodeId("RO", 2)
    wire = Wire(cut={(secretariat, node) for node in off})
    async with still(tmp_path, *map(str, [*chosen, secretariat]), wire=wire) as net:
        asker = net[str(secretariat)]
        number = await begun(asker, *chosen, name="autumn 2026")
        for name in set(chosen) - off:
            await asked(asker, net[str(name)])
            if name not in deserted:
                await answers(asker, net[str(name)])
        net.clock.ms += HOUR_MS
        result = await board(asker, number)
        assert result.is_over
        report = {one.node: one for one in result.outcomes}
        assert sorted(report) == chosen
        assert {node for node, one in report.items() if not one.node_ok} == off
        assert {node for node, one in report.items() if not one.human_ok} == off | deserted
        assert {node for node, one in report.items() if one.why} == off | deserted
        act = await outcome_stated(asker)
        assert act.why == "65 nodes asked, 60 nodes and 50 desks answered"
        assert act.subject == sha256(report_json(result.outcomes))


@scenario
async def test_a_reply_with_a_wrong_code_is_read_once(tmp_path: Path) -> None:
    """A node that sends a thousand of them would else have them opened every two seconds."""
    async with still(tmp_path, "FR/1", "RO/1") as net:
        asker, node = net["FR/1"], net["RO/1"]
        await begun(asker, RO)
        await asked(asker, node)
        desk, pings = node.runtime.contact.desk, asker.runtime.contact.pings
        (ping,) = await desk.asked()
        wrong = replace(ping, code=f"{(int(ping.code) + 1) % 1_000_000:06}")
        await desk._reply(wrong, details_valid=True, note=None, who=WHO)
        await carry(node, asker.id)
        await asker.runtime.consign.open_some()
        (reply,) = await asker.store.ping_replies()
        assert await pings.look()
        assert pings._wrong == {(reply.sender, reply.mid)}
        assert not await pings._take(reply)
        net.clock.ms += HOUR_MS
        assert not await pings.look()
        assert await asker.store.ping_replies() == ()


async def outcome_stated(node: Node) -> Act:
    """Return the act by which the newest round was closed: a report can be held to it."""
    (row,) = await node.runtime.contact.pings.rounds(limit=1)
    assert row.index is not None
    (leaf,) = await node.store.leaves(row.index, row.index + 1)
    assert leaf.preimage is not None
    return Act.decode(leaf.preimage)


@scenario
async def test_both_legs_are_statements_of_both_logs(tmp_path: Path) -> None:
    """What was asked, by whom, that it arrived, who answered: nobody can say it was not so."""
    async with still(tmp_path, "FR/1", "RO/1") as net:
        france, romania = net["FR/1"], net["RO/1"]
        number = await begun(france, RO, name="autumn")
        await asked(france, romania)
        (ping,) = await romania.runtime.contact.desk.asked()
        assert (ping.sender, ping.campaign) == (FR, "autumn")
        assert ping.expires_ms == net.clock.ms + HOUR_MS
        net.clock.ms += 95_000
        await answers(france, romania)
        (one,) = (await board(france, number)).outcomes
        assert (one.node_ok, one.human_ok, one.details_valid) == (True, True, True)
        assert (one.human_seconds, one.why) == (95, "")
        assert one.node_ms is not None
        for node, words in ((france, {"pinged", "ping_round"}), (romania, {"ping_answered"})):
            leaves = await node.store.leaves(0, node.store.size)
            acts = {
                Act.decode(leaf.preimage).act
                for leaf in leaves
                if leaf.kind == StatementKind.ACT.value and leaf.preimage is not None
            }
            assert words <= acts
            kinds = {leaf.kind for leaf in leaves}
            assert {StatementKind.ENVELOPE_SENT.value, StatementKind.CHECKPOINT_SEEN.value} <= kinds
        (sent,) = await france.store.messages(Direction.OUT, limit=9)
        assert sent.state is MessageState.ANSWERED
        (got,) = [row for row in await received_by(romania) if row.mid == sent.mid]
        assert got.state is MessageState.ANSWERED
        assert await romania.runtime.contact.desk.asked() == ()


@scenario
async def test_a_running_network_does_it_all_by_itself(tmp_path: Path) -> None:
    """Workers, lanes and receipts; only the person types."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire()) as net:
        france, romania = net["FR/1"], net["RO/1"]
        pings, desk = france.runtime.contact.pings, romania.runtime.contact.desk
        row = await pings.begin([RO, FR], name=None, open_ms=HOUR_MS, who=WHO)
        (out,) = await france.store.pings(row.number)
        assert out.mid is not None
        await until(romania, lambda got: got.state is MessageState.CONSIGNED, out.mid)
        (ping,) = await desk.asked()
        await desk.answer(
            f"{ping.code[:3]} {ping.code[3:]}", details_valid=False, note="New number.", who=WHO
        )
        await until_state(france, out.mid, MessageState.ANSWERED)
        while (await france.store.pings(row.number))[0].node_ok is None:
            await net.wire.turn()
        (one,) = (await board(france, row.number)).outcomes
        assert (one.node_ok, one.human_ok, one.details_valid) == (True, True, False)
        assert one.why == NOT_VALID
        assert await pings.look() is False


@scenario
async def test_a_campaign_is_begun_once_and_goes_on_after_a_crash(tmp_path: Path) -> None:
    """Nobody is asked twice, and nothing that was known is lost."""
    async with still(tmp_path, "FR/1", "RO/1", "DE/1") as net:
        number = await begun(net["FR/1"], RO, DE, name="autumn")
        assert await begun(net["FR/1"], RO, name="autumn") == number
        await asked(net["FR/1"], net["RO/1"])
        await answers(net["FR/1"], net["RO/1"])
        france = await net.crash("FR/1")
        assert await france.runtime.contact.pings.call_all()
        both = await board(france, number)
        assert [(one.node, one.human_ok) for one in both.outcomes] == [(DE, None), (RO, True)]
        assert len(await france.store.messages(Direction.OUT, limit=9)) == 2
        named = await france.runtime.contact.pings.named("autumn")
        assert named is not None
        assert named.number == number


@scenario
async def test_a_paused_round_asks_nobody_further_and_takes_answers(tmp_path: Path) -> None:
    """A supervisor who holds a campaign back loses nothing of it."""
    async with still(tmp_path, "FR/1", "RO/1", "DE/1") as net:
        fr, pings = net["FR/1"], net["FR/1"].runtime.contact.pings
        row = await pings.begin([RO, DE], name="autumn", open_ms=HOUR_MS, who=WHO)
        await asked(fr, net["RO/1"])
        assert (await pings.pause(row.number, on=True)).round.paused_ms == net.clock.ms
        assert await pings.call_all()
        await answers(fr, net["RO/1"])
        german, one = (await pings.board(row.number)).outcomes
        assert (one.node_ms, one.human_ok) == (None, True)
        assert german.node_ok is None  # nobody was called meanwhile
        assert (await pings.pause(row.number, on=False)).round.paused_ms is None
        assert await pings.call_all()
        assert all(one.node_ok for one in (await pings.board(row.number)).outcomes)
        with pytest.raises(NoInputError):
            await pings.pause(99, on=True)


@scenario
async def test_a_round_that_is_ended_is_stated_with_what_it_came_to(tmp_path: Path) -> None:
    """Nobody waits for the last silent desk; a second time changes nothing."""
    async with still(tmp_path, "FR/1", "RO/1", "DE/1") as net:
        pings = net["FR/1"].runtime.contact.pings
        number = await begun(net["FR/1"], RO, DE)
        await asked(net["FR/1"], net["RO/1"])
        await answers(net["FR/1"], net["RO/1"])
        board = await pings.close(number)
        assert [(one.node, one.human_ok, one.why) for one in board.outcomes] == [
            (DE, False, NO_ANSWER),
            (RO, True, ""),
        ]
        closed = await pings.close(number)
        assert closed.round.closed_ms is not None
        assert await pings.pause(number, on=True) == closed


@scenario
async def test_what_a_desk_says_of_its_details_is_shown(tmp_path: Path) -> None:
    """Who asked reads what has changed without looking for the message."""
    async with still(tmp_path, "FR/1", "RO/1") as net:
        fr, ro = net["FR/1"], net["RO/1"]
        number = await begun(fr, RO)
        assert (
            await fr.runtime.contact.pings.notes(await fr.runtime.contact.pings.board(number)) == {}
        )
        await asked(fr, ro)
        (ping,) = await ro.runtime.contact.desk.asked()
        _, reply = await ro.runtime.contact.desk.answer(
            ping.code, details_valid=False, note="new number", who="RO/1 officer 1"
        )
        await carry(ro, FR)
        await fr.runtime.consign.open_some()
        board = await fr.runtime.contact.pings.board(number)
        assert board.outcomes[0].reply == reply.mid
        assert await fr.runtime.contact.pings.notes(board) == {RO: "new number"}


@scenario
async def test_a_desk_that_could_not_be_written_to_is_asked_once_it_can(tmp_path: Path) -> None:
    """Without a directory nothing is sealed; the round goes on when there is one."""
    async with still(tmp_path, "FR/1", "RO/1") as net:
        france = net["FR/1"]
        stamp, france.directory.current = france.directory.current, None
        number = await begun(france, RO)
        (one,) = (await board(france, number)).outcomes
        assert (one.human_ok, one.why) == (None, "")
        france.directory.current = stamp
        await board(france, number)
        assert len(await france.store.messages(Direction.OUT, limit=9)) == 1


@scenario
async def test_who_could_not_be_written_to_in_time_is_named_as_such(tmp_path: Path) -> None:
    """The desk is not to blame."""
    async with still(tmp_path, "FR/1", "RO/1") as net:
        france = net["FR/1"]
        france.directory.current = None
        number = await begun(france, RO)
        net.clock.ms += HOUR_MS
        (one,) = (await board(france, number)).outcomes
        assert (one.node_ok, one.human_ok, one.why) == (True, False, NOT_SEALED)


@scenario
async def test_a_receipt_shows_that_a_machine_works_after_all(tmp_path: Path) -> None:
    """The call failed, the message arrived later."""
    wire = Wire(cut={(FR, RO)})
    async with still(tmp_path, "FR/1", "RO/1", wire=wire) as net:
        france = net["FR/1"]
        number = await begun(france, RO)
        (one,) = (await board(france, number)).outcomes
        assert (one.node_ok, one.node_ms, one.why) == (False, None, "the node did not answer")
        wire.cut.clear()
        await asked(france, net["RO/1"])
        (one,) = (await board(france, number)).outcomes
        assert (one.node_ok, one.human_ok, one.why) == (True, None, "")
        net.clock.ms += HOUR_MS
        (one,) = (await board(france, number)).outcomes
        assert (one.node_ok, one.human_ok, one.why) == (True, False, NO_ANSWER)


@scenario
async def test_no_machine_is_blamed_while_this_node_may_not_sign(tmp_path: Path) -> None:
    """A node that recovers sends no frames."""
    async with still(tmp_path, "FR/1", "RO/1") as net:
        await begun(net["FR/1"], RO)
        france = await net.restart("FR/1", begins=False)
        pings = france.runtime.contact.pings
        assert await pings.call_all()  # done before
        row = await pings.begin([RO], name=None, open_ms=HOUR_MS, who=WHO)
        assert not await pings.call_all()
        working = asyncio.create_task(pings.run())
        for _ in range(50):
            await net.wire.turn()
        working.cancel()
        await asyncio.wait([working])
        (one,) = (await board(france, row.number)).outcomes
        assert one.node_ok is None


@scenario
async def test_only_the_code_of_a_ping_that_waits_is_answered(tmp_path: Path) -> None:
    """A mistyped one changes nothing; two of one code are for who asks to solve."""
    async with still(tmp_path, "FR/1", "RO/1", "DE/1") as net:
        france, romania, germany = net["FR/1"], net["RO/1"], net["DE/1"]
        await begun(france, RO)
        await asked(france, romania)
        desk = romania.runtime.contact.desk
        (ping,) = await desk.asked()
        wrong = f"{(int(ping.code) + 1) % 1_000_000:06}"
        with pytest.raises(NoInputError):
            await desk.answer(wrong, details_valid=True, note=None, who=WHO)
        with pytest.raises(DataError):
            await desk.answer(ping.code, details_valid=True, note=" ", who=WHO)
        romania.directory.current = None
        with pytest.raises(UnavailableError):
            await desk.answer(ping.code, details_valid=True, note=None, who=WHO)
        romania.directory.current = STAMP
        germany.runtime.contact.pings._randomness = _Same(int(ping.code))  # type: ignore[assignment]
        await begun(germany, RO)
        await asked(germany, romania)
        with pytest.raises(DataError) as caught:
            await desk.answer(ping.code, details_valid=True, note=None, who=WHO)
        assert caught.value.code == "ambiguous_code"


@scenario
async def test_a_reply_with_another_code_counts_for_nothing(tmp_path: Path) -> None:
    """Nor does one to what was no ping: only a person who read the code can have typed it."""
    async with still(tmp_path, "FR/1", "RO/1") as net:
        france, romania = net["FR/1"], net["RO/1"]
        number = await begun(france, RO)
        await asked(france, romania)
        desk = romania.runtime.contact.desk
        (ping,) = await desk.asked()
        other = f"{(int(ping.code) + 1) % 1_000_000:06}"
        await desk._reply(replace(ping, code=other), details_valid=True, note=None, who=WHO)
        sent = await send(france, request(to="RO"))
        await carry(france, RO)
        await romania.runtime.consign.open_some()
        await desk._reply(replace(ping, mid=sent.mid), details_valid=True, note=None, who=WHO)
        await carry(romania, FR)
        await france.runtime.consign.open_some()
        assert {row.state for row in await received_by(france)} == {MessageState.CONSIGNED}
        (one,) = (await board(france, number)).outcomes
        assert one.human_ok is None
        for row in await france.store.messages(Direction.OUT, limit=9):
            assert row.state is not MessageState.ANSWERED


@scenario
async def test_a_ping_is_no_request_and_nothing_of_it_is_escalated(tmp_path: Path) -> None:
    """It is answered by its code alone; an unanswered one ends by itself, and its sender hears."""
    async with still(tmp_path, "FR/1", "RO/1") as net:
        france, romania = net["FR/1"], net["RO/1"]
        await begun(france, RO)
        await asked(france, romania)
        (got,) = await received_by(romania)
        assert got.cls is CLASS
        with pytest.raises(DataError):
            await send(romania, acknowledgement(request(), got.mid))
        net.clock.ms += 2 * HOUR_MS
        await france.runtime.escalate.look()
        assert await france.store.escalations([got.mid]) == ()
        assert await romania.runtime.unheeded.once() == 1
        assert await romania.runtime.contact.desk.asked() == ()
        stages = [Stage.ACCEPTED, Stage.CONSIGNED, Stage.EXPIRED]
        assert len(await romania.store.receipts(FR, got.mid)) == len(stages)


@scenario
async def test_a_ping_is_shown_and_opened_like_any_message(tmp_path: Path) -> None:
    """Lists, timeline, thread and content; its thread is no case."""
    async with still(tmp_path, "FR/1", "RO/1") as net:
        france, romania = net["FR/1"], net["RO/1"]
        await begun(france, RO, name="autumn")
        await asked(france, romania)
        (got,) = await received_by(romania)
        for node in (france, romania):
            consult = Consult(
                node.store,
                node.directory,
                node.clock,
                cases=node.runtime.cases,
                late=node.store,
                ways=node.runtime.ways,
                budgets=Budgets(),
            )
            detail = await consult.show(got.mid)
            assert message_view(detail).type == PING
            assert detail.line.summary is not None
            assert detail.line.summary.reference == "autumn"
            case = await consult.case(got.mid)
            lines = await consult.thread(got.mid)
            assert thread_view(got.mid, lines, case).requests == ()
            assert await node.runtime.cases.notices(got.mid) == ((), None)
        opened = await romania.runtime.act.open(got.mid, who="RO/1 officer 1")
        assert opened.document["campaign"] == "autumn"


@scenario
async def test_a_node_whose_keys_have_ended_is_called_all_the_same(tmp_path: Path) -> None:
    """Nothing can be sealed for it; its machine is asked, and counted."""
    async with still(tmp_path, "FR/1", "RO/1") as net:
        france = net["FR/1"]
        net.entries[RO] = net.entries[RO].model_copy(update={"kem": (ended(net),)})
        number = await begun(france, RO)
        (one,) = (await board(france, number)).outcomes
        assert (one.node_ok, one.human_ok) == (True, None)
        assert await france.store.messages(Direction.OUT, limit=9) == ()
        counts = await france.runtime.contact.availability.matrix(days=1)
        assert [(each.called, each.answered) for each in counts[RO]] == [(1, 1)]


def ended(net: Network) -> KemKey:
    """Return the key of Romania under which nothing may be sealed any more."""
    (key,) = net.entries[RO].kem
    past = time_text(net.clock.ms - HOUR_MS)
    return key.model_copy(update={"not_before": "2020-01-01T00:00:00Z", "not_after": past})


@scenario
async def test_nobody_and_too_long_are_refused(tmp_path: Path) -> None:
    """A round without an end would never be reported."""
    async with still(tmp_path, "FR/1", "RO/1") as net:
        pings = net["FR/1"].runtime.contact.pings
        with pytest.raises(DataError):
            await pings.begin([FR], name=None, open_ms=HOUR_MS, who=WHO)
        for open_ms in (0, 8 * 24 * HOUR_MS):
            with pytest.raises(DataError):
                await pings.begin([RO], name=None, open_ms=open_ms, who=WHO)
        with pytest.raises(NoInputError):
            await pings.board(1)
        assert await pings.rounds(limit=9) == ()
        assert await pings.look() is False


class _Same:
    """Chance that draws one code."""

    def __init__(self, code: int) -> None:
        self._code = code

    def message_id(self) -> object:
        """Return a fresh id."""
        from gateway.randomness import SystemRandomness  # noqa: PLC0415

        return SystemRandomness().message_id()

    def between(self, low: float, high: float) -> float:
        """Return the code."""
        assert (low, high) == (0, 1_000_000)
        return self._code + 0.5
