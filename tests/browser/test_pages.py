"""Every page loads for whoever may see it, without a word to the console, and holds to WCAG 2.2."""

import pytest
from playwright.async_api import Page

from tests.browser.axe import faults, is_too_wide
from tests.browser.engine import Engine, browsing
from tests.browser.house import CONTENT_ROLES, House, come_in

SHARED = (
    "/inbox", "/outbox", "/closed", "/pings", "/pings/availability", "/directory",
    "/directory/FR", "/directory/FR/keys", "/log", "/statistics", "/settings", "/help", "/duty",
)  # fmt: skip
WRITING = ("/drafts", "/drafts/new")
ADMINISTRATION = ("/admin", "/admin/users", "/admin/peers", "/admin/webhooks", "/directory/keys")
OF_ROLE = {
    "officer": (*SHARED, *WRITING),
    "approver": (*SHARED, "/approve"),
    "supervisor": (*SHARED, "/audit", "/policy"),
    "auditor": (*SHARED, "/audit", "/admin"),
    "operator": (*SHARED, *ADMINISTRATION),
}
LOOKS = [f"theme={theme}&language={each}" for theme in ("light", "dark") for each in ("en", "ar")]


@pytest.mark.parametrize("role", OF_ROLE)
@browsing
async def test_every_page_of_a_role_loads_without_a_word(
    engine: Engine, house: House, waiting: str, role: str
) -> None:
    """D1: no error, nothing that the content policy stops."""
    assert waiting
    seat = house["RO/1"]
    async with engine.person() as person:
        page = await come_in(person, await seat.a_link(f"reader {role}", role))
        for path in OF_ROLE[role]:
            answer = await page.goto(seat.api + path)
            assert answer is not None
            assert answer.status == 200, path
            assert await page.locator("h1").count() == 1, path


@browsing
async def test_link_counts_once(engine: Engine, house: House) -> None:
    """D1: whoever finds it in a mail box later gets nowhere."""
    link = await house["RO/1"].a_link("once", "officer")
    async with engine.person() as person:
        await come_in(person, link)
    async with engine.person() as other:
        other.expect("40")  # the refusal is told on the console
        page = await other.page()
        await page.goto(link)
        await page.get_by_role("button", name="Come in").click()
        await page.get_by_text("does not count, or no longer").wait_for()


@pytest.mark.parametrize("look", LOOKS)
@browsing
async def test_every_page_holds_to_the_rules_of_access(
    engine: Engine, house: House, waiting: str, look: str
) -> None:
    """D2: nothing that axe-core finds or cannot decide, and nothing to scroll sideways."""
    seat = house["RO/1"]
    link = await seat.a_link(f"looker {look}", *CONTENT_ROLES)
    wrong: list[str] = []
    async with engine.person(viewport={"width": 1280, "height": 900}) as person:
        page = await come_in(person, link)
        await page.goto(f"{seat.api}/settings?{look}")
        paths = {*SHARED, *WRITING, "/approve", "/audit", "/policy"}
        for path in (*sorted(paths), f"/messages/{waiting}", f"/cases/{waiting}"):
            await page.goto(seat.api + path)
            wrong += [f"{path}: {each}" for each in await faults(page)]
            wrong += [f"{path}: {each}" for each in await widths(page)]
    assert not wrong, "\n".join(wrong)


@browsing
async def test_administration_holds_to_the_rules_of_access(engine: Engine, house: House) -> None:
    """D2: the operator's pages, once."""
    seat = house["RO/1"]
    wrong: list[str] = []
    async with engine.person(viewport={"width": 1280, "height": 900}) as person:
        page = await come_in(person, await seat.a_link("looker operator", "operator"))
        for path in ADMINISTRATION:
            await page.goto(seat.api + path)
            wrong += [f"{path}: {each}" for each in await faults(page)]
            wrong += [f"{path}: {each}" for each in await widths(page)]
    assert not wrong, "\n".join(wrong)


async def widths(page: Page) -> list[str]:
    """Look at a page on a narrow screen and at twice its size; say where it scrolls sideways."""
    wrong = []
    for name, width in (("320 px", 320), ("200 %", 640)):
        await page.set_viewport_size({"width": width, "height": 900})
        if await is_too_wide(page):
            wrong.append(f"scrolls sideways at {name}")
    await page.set_viewport_size({"width": 1280, "height": 900})
    return wrong
