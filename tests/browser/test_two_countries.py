"""What one desk does shows on the other country's page by itself; hostile text does nothing."""

import json
from http import HTTPStatus
from urllib.error import HTTPError

import pytest
from playwright.async_api import Page, expect

from tests.browser.axe import is_too_wide
from tests.browser.cases import REFUSED, hostile, question
from tests.browser.engine import Engine, browsing
from tests.browser.house import House, arrived, come_in, sent

STEPS = ("Accepted by their node", "In their duty inbox", "Opened by a person", "Acknowledged")


async def follows(page: Page, word: str) -> None:
    """Wait until the timeline says a word."""
    await expect(page.locator("#timeline")).to_contain_text(word)


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
        await arrived(desk, there, mid)
        await desk.goto(f"{there.api}/messages/{mid}")
        await desk.get_by_role("button", name="Open", exact=True).click()
        await follows(watching, "Opened by a person")
        await desk.goto(f"{there.api}/messages/{mid}/acknowledge")
        await desk.get_by_role("button", name="Acknowledge").click()
        await follows(watching, "Acknowledged")
        assert await watching.evaluate("document.body.dataset.mark") == "same page"
        story = await watching.locator("#timeline").text_content() or ""
        assert [story.count(step) for step in STEPS] == [1, 1, 1, 1]
        assert sorted(STEPS, key=story.index) == list(STEPS)
        said = await watching.locator("[data-polite]").text_content()
        assert said


@pytest.mark.parametrize("text", REFUSED)
def test_text_that_steers_a_display_is_refused_with_its_field(house: House, text: str) -> None:
    """D8: orders of direction, controls, line ends in a line are never sent."""
    document = question(to="RO")
    body = document["body"]
    assert isinstance(body, dict)
    body["subject"] = text
    with pytest.raises(HTTPError) as refused:
        house["FR/1"].posts(document)
    with refused.value as answer:
        problem = json.loads(answer.read())
    assert answer.code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert [(each["path"], each["code"]) for each in problem["errors"]] == [
        ("body.subject", "bad_character")
    ]


@browsing
async def test_hostile_text_is_inert_on_every_page(engine: Engine, house: House) -> None:
    """D8: markup, script addresses, marks of direction, hidden signs, ten thousand characters."""
    here, there = house["FR/1"], house["RO/1"]
    mid = await sent(here, hostile(question(to="RO")))
    async with engine.person() as person:
        page = await come_in(person, await there.a_link("<b>target</b>", "officer"))
        await arrived(page, there, mid)
        await page.goto(f"{there.api}/messages/{mid}")
        await page.get_by_role("button", name="Open", exact=True).click()
        await page.get_by_text("window.hostile=1").first.wait_for()
        for path in (f"/messages/{mid}", f"/cases/{mid}", "/inbox", f"/messages/{mid}/paper"):
            answer = await page.goto(there.api + path)
            assert answer is not None
            assert answer.status == HTTPStatus.OK
            main = page.locator("main")
            assert await page.evaluate("window.hostile") is None, path
            assert await main.locator("script, img, iframe, svg[onload]").count() == 0, path
            assert await main.locator("a[href^='javascript:']").count() == 0, path
            assert "\u200f" not in (await main.text_content() or ""), path
            assert not await is_too_wide(page), path
