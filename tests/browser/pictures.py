"""Takes the pictures of docs/pictures at real nodes, and measures what their pages promise.

    make pictures

Whoever changes a page takes them anew and looks at each: would a tired officer know what to do?
"""

import asyncio
import io
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Final

from playwright.async_api import Page, expect

from tests.browser.cases import emergency, example, question
from tests.browser.engine import Engine, chromium
from tests.browser.house import House, arrived, come_in, open_house, sent
from tests.browser.keyboard import Keyboard
from tests.browser.story import WIDE, begun, write_request

FOLDER: Final = Path(__file__).parents[2] / "docs" / "pictures"
_COLOURS: Final = 128
_TABS: Final = 10
_BOTH: Final = ("officer", "supervisor")
_READER: Final = {
    "inbox": "/inbox", "directory": "/directory", "party": "/directory/FR", "pings": "/pings",
    "log": "/log", "statistics": "/statistics", "duty": "/duty", "help": "/help",
    "settings": "/settings", "audit": "/audit", "policy": "/policy", "search": "/search",
}  # fmt: skip
_OF_MESSAGE: Final = {
    "message": "/messages/{}", "case": "/cases/{}", "paper": "/messages/{}/paper",
    "answer": "/messages/{}/answer",
}  # fmt: skip
_OPERATOR: Final = {"admin": "/admin", "users": "/admin/users", "webhooks": "/admin/webhooks"}


async def take(page: Page, name: str, address: str = "", *, whole: bool = False) -> None:
    """Go somewhere, and keep what is seen as NAME.png."""
    if address:
        await page.goto(address)
    _keep(name, await page.screenshot(full_page=whole))


def _keep(name: str, data: bytes) -> None:
    # Pillow comes with what sets papers; without it pictures are larger, and as good.
    try:
        from PIL import Image  # noqa: PLC0415
    except ImportError:
        (FOLDER / f"{name}.png").write_bytes(data)
        return
    picture = Image.open(io.BytesIO(data)).convert("RGB").quantize(_COLOURS)
    picture.save(FOLDER / f"{name}.png", optimize=True)


class Evening:
    """What happens at RO/1 while pictures are taken."""

    def __init__(self, engine: Engine, house: House, folder: Path) -> None:
        self._engine, self._house, self._folder = engine, house, folder
        self._draft = ""

    async def officer(self) -> None:
        """Receive, open, acknowledge; write a request."""
        here, japan = self._house["RO/1"], self._house["JP/1"]
        link = await here.a_link("Officer 1", *_BOTH)
        waiting = await asyncio.to_thread(japan.sends, emergency(to="RO"), self._folder)
        other = example("preservation_request", to="RO")
        await asyncio.to_thread(japan.sends, other, self._folder)
        asked = await sent(self._house["FR/1"], question(to="RO"))
        async with self._engine.person(viewport=WIDE) as officer:
            officer.expect("422")
            page = await come_in(officer, link)
            await arrived(page, here, asked)
            await page.goto(f"{here.api}/settings?theme=light")
            await take(page, "emergency", f"{here.api}/messages/{waiting}")
            await _exchange(self._engine, self._house, page, asked)
            for name in ("message", "case", "paper", "answer"):
                path = _OF_MESSAGE[name].format(asked)
                await take(page, name, here.api + path, whole=name != "answer")
            await page.goto(f"{here.api}/inbox")
            await write_request(page, Keyboard(page))
            await take(page, "submitted")
            self._draft = page.url.split("/")[-2]
            await _drafts(page, here.api)
            for name, path in _READER.items():
                await take(page, name, here.api + path)
            await _looks(page, here.api, asked)

    async def second(self) -> None:
        """Read what waits for approval, and leave the desk."""
        here = self._house["RO/1"]
        async with self._engine.person(viewport=WIDE) as second:
            page = await come_in(second, await here.a_link("Approver 2", "approver"))
            await take(page, "to-approve", f"{here.api}/approve")
            await take(page, "approve", f"{here.api}/approve/{self._draft}", whole=True)
            await page.goto(f"{here.api}/settings")
            await page.locator("form[action='/lock'] button").click()
            await expect(page.locator("h1")).to_contain_text("locked")
            await take(page, "locked")
            await page.context.clear_cookies()
            await take(page, "sign-in", f"{here.api}/sign-in")

    async def operator(self) -> None:
        """See after people and nodes, where no case is shown."""
        here = self._house["RO/1"]
        async with self._engine.person(viewport=WIDE) as operator:
            page = await come_in(operator, await here.a_link("Operator 3", "operator"))
            for name, path in _OPERATOR.items():
                await take(page, name, here.api + path)

    async def tabs(self) -> None:
        """Open ten tabs."""
        here = self._house["RO/1"]
        async with self._engine.person() as somebody:
            page = await come_in(somebody, await here.a_link("Ten tabs", "officer"))
            await ten_tabs(page, self._house)


async def _exchange(engine: Engine, house: House, page: Page, mid: str) -> None:
    """Open and acknowledge, and tell when the other country's page knows."""
    here, there = house["RO/1"], house["FR/1"]
    async with engine.person(viewport=WIDE) as colleague:
        other = await come_in(colleague, await there.a_link("Claire Petit", "officer"))
        await other.goto(f"{there.api}/cases/{mid}")
        timeline = other.locator("#timeline")
        await page.goto(f"{here.api}/messages/{mid}")
        await page.get_by_role("button", name="Open", exact=True).click()
        began = perf_counter()
        await expect(timeline).to_contain_text("Opened by a person")
        _say("opened here, shown there", perf_counter() - began)
        await page.goto(f"{here.api}/messages/{mid}/acknowledge")
        await page.get_by_role("button", name="Acknowledge").click()
        began = perf_counter()
        await expect(timeline).to_contain_text("Acknowledged")
        _say("acknowledged here, shown there", perf_counter() - began)
        await take(other, "outbox", f"{there.api}/outbox")
        await take(other, "case-of-sender", f"{there.api}/cases/{mid}")


async def _drafts(page: Page, home: str) -> None:
    draft = home + await begun(page, home, "preservation_request")
    await take(page, "compose")
    await take(page, "faults", f"{draft}?check=1")
    await take(page, "drafts", f"{home}/drafts")
    await take(page, "new-draft", f"{home}/drafts/new")


async def _looks(page: Page, home: str, mid: str) -> None:
    """Forced colours, dark, Arabic, narrow."""
    await page.emulate_media(forced_colors="active")
    await take(page, "inbox-forced-colours", f"{home}/inbox")
    await take(page, "case-forced-colours", f"{home}/cases/{mid}")
    await page.emulate_media(forced_colors="none")
    await take(page, "inbox-dark", f"{home}/inbox?theme=dark")
    await take(page, "inbox-arabic", f"{home}/inbox?theme=light&language=ar")
    await page.goto(f"{home}/settings?language=en")
    await page.set_viewport_size({"width": 320, "height": 900})
    await take(page, "inbox-narrow", f"{home}/inbox")
    await take(page, "case-narrow", f"{home}/cases/{mid}")
    await page.set_viewport_size(WIDE)


async def ten_tabs(page: Page, house: House) -> None:
    """Open ten tabs of a real desk, let a message come, and tell when the last one shows it."""
    here = house["RO/1"]
    tabs = [await page.context.new_page() for _ in range(_TABS)]
    for tab in tabs:
        await tab.goto(f"{here.api}/inbox")
        await expect(tab.locator("[data-live-state]")).to_have_text("live")
    counts = [tab.locator("a[href='/inbox'] .a35-count") for tab in tabs]
    before = int(await counts[0].text_content() or 0)
    began = perf_counter()
    await sent(house["FR/1"], question(to="RO"))
    for count in counts:
        await expect(count).to_have_text(str(before + 1))
    _say(f"sent there, counted here in all of {_TABS} tabs", perf_counter() - began)
    for tab in tabs:
        await tab.close()


def _say(what: str, seconds: float) -> None:
    sys.stdout.write(f"{what}: {seconds:.2f} s\n")


def main() -> int:
    """Take all pictures.

    Returns:
        How the process ends.
    """
    path = chromium()
    if path is None:
        sys.stderr.write("No chromium: on Debian, apt-get install chromium\n")
        return 69
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, Engine(path) as engine:
        home = Path(folder) / "n"
        home.mkdir()
        with open_house(engine, home, members=True) as house:
            evening = Evening(engine, house, Path(folder))
            for part in (evening.officer, evening.second, evening.operator, evening.tabs):
                engine.run(part())
    total = sum(each.stat().st_size for each in FOLDER.glob("*.png"))
    sys.stdout.write(f"{total / 1e6:.1f} MB in {FOLDER.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
