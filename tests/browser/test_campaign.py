"""A campaign over twenty nodes, as it is followed on the page: three silent, two without people."""

import asyncio
import csv
import io
from pathlib import Path
from typing import Final

from playwright.async_api import Page, expect

from gateway.people import Role
from gateway.service.batches import Batch, Progress
from keys.digest import sha256
from protocol.identifiers import NodeId
from protocol.log.deed import Act
from tests.browser.axe import faults
from tests.browser.desk import open_night
from tests.browser.engine import Engine, browsing
from tests.browser.story import WIDE
from tests.gateway.network import Node

COUNTRIES: Final = (
    "AL", "AD", "AR", "AM", "AU", "AT", "AZ", "BE", "BG", "CA",
    "CL", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "GE", "DE",
)  # fmt: skip
NODES: Final = tuple(NodeId(country, 1) for country in sorted(COUNTRIES))
SILENT: Final = frozenset(NODES[3::7])
DESERTED: Final = frozenset(NODES[5::9])
NO: Final = "no"
ALL: Final = Batch(kind=None, urgent_only=False)


@browsing
async def test_campaign_is_followed_without_a_reload_and_its_report_adds_up(
    engine: Engine, tmp_path: Path
) -> None:
    """D24."""
    assert (len(NODES), len(SILENT), len(DESERTED), len(SILENT & DESERTED)) == (20, 3, 2, 0)
    names = ("RO/1", *map(str, NODES))
    async with open_night(engine, tmp_path, names=names, run=()) as night:
        net, here = night.world.net, night.world.node
        net.wire.cut |= {(here.id, node) for node in SILENT}
        page = await night.sits(Role.SUPERVISOR, viewport=WIDE)
        await page.goto(f"{night.url}/pings")
        await page.get_by_label("Name of the campaign").fill("autumn 2026")
        await page.get_by_role("button", name="Send the pings").click()
        await page.wait_for_url("**/pings/1")
        await page.evaluate("document.body.dataset.mark = 'same page'")
        pings = here.runtime.contact.pings
        assert await pings.call_all()
        await reads(page, f"{len(NODES) - len(SILENT)} of 20 answered (85 %)")
        for node in NODES:
            if node not in SILENT:
                await carried(here, net[str(node)])
                if node not in DESERTED:
                    await answers(net[str(node)], here)
        await pings.look()
        await reads(page, "15 of 20 answered (75 %)")
        assert await faults(page) == []
        await page.get_by_role("button", name="End now").click()
        await expect(page.locator("#board")).to_contain_text("the desk did not answer")
        await adds_up(page, here)


async def adds_up(page: Page, asker: Node) -> None:
    """Hold the report, as it is saved, to what happened and to what the log states."""
    await expect(page.locator("#board .a35-tag", has_text="no answer")).to_have_count(
        2 * len(SILENT) + len(DESERTED)
    )
    rows = list(
        csv.DictReader(io.StringIO((await saved(page, "Report as CSV")).decode("utf-8-sig")))
    )
    assert [row["node"] for row in rows] == [str(node) for node in NODES]
    assert {row["node"] for row in rows if row["node_ok"] == NO} == set(map(str, SILENT))
    assert {row["node"] for row in rows if row["human_ok"] == NO} == set(
        map(str, SILENT | DESERTED)
    )
    report = await saved(page, "Report as JSON")
    (row,) = await asker.runtime.contact.pings.rounds(limit=1)
    assert row.index is not None
    (leaf,) = await asker.store.leaves(row.index, row.index + 1)
    assert leaf.preimage is not None
    act = Act.decode(leaf.preimage)
    assert act.subject == sha256(report)
    assert act.why == "20 nodes asked, 17 nodes and 15 desks answered"


async def saved(page: Page, link: str) -> bytes:
    """Save a file, as a person does; return its bytes."""
    async with page.expect_download() as taken:
        await page.get_by_role("button", name=link).click()
    return await asyncio.to_thread((await (await taken.value).path()).read_bytes)


async def reads(page: Page, text: str) -> None:
    """Wait until the board says it, as the same page still."""
    await expect(page.locator("#board")).to_contain_text(text)
    assert await page.evaluate("document.body.dataset.mark") == "same page"


async def carried(sender: Node, to: Node) -> None:
    """Let a node send what waits for another one, and let that one open it."""
    while await sender.runtime.dispatch.deliver(to.id, ALL) is Progress.DELIVERED:
        pass
    await to.runtime.consign.open_some()


async def answers(node: Node, asker: Node) -> None:
    """Let the officer of a node type the code of the one ping that waits there."""
    desk = node.runtime.contact.desk
    (ping,) = await desk.asked()
    await desk.answer(ping.code, details_valid=True, note=None, who=f"{node.id} officer 1")
    await carried(node, asker)
