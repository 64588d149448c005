"""What officers look up: own messages first, content only once opened, names of the other side."""

import asyncio
from dataclasses import replace

import pytest

from gateway.errors import NoInputError
from gateway.records import Direction
from gateway.service.case import Cases
from gateway.service.clocks import ClockState
from gateway.service.consult import Consult, NotOpenedError
from gateway.service.summary import Summary
from protocol.cases.ladder import MessageState
from protocol.delivery.escalation import Budgets
from protocol.delivery.urgency import Urgency
from protocol.directory import PartyEntry
from protocol.identifiers import NodeId
from tests.gateway.officer.world import FR, World, attempt, content_of, mid, received, row_of


def test_list_is_newest_first_and_pages_without_repeats() -> None:
    """An officer who scrolls must neither miss nor see twice."""
    world = World()
    for number in range(1, 6):
        received(world, number)
    consult = consult_of(world)
    first = asyncio.run(consult.messages(Direction.IN, limit=3))
    second = asyncio.run(consult.messages(Direction.IN, limit=3, before=first[-1].row.t_ms))
    assert [line.row.mid for line in first + second] == [mid(n) for n in (5, 4, 3, 2, 1)]
    assert asyncio.run(consult.messages(Direction.OUT, limit=3)) == ()


def test_line_shows_type_reference_and_other_side() -> None:
    """The list must tell cases apart without opening them."""
    world = World()
    received(world, 1)
    line = asyncio.run(consult_of(world).show(mid(1))).line
    assert line.type == "subscriber_information_request"
    assert line.summary is not None
    assert line.summary.reference == "FR-26-1102"
    assert (line.party, line.party_name, line.urgency) == (FR, "FR", "urgent")


def test_line_says_how_urgent_its_author_found_it_not_how_it_travels() -> None:
    """Preservation travels with what is urgent; its request may be a routine one."""
    world = World()
    row = received(world, 1)
    summary = Summary(type="preservation_request", reference="", urgency="routine", handling="H1")
    world.book.rows[0] = replace(row, summary=summary.encode())
    assert asyncio.run(consult_of(world).show(mid(1))).line.urgency == "routine"
    world.book.rows[0] = replace(row, summary=None)
    assert asyncio.run(consult_of(world).show(mid(1))).line.urgency == "urgent"


def test_party_is_called_as_the_directory_says() -> None:
    """Officers know countries and desks by their names."""
    world = World()
    received(world, 1)
    world.directory.parties["FR"] = PartyEntry.model_construct(party="FR", name="France, OCLCTIC")
    assert asyncio.run(consult_of(world).show(mid(1))).line.party_name == "France, OCLCTIC"


def test_summary_of_a_later_version_leaves_the_message_in_its_list() -> None:
    """After a return to an older release nothing may disappear."""
    world = World()
    row = received(world, 1)
    world.book.rows[0] = replace(row, summary=b"\xff")
    line = asyncio.run(consult_of(world).show(mid(1))).line
    assert (line.summary, line.type) == (None, None)


def test_unopened_content_is_refused() -> None:
    """Opening is an act that the sender is told of; reading must not come before it."""
    world = World()
    received(world, 1)
    with pytest.raises(NotOpenedError, match="not been opened") as caught:
        asyncio.run(consult_of(world).content(mid(1)))
    assert caught.value.code == "not_opened"


def test_opened_content_is_the_document_with_its_files() -> None:
    """What was opened can be read again."""
    world = World()
    row = received(world, 1, files=2)
    world.book.happen(row, "opened")
    content = asyncio.run(consult_of(world).content(mid(1)))
    assert content.document["type"] == "subscriber_information_request"
    assert content.document["to"] == "RO/1"
    assert [each.name for each in content.files] == ["order 0.txt", "order 1.txt"]
    assert [each.index for each in content.files] == [0, 1]


def test_own_message_can_be_read_without_opening() -> None:
    """Its author wrote it."""
    world = World()
    content = content_of(mid(1))
    world.book.put(row_of(mid(1), Direction.OUT, content=content), content)
    assert asyncio.run(consult_of(world).content(mid(1))).cls is Urgency.P1


def test_message_without_readable_content_says_so() -> None:
    """A rejected message has none."""
    world = World()
    world.book.put(row_of(mid(1), Direction.OUT))
    with pytest.raises(NoInputError, match="no readable content"):
        asyncio.run(consult_of(world).content(mid(1)))


def test_second_sender_of_an_id_does_not_take_the_place_of_ours() -> None:
    """An id counts only with its sender; a hostile node may repeat one that it has seen."""
    world = World()
    received(world, 1)
    world.book.put(replace(row_of(mid(1), Direction.OUT), recipient=NodeId("JP", 1)))
    assert asyncio.run(consult_of(world).show(mid(1))).line.party == NodeId("JP", 1)


def test_show_tells_where_to_wait_from() -> None:
    """Whoever waits must not read the node's whole past first."""
    world = World()
    row = received(world, 1)
    assert asyncio.run(consult_of(world).show(mid(1))).last_event == 0
    world.book.happen(row, "opened")
    detail = asyncio.run(consult_of(world).show(mid(1)))
    assert (detail.last_event, [event.what for event in detail.timeline]) == (1, ["opened"])


def test_unknown_message_and_thread_are_named_as_such() -> None:
    """A mistyped id must not look like an empty case."""
    consult = consult_of(World())
    with pytest.raises(NoInputError):
        asyncio.run(consult.show(mid(9)))
    with pytest.raises(NoInputError):
        asyncio.run(consult.thread(mid(9)))


def test_thread_holds_its_messages() -> None:
    """Request and answers belong together."""
    world = World()
    received(world, 1)
    world.book.put(row_of(mid(2), Direction.OUT, thread=mid(1)))
    lines = asyncio.run(consult_of(world).thread(mid(1)))
    assert [line.row.mid for line in lines] == [mid(1), mid(2)]


def test_explanation_holds_every_attempt() -> None:
    """The officer sees why a message waits."""
    world = World()
    world.book.put(row_of(mid(1), Direction.OUT))
    world.book.tried = [attempt("connect"), attempt("E_BUSY")]
    explanation = asyncio.run(consult_of(world).explain(mid(1)))
    assert [each.outcome for each in explanation.attempts] == ["connect", "E_BUSY"]


def test_answer_waits_for_acceptance_only() -> None:
    """Nobody acknowledges an acknowledgement."""
    world = World()
    content = content_of(mid(1), kind="acknowledgement")
    row = row_of(mid(1), Direction.OUT, content=content)
    world.book.put(row, content)
    line = asyncio.run(consult_of(world).show(mid(1))).line
    assert [clock.step for clock in line.clocks] == [MessageState.ACCEPTED]
    assert line.clocks[0].state is ClockState.RUNNING


def consult_of(world: World) -> Consult:
    """Return the views over a world."""
    cases = Cases(node=NodeId("RO", 1), casebook=world.book, clock=world.clock)
    return Consult(
        world.book,
        world.directory,
        world.clock,
        cases=cases,
        late=world.late,
        ways=world.late,
        budgets=Budgets(),
    )
