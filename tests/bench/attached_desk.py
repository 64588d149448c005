"""The acceptance check D15 whole: a large file by a page of a real Chromium, and by the commands.

Each way: progress is shown, it is paused, the node is killed and started again, it goes on, the
other node's officer fetches it, both see the same SHA-256, and neither node grew by more than
docs/delivery.md allows.
"""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable
from hashlib import file_digest
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from playwright.async_api import Page, async_playwright, expect

from gateway.demo.documents import Json
from gateway.demo.network import CLOCK, DemoNetwork
from gateway.demo.story import load_examples
from gateway.drafting import PART_BYTES
from gateway.officer.client import Client
from protocol.cases.ladder import MessageState
from tests.bench.__main__ import tell
from tests.bench.attached import MOST_EXTRA_MIB, made, two_nodes
from tests.bench.journey import FROM, TO, Watch, again, node_of
from tests.browser.engine import Person, chromium
from tests.browser.house import Seat, come_in

_PATIENCE_MS: Final = 900_000
_LOOK_EVERY_S: Final = 0.01
_INTERRUPTED: Final = 130
_TYPE: Final = "technical_advice_request"
"""Needs no second person."""

A35: Final = Path(sys.executable).with_name("a35")


class CheckFailedError(Exception):
    """Something of the check does not hold."""


class Way:
    """One way of a file, measured.

    Args:
        network: Both nodes, running.
        file: What goes.
        digest: Its SHA-256, in hex.
        tokens: Of an officer's program at each node.
    """

    def __init__(
        self, network: DemoNetwork, file: Path, digest: str, tokens: dict[str, Path]
    ) -> None:
        self.network = network
        self.file = file
        self.digest = digest
        self.tokens = tokens
        self.watch = Watch(network, file, tell=tell)
        self.seen: list[str] = []
        self.draft = ""

    def desk(self, name: str) -> Client:
        """Return a client of a node, to be entered."""
        token = self.tokens[name].read_text(encoding="ascii").strip()
        return Client(node_of(self.network, name).home.path, token=token)

    def hold(self, what: str, *, is_so: bool, else_said: object = "") -> None:
        """Note what was seen.

        Raises:
            CheckFailedError: It was not.
        """
        if not is_so:
            raise CheckFailedError(f"{what}: {else_said}")
        self.seen.append(what)

    async def kill(self, name: str) -> None:
        """Kill a node and start it again."""
        node = node_of(self.network, name)
        assert node.process is not None
        node.process.kill()
        await node.process.wait()
        await self.network.start_node(node)
        await self.network.wait_ready(node)

    async def sent(self, draft: str) -> str:
        """Send a draft whose file is there; return the message's id once it can be opened."""
        async with self.desk(FROM) as giver, self.desk(TO) as taker:
            shown = await again(lambda: giver.drafts.submit(draft))
            self.hold("the sender sees the SHA-256", is_so=shown.files[0].sha256 == self.digest)
            sent = await again(lambda: giver.drafts.send(draft))
            await again(lambda: giver.wait(sent.mid, MessageState.CONSIGNED))
            opened = await again(lambda: taker.received.open(sent.mid))
            same = opened.files[0].sha256 == self.digest
            self.hold("the receiver sees the same SHA-256", is_so=same)
            return sent.mid


async def measured(folder: Path, *, size: int) -> dict[str, Any]:
    """Run both ways.

    Args:
        folder: An empty folder on the disk that is to be measured.
        size: Of the file.
    """
    # A shell that starts this in the background lets it and its children ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    file = folder / "attached.bin"
    digest = await asyncio.to_thread(made, file, size)
    async with two_nodes(folder / "net", four_eyes=True) as network:
        seats = {
            node.name: Seat(node=node.name, home=node.home.path, api=node.api)
            for node in network.nodes
        }
        tokens = {name: await asyncio.to_thread(_token, seats[name]) for name in seats}
        ways: dict[str, Any] = {}
        for name, go in (("page", _by_page), ("commands", _by_commands)):
            tell(f"by {name} ...")
            ways[name] = await _way(Way(network, file, digest, tokens), seats, go)
    extra = max(max(way["extra_rss_mib"].values()) for way in ways.values())
    return {"bytes": size, **ways, "held": extra <= MOST_EXTRA_MIB}


async def _way(
    way: Way, seats: dict[str, Seat], go: Callable[[Way, dict[str, Seat]], Awaitable[None]]
) -> dict[str, Any]:
    way.watch.begin()
    began = perf_counter()
    await go(way, seats)
    seconds = perf_counter() - began
    way.watch.end_leg("whole", seconds)
    found = way.watch.result({"whole": seconds}, equal=True).as_json()
    return {"seconds": round(seconds, 1), "extra_rss_mib": found["extra_rss_mib"], "held": way.seen}


# ------------------------------------------------------------------------------ the page


async def _by_page(way: Way, seats: dict[str, Seat]) -> None:
    async with async_playwright() as playwright:
        sandbox = [] if os.geteuid() else ["--no-sandbox"]
        browser = await playwright.chromium.launch(executable_path=chromium(), args=sandbox)
        expect.set_options(timeout=_PATIENCE_MS)
        giver = Person(await browser.new_context())
        taker = Person(await browser.new_context())
        await _upload(way, await come_in(giver, await seats[FROM].a_link("giver", "officer")))
        page = await come_in(taker, await seats[TO].a_link("taker", "officer"))
        await _download(way, page, seats[TO])
        await browser.close()


async def _upload(way: Way, page: Page) -> None:
    async with way.desk(FROM) as desk:
        way.draft = (await desk.drafts.new(advice(way.file.name))).id
    await page.goto(f"{node_of(way.network, FROM).api}/drafts/{way.draft}")
    await page.locator("input[type=file][data-upload]").set_input_files(way.file)
    bar = page.locator(".a35-progress progress")
    size = way.file.stat().st_size
    values = [await _beyond(bar, share * size) for share in (0.1, 0.2, 0.3)]
    way.hold("the page shows progress", is_so=values == sorted(set(values)))
    await page.get_by_role("button", name="Pause").click()
    await asyncio.sleep(1.0)  # the part on its way
    at = await bar.evaluate("bar => bar.value")
    await asyncio.sleep(1.0)
    way.hold("paused at once", is_so=at == await bar.evaluate("bar => bar.value") < size)
    await way.kill(FROM)
    await page.get_by_role("button", name="Resume").click()
    await _beyond(bar, 0.6 * size)
    await way.kill(FROM)
    await _resume_until_whole(page)
    way.hold("gone on after two kills of the node", is_so=True)
    await page.get_by_role("button", name="Show the files that were added").click()
    await expect(page.locator("main")).to_contain_text(way.digest)
    way.hold("the page shows the SHA-256", is_so=True)


async def _resume_until_whole(page: Page) -> None:
    """Press Resume when the page says that the upload stopped; wait for its end."""
    said = page.locator(".a35-progress [role=status]")
    resume = page.get_by_role("button", name="Resume")
    while await said.inner_text() != "Uploaded, checked":
        if await resume.count():
            await resume.click()
        await CLOCK.sleep(0.2)


async def _download(way: Way, page: Page, seat: Seat) -> None:
    mid = await way.sent(way.draft)
    await page.goto(f"{seat.api}/messages/{mid}")
    await expect(page.locator("main")).to_contain_text(way.digest)
    async with page.expect_download(timeout=_PATIENCE_MS) as coming:
        await page.locator("a[download]").first.click()
    got = await (await coming.value).path()
    way.hold(
        "what the page saved has it", is_so=await asyncio.to_thread(_sha256, got) == way.digest
    )


async def _beyond(bar: Any, value: float) -> float:  # noqa: ANN401  a locator
    """Wait until a bar is beyond a value; return where it is."""
    while (now := float(await bar.evaluate("bar => bar.value"))) < value:
        await CLOCK.sleep(_LOOK_EVERY_S)
    return now


# ------------------------------------------------------------------------------ the commands


async def _by_commands(way: Way, _seats: dict[str, Seat]) -> None:
    file = way.file.parent / "advice.json"
    file.write_text(json.dumps(advice(way.file.name)), encoding="utf-8")
    new = ("drafts", "new", str(file), "--json")
    parts = way.file.stat().st_size // PART_BYTES
    first = await _command(way, FROM, *new)
    await _until(lambda: _parts(way) > parts // 4)
    code, out, err = await _interrupted(first)
    is_so = code == _INTERRUPTED and "go on with:" in err
    way.hold("Ctrl-C pauses, with 130", is_so=is_so, else_said=(code, out[-200:], err[-400:]))
    held = _parts(way)
    second = await _command(way, FROM, *new)
    await _until(lambda: _parts(way) > parts // 2)
    way.hold("the same command goes on", is_so=held > parts // 4, else_said=held)
    await way.kill(FROM)
    given, said = await second.communicate()
    way.hold("it outlives a kill of the node", is_so=second.returncode == 0)
    draft = json.loads(given)
    way.hold("one draft", is_so=f"draft {draft['id']} goes on" in said.decode())
    way.hold("the command shows the SHA-256", is_so=way.digest in said.decode())
    await _fetch(way, await way.sent(draft["id"]))


async def _fetch(way: Way, mid: str) -> None:
    target = way.file.parent / "fetched.bin"
    part = way.file.parent / f".a35-{mid}-0.part"
    get = ("attachment", "get", mid, "0", "-o", str(target), "--json")
    first = await _command(way, TO, *get)
    await _until(lambda: part.exists() and part.stat().st_size > way.file.stat().st_size // 4)
    code, out, err = await _interrupted(first)
    is_so = code == _INTERRUPTED and "go on with:" in err
    way.hold("Ctrl-C pauses a download", is_so=is_so, else_said=(code, out[-200:], err[-400:]))
    second = await _command(way, TO, *get)
    await _until(lambda: target.exists() or part.stat().st_size > way.file.stat().st_size // 2)
    await way.kill(TO)
    got, _ = await second.communicate()
    way.hold("a download outlives a kill", is_so=second.returncode == 0)
    both = (await asyncio.to_thread(_sha256, target), json.loads(got)["sha256"])
    way.hold("what was fetched has it", is_so=both == (way.digest, way.digest))


async def _command(way: Way, name: str, *words: str) -> Process:
    home = str(node_of(way.network, name).home.path)
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "node", *words, "--home", home),
        env=os.environ | {"A35_DESK_TOKEN_FILE": str(way.tokens[name])},
        stdout=PIPE,
        stderr=PIPE,
    )


async def _interrupted(process: Process) -> tuple[int | None, str, str]:
    process.send_signal(signal.SIGINT)
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def _until(is_so: Callable[[], bool]) -> None:
    while not is_so():
        await CLOCK.sleep(_LOOK_EVERY_S)


def _parts(way: Way) -> int:
    """Return how many parts the sender's node holds of the draft that has most."""
    folder = node_of(way.network, FROM).home.path / "drafts"
    held = (sum(part.name.isdecimal() for part in each.iterdir()) for each in folder.glob("*/*"))
    return max(held, default=0)


def _token(seat: Seat) -> Path:
    """Take on an officer's program; return the file of its token."""
    file = seat.home.parent / f"{seat.node[:2]}.token"
    token = str(seat._added("program", "--role=officer", "--service")["token"])
    handle = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as target:
        target.write(token + "\n")
    return file


def _sha256(file: Path) -> str:
    with file.open("rb") as source:
        return file_digest(source, "sha256").hexdigest()


def advice(name: str) -> dict[str, object]:
    """Return a question that carries one file."""
    example = next(one for one in load_examples([]) if one.type == _TYPE)
    bare: Json = {key: value for key, value in example.document.items() if key != "attachments"}
    return {**bare, "to": TO, "attachments": [{"path": name, "role": "other"}]}
