"""Every page loads for whoever may see it, without a word to the console, and holds to WCAG 2.2."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Page

from gateway.officer.adapters import languages as adapter
from gateway.officer.adapters.languages import Languages
from tests.browser.axe import faults, is_too_wide, pale
from tests.browser.cases import question
from tests.browser.engine import Engine, browsing
from tests.browser.house import CONTENT_ROLES, House, arrived, come_in, sent
from tests.browser.story import WIDE, begun

CATALOGUE = Path(adapter.__file__).parents[1] / "pages/locale/en/LC_MESSAGES/ui.po"
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


@pytest.mark.parametrize("role", OF_ROLE)
@browsing
async def test_every_page_of_a_role_loads_without_a_word(
    engine: Engine, house: House, waiting: str, role: str
) -> None:
    """D1: no error, nothing that the content policy stops. D19: and in French no English."""
    assert waiting
    seat, english = house["RO/1"], only_english()
    language = "en" if role == "officer" else "fr"
    async with engine.person() as person:
        page = await come_in(person, await seat.a_link(f"reader {role}", role))
        await page.goto(f"{seat.api}/help?language={language}")
        for path in OF_ROLE[role]:
            answer = await page.goto(seat.api + path)
            assert answer is not None
            assert answer.status == 200, path
            assert await page.locator("h1").count() == 1, path
            words = await page.evaluate(OUR_WORDS)
            assert language == "en" or [each for each in english if each in words] == [], path


OUR_WORDS = """() => {
  const shown = document.body.cloneNode(true);
  shown.querySelectorAll("[lang], bdi, script").forEach(each => each.remove());
  return shown.textContent;
}"""
"""What a page says in its own language: not what others wrote, nor what is marked as another's."""

LEAST_SIGNS = 14
"""A shorter English sentence may well stand in a French one."""


def only_english() -> list[str]:
    """Return the sentences of pages that stand otherwise in French."""
    languages = Languages.load()
    sentences = re.findall(r'^msgid "(.+)"$', CATALOGUE.read_text(), re.MULTILINE)
    long = (each for each in sentences if len(each) >= LEAST_SIGNS and "%" not in each)
    return [each for each in long if languages.say("fr", each) != each]


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


@pytest.mark.parametrize("language", ["en", "ar"])
@browsing
async def test_every_page_holds_to_the_rules_of_access(
    engine: Engine, house: House, waiting: str, language: str
) -> None:
    """D2: nothing that axe-core finds or cannot decide, and nothing to scroll sideways."""
    seat = house["RO/1"]
    link = await seat.a_link(f"looker {language}", *CONTENT_ROLES)
    async with engine.person(viewport=WIDE) as person:
        page = await come_in(person, link)
        await page.goto(f"{seat.api}/settings?language={language}")
        look = Look(page, seat.api)
        for path in (*SHARED, *WRITING, "/approve", "/audit", "/policy"):
            await look.at(path)
        await look.at(f"/messages/{waiting}")
        mid = await sent(house["FR/1"], question(to="RO"))
        await arrived(page, seat, mid)
        message = f"/messages/{mid}"
        await page.goto(seat.api + message)
        await page.locator("form[action$='/open'] button").click()
        await page.locator("#content-title").wait_for()
        for path in ("", "/acknowledge", "/answer", "/paper"):
            await look.at(message + path)
        await look.at(message.replace("messages", "cases"))
        assert await page.evaluate(RUNS_RIGHT, "RO-SCC-2026-2210")
        draft = await begun(page, seat.api, "preservation_request")
        for path in (draft, f"{draft}?check=1", f"{draft}/check"):
            await look.at(path)
        person.expect("404 (Not Found)")
        await look.at("/messages/" + "0" * 32)
        await page.goto(f"{seat.api}/settings")
        await page.locator("form[action='/lock'] button").click()
        await look.at("/locked")
        await person.context.clear_cookies()
        for path in ("/sign-in", "/enter"):
            await look.at(f"{path}?language={language}")
    assert not look.wrong, "\n".join(look.wrong)


@browsing
async def test_administration_holds_to_the_rules_of_access(engine: Engine, house: House) -> None:
    """D2: the operator's pages, once."""
    seat = house["RO/1"]
    async with engine.person(viewport=WIDE) as person:
        page = await come_in(person, await seat.a_link("looker operator", "operator"))
        look = Look(page, seat.api)
        for path in ADMINISTRATION:
            await look.at(path)
    assert not look.wrong, "\n".join(look.wrong)


RUNS_RIGHT = """text => {
  const walk = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const from = walk.currentNode.data.indexOf(text);
    if (from < 0) continue;
    const lefts = [from, from + text.length - 1].map(at => {
      const range = new Range();
      range.setStart(walk.currentNode, at);
      range.setEnd(walk.currentNode, at + 1);
      return range.getBoundingClientRect().left;
    });
    return lefts[0] < lefts[1];
  }
  return false;
}"""
"""Whether a reference is read as it was written, also on a mirrored page (D19)."""


class Look:
    """Goes over pages, light and dark, wide and narrow, and gathers what is wrong with them."""

    def __init__(self, page: Page, address: str) -> None:
        self.wrong: list[str] = []
        self._page = page
        self._address = address

    async def at(self, path: str) -> None:
        """Look at one page, in colours that the system asks for."""
        page, wrong = self._page, []
        await page.goto(self._address + path)
        await page.evaluate("scrollTo(0, 0)")  # a summary in focus leaves others under the head
        wrong += await faults(page)
        await page.emulate_media(color_scheme="dark")
        wrong += [f"dark: {each}" for each in await pale(page)]
        await page.emulate_media(color_scheme="light")
        for name, width in (("320 px", 320), ("200 %", 640)):
            await page.set_viewport_size({"width": width, "height": 900})
            if await is_too_wide(page):
                wrong.append(f"scrolls sideways at {name}")
        await page.set_viewport_size(WIDE)
        self.wrong += [f"{path}: {each}" for each in wrong]
