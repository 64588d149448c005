"""What an officer does in several tests, and in the pictures: a draft begun, a request written."""

import re
from typing import Final

from playwright.async_api import Page, ViewportSize, expect

from tests.browser.keyboard import Keyboard

WIDE: Final[ViewportSize] = {"width": 1280, "height": 900}
DRAFT: Final = re.compile(r"/drafts/[0-9a-f]{32}$")
FACTS: Final = "Between the two fires the account wrote to three newspapers."
TYPED: Final = {
    "case_reference": "RO-2026-00041",
    "requesting_authority.kind": "Pol",
    "requesting_authority.telephone": "+40 21 555 0142",
    "facts": FACTS,
    "data_relation_to_offence": "Who wrote from it.",
    "offences[0].title": "Arson",
    "offences[0].provisions": "Article 253",
    "items[0].data_category": "",
    "items[0].targets[0].kind": "Acc",
    "items[0].targets[0].value": "kage_0091",
    "items[0].targets[0].platform": "Example Chat",
    "providers[0].name": "Example Chat SAS",
    "necessity": "The account may be deleted.",
    "mla_intent": "",
    "confidentiality.keep_confidential": "",
    "confidentiality.no_customer_notification": "",
}
"""What is typed, in the order of the form; nothing where a box or the first choice is ticked."""


async def begun(page: Page, address: str, kind: str) -> str:
    """Begin a draft; return its path."""
    await page.goto(f"{address}/drafts/new")
    await page.locator(f"input[name=type][value={kind}]").check()
    await page.locator("main form button").click()
    await page.wait_for_url(DRAFT)
    return page.url.removeprefix(address)


async def write_request(page: Page, keys: Keyboard) -> None:
    """Begin with `c`, send an empty form, go through the list of faults, submit."""
    await page.keyboard.press("c")
    await page.wait_for_url("**/drafts/new")
    await keys.write("#f-to", "France")
    await keys.to("input[name=type]")
    chosen = page.locator("input[name=type][value=preservation_request]")
    await page.keyboard.press("Space")
    while not await chosen.is_checked():
        await page.keyboard.press("ArrowDown")
    await keys.press("main form button")
    await page.wait_for_url(DRAFT)
    check = "button[name=action][value=check]"
    await keys.press(check, back=True)
    await expect(page.locator(".govuk-error-summary")).to_be_focused()
    await keys.press(".govuk-error-summary a")
    await expect(page.locator("#f-handling_code")).to_be_focused()
    await page.keyboard.press("Space")
    for name, text in TYPED.items():
        field = f"[id='f-body.{name}']"
        await (keys.write(field, text) if text else keys.press(field, "Space"))
    await keys.press(check)
    await page.wait_for_url("**/check")
    await keys.press("main form[action$='/submit'] button")
    await expect(page.locator("#state")).to_contain_text("frozen until")
