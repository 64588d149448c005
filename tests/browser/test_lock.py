"""A desk that was left: nothing of a case stands on the screen, nothing is lost, it still calls."""

import re
from pathlib import Path
from typing import Final

from playwright.async_api import Page, expect

from gateway.people import Role
from gateway.service.people import LINK_MS
from tests.browser.desk import Night, open_night
from tests.browser.engine import Engine, browsing
from tests.browser.story import begun

IDLE_MS: Final = 15 * 60 * 1000
REFRESH_MS: Final = 15 * 1000
PASSWORD: Final = "correct horse battery"  # noqa: S105  of a test
LOCKED: Final = re.compile(r"/locked\?next=/drafts/")
SIGN_IN: Final = re.compile(r"/sign-in\b")
WORDS: Final = "Silent Harbour"
ONCE: Final = re.compile(r"^[1-9]")
TWICE: Final = re.compile(r"^([2-9]|\d\d)")
"""At least: it rings every twenty seconds by itself."""


@browsing
async def test_idle_screen_hides_content_keeps_the_draft_and_still_calls(
    engine: Engine, tmp_path: Path
) -> None:
    """D20: a quarter of an hour by both clocks, the server's and the browser's."""
    async with open_night(engine, tmp_path) as night:
        browser, page = await night.comes(Role.OFFICER)
        (officer,) = await night.world.door.people.holding(Role.OFFICER)
        await night.world.door.signin.set_password(officer, PASSWORD, by=night.world.operator)
        await night.world.received(urgency="emergency", number=1)
        browser.expect("401")  # the stream of the page that locks
        await browser.context.clock.install()
        draft = night.url + await begun(page, night.url, "technical_advice_request")
        async with page.expect_response(lambda answer: answer.request.method == "PATCH") as saved:
            await page.locator("[id='f-body.subject']").fill(WORDS)
            await page.locator("h1").click()
        assert (await saved.value).ok
        await leaves_the_desk(night, page)
        await expect(page).to_have_url(LOCKED)  # the page may be asked for twice on the way
        await expect(page.get_by_label("Break-glass password")).to_be_visible()
        assert WORDS not in await page.content()
        assert "DEMO-LOAD" not in await page.content()
        emergencies = page.locator("[data-emergency]")
        await expect(emergencies).to_have_count(1)
        await expect(page.locator("body")).to_have_attribute("data-rang", ONCE)
        await night.world.received(urgency="emergency", number=2)
        await page.clock.fast_forward(REFRESH_MS)
        await expect(emergencies).to_have_count(2)
        await expect(page.locator("body")).to_have_attribute("data-rang", TWICE)
        await expect(page.locator("[data-assertive]")).to_contain_text(
            "an emergency request is waiting"
        )
        await page.get_by_label("Break-glass password").fill(PASSWORD)
        await page.get_by_role("button", name="Unlock with the password").click()
        await page.wait_for_url(draft)
        await expect(page.locator("[id='f-body.subject']")).to_have_value(WORDS)


async def leaves_the_desk(night: Night, page: Page) -> None:
    """Let a quarter of an hour pass at which nobody touches anything."""
    night.world.net.clock.ms += IDLE_MS
    await page.clock.fast_forward(IDLE_MS)


@browsing
async def test_right_that_was_taken_away_ends_the_session(engine: Engine, tmp_path: Path) -> None:
    """D20: what is open shows no case any more, and the next request asks who it is."""
    async with open_night(engine, tmp_path) as night:
        world = night.world
        mid = await world.received()
        browser, page = await night.comes(Role.OFFICER)
        browser.expect("401")
        await page.goto(f"{night.url}/messages/{mid}")
        await page.get_by_role("button", name="Open", exact=True).click()
        await expect(page.locator("#content-title")).to_be_visible()
        (officer,) = await world.door.people.holding(Role.OFFICER)
        await world.door.people.set_roles(
            officer.number, frozenset({Role.AUDITOR}), by=world.operator
        )
        answer = await page.context.request.get(f"{night.url}/messages/{mid}", max_redirects=0)
        assert answer.headers["location"].startswith("/sign-in")
        await world.received(number=2)  # whatever happens next, the open page asks
        await expect(page).to_have_url(SIGN_IN)
        await expect(page.locator("h1")).to_be_visible()
        assert "DEMO-LOAD" not in await page.content()


@browsing
async def test_link_that_nobody_used_in_time_lets_nobody_in(engine: Engine, tmp_path: Path) -> None:
    """D1: ten minutes after it was made it is worth nothing, and the page says what to do."""
    async with open_night(engine, tmp_path) as night:
        world = night.world
        person = await world.person(Role.OFFICER)
        link = await world.door.people.link(person.number, by=world.operator)
        world.net.clock.ms += LINK_MS
        async with engine.person() as browser:
            browser.expect("403 (Forbidden)")
            page = await browser.page()
            await page.goto(world.parts.address.enter(link.code))
            await page.get_by_role("button", name="Come in").click()
            await expect(page.locator("main")).to_contain_text("does not count, or no longer")
            await page.goto(f"{night.url}/inbox")
            await page.wait_for_url(SIGN_IN)
