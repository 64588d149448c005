"""What is in the way is said on the page: to who decides, to who can mend it, and without a reload.

Each state is real at a real node: the peer cannot be reached, its log was signed twice, the
directory was made a month ago, the disk has no room.
"""

import asyncio
import json
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Final

from playwright.async_api import Page, expect

from gateway.people import Role
from gateway.ports import Space
from protocol.cases.ladder import MessageState
from protocol.errors import Code
from protocol.identifiers import MessageId
from tests.browser.axe import faults
from tests.browser.cases import question
from tests.browser.desk import Night, open_night
from tests.browser.engine import Engine, Person, browsing
from tests.browser.story import WIDE
from tests.gateway.network import DAY_MS, Network, Node, message_id
from tests.gateway.service.hand import Hand, code_of, twin_of
from tests.gateway.service.world import (
    FR,
    RO,
    ask,
    pass_time,
    request,
    send,
    settled,
    state_of,
    until_state,
)

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
MEBIBYTE: Final = 1024 * 1024
AWAY: Final = "Queued, FR/1 not reached since 04:00, next try "
OPERATOR: Final = "Ana Pop"
TRIED: Final = """
    SELECT 1 FROM message m LEFT JOIN outbox o ON o.message = m.id
    WHERE m.mid = ? AND (m.state != 'queued' OR o.code = 'E_DIR_STALE')"""


class Watch:
    """An officer at the inbox and an operator at the health of the node, who touch nothing."""

    def __init__(self, night: Night, person: Person, officer: Page, operator: Page) -> None:
        self.person, self.officer, self.operator = person, officer, operator
        self._night = night

    @classmethod
    async def of(cls, night: Night) -> "Watch":
        """Let both come in."""
        watch = cls(
            night,
            *await night.comes(Role.OFFICER, viewport=WIDE),
            await night.sits(Role.OPERATOR, name=OPERATOR, viewport=WIDE),
        )
        await watch.go("/inbox", "/admin")
        return watch

    async def go(self, officer: str, operator: str) -> None:
        """Let both look at a page; from then on it must not be loaded anew."""
        for page, path in ((self.officer, officer), (self.operator, operator)):
            await page.goto(self._night.url + path)
            await page.evaluate("document.body.dataset.mark = 'same page'")

    async def read(self, *texts: str) -> None:
        """Wait until both pages say it above everything else, as the same pages still."""
        await self._night.bulletin.look()
        for page in (self.officer, self.operator):
            for text in texts:
                await expect(page.locator("#alerts")).to_contain_text(text)
            assert await page.evaluate("document.body.dataset.mark") == "same page"

    async def show_new(self) -> None:
        """Let the operator ask for the rows that have changed: tables wait for that."""
        await self.operator.get_by_role("button", name="Show them").click()

    async def read_nothing(self) -> None:
        """Wait until nothing is in the way any more."""
        await self._night.bulletin.look()
        for page in (self.officer, self.operator):
            await expect(page.locator(".a35-notice")).to_have_count(0)


@browsing
async def test_peer_that_is_away_is_told_with_whom_to_call(engine: Engine, tmp_path: Path) -> None:
    """D18: since when, until when, the telephone; a call is noted where the others see it."""
    async with open_night(engine, tmp_path) as night:
        mid = await waits_for_france(night)
        watch = await Watch.of(night)
        for path in (f"/messages/{mid}", f"/cases/{mid}"):
            await watch.go(path, path)
            for page in (watch.officer, watch.operator):
                await expect(page.locator("#state")).to_contain_text(AWAY)
                card = page.locator(".a35-card")
                await expect(card).to_contain_text("+9990000001")
                await expect(card).to_contain_text("Give the code")
            assert await faults(watch.officer) == []
        await watch.officer.get_by_role("link", name="Log a call").click()
        await expect(watch.officer.locator("#call")).to_be_in_viewport()
        await watch.officer.locator("#f-call").fill("Their line is down.")
        await watch.officer.get_by_role("button", name="Log a call").click()
        await expect(watch.officer.locator("#timeline")).to_contain_text("Their line is down.")
        await expect(watch.operator.locator("#timeline")).not_to_contain_text("line is down")


@browsing
async def test_silence_is_stated_and_a_peer_that_is_back_is_seen(
    engine: Engine, tmp_path: Path
) -> None:
    """D18: evidence comes onto the timeline by itself; so does what the peer does once it is up."""
    async with open_night(engine, tmp_path) as night:
        net, here = night.world.net, night.world.node
        mid = await waits_for_france(night)
        watch = await Watch.of(night)
        await watch.go(f"/cases/{mid}", "/admin/peers")
        for _ in range(3):
            await night.pass_time(MINUTE_MS // 4)
            await here.runtime.escalate.look()
        await night.pass_time(MINUTE_MS // 4)
        # The last word before it is there: no other event brings the evidence with it.
        await expect(watch.officer.locator("#timeline")).to_contain_text("overdue")
        await here.runtime.escalate.look()
        await expect(watch.officer.locator("#timeline")).to_contain_text("Evidence:")
        await watch.show_new()
        await expect(watch.operator.locator("#peers")).to_contain_text("failure")
        further = await send(here, request(3, to="FR"))
        assert await state_of(here, further.mid) is MessageState.QUEUED
        net.wire.cut.clear()
        await net.turn_until(lambda: pass_time(net, 100) and settled(net)())
        await expect(watch.officer.locator("#timeline")).to_contain_text("In their duty inbox")
        await expect(watch.officer.locator("#state")).not_to_contain_text("not reached")
        await watch.operator.reload()
        await expect(watch.operator.locator("#peers")).not_to_contain_text("failure")


async def waits_for_france(night: Night) -> str:
    """Let an emergency wait for a node that was met at 04:00 and is away since; return its id."""
    net, here = night.world.net, night.world.node
    first = (await send(here, request(1, to="FR"))).mid
    await until_state(here, first, MessageState.CONSIGNED)
    await night.pass_time(HOUR_MS)
    await net["FR/1"].runtime.dispatch.contact(RO)
    net.wire.cut |= {(RO, FR), (FR, RO)}
    mid = (await send(here, request(2, to="FR", urgency="emergency"))).mid
    await net.turn_until(lambda: bool(ask(here, "SELECT 1 FROM attempt")))
    return str(mid)


@browsing
async def test_directory_that_grows_old_is_told_with_what_still_goes(
    engine: Engine, tmp_path: Path
) -> None:
    """D18: after a day, a week and a month; what is said is what then happens."""
    async with open_night(engine, tmp_path) as night:
        net, here = night.world.net, night.world.node
        watch = await Watch.of(night)

        async def is_sent(age_days: int, number: int, urgency: str) -> bool:
            net.made_ms[here.id] = net.clock.ms - age_days * DAY_MS
            mid = (await send(here, request(number, to="FR", urgency=urgency))).mid
            await net.turn_until(lambda: pass_time(net, 100) and bool(ask(here, TRIED, mid.value)))
            return await state_of(here, mid) is not MessageState.QUEUED

        assert await is_sent(2, 1, "routine")
        await watch.read("more than a day old. Everything still goes", OPERATOR)
        assert not await is_sent(8, 2, "routine")
        assert await is_sent(8, 3, "emergency")
        await watch.read("only emergencies, urgent messages and pings go", OPERATOR)
        assert await faults(watch.officer) == []
        assert not await is_sent(31, 4, "emergency")
        await watch.read("you can write, but nothing goes. Telephone", OPERATOR)
        await watch.officer.goto(f"{night.url}/drafts/new")
        await expect(watch.officer.locator("main form button").first).to_be_enabled()


@browsing
async def test_disk_and_clock_that_are_in_the_way_are_told(engine: Engine, tmp_path: Path) -> None:
    """D18: what is refused says why; reading, log and evidence go on."""
    async with open_night(engine, tmp_path, is_proving=True) as night:
        net, here = night.world.net, night.world.node
        got = await night.world.received()
        watch = await Watch.of(night)
        draft = await written(night)
        watch.person.expect("507 (Insufficient Storage)")
        here.runtime._offsets.note(FR, net.clock.ms + 2 * MINUTE_MS)
        await watch.read("clock of this node differs", OPERATOR)
        here.runtime._offsets.note(FR, net.clock.ms)
        await watch.read_nothing()
        net.disks[here.id] = Space(free_bytes=100 * MEBIBYTE, total_bytes=10_000 * MEBIBYTE)
        here.runtime._guard.look()
        await watch.read("disk is nearly full", "Reading, log and evidence work", OPERATOR)
        await watch.show_new()
        await expect(watch.operator.get_by_role("row", name="room")).to_contain_text("100 MiB")
        await refused(watch.officer, night, draft)
        await can_still_be_read(watch.officer, night, str(got))


async def written(night: Night) -> str:
    """Let the officer have written a question; return the id of the draft."""
    world = night.world
    drafts = world.parts.drafts
    assert drafts is not None
    (officer,) = await world.door.people.holding(Role.OFFICER)
    by = replace(world.operator, person=officer.number, who="RO/1 officer 1", roles=officer.roles)
    return (await drafts.create(json.dumps(question(to="FR")).encode(), by=by)).id


async def refused(page: Page, night: Night, draft: str) -> None:
    """Press Send: the page says why it is not taken and what to do, and the text is kept."""
    await page.goto(f"{night.url}/drafts/{draft}/check")
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("main")).to_contain_text("the node's disk is short of room")
    await page.goto(f"{night.url}/drafts/{draft}")
    await expect(page.locator("[id='f-body.subject']")).to_have_value(re.compile("DNS"))


async def can_still_be_read(page: Page, night: Night, mid: str) -> None:
    """Open a message, take its evidence, verify the log."""
    await page.goto(f"{night.url}/messages/{mid}")
    await page.get_by_role("button", name="Open", exact=True).click()
    await expect(page.locator("#content-title")).to_be_visible()
    await page.get_by_text("Take the evidence of this message").click()
    async with page.expect_download() as taken:
        await page.get_by_role("button", name="Take the evidence").click()
    assert (await taken.value).suggested_filename == f"{mid}.zip"
    await page.goto(f"{night.url}/log")
    await page.get_by_role("button", name="Verify all").click()
    await expect(page.locator("#verification")).to_contain_text("0 faults")


@browsing
async def test_log_with_two_histories_is_told_to_everybody(engine: Engine, tmp_path: Path) -> None:
    """D18: what stands still, whom to telephone and what to say, with the evidence beside it."""
    async with open_night(engine, tmp_path, run=["RO/1"], is_proving=True) as night:
        net, here = night.world.net, night.world.node
        watch = await Watch.of(night)
        await sign_twice(net)
        await watch.read("The log of FR/1 shows two histories", "Call that desk")
        mid = (await send(here, request(9, to="FR"))).mid
        await net.turn_until(lambda: bool(ask(here, "SELECT 1 FROM outbox WHERE stuck = 1")))
        for path in (f"/messages/{mid}", f"/cases/{mid}"):
            await watch.go(path, "/admin/peers")
            await expect(watch.officer.locator("main")).to_contain_text("two histories")
        await expect(watch.operator.locator("#peers")).to_contain_text("two histories")
        await watch.go("/log", "/log")
        for page in (watch.officer, watch.operator):
            await expect(page.locator("#forks")).to_contain_text("keep the evidence")
            await expect(page.locator("#forks")).to_contain_text("Say on the telephone")
            async with page.expect_download() as taken:
                await page.get_by_role("button", name="Take the evidence").click()
            assert (await taken.value).suggested_filename == "a35-FR-1-log-1.zip"
        assert await faults(watch.officer) == []


async def sign_twice(net: Network) -> None:
    """Let FR/1 sign two histories of its log, and show both to RO/1."""
    honest = Hand(net, "FR/1", "RO/1")
    await honest.envelope(honest.address(message_id(1)))
    await honest.link()
    twin = await twin_of(net, honest)
    number = count(2)
    while twin.me.store.size < honest.me.store.size:
        await twin.envelope(twin.address(message_id(next(number))))
    assert code_of(await twin.send(await twin.head(link=True))) is Code.FORK
    await twin.me.store.close()


@browsing
async def test_message_whose_content_is_damaged_says_so_and_hides_no_other(
    engine: Engine, tmp_path: Path
) -> None:
    """D18: there is no locked store (ADR 37); one content that does not open is told as that."""
    async with open_night(engine, tmp_path) as night:
        here = night.world.node
        good, bad = await night.world.received(), await night.world.received(number=2)
        for mid in (good, bad):
            await here.runtime.act.open(mid, who="RO/1 officer 1")
        await asyncio.to_thread(damage, here, bad)
        page = await night.sits(Role.OFFICER, viewport=WIDE)
        await page.goto(f"{night.url}/messages/{bad}")
        await expect(page.locator("main")).to_contain_text("The content cannot be read here")
        await expect(page.locator("#timeline")).to_contain_text("Opened")
        assert await faults(page) == []
        for path in ("/inbox", f"/cases/{bad}"):
            answer = await page.goto(night.url + path)
            assert answer is not None
            assert answer.ok, path
        await page.goto(f"{night.url}/messages/{good}")
        await expect(page.locator("main")).to_contain_text("Summary of the case")


def damage(node: Node, mid: MessageId) -> None:
    """Let the disk give back other bytes than were written."""
    with closing(sqlite3.connect(node.home / "store.db")) as store, store:
        store.execute(
            "UPDATE content SET inner = zeroblob(length(inner))"
            " WHERE message = (SELECT id FROM message WHERE mid = ?)",
            (mid.value,),
        )
