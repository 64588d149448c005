"""Sending: sealed and queued in one commit, or refused with what to do; never half."""

from json import dumps
from pathlib import Path

import pytest

from gateway.delivery.engine import BULK
from gateway.errors import DataError, NoInputError, UnavailableError
from gateway.service.case import NotAllowedNowError
from gateway.service.dispatch import Progress
from protocol.cases.ladder import MessageState
from protocol.delivery.urgency import Urgency
from protocol.limits import MAX_LIFE_MS
from protocol.log.statement import StatementKind
from tests.gateway.network import DAY_MS, Wire, message_id, network
from tests.gateway.service.hand import Hand
from tests.gateway.service.test_consign import inner
from tests.gateway.service.world import (
    RO,
    acknowledgement,
    ask,
    request,
    scenario,
    send,
    sent_by,
    state_of,
    until_state,
)

NAMES = ["FR/1", "RO/1"]


@scenario
async def test_queued_message_has_its_statement_and_act_in_the_log(tmp_path: Path) -> None:
    """What the officer sees as queued is signed: envelope sent, and who did it."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        submitted = await send(net["FR/1"], request(urgency="urgent"))
        kinds = [kind for (kind,) in ask(net["FR/1"], "SELECT kind FROM leaf ORDER BY i")]
        assert kinds == [StatementKind.KEY_SET, StatementKind.ENVELOPE_SENT, StatementKind.ACT]
        assert (submitted.index, submitted.queue_number, submitted.repeated) == (1, 1, False)
        (row,) = await sent_by(net["FR/1"])
        assert (row.state, row.cls) == (MessageState.QUEUED, Urgency.P1)
        assert row.exp_ms - row.t_ms == MAX_LIFE_MS


@scenario
async def test_message_lives_until_the_document_says(tmp_path: Path) -> None:
    """`valid_until` shortens its life; what is past already is refused."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        await send(net["FR/1"], request() | {"valid_until": "2026-11-22T03:30:00Z"})
        (row,) = await sent_by(net["FR/1"])
        assert row.exp_ms - net.clock.ms == 30 * 60 * 1000
        submit = net["FR/1"].runtime.submit
        document = dumps(request() | {"valid_until": "2026-11-22T03:30:00Z"}).encode()
        draft = await submit.begin(document, file_sizes={})
        net.clock.ms += DAY_MS // 2
        with pytest.raises(DataError, match="valid_until is past"):
            await submit.send(draft.id, request_key=None)


@scenario
async def test_draft_sent_twice_is_queued_once(tmp_path: Path) -> None:
    """A client that lost our answer sends again, with or without a key."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        submit = net["FR/1"].runtime.submit
        draft = await submit.begin(dumps(request()).encode(), file_sizes={})
        first = await submit.send(draft.id, request_key=None)
        again = await submit.send(draft.id, request_key=None)
        assert (again.mid, again.repeated) == (first.mid, True)
        assert len(await sent_by(net["FR/1"])) == 1


@scenario
async def test_short_form_queues_once_for_a_key_also_after_a_start(tmp_path: Path) -> None:
    """The key is in the store: a node that started again knows it."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        document = dumps(request()).encode()
        first = await net["FR/1"].runtime.submit.queue(document, request_key="k")
        again = await net.restart("FR/1")
        second = await again.runtime.submit.queue(document, request_key="k")
        assert (second.mid, second.repeated) == (first.mid, True)


@scenario
async def test_draft_sent_again_after_a_start_is_the_message_that_was_queued(
    tmp_path: Path,
) -> None:
    """The answer was lost with the node: who begins anew would send it twice."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        submit = net["FR/1"].runtime.submit
        draft = await submit.begin(dumps(request()).encode(), file_sizes={})
        first = await submit.send(draft.id, request_key=draft.id)
        again = (await net.restart("FR/1")).runtime.submit
        second = await again.send(draft.id, request_key=draft.id)
        assert (second.mid, second.index, second.repeated) == (first.mid, first.index, True)
        with pytest.raises(NoInputError):
            await again.send(draft.id, request_key="another")


@scenario
async def test_memory_of_what_was_sent_is_bounded(tmp_path: Path) -> None:
    """I11: a program that sends for months must not fill our memory."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        submit = net["FR/1"].runtime.submit
        first = await submit.begin(dumps(request()).encode(), file_sizes={})
        sent = await submit.send(first.id, request_key=None)
        for number in range(5000):
            submit._sent[f"{number}"] = sent
        draft = await submit.begin(dumps(request(2)).encode(), file_sizes={})
        before = len(submit._sent)
        await submit.send(draft.id, request_key=None)
        assert len(submit._sent) <= before


@scenario
async def test_node_without_a_directory_cannot_seal(tmp_path: Path) -> None:
    """Headers name the version they rest on; the officer is told why."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        submit = net["FR/1"].runtime.submit
        draft = await submit.begin(dumps(request()).encode(), file_sizes={})
        net["FR/1"].directory.current = None
        with pytest.raises(UnavailableError, match="no directory"):
            await submit.send(draft.id, request_key=None)


@scenario
async def test_addressee_without_a_key_cannot_be_sealed_for(tmp_path: Path) -> None:
    """Not an error of the officer: the directory must be mended."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        submit = net["FR/1"].runtime.submit
        draft = await submit.begin(dumps(request()).encode(), file_sizes={})
        del net.entries[RO]
        with pytest.raises(UnavailableError, match="no key valid now"):
            await submit.send(draft.id, request_key=None)


@scenario
async def test_receipt_for_a_message_that_was_rejected_here_is_still_implied(
    tmp_path: Path,
) -> None:
    """An officer who answers what the node could not read has it, and says so."""
    async with network(tmp_path, NAMES, Wire(), run=["FR/1"]) as net:
        asked = request()
        mid = (await send(net["FR/1"], asked)).mid
        await until_state(net["FR/1"], mid, MessageState.ACCEPTED)
        keys = dict(net["RO/1"].secrets)
        net["RO/1"].secrets.clear()
        await net["RO/1"].runtime.consign.open_some()
        net["RO/1"].secrets.update(keys)
        assert await state_of(net["RO/1"], mid) is MessageState.REJECTED
        await net.run("RO/1")
        await until_state(net["FR/1"], mid, MessageState.REJECTED)


@scenario
async def test_message_to_a_node_that_answers_goes_out_of_the_queue(tmp_path: Path) -> None:
    """Idle, delivered, idle: a lane ends with nothing left."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        dispatch = net["FR/1"].runtime.dispatch
        assert await dispatch.deliver(RO, BULK) is Progress.IDLE
        mid = (await send(net["FR/1"], request())).mid
        assert await dispatch.deliver(RO, BULK) is Progress.DELIVERED
        assert await dispatch.deliver(RO, BULK) is Progress.IDLE
        assert await state_of(net["FR/1"], mid) is MessageState.ACCEPTED


@scenario
async def test_document_too_large_for_an_envelope_is_refused_before_it_is_queued(
    tmp_path: Path,
) -> None:
    """The officer is told to attach long texts; nothing is kept."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        submit = net["FR/1"].runtime.submit
        draft = await submit.begin(dumps(request()).encode(), file_sizes={})
        address = submit._address(draft)
        with pytest.raises(DataError, match="does not fit"):
            await submit._seal(bytes(5 * 1024 * 1024), address)


@scenario
async def test_message_whose_form_was_refused_takes_no_part_in_a_case(tmp_path: Path) -> None:
    """What was told `rejected` cannot be answered; the officer hears a sentence, not a fault."""
    async with network(tmp_path, NAMES, Wire(), run=["RO/1"]) as net:
        hand = Hand(net, "FR/1", "RO/1")
        mid = message_id(7)
        inside = inner(type="love_letter")
        await hand.bring(await hand.envelope(hand.address(mid), inner=inside), link=True)
        await until_state(net["RO/1"], mid, MessageState.REJECTED)
        await net["RO/1"].runtime.act.open(mid, who="RO/1 officer 1")
        with pytest.raises(NotAllowedNowError):
            await send(net["RO/1"], acknowledgement(request(), mid))
