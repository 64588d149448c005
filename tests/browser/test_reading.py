"""A document that was opened can be read: no part of it is squeezed into a strip."""

from tests.browser.cases import question
from tests.browser.engine import Engine, browsing
from tests.browser.house import House, arrived, come_in, sent

DESK = {"width": 1200, "height": 900}
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
