"""What another country does is seen here by itself: each step once, in order, across a cut."""

from pathlib import Path
from typing import Final

from playwright.async_api import Page, expect

from gateway.people import Role
from protocol.cases.ladder import MessageState
from tests.browser.desk import open_night
from tests.browser.engine import Engine, browsing
from tests.gateway.service.world import (
    FR,
    RO,
    acknowledgement,
    pass_time,
    request,
    send,
    settled,
    until_state,
)

STEPS: Final = (
    "Accepted by their node",
    "In their duty inbox",
    "Opened by a person",
    "Acknowledged",
)


@browsing
async def test_steps_of_the_other_side_come_once_and_in_order_across_a_cut(
    engine: Engine, tmp_path: Path
) -> None:
    """D5: two steps come by the stream, two happen while it is cut; all are told who listens."""
    async with open_night(engine, tmp_path) as night:
        world = night.world
        net, here, there = world.net, world.node, world.peer
        net.wire.cut.add((RO, FR))
        asked = request(1, to="FR")
        mid = (await send(here, asked)).mid
        browser, page = await night.comes(Role.OFFICER)
        browser.expect("ERR_")
        await page.goto(f"{night.url}/cases/{mid}")
        await page.evaluate(LISTEN)
        await expect(page.locator("[data-live-state]")).to_have_text("live")
        net.wire.cut.clear()
        await net.turn_until(lambda: pass_time(net, 100) and settled(net)())
        await reads(page, 2)
        night.cut_lines()
        await there.runtime.act.open(mid, who="FR/1 officer 1")
        await send(there, acknowledgement(asked, mid, to="RO"))
        await until_state(here, mid, MessageState.ACKNOWLEDGED)
        await reads(page, 4)
        assert "A receipt has arrived" in await page.evaluate("window.told")


LISTEN: Final = """() => {
  document.body.dataset.mark = "same page";
  window.told = [];
  const region = document.querySelector("[data-polite]");
  new MutationObserver(() => told.push(region.textContent)).observe(region, { childList: true });
}"""


async def reads(page: Page, count: int) -> None:
    """Wait for the newest of so many steps; each stands there once, in order, on the same page."""
    timeline = page.locator("#timeline")
    await expect(timeline).to_contain_text(STEPS[count - 1])
    story = await timeline.text_content() or ""
    assert [story.count(step) for step in STEPS] == [1] * count + [0] * (len(STEPS) - count)
    assert sorted(STEPS[:count], key=story.index) == list(STEPS[:count])
    assert await page.evaluate("document.body.dataset.mark") == "same page"
