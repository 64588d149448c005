"""A document that was opened can be read: no part of it is squeezed into a strip."""

from tests.browser.axe import faults
from tests.browser.cases import question
from tests.browser.engine import Engine, browsing
from tests.browser.house import House, arrived, come_in, sent
from tests.browser.keyboard import Keyboard
from tests.browser.story import begun

DESK = {"width": 1200, "height": 900}
UNDECIDED = "color-contrast (incomplete)"
"""Of forced colours axe-core knows none: their contrast is the choice of who forces them."""

SOME = 6
"""Stops of the focus that are looked at on each page."""

LEAST = 500
"""What a form within a form has at least on such a page, in pixels; a column has 300."""


@browsing
async def test_forms_within_forms_have_the_width_of_the_page(engine: Engine, house: House) -> None:
    """Their values once stood one letter a line, at the night on which an address mattered."""
    link = await house["RO/1"].a_link("reader", "officer")
    mid = await sent(house["FR/1"], question(to="RO"))
    async with engine.person(viewport=DESK) as person:
        page = await come_in(person, link)
        await arrived(page, house["RO/1"], mid)
        await page.goto(f"{house['RO/1'].api}/messages/{mid}")
        await page.get_by_role("button", name="Open", exact=True).click()
        inner = page.locator(".a35-fields .a35-fields dd")
        await inner.first.wait_for()
        widths = await inner.evaluate_all("all => all.map(each => each.offsetWidth)")
    assert min(widths) >= LEAST


BARE = """() => [...document.querySelectorAll("button, .govuk-button, input, select, textarea")]
  .filter(each => each.checkVisibility() && each.type !== "hidden"
    && !each.matches(".govuk-radios__input, .govuk-checkboxes__input")
    && !each.matches(".a35-link-button, .govuk-visually-hidden, [type=file]"))
  .filter(each => parseFloat(getComputedStyle(each).borderTopWidth) === 0)
  .map(each => each.outerHTML.slice(0, 120))"""
"""What can be pressed or filled in and has no edge: forced colours leave no other sign."""


@browsing
async def test_forced_colours_leave_edges_words_and_focus(
    engine: Engine, house: House, waiting: str
) -> None:
    """D2: who chose their own colours sees what can be pressed, and where the focus is."""
    seat = house["RO/1"]
    link = await seat.a_link("colours", "officer")
    async with engine.person(viewport=DESK, forced_colors="active") as person:
        page = await come_in(person, link)
        draft = await begun(page, seat.api, "technical_advice_request")
        for path in ("/inbox", f"/messages/{waiting}", draft):
            await page.goto(seat.api + path)
            assert await page.evaluate("matchMedia('(forced-colors: active)').matches")
            assert await page.evaluate(BARE) == []
            keys = Keyboard(page)
            for _ in range(SOME):
                await keys.to("*")
            assert keys.unseen == []
            found = await faults(page)
            assert [each for each in found if not each.startswith(UNDECIDED)] == []
