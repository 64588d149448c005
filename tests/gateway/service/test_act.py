"""What officers do with messages: the leaf, the receipt and the step are one commit."""

from io import BytesIO
from pathlib import Path

import pytest

from gateway.errors import NoInputError
from protocol.cases.ladder import MessageState
from protocol.log.deed import Act
from tests.gateway.network import Wire, message_id, network
from tests.gateway.service.hand import Hand
from tests.gateway.service.world import FR, ask, request, scenario, send, until_state

NAMES = ["FR/1", "RO/1"]


@scenario
async def test_opening_is_an_act_in_the_log_that_names_the_person(tmp_path: Path) -> None:
    """Who opened it, when, and which message; never a name."""
    async with network(tmp_path, NAMES, Wire()) as net:
        mid = (await send(net["FR/1"], request())).mid
        await until_state(net["RO/1"], mid, MessageState.CONSIGNED)
        await net["RO/1"].runtime.act.open(mid, who="RO/1 officer 3")
        ((data,),) = ask(
            net["RO/1"],
            "SELECT p.bytes FROM leaf l JOIN preimage p USING (generation, i) WHERE l.kind = 9",
        )
        act = Act.decode(data)
        assert (act.act, act.who, act.ref) == ("opened", "RO/1 officer 3", mid)


@scenario
async def test_message_that_is_not_here_cannot_be_opened(tmp_path: Path) -> None:
    """A mistyped id says so."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        act = net["RO/1"].runtime.act
        with pytest.raises(NoInputError, match="no such message"):
            await act.open(message_id(1), who="RO/1 officer 1")
        with pytest.raises(NoInputError, match="no such message"):
            await act.file(message_id(1), 0, BytesIO())


@scenario
async def test_message_that_was_never_read_cannot_be_opened(tmp_path: Path) -> None:
    """Neither one that still waits for the node, nor one that it could not read."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        hand = Hand(net, "FR/1", "RO/1")
        mid = message_id(1)
        await hand.bring(await hand.envelope(hand.address(mid)), link=True)
        act = net["RO/1"].runtime.act
        for _ in range(2):
            with pytest.raises(NoInputError, match="cannot be read") as caught:
                await act.open(mid, who="RO/1 officer 1")
            assert caught.value.code == "not_readable"
            await net["RO/1"].runtime.consign.open_some()
        assert ask(net["RO/1"], "SELECT count(*) FROM leaf WHERE kind = 9") == [(0,)]


@scenario
async def test_opened_message_shows_the_document_as_its_author_wrote_it(tmp_path: Path) -> None:
    """Type, addressee and every field, on both sides alike."""
    async with network(tmp_path, NAMES, Wire()) as net:
        mid = (await send(net["FR/1"], request())).mid
        await until_state(net["RO/1"], mid, MessageState.CONSIGNED)
        there = await net["RO/1"].runtime.act.open(mid, who="RO/1 officer 1")
        here = await net["FR/1"].runtime.act.open(mid, who="FR/1 officer 1")
        assert there.document == here.document
        assert there.document["to"] == "RO/1"
        assert there.row.sender == FR
        assert there.files == ()
