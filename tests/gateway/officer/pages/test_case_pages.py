"""Cases and answers as pages: shown, noted, begun as drafts; refused where the state says no."""

import asyncio
import json
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from gateway.officer.pages.desk import Desk
from gateway.officer.pages.handling import handling_routes
from gateway.people import Role
from gateway.records import Direction
from gateway.service.ways import Way
from protocol.cases.ladder import MessageState
from tests.gateway.officer.pages.papers import KeptDrafts, draft_row, with_drafts, written_desk
from tests.gateway.officer.pages.test_messages import plain
from tests.gateway.officer.pages.world import DeskWorld, desk_test, desk_world
from tests.gateway.officer.world import FR, NOW_MS, World, content_of, mid, row_of
from tests.gateway.service.world import acknowledgement, decision, request, send, until_state

GIVEN = {
    "decision.day": "2026-11-30",
    "decision.time": "12:00",
    "decision.zone": "Europe/Bucharest",
    "key": "1",
}


@desk_test
async def test_case_is_answered_from_its_page_and_both_sides_see_it(desk: DeskWorld) -> None:
    """Open, acknowledge: the other country's timeline moves; the page says who did what."""
    officer, thread = await desk.visitor(Role.OFFICER), await desk.received(urgency="urgent")
    here = f"/messages/{thread}"
    unread = plain((await officer.get(f"/cases/{thread}")).text)
    assert "Preserved until" not in unread  # its items are content: nobody has opened them
    await officer.post(f"{here}/open")

    asked = plain((await officer.get(f"{here}/acknowledge")).text)
    assert "This tells FR/1 that a person of this desk has the request" in asked
    assert "+40215550142" in asked
    wrong = await officer.post(f"{here}/acknowledge", {**GIVEN, "reference": "R" * 99})
    assert wrong.status == 422
    assert 'href="#f-reference"' in wrong.text
    assert "R" * 99 in wrong.text  # nothing typed is lost
    wrong = await officer.post(f"{here}/acknowledge", {**GIVEN, "decision.day": "soon"})
    assert (wrong.status, 'href="#f-decision"' in wrong.text) == (422, True)

    sent = await officer.post(f"{here}/acknowledge", {**GIVEN, "reference": "RO-7"})
    assert sent.status == 303, plain(sent.text)
    assert (await officer.post(f"{here}/acknowledge", {**GIVEN, "reference": "RO-7"})).status == 303
    await until_state(desk.peer, thread, MessageState.ACKNOWLEDGED)
    assert len(await desk.node.store.thread(thread)) == 2  # the same form twice is one message
    case = plain((await officer.get(f"/cases/{thread}")).text)
    assert "RO/1 officer" in case
    assert "Opened here; they were told" in case
    assert "we must act" in case
    assert "after 0 s" in case


@desk_test
async def test_what_the_state_does_not_allow_is_not_offered_and_refused(desk: DeskWorld) -> None:
    """A reply to what is closed, or of a type that the other side sends."""
    officer, asked = await desk.visitor(Role.OFFICER), request(1, to="RO")
    thread = (await send(desk.peer, asked)).mid
    await until_state(desk.node, thread, MessageState.CONSIGNED)
    here = f"/messages/{thread}"
    assert (await officer.get(f"{here}/answer")).status == 409  # nobody has opened it
    await officer.post(f"{here}/open")
    answers = await officer.get(f"{here}/answer")
    assert 'value="closure"' not in answers.text
    refused = await officer.post(f"{here}/reply", {"type": "closure"})
    assert refused.status in {400, 409, 422}
    assert "does not allow" in plain(refused.text)
    moved = await officer.post(f"{here}/reply", {"type": "acknowledgement"})
    assert moved.headers["Location"] == f"{here}/acknowledge"
    kept = await officer.post(f"{here}/reply", {"type": "note"})
    assert "keeps no drafts" in plain(kept.text)

    await send(desk.node, decision(asked, thread, refuse=True))
    late = await officer.post(f"{here}/acknowledge", {**GIVEN, "reference": "RO-7"})
    assert late.status == 422
    assert "The request is closed and stays so." in plain(late.text)
    assert "has no effect" not in plain((await officer.get(f"/cases/{thread}")).text).lower()


def test_decision_becomes_a_draft_item_by_item(tmp_path: Path) -> None:
    """Typed once, checked there, approved by a second person where one must."""

    async def play() -> None:
        drafts = KeptDrafts()
        async with desk_world(tmp_path, complete=with_drafts(drafts)) as desk:
            officer, thread = await desk.visitor(Role.OFFICER), await desk.received()
            here = f"/messages/{thread}"
            await officer.post(f"{here}/open")
            form = (await officer.get(f"{here}/answer")).text
            count = len(set(re.findall(r'name="outcome-(\d+)"', form)))
            assert count >= 1
            typed = {
                "reasons-0": "Kept <b>text</b>",
                "organisation": "Example Court",
                "kind": "court",
            }
            missing = await officer.post(f"{here}/decision", typed)
            assert missing.status == 422
            assert 'href="#f-outcome-0"' in missing.text
            assert "Kept &lt;b&gt;text&lt;/b&gt;" in missing.text
            outcomes = {f"outcome-{n}": "refused" for n in range(count)}
            more = {"ground-0": "domestic_law", "ground_reason-0": "Law.", "considered-0": "yes"}
            done = await officer.post(f"{here}/decision", typed | outcomes | more)
            assert done.headers["Location"] == f"/drafts/{1:032x}/check"
            document = json.loads(drafts.documents[0])
            assert document["in_reply_to"] == str(thread)
            item = document["body"]["items"][0]
            assert item["grounds"] == [{"code": "domestic_law", "reason": "Law."}]
            assert document["body"]["deciding_authority"]["kind"] == "court"
            reply = await officer.post(f"{here}/reply", {"type": "note"})
            assert reply.headers["Location"] == f"/drafts/{2:032x}"
            pending = draft_row(3, "RO/1 officer 9")
            drafts.rows = [replace(pending, thread=thread, pending=True)]
            assert "Second person pending" in plain((await officer.get(f"/cases/{thread}")).text)

    asyncio.run(play())


def newest_on(page: str) -> str:
    """Return up to which message the page of a case puts it away."""
    found = re.search(r'name="newest" value="([0-9]+)"', page)
    assert found is not None
    return found[1]


@desk_test
async def test_notes_calls_and_who_has_the_case_stay_at_the_desk(desk: DeskWorld) -> None:
    """Nothing of it leaves; each role does what it may."""
    thread = await desk.received()
    officer, chief = await desk.visitor(Role.OFFICER), await desk.visitor(Role.SUPERVISOR)
    auditor = await desk.visitor(Role.AUDITOR)
    assert officer.person is not None
    here, own = f"/cases/{thread}", str(officer.person.number)
    assert (await officer.post(f"{here}/notes", {"note": "<i>they</i> will call"})).status == 303
    assert (await officer.post(f"{here}/calls", {"call": "called FR"})).status == 303
    assert (await officer.post(f"{here}/notes", {"note": " "})).status == 400
    page = (await officer.get(here)).text
    assert "&lt;i&gt;they&lt;/i&gt; will call" in page
    assert "called FR" in page
    assert "called FR" not in (await auditor.get(here)).text

    assert (await officer.post(f"{here}/assign", {"person": own})).status == 303
    assert f"{officer.person.name} has the case." in plain((await chief.get(here)).text)
    assert "Give it back to the desk" in plain((await officer.get(here)).text)
    assert (await chief.post(f"{here}/assign", {"person": own})).status == 303
    assert (await chief.post(f"{here}/assign", {"person": "x"})).status == 400
    assert (await officer.post(f"{here}/assign", {"person": "999"})).status == 403
    assert (await officer.post(f"{here}/assign")).status == 303
    assert (await auditor.post(f"{here}/notes", {"note": "x"})).status == 403

    shown = newest_on((await officer.get(here)).text)
    assert (await officer.post(f"{here}/close", {"on": "yes"})).status == 400
    assert (await officer.post(f"{here}/close", {"on": "yes", "newest": shown})).status == 303
    assert str(thread) in (await officer.get("/closed")).text
    assert "Take up again" in plain((await officer.get(here)).text)
    assert (await officer.post(f"{here}/close", {"on": "no"})).status == 303
    assert str(thread) in (await officer.get("/inbox")).text


@desk_test
async def test_what_came_after_the_page_was_made_is_not_put_away_with_it(desk: DeskWorld) -> None:
    """The case stays in the inbox; and no emergency that nobody opened falls silent."""
    thread = await desk.received(urgency="emergency")
    officer = await desk.visitor(Role.OFFICER)
    here = f"/cases/{thread}"
    shown = newest_on((await officer.get(here)).text)
    earlier = str(int(shown) - 1)
    assert (await officer.post(f"{here}/close", {"on": "yes", "newest": earlier})).status == 303
    assert str(thread) in (await officer.get("/inbox")).text.partition("<main")[2]
    assert "Put away" in plain((await officer.get(here)).text)
    assert (await officer.post(f"{here}/close", {"on": "yes", "newest": shown})).status == 303
    assert str(thread) not in (await officer.get("/inbox")).text.partition("<main")[2]
    for path in (here, "/inbox", "/directory"):
        assert f'data-emergency="{thread}"' in (await officer.get(path)).text, path


@desk_test
async def test_access_record_is_for_who_audits_and_who_had_the_case(desk: DeskWorld) -> None:
    """Everybody sees what they themselves did, and no more."""
    thread = await desk.received()
    here = f"/cases/{thread}/access"
    officer, other = await desk.visitor(Role.OFFICER), await desk.visitor(Role.OFFICER)
    assert (await officer.get(here)).status == 403
    await officer.post(f"/messages/{thread}/open")
    record = plain((await officer.get(here)).text)
    assert "opened" in record
    assert "read" in record
    assert (await other.get(here)).status == 403
    assert (await (await desk.visitor(Role.AUDITOR)).get(here)).status == 200
    assert (await (await desk.visitor(Role.OPERATOR)).get(here)).status == 403


def test_peer_that_is_away_and_a_late_message_say_whom_to_call(tmp_path: Path) -> None:
    """`queued, FR/1 not reached since 13:40, next try 14:04`, and evidence of silence."""

    async def play() -> None:
        world = World()
        content = content_of(mid(1))
        world.book.put(row_of(mid(1), Direction.OUT, content=content), content)
        world.late.ways[FR] = Way(
            node=FR, failures=3, due_in_ms=240_000, last_contact_ms=NOW_MS - 1_200_000
        )
        async with written_desk(tmp_path, world) as desk:
            officer = await desk.visitor(Role.OFFICER)
            for path in (f"/messages/{mid(1)}", f"/cases/{mid(1)}"):
                page = plain((await officer.get(path)).text)
                assert "Queued, FR/1 not reached since 13:40, next try 14:04" in page
            world.late.ways[FR] = Way(node=FR, failures=1)
            assert "was never reached" in plain((await officer.get(f"/cases/{mid(1)}")).text)

    asyncio.run(play())


@desk_test
async def test_whole_exchange_is_on_the_page_of_the_case(desk: DeskWorld) -> None:
    """Request, acknowledgement, decision: clocks met, items decided, every message with its way."""
    asked = request(1, to="RO")
    thread = (await send(desk.peer, asked)).mid
    await until_state(desk.node, thread, MessageState.CONSIGNED)
    officer = await desk.visitor(Role.OFFICER)
    await officer.post(f"/messages/{thread}/open")
    await send(desk.node, acknowledgement(asked, thread))
    await send(desk.node, decision(asked, thread))
    await until_state(desk.peer, thread, MessageState.ANSWERED)
    for language in ("en", "fr", "ar"):
        page = await officer.get(f"/cases/{thread}?language={language}")
        assert page.status == 200
    page = await officer.get(f"/cases/{thread}?language=en")
    text = plain(page.text)
    assert "Accepted" in text
    assert "Decided" in text
    assert page.text.count('data-row="/messages/') == 3
    assert "/log/proof/" in page.text


def test_desk_without_lists_has_none_of_these_pages() -> None:
    """A node whose desk is the API alone serves no half of them."""
    desk = cast("Desk", SimpleNamespace(services=World().services(), waiting=None))
    assert list(handling_routes(desk)) == []
