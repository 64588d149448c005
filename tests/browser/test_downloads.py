"""What leaves the desk as a file, of a case whose every word and file name is hostile."""

import asyncio
import csv
import io
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from playwright.async_api import Locator, Page, expect
from pypdf import PdfReader

from gateway.people import Role
from protocol.cases.ladder import MessageState
from tests.browser.cases import hostile, question
from tests.browser.desk import Night, open_night
from tests.browser.engine import Engine, browsing
from tests.gateway.service.world import send, until_state

_PAPER_MS: Final = 200_000
"""Longer than the node lets one PDF take."""

NAMES: Final = (
    "<img src=x onerror=window.hostile=1>.pdf", "folder/order.pdf", "=cmd|' C calc'!A0.csv",
    'a".html', "\u200fgnp.\U0001f4a3", "\u0e01" * 80 + ".pdf", ".htaccess", "javascript:alert(1)",
    "...", "%2e%2e%2fa", "  a.pdf ",
)  # fmt: skip
"""What a sender may call a file: folders above, controls and orders of direction are refused."""

STEERING: Final = re.compile(
    '[\x00-\x1f\x7f/\\\\<>:"|?*\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]'
)
STEERING_IN_TEXT: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
MOST_SIGNS: Final = 150
COMPUTED: Final = ("=", "+", "-", "@", "\t", "\r")


@browsing
async def test_hostile_words_and_names_are_inert_in_every_file(
    engine: Engine, tmp_path: Path
) -> None:
    """D8: as Chromium saves them, as a spreadsheet computes them, as a PDF runs them."""
    async with open_night(engine, tmp_path, is_proving=True) as night:
        mid = await hostile_message(night)
        page = await night.sits(Role.OFFICER, name="=1+1")
        await page.goto(f"{night.url}/messages/{mid}")
        await page.get_by_role("button", name="Open", exact=True).click()
        links = page.get_by_role("link", name="Save")
        await expect(links).to_have_count(len(NAMES))
        files = []
        for number in range(len(NAMES)):
            if number == len(NAMES) // 2:
                await page.reload()  # Chromium asks before a page saves an eleventh file
            files.append(await saved(page, links.nth(number)))
        assert {data.decode() for _, data in files} == set(NAMES)
        names = [name for name, _ in files]
        assert [name for name in names if STEERING.search(name)] == []
        assert [name for name in names if name.startswith(".") or len(name) > MOST_SIGNS] == []
        await as_table(page, night, mid)
        await as_paper(page, night, mid)
        assert await page.evaluate("window.hostile") is None


async def as_table(page: Page, night: Night, mid: str) -> None:
    """Export what was written; no cell begins with what a spreadsheet computes."""
    token = await page.locator("body").get_attribute("data-csrf")
    answer = await page.context.request.post(
        f"{night.url}/api/v1/exports",
        data={"format": "csv", "thread": mid, "confirm": True},
        headers={"X-CSRF-Token": token or "", "Origin": night.url},
    )
    assert answer.ok, await answer.text()
    text = (await answer.body()).decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert any("onerror" in cell for cell in cells)
    assert [cell for cell in cells if cell.startswith(COMPUTED)] == []
    assert not STEERING_IN_TEXT.search(text)


async def as_paper(page: Page, night: Night, mid: str) -> None:
    """Make a PDF: its words are words, and it does nothing by itself."""
    await page.goto(f"{night.url}/messages/{mid}/paper")
    if find_spec("weasyprint") is None:
        return
    press = page.get_by_role("button", name="Make a PDF with its evidence")
    name, data = await saved(page, press)
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,80}\.pdf", name), name
    assert data.startswith(b"%PDF-")
    reader = PdfReader(io.BytesIO(data))
    assert "onerror=window.hostile" in "".join(each.extract_text() for each in reader.pages)
    keys = {key for each in reader.pages for key in each}
    assert not keys & {"/AA"}
    root = reader.root_object
    assert not {"/AA", "/OpenAction"} & set(root)
    links = [one.get_object() for each in reader.pages for one in each.get("/Annots", ())]
    assert [one for one in links if "/URI" in str(one.get("/A", ""))] == []


async def hostile_message(night: Night) -> str:
    """Let FR/1 send what a hostile Party would."""
    document = hostile(question(to="RO"))
    document["attachments"] = [{"path": name, "role": "other"} for name in NAMES]
    files = {name: name.encode() for name in NAMES}
    mid = (await send(night.world.peer, document, files=files)).mid
    await until_state(night.world.node, mid, MessageState.CONSIGNED)
    return str(mid)


async def saved(page: Page, press: Locator) -> tuple[str, bytes]:
    """Save a file, as a person does; return its name and bytes."""
    async with page.expect_download(timeout=_PAPER_MS) as taken:
        await press.click(no_wait_after=True)  # a PDF may take its time
    download = await taken.value
    return download.suggested_filename, await asyncio.to_thread((await download.path()).read_bytes)
