"""The demo's network for the tests of the pages, and how its people come in."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.async_api import Page

from tests.browser.engine import Person
from tests.gateway.demo.process import call_a35, started_a35, stream

ROLES: Final = ("officer", "approver", "supervisor", "auditor", "operator")


@dataclass(frozen=True, kw_only=True)
class Seat:
    """One node of the network.

    Attributes:
        home: Its folder.
        api: Where its pages are, without a slash at the end.
    """

    node: str
    home: Path
    api: str
    link: str

    def a_link(self, name: str, *roles: str) -> str:
        """Take somebody on, and return the link by which they come in."""
        wanted = [f"--role={role}" for role in roles]
        ended = call_a35("user", "add", name, *wanted, "--home", self.home, "--json")
        assert ended.code == 0, ended.err
        return str(ended.document()["link"])


@dataclass(frozen=True, kw_only=True)
class House:
    """The nodes by their names."""

    seats: Mapping[str, Seat]

    def __getitem__(self, node: str) -> Seat:
        return self.seats[node]


@contextmanager
def open_house(folder: Path) -> Iterator[House]:
    """Start the demo and hold it up."""
    with started_a35("demo", "--json", "--four-eyes", folder=folder) as process:
        ready = json.loads(stream(process.stdout).readline())
        yield House(
            seats={
                one["node"]: Seat(
                    node=one["node"], home=Path(one["home"]), api=one["api"], link=one["page"]
                )
                for one in ready["nodes"]
            }
        )


async def come_in(person: Person, link: str) -> Page:
    """Use a one-time link as a person does: open it, click once."""
    page = await person.page()
    await page.goto(link)
    await page.get_by_role("button").first.click()
    await page.wait_for_url(lambda url: "/enter" not in url)
    return page
