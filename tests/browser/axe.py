"""Holds a page to WCAG 2.2 AA by axe-core."""

from pathlib import Path
from typing import Final, cast

from playwright.async_api import Page

_SOURCE: Final = (Path(__file__).parent / "vendor" / "axe" / "axe.min.js").read_text()
_TAGS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_RUN: Final = """only => axe.run(document, {runOnly: only}).then(found =>
  ["violations", "incomplete"].flatMap(kind => found[kind].flatMap(one =>
    one.nodes.map(node => `${one.id} (${kind}): ${node.html.slice(0, 160)}`))))"""


async def faults(page: Page) -> list[str]:
    """Return what axe-core holds against a page as it stands: violations, and what it left open."""
    await page.evaluate(_SOURCE)
    only = {"type": "tag", "values": list(_TAGS)}
    return cast("list[str]", await page.evaluate(_RUN, only))


async def pale(page: Page) -> list[str]:
    """Return what stands out too little by the colours that a page has now; after `faults`."""
    only = {"type": "rule", "values": ["color-contrast"]}
    return cast("list[str]", await page.evaluate(_RUN, only))


async def is_too_wide(page: Page) -> bool:
    """Tell whether the page scrolls sideways."""
    wide = await page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    return bool(wide)
