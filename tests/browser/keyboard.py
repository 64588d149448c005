"""A person who has no mouse: everything by Tab, Enter and letters, with the focus in sight."""

from asyncio import gather
from typing import Final

from playwright.async_api import CDPSession, Page

_MOST: Final = 400
"""Stops of the longest page, twice."""

_AT_ONCE: Final = 8
"""Presses of Tab that are sent before the page is asked where the focus is."""

_FOLLOW: Final = """() => {
  if (window.walk) return;
  window.walk = { wanted: "", isThere: false, unseen: [] };
  const isDrawn = at => {
    const styles = [getComputedStyle(at)];
    // The tick itself is not drawn: its label is.
    if (at.matches(".govuk-radios__input, .govuk-checkboxes__input"))
      styles.push(getComputedStyle(at.nextElementSibling, "::before"));
    return styles.some(({ outlineStyle, outlineColor, outlineWidth, boxShadow }) =>
      boxShadow !== "none" || (outlineStyle !== "none" && outlineWidth !== "0px"
        && outlineColor !== "rgba(0, 0, 0, 0)"));
  };
  // Before the next key, so that the page has drawn what the one before brought about.
  const look = () => {
    const at = document.activeElement;
    if (!at || at === document.body) return;
    const box = at.getBoundingClientRect();
    if (!isDrawn(at) || box.bottom <= 0 || box.top >= innerHeight)
      walk.unseen.push(at.outerHTML.slice(0, 160));
    walk.isThere = at.matches(walk.wanted);
  };
  window.walk.look = look;
  addEventListener("keydown", event => {
    if (event.key !== "Tab") return;
    if (walk.isNew) walk.isNew = false; else if (!walk.isThere) look();
    if (walk.isThere) event.preventDefault(); // keys that were sent in advance
  }, { capture: true });
}"""
"""Follows the focus through a page; the order of the stops is the browser's own."""

_BEGIN: Final = "wanted => Object.assign(walk, { wanted, isThere: false, isNew: true, unseen: [] })"
_TOLD: Final = """() => {
  if (!walk.isThere) walk.look();
  const { isThere, unseen } = walk;
  walk.unseen = [];
  walk.isNew = true;
  return [isThere, unseen];
}"""


class Keyboard:
    """The keys of one page.

    Attributes:
        unseen: What had the focus without showing it; must stay empty.
    """

    def __init__(self, page: Page) -> None:
        self.unseen: list[str] = []
        self._page = page
        self._keys: CDPSession | None = None

    async def to(self, selector: str, *, back: bool = False) -> None:
        """Press Tab until the focus is there.

        Args:
            selector: Names one element, or several of which the first to come is meant.
            back: Whether the other way around is shorter.
        """
        if self._keys is None:
            self._keys = await self._page.context.new_cdp_session(self._page)
        await self._page.evaluate(_FOLLOW)
        await self._page.evaluate(_BEGIN, selector)
        for _ in range(0, _MOST, _AT_ONCE):
            await gather(*(self._tab(back=back) for _ in range(_AT_ONCE)))
            is_there, unseen = await self._page.evaluate(_TOLD)
            self.unseen += unseen
            if is_there:
                return
        raise AssertionError(selector)

    async def _tab(self, *, back: bool) -> None:
        key = {"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9, "modifiers": 8 * back}
        await self._send({"type": "rawKeyDown", **key})

    async def _letter(self, sign: str) -> None:
        await self._send({"type": "keyDown", "key": sign, "text": sign})
        await self._send({"type": "keyUp", "key": sign})

    async def _send(self, key: dict[str, object]) -> None:
        """Press or let go a key, past the driver, which takes ten times as long over each."""
        assert self._keys is not None
        await self._keys.send("Input.dispatchKeyEvent", key)

    async def write(self, selector: str, text: str) -> None:
        """Go to a field and type."""
        await self.to(selector)
        await gather(*map(self._letter, text))

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
