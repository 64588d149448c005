"""A person who has no mouse: everything by Tab, Enter and letters, with the focus in sight."""

from typing import Final

from playwright.async_api import Page

_MOST: Final = 400
"""Stops of the longest page, twice."""

_STEP: Final = """wanted => {
  const at = document.activeElement;
  if (!at || at === document.body) return [false, ""];
  const styles = [getComputedStyle(at)];
  // The tick itself is not drawn: its label is.
  if (at.matches(".govuk-radios__input, .govuk-checkboxes__input"))
    styles.push(getComputedStyle(at.nextElementSibling, "::before"));
  const isDrawn = styles.some(({ outlineStyle, outlineColor, outlineWidth, boxShadow }) =>
    boxShadow !== "none"
    || (outlineStyle !== "none" && outlineWidth !== "0px" && outlineColor !== "rgba(0, 0, 0, 0)"));
  const box = at.getBoundingClientRect();
  const isInSight = box.bottom > 0 && box.top < innerHeight;
  return [at.matches(wanted), isDrawn && isInSight ? "" : at.outerHTML.slice(0, 160)];
}"""


class Keyboard:
    """The keys of one page.

    Attributes:
        unseen: What had the focus without showing it; must stay empty.
    """

    def __init__(self, page: Page) -> None:
        self.unseen: list[str] = []
        self._page = page

    async def to(self, selector: str, *, back: bool = False) -> None:
        """Press Tab until the focus is there.

        Args:
            selector: Names one element, or several of which the first to come is meant.
            back: Whether the other way around is shorter.
        """
        for _ in range(_MOST):
            await self._page.keyboard.press("Shift+Tab" if back else "Tab")
            is_there, unseen = await self._page.evaluate(_STEP, selector)
            if unseen:
                self.unseen.append(unseen)
            if is_there:
                return
        raise AssertionError(selector)

    async def write(self, selector: str, text: str) -> None:
        """Go to a field and type."""
        await self.to(selector)
        await self._page.keyboard.type(text)

    async def press(self, selector: str, key: str = "Enter", *, back: bool = False) -> None:
        """Go to a button or a link and press it."""
        await self.to(selector, back=back)
        await self._page.keyboard.press(key)


async def passkey(page: Page) -> None:
    """Give a tab a device that holds passkeys and knows its owner."""
    session = await page.context.new_cdp_session(page)
    await session.send("WebAuthn.enable")
    await session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
                "hasUserVerification": True, "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )  # fmt: skip
