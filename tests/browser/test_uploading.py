"""D15: a file goes up through a real page, is paused, outlives a kill of the node, and goes on.

The same with 500 MB, and on to the other node and out again: python -m tests.bench.attached --desk
"""

from asyncio import Event
from hashlib import sha256
from pathlib import Path

from playwright.async_api import Page, Request, Route, expect

from gateway.drafting import PART_BYTES
from tests.browser.engine import Engine, browsing
from tests.browser.house import House, come_in
from tests.browser.story import begun

PARTS = 3


@browsing
async def test_upload_is_paused_outlives_a_kill_of_the_node_and_goes_on(
    engine: Engine, house: House, tmp_path: Path
) -> None:
    """No part goes up twice, and the page shows the SHA-256 of the file."""
    data = bytes(range(256)) * (PART_BYTES // 256) * (PARTS - 1) + b"end"
    (tmp_path / "order.bin").write_bytes(data)
    seat = house["FR/1"]
    link = await seat.a_link("who uploads", "officer")
    async with engine.person() as person:
        person.expect("ERR_")  # while the node is away
        page = await come_in(person, link)
        await begun(page, seat.api, "preservation_request")
        sent: list[str] = []
        page.on("requestfinished", lambda one: _note(sent, one))
        await _pause_within(page, tmp_path / "order.bin", part=1)
        assert sent == ["0", "1"]
        await house.kill(seat)
        await page.get_by_role("button", name="Resume").click()
        await expect(page.locator(".a35-progress button")).to_have_count(0)  # nothing to pause
        await page.get_by_role("button", name="Show the files that were added").click()
        await expect(page.locator("main")).to_contain_text(sha256(data).hexdigest())
        assert sent == ["0", "1", "2"]


async def _pause_within(page: Page, file: Path, *, part: int) -> None:
    """Press Pause while a part is on its way."""
    held, go = Event(), Event()

    async def hold(route: Route) -> None:
        held.set()
        await go.wait()
        await route.continue_()

    await page.route(f"**/parts/{part}", hold)
    await page.locator("input[type=file][data-upload]").set_input_files(file)
    await held.wait()
    bar = page.locator(".a35-progress progress")
    await expect(bar).to_have_js_property("value", part * PART_BYTES)
    await page.get_by_role("button", name="Pause").click()
    async with page.expect_request_finished(lambda one: one.url.endswith(f"/parts/{part}")):
        go.set()
    await page.unroute(f"**/parts/{part}")
    await expect(bar).to_have_js_property("value", (part + 1) * PART_BYTES)


def _note(sent: list[str], request: Request) -> None:
    if request.method == "PUT" and "/parts/" in request.url:
        sent.append(request.url.rpartition("/")[2])
