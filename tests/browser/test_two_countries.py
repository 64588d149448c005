"""What one desk does shows on the other country's page by itself; hostile text does nothing."""

import asyncio
from time import perf_counter

from playwright.async_api import Page, expect

from gateway.demo.documents import Json
from tests.browser.cases import hostile, question
from tests.browser.engine import Engine, browsing
from tests.browser.house import House, Seat, come_in

PATIENCE_MS = 30_000
"""Of a busy machine; what an idle one takes is measured by `make pictures`, not tested here."""


async def sent(seat: Seat, document: Json) -> str:
    """Let a program send; return the message's id."""
    return await asyncio.to_thread(seat.posts, document)


async def follows(page: Page, word: str) -> float:
    """Wait until the timeline says a word; return how many seconds it took."""
    began = perf_counter()
    await expect(page.locator("#timeline")).to_contain_text(word, timeout=PATIENCE_MS)
    return perf_counter() - began


@browsing
async def test_opening_and_acknowledging_move_the_other_timeline(
    engine: Engine, house: House
) -> None:
    """D5: without a reload, each once, and told to who listens."""
    here, there = house["FR/1"], house["RO/1"]
    mid = await sent(here, question(to="RO"))
    async with engine.person() as french, engine.person() as romanian:
        watching = await come_in(french, await here.a_link("watcher", "officer"))
        await watching.goto(f"{here.api}/cases/{mid}")
        await watching.evaluate("document.body.dataset.mark = 'same page'")
        desk = await come_in(romanian, await there.a_link("opener", "officer"))
        await desk.goto(f"{there.api}/messages/{mid}")
        await desk.get_by_role("button", name="Open", exact=True).click()
        await follows(watching, "Opened by a person")
        await desk.goto(f"{there.api}/messages/{mid}/acknowledge")
        await desk.get_by_role("button", name="Acknowledge").click()
        await follows(watching, "Acknowledged")
        assert await watching.evaluate("document.body.dataset.mark") == "same page"
        said = await watching.locator("[data-polite]").text_content()
        assert said


@browsing
async def test_hostile_text_is_inert_on_every_page(engine: Engine, house: House) -> None:
    """D8: markup, script addresses, orders of direction, controls, ten thousand characters."""
    here, there = house["FR/1"], house["RO/1"]
    mid = await sent(here, hostile(question(to="RO")))
    async with engine.person() as person:
        page = await come_in(person, await there.a_link("target", "officer"))
        await page.goto(f"{there.api}/messages/{mid}")
        await page.get_by_role("button", name="Open", exact=True).click()
        for path in (f"/messages/{mid}", f"/cases/{mid}", "/inbox", f"/messages/{mid}/paper"):
            answer = await page.goto(there.api + path)
            assert answer is not None
            assert answer.status == 200
            assert await page.evaluate("window.hostile") is None, path
            assert await page.locator("main script, main img, main iframe").count() == 0, path
            assert await page.locator("main a[href^='javascript:']").count() == 0, path
        text = await page.locator("main").text_content()
        assert text is not None
        assert "\u202e" not in text
