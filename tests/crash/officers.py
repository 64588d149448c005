"""Officers who do not give up: who gets no answer asks again, with the same key, until there is.

What a node answered is a promise that is held against it; each is noted the moment it came.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from gateway.demo.network import DemoNode
from gateway.errors import NoInputError, UnavailableError
from gateway.officer.client import Client
from gateway.officer.drafts import attachment_paths
from gateway.officer.shapes.models import AcknowledgeRequest, SentAnswer
from protocol.cases.ladder import MessageState, reached
from tests.crash.world import LOOK_EVERY_S, Side

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What a side answered: from then on it holds, whatever happens to the node.

    Attributes:
        side: Whose word it is.
        mid: The message; of what a desk keeps, its words (`tests.crash.desk_books`).
        stage: `queued`, the stage that this side stated to the message's sender, or `kept`.
    """

    side: Side
    mid: str
    stage: str


@dataclass(slots=True)
class Word:
    """What both sides were asked and what they promised.

    Attributes:
        asked: Documents handed over, by the side that was to queue them.
        promises: In the order in which the answers came.
        repeats: Calls that were made again for want of an answer.
    """

    asked: dict[Side, int] = field(default_factory=lambda: dict.fromkeys(Side, 0))
    promises: list[Promise] = field(default_factory=list)
    repeats: int = 0


class Desk:
    """An officer at one side.

    Args:
        side: Which.
        node: Its node, running or not.
        word: Where promises are noted.
    """

    def __init__(self, side: Side, node: DemoNode, word: Word) -> None:
        self._side = side
        self._socket = node.home.path / "control"
        self._client = Client(self._socket)
        self._word = word

    async def __aenter__(self) -> Self:
        """Sit down."""
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave."""
        await self._client.__aexit__(kind, error, trace)

    async def use(self, token: str) -> None:
        """Show a token from now on: once there are people, the socket is the operator alone."""
        await self._client.__aexit__(None, None, None)
        self._client = Client(self._socket, token=token)
        await self._client.__aenter__()

    async def insist(self, call: Callable[[Client], Awaitable[T]]) -> T:
        """Repeat a call until the node has answered."""
        while True:
            try:
                return await call(self._client)
            except UnavailableError:
                self._word.repeats += 1
                await asyncio.sleep(LOOK_EVERY_S)

    async def queue(self, document: Mapping[str, object], *, key: str) -> str:
        """Hand over a document without attachments; return its mid."""
        self._word.asked[self._side] += 1
        sent = await self.insist(lambda client: client.queue({**document}, key=key))
        self._promised(sent.mid, "queued")
        return sent.mid

    async def send(self, document: Mapping[str, object], *, folder: Path) -> str:
        """Hand over a document with attachments; return its mid.

        A draft whose sending was not answered is sent again under its own name; only a node
        that says there is no such draft makes the officer begin anew.
        """
        self._word.asked[self._side] += 1
        while True:
            draft = await self.insist(lambda client: self._drafted(client, document, folder))
            try:
                sent = await self._send_draft(draft)
            except NoInputError:
                continue
            self._promised(sent.mid, "queued")
            return sent.mid

    async def open(self, mid: str) -> None:
        """Open a message."""
        await self.insist(lambda client: client.received.open(mid))
        self._promised(mid, "opened")

    async def acknowledge(self, mid: str) -> str:
        """Acknowledge a message; return the mid of what says so."""
        self._word.asked[self._side] += 1
        asked = AcknowledgeRequest(reference=f"KILL-{mid[:8]}")
        sent = await self.insist(
            lambda client: client.received.acknowledge(mid, asked, key=f"ack-{mid}")
        )
        self._promised(mid, "acknowledged")
        self._promised(sent.mid, "queued")
        return sent.mid

    async def until(self, mid: str, stage: MessageState) -> None:
        """Wait until a message has reached a stage at this side."""
        after = -1
        while True:
            if after >= 0:
                await self.insist(partial(_news, after=after))
            try:
                view = await self.insist(lambda client: client.show(mid))
            except NoInputError:
                # A node that lost it says so for ever: then this wait is what fails.
                await asyncio.sleep(LOOK_EVERY_S)
                continue
            if reached(MessageState(view.state), stage):
                return
            after = view.event

    async def file(self, mid: str, index: int, target: Path) -> None:
        """Download an attachment."""

        async def download(client: Client) -> None:
            with target.open("wb") as out:
                await client.received.file(mid, index, out)

        await self.insist(download)

    async def log_faults(self) -> int:
        """Have the node compute its log anew; return how many faults it has."""
        return len((await self.insist(lambda client: client.log.verified())).faults)

    async def _drafted(self, client: Client, document: Mapping[str, object], folder: Path) -> str:
        names = attachment_paths({**document})
        sizes = {name: (folder / name).stat().st_size for name in names}
        draft = await client.uploads.begin({**document}, sizes)
        for index, name in enumerate(names):
            with (folder / name).open("rb") as source:
                try:
                    await client.uploads.upload(draft.id, index, source)
                except NoInputError as error:
                    raise UnavailableError("the draft is forgotten") from error
        return draft.id

    async def _send_draft(self, draft: str) -> SentAnswer:
        return await self.insist(lambda client: client.uploads.send(draft))

    def _promised(self, mid: str, stage: str) -> None:
        self._word.promises.append(Promise(side=self._side, mid=mid, stage=stage))


async def _news(client: Client, *, after: int) -> None:
    """Wait for any event above a number, a second at most."""
    await client.node.events(after, wait_s=1)
