"""The demo's network for the tests of the pages, and how its people come in."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from playwright.async_api import APIRequestContext, Page

from gateway.demo.network import DemoNetwork, build
from tests.browser.engine import Engine, Person
from tests.gateway.demo.process import call_a35

_NUMBERS: Final = count(1)
CONTENT_ROLES: Final = ("officer", "approver", "supervisor")


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

    def sends(self, document: Mapping[str, object], folder: Path, *more: str) -> str:
        """Let a program of this node send a document; return the message's id."""
        file = folder / f"{self.node[:2]}.json"
        file.write_text(json.dumps(document), encoding="utf-8")
        ended = call_a35("send", file, "--home", self.home, "--json", *more)
        assert ended.code == 0, ended.err
        return str(json.loads(ended.out.splitlines()[0])["mid"])

    def posts(self, document: Mapping[str, object]) -> str:
        """Let a program of an officer send a document that needs no second person."""
        name = f"program {next(_NUMBERS)}"
        token = str(self._added(name, "--role=officer", "--service")["token"])
        request = Request(  # noqa: S310  our own address
            f"{self.api}/api/v1/messages",
            data=json.dumps(document).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        with urlopen(request) as response:  # noqa: S310
            return str(json.loads(response.read())["mid"])

    async def a_link(self, name: str, *roles: str) -> str:
        """Take somebody on, and return the link by which they come in."""
        return await asyncio.to_thread(self.add, name, *roles)

    def add(self, name: str, *roles: str) -> str:
        """Take somebody on; for callers in whose thread no event loop runs."""
        return str(self._added(name, *(f"--role={role}" for role in roles))["link"])

    def _added(self, name: str, *words: str) -> dict[str, object]:
        ended = call_a35("user", "add", name, *words, "--home", self.home, "--json")
        assert ended.code == 0, ended.err
        return ended.document()


@dataclass(frozen=True, kw_only=True)
class House:
    """The nodes by their names."""

    seats: Mapping[str, Seat]
    network: DemoNetwork

    def __getitem__(self, node: str) -> Seat:
        return self.seats[node]

    async def kill(self, seat: Seat) -> None:
        """Kill a node, start it again, and wait until it is ready."""
        node = next(one for one in self.network.nodes if one.name == seat.node)
        assert node.process is not None
        node.process.kill()
        await node.process.wait()
        await self.network.start_node(node)
        await self.network.wait_ready(node)


@contextmanager
def open_house(engine: Engine, folder: Path, *, members: bool = False) -> Iterator[House]:
    """Run the nodes of the demo, without its story, in the thread of the browser."""
    network = build(folder, members=members, four_eyes=True)
    try:
        engine.run(network.start())
        yield House(
            seats={
                node.name: Seat(node=node.name, home=node.home.path, api=node.api)
                for node in network.nodes
            },
            network=network,
        )
    finally:
        engine.run(network.stop())


async def come_in(person: Person, link: str) -> Page:
    """Use a one-time link as a person does: open it, click once."""
    page = await person.page()
    await page.goto(link)
    await page.get_by_role("button").first.click()
    await page.wait_for_url(lambda url: "/enter" not in url)
    return page


async def sent(seat: Seat, document: Mapping[str, object]) -> str:
    """Let a program of a desk send, from the thread of the browser; return the message's id."""
    return await asyncio.to_thread(seat.posts, document)


async def arrived(page: Page, seat: Seat, mid: str) -> None:
    """Wait, by the desk's events, until a message can be opened there."""
    ask, next_event = page.context.request, 0
    while not await _is_there(ask, f"{seat.api}/messages/{mid}"):
        answer = await ask.get(f"{seat.api}/api/v1/events?after={next_event}&wait=10")
        next_event = (await answer.json())["next"]


async def _is_there(ask: APIRequestContext, address: str) -> bool:
    return f'action="{urlsplit(address).path}/open"' in await (await ask.get(address)).text()
