"""Parties that publish two points of contact: either suffices, and both never work on it."""

import asyncio
from pathlib import Path

import pytest

from gateway.demo.members import members
from protocol.cases.ladder import MessageState
from protocol.identifiers import NodeId
from tests.gateway.network import Wire, network
from tests.gateway.service.test_escalate import heal
from tests.gateway.service.world import (
    FR,
    acknowledgement,
    received_by,
    request,
    scenario,
    send,
    until_state,
)

TWO = tuple(member for member in members() if len(member.contact_points) > 1)
MINUTE_MS = 60_000


@pytest.mark.parametrize("party", [member.party for member in TWO])
def test_the_second_point_takes_over_and_the_first_one_is_told(tmp_path: Path, party: str) -> None:
    """From the address of the Party alone to the withdrawal at the one that was away."""

    async def play() -> None:
        first, second = NodeId(party, 1), NodeId(party, 2)
        wire = Wire(cut={(FR, first)})
        async with network(tmp_path, ["FR/1", str(first), str(second)], wire) as net:
            net.parties |= {member.party: member.entry() for member in TWO}
            here, there = net["FR/1"], net[str(second)]
            asked = request(to=party, urgency="emergency")
            sent = await send(here, asked)
            net.clock.ms += MINUTE_MS
            await here.runtime.escalate.look()
            (pair,) = await here.store.copies(sent.mid)
            assert pair.copy_to == second
            await until_state(there, pair.copy, MessageState.CONSIGNED)
            await send(there, acknowledgement(asked, pair.copy))
            await until_state(here, pair.copy, MessageState.ACKNOWLEDGED)
            # What is said on the copy goes to who has the case.
            note = {
                "type": "note",
                "to": party,
                "in_reply_to": str(pair.copy),
                "urgency": "routine",
                "handling_code": asked["handling_code"],
                "language": "en",
                "body": {"text": "Thank you."},
            }
            said = await send(here, note)
            await until_state(there, said.mid, MessageState.CONSIGNED)
            # The one that was away comes back: it hears that it need not do anything.
            await heal(net, here, sent.mid)
            await here.runtime.escalate.look()
            withdrawal = (await here.store.copies(sent.mid))[0].withdrawal
            assert withdrawal is not None
            await until_state(here, withdrawal, MessageState.CONSIGNED)
            assert len(await received_by(net[str(first)])) == 2

    asyncio.run(play())


def test_the_published_parties_with_two_points_are_four() -> None:
    """Hungary, Luxembourg, Romania and Spain."""
    assert {member.party for member in TWO} == {"ES", "HU", "LU", "RO"}


@scenario
async def test_a_party_whose_first_point_is_not_active_is_reached_at_the_second(
    tmp_path: Path,
) -> None:
    """An address of a Party never depends on one of its desks."""
    async with network(tmp_path, ["FR/1", "RO/2"], Wire()) as net:
        net.parties |= {member.party: member.entry() for member in TWO}
        sent = await send(net["FR/1"], request(to="RO"))
        await until_state(net["RO/2"], sent.mid, MessageState.CONSIGNED)


@scenario
async def test_a_point_that_stands_for_itself_alone_gets_no_copy(tmp_path: Path) -> None:
    """Some desks of a Party may not see the requests of another."""
    wire = Wire(cut={(FR, NodeId("LU", 1))})
    async with network(tmp_path, ["FR/1", "LU/1", "LU/2"], wire) as net:
        entry = next(member.entry() for member in TWO if member.party == "LU")
        police, court = entry.contact_points
        apart = court.model_copy(update={"equivalent": False})
        net.parties["LU"] = entry.model_copy(update={"contact_points": (police, apart)})
        sent = await send(net["FR/1"], request(to="LU", urgency="emergency"))
        net.clock.ms += MINUTE_MS
        await net["FR/1"].runtime.escalate.look()
        assert await net["FR/1"].store.copies(sent.mid) == ()
