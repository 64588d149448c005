"""Cases over real nodes: both sides come to the same state, and nothing out of turn leaves."""

from json import dumps
from pathlib import Path

import pytest

from gateway.errors import NoInputError
from gateway.service.case import NotAllowedNowError
from protocol.cases.ladder import MessageState
from protocol.cases.message import Side
from protocol.cases.phases import Phase
from protocol.identifiers import MessageId
from tests.gateway.network import Network, Wire, network
from tests.gateway.service.world import (
    Json,
    acknowledgement,
    decision,
    request,
    scenario,
    send,
    until_state,
)

NAMES = ["FR/1", "RO/1"]


async def _phases(net: Network, thread: MessageId) -> set[Phase | None]:
    """Return where the two sides see a case: one phase where they agree."""
    cases = [await net[name].runtime.cases.case(thread) for name in NAMES]
    return {case.thread.phase for case in cases}


async def _answer(net: Network, document: Json) -> MessageId:
    """Send an answer from Romania, and wait until France has it."""
    mid = (await send(net["RO/1"], document)).mid
    await until_state(net["RO/1"], mid, MessageState.CONSIGNED)
    return mid


@scenario
async def test_both_sides_see_a_case_alike_at_every_step(tmp_path: Path) -> None:
    """Delivered, acknowledged, decided: from messages alone."""
    async with network(tmp_path, NAMES, Wire()) as net:
        asked = request()
        thread = (await send(net["FR/1"], asked)).mid
        await until_state(net["FR/1"], thread, MessageState.CONSIGNED)
        assert await _phases(net, thread) == {Phase.DELIVERED}
        await _answer(net, acknowledgement(asked, thread))
        assert await _phases(net, thread) == {Phase.ACKNOWLEDGED}
        await _answer(net, decision(asked, thread))
        assert await _phases(net, thread) == {Phase.DECIDED}
        ours = await net["RO/1"].runtime.cases.case(thread)
        assert ours.side is Side.REQUESTED
        assert "data_delivery" in ours.sendable
        assert "closure" not in ours.sendable


@scenario
async def test_answer_out_of_turn_is_refused_before_anything_is_sealed(tmp_path: Path) -> None:
    """An officer learns at the desk what the other side would show as out of order."""
    async with network(tmp_path, NAMES, Wire()) as net:
        asked = request()
        thread = (await send(net["FR/1"], asked)).mid
        await until_state(net["FR/1"], thread, MessageState.CONSIGNED)
        await _answer(net, decision(asked, thread, refuse=True))
        assert await _phases(net, thread) == {Phase.CLOSED}
        with pytest.raises(NotAllowedNowError) as refused:
            await send(net["RO/1"], decision(asked, thread))
        assert refused.value.code.startswith("not_allowed_")
        assert "a35 thread" in refused.value.hint


@scenario
async def test_answer_asked_again_under_its_key_is_the_one_that_was_queued(tmp_path: Path) -> None:
    """The case has moved by the first; an officer who lost our answer would think it refused."""
    async with network(tmp_path, NAMES, Wire()) as net:
        asked = request()
        thread = (await send(net["FR/1"], asked)).mid
        await until_state(net["FR/1"], thread, MessageState.CONSIGNED)
        document = dumps(decision(asked, thread, refuse=True)).encode()
        first = await net["RO/1"].runtime.submit.queue(document, request_key="k")
        second = await net["RO/1"].runtime.submit.queue(document, request_key="k")
        assert (second.mid, second.repeated) == (first.mid, True)
        with pytest.raises(NotAllowedNowError):
            await net["RO/1"].runtime.submit.queue(document, request_key="another")


@scenario
async def test_requesting_side_cannot_send_the_answer_to_itself(tmp_path: Path) -> None:
    """Each type belongs to one side of a case."""
    async with network(tmp_path, NAMES, Wire()) as net:
        asked = request()
        thread = (await send(net["FR/1"], asked)).mid
        await until_state(net["FR/1"], thread, MessageState.CONSIGNED)
        with pytest.raises(NotAllowedNowError) as refused:
            await send(net["FR/1"], acknowledgement(asked, thread, to="RO"))
        assert refused.value.code == "not_allowed_wrong_side"


@scenario
async def test_request_that_replaces_another_goes_on_in_its_case(tmp_path: Path) -> None:
    """Nothing is edited: the newer one stands in the same thread, and the older is superseded."""
    async with network(tmp_path, NAMES, Wire()) as net:
        first = request()
        thread = (await send(net["FR/1"], first)).mid
        await until_state(net["FR/1"], thread, MessageState.CONSIGNED)
        second = await send(net["FR/1"], request(2) | {"supersedes": str(thread)})
        assert second.thread == thread
        await until_state(net["FR/1"], second.mid, MessageState.CONSIGNED)
        for name in NAMES:
            case = await net[name].runtime.cases.case(thread)
            assert case.thread.current is not None
            assert case.thread.current.mid == second.mid
        with pytest.raises(NoInputError):
            await send(net["RO/1"], request(3, to="FR") | {"supersedes": str(thread)})
