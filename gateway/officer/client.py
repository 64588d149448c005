"""A node's local API for programs: typed, no retries of unsafe calls without a key.

    async with Client(Path("/var/lib/a35")) as desk:
        sent = await desk.send(document, folder=Path("case"))
        await desk.wait(sent.mid, MessageState.OPENED, timeout_s=1800)

Speaks to the control socket in the node's home. What the node refuses is raised as an error of
the same family that the node used, with its code, hint and exit code.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from json import dumps
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote, urlencode

from gateway.clock import SystemClock
from gateway.errors import AccessDeniedError, DataError, NoInputError, NotYetError, UnavailableError
from gateway.officer.connection import Connection, read
from gateway.officer.deskwork import DeskWork
from gateway.officer.drafts import DraftDesk, attachment_paths, unfinished
from gateway.officer.evidence import EvidenceReader
from gateway.officer.finding import DirectoryReader
from gateway.officer.people import PeopleDesk
from gateway.officer.pings import PingDesk
from gateway.officer.resources import (
    LogReader,
    NodeReader,
    Received,
    Sent,
    Threads,
    Uploads,
)
from gateway.officer.shapes.delivery import ExplainView
from gateway.officer.shapes.drafts import DraftView
from gateway.officer.shapes.models import (
    Box,
    Event,
    Json,
    MessageList,
    MessageView,
    SentAnswer,
    ThreadView,
    TimelineEntry,
)
from gateway.officer.streams import Follower
from gateway.ports import Clock
from protocol.cases.ladder import MessageState, is_over, reached

CONTROL: Final = "control"
NOT_APPROVED: Final = "not_approved"
AT_ONCE_BYTES: Final = 64 * 1024 * 1024
"""Attachments beyond this go in parts, so that a restart of the node does not begin them anew."""

AGAIN_S: Final = 1.0
"""How long a wait pauses while the node restarts."""


class Client:  # noqa: PLR0904  what programs do most stands here by name
    """One node, for the time of an `async with`.

    Args:
        place: The node's home, its control socket itself, or the address of its desk.
        clock: For the pause while a node restarts; the machine's own unless given.
        token: Says who acts; without one the socket stands for the desk, or for its operator
            once there are people.

    Attributes:
        drafts: What is written, approved and sent later.
        uploads: The steps of sending at once, one by one.
        sent: What an officer does with a message that went out.
        received: What an officer does with a message that came in.
        threads: What an officer does with a case as a whole.
        log: The node's log.
        evidence: Exports what is held of a message.
        node: Health, events, directory, types.
        directory: Points of contact.
        work: Search, statistics, exports.
        pings: Asks nodes and people whether they are there, and answers.
        people: Who belongs to the desk, and who acts here.
    """

    def __init__(
        self, place: Path | str, *, clock: Clock | None = None, token: str | None = None
    ) -> None:
        socket = place / CONTROL if isinstance(place, Path) and place.is_dir() else place
        self._connection = Connection(socket, token=token)
        self._clock = SystemClock() if clock is None else clock
        self.uploads = Uploads(self._connection)
        self.drafts = DraftDesk(self._connection, self._clock)
        self.sent = Sent(self._connection)
        self.received = Received(self._connection)
        self.threads = Threads(self._connection)
        self.log = LogReader(self._connection)
        self.evidence = EvidenceReader(self._connection)
        self.node = NodeReader(self._connection)
        self.pings = PingDesk(self._connection)
        self.directory = DirectoryReader(self._connection)
        self.people = PeopleDesk(self._connection)
        self.work = DeskWork(self._connection)

    async def __aenter__(self) -> Self:
        """Make the pool; connects at the first call."""
        self._connection.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close every connection."""
        await self._connection.close()

    async def send(
        self,
        document: Json,
        *,
        folder: Path,
        at_once_bytes: int = AT_ONCE_BYTES,
        told: Callable[[str, int, int], None] | None = None,
    ) -> SentAnswer:
        """Check, upload, seal and queue one document.

        What goes in parts and was cut off goes on when the same is sent again.

        Args:
            document: As `a35 check` reads it.
            folder: Where the paths of its attachments begin.
            at_once_bytes: Larger attachments go in parts, which outlives restarts of the node.
            told: Called with an attachment that goes in parts, its bytes that are there and in all.

        Returns:
            The ids; the message is on its way whatever happens to this program.

        Raises:
            RefusedError: A rule is broken; carries every fault.
            NoInputError: An attachment cannot be read.
            AccessDeniedError: A second person must approve (`not_approved`); it waits as a draft.
        """
        names = attachment_paths(document)
        try:
            sizes = {name: (folder / name).stat().st_size for name in names}
        except OSError as error:
            raise NoInputError(
                "an attachment of the document cannot be read", code="attachment_missing"
            ) from error
        if sum(sizes.values()) > at_once_bytes:
            return await self._send_in_parts(document, names, folder, told)
        try:
            draft = await self.uploads.begin(document, sizes)
        except AccessDeniedError as error:
            if error.code != NOT_APPROVED:
                raise
            return await self._send_in_parts(document, names, folder, told)
        for index, name in enumerate(names):
            with (folder / name).open("rb") as source:
                await self.uploads.upload(draft.id, index, source)
        return await self.uploads.send(draft.id)

    async def _send_in_parts(
        self,
        document: Json,
        names: Sequence[str],
        folder: Path,
        told: Callable[[str, int, int], None] | None,
    ) -> SentAnswer:
        """Send by a draft, whose upload outlives restarts and which a second person may approve.

        Raises:
            AccessDeniedError: A second person must approve; the draft waits for them.
        """
        begun = await unfinished(self.drafts, document) if names else None
        draft = begun or await self.drafts.new(document)
        for name in names:
            tell = None if told is None else partial(told, name)
            await self.drafts.upload(draft.id, name, folder / name, told=tell)
        await self.drafts.submit(draft.id)
        try:
            return await self.drafts.send(draft.id)
        except AccessDeniedError as error:
            if error.code != NOT_APPROVED:
                raise
            raise AccessDeniedError(
                f"draft {draft.id} waits for a second person to approve it",
                code=NOT_APPROVED,
                hint=f"once it is approved: a35 drafts send {draft.id}",
            ) from error

    async def queue(self, document: Json, *, key: str | None = None) -> SentAnswer:
        """Check, seal and queue a document without attachments in one call.

        Args:
            document: As `a35 check` reads it.
            key: Names this request: called again with it, also after a restart of the node or
                a lost answer, nothing is queued twice.

        Returns:
            The ids; the message is on its way whatever happens to this program.

        Raises:
            RefusedError: A rule is broken; carries every fault.
            GatewayError: The node refused, or does not answer.
        """
        data = dumps(document, ensure_ascii=False).encode()
        async with self._connection.call("POST", "/messages", data=data, key=key) as response:
            return await read(response, SentAnswer)

    async def messages(
        self,
        box: Box,
        *,
        limit: int = 50,
        before: int | None = None,
        filters: Mapping[str, str] | None = None,
    ) -> MessageList:
        """List received or sent messages, newest first.

        Args:
            box: `in` or `out`.
            limit: At most so many, up to 200.
            before: The `next` of the page before.
            filters: Further parameters: state, party, type, overdue, seen.
        """
        asked = {"box": box, "limit": str(limit), **(filters or {})}
        if before is not None:
            asked["before"] = str(before)
        return await self._connection.get(f"/messages?{urlencode(asked)}", MessageList)

    async def coded(self, code: str) -> MessageList:
        """List the messages, sent and received, that a short code names."""
        return await self._connection.get(f"/codes/{quote(code, safe='')}", MessageList)

    async def show(self, mid: str) -> MessageView:
        """Show one message with clocks and timeline."""
        return await self._connection.get(f"/messages/{mid}", MessageView)

    async def thread(self, thread: str) -> ThreadView:
        """List the messages of a thread."""
        return await self._connection.get(f"/threads/{thread}", ThreadView)

    async def explain(self, mid: str) -> ExplainView:
        """Show every attempt to deliver a message."""
        return await self._connection.get(f"/messages/{mid}/attempts", ExplainView)

    async def follow(
        self, mid: str, stage: MessageState, *, timeout_s: float | None = None, seen: int = 0
    ) -> AsyncIterator[TimelineEntry]:
        """Yield what happens to a message until it reaches a stage; outlives restarts of the node.

        Args:
            mid: The message.
            stage: Where to stop.
            timeout_s: How long to wait in all; None for ever.
            seen: How many entries of its timeline to leave out.

        Yields:
            Each new entry of its timeline, in order, once.

        Raises:
            NotYetError: The time is over; the message stays on its way.
            DataError: It was rejected, cancelled, or has expired: it never will.
        """
        end_s = None if timeout_s is None else self._clock.monotonic_s() + timeout_s
        view = await self.show(mid)
        after = view.event
        while True:
            for entry in view.timeline[seen:]:
                yield entry
            seen = len(view.timeline)
            state = MessageState(view.state)
            if reached(state, stage):
                return
            if is_over(state):
                raise DataError(
                    f"the message is {state.value} and will not be {stage.value} by itself",
                    code=f"message_{state.value}",
                    hint=f"see what happened with: a35 explain {mid}",
                )
            left_s = None if end_s is None else end_s - self._clock.monotonic_s()
            try:
                async with asyncio.timeout(left_s):
                    after = await self._news_of(mid, after)
                    view = await self.show(mid)
            except TimeoutError as error:
                raise NotYetError(
                    f"message {mid} has not been {stage.value} in time",
                    hint=f"it stays on its way; go on: a35 wait {mid} --stage {stage.value}",
                ) from error

    async def wait(
        self, mid: str, stage: MessageState, *, timeout_s: float | None = None
    ) -> MessageView:
        """Wait until a message reaches a stage; outlives restarts of the node.

        Args:
            mid: The message.
            stage: What to wait for.
            timeout_s: How long; None for ever.

        Raises:
            NotYetError: The time is over; the message stays on its way.
            DataError: It was rejected, cancelled, or has expired: it never will.
        """
        async for _entry in self.follow(mid, stage, timeout_s=timeout_s):
            pass
        return await self.show(mid)

    def events(self, after: int = 0) -> AsyncGenerator[Event, None]:
        """Yield the node's events above a number, for ever; outlives cuts and restarts.

        Args:
            after: The last one seen, which makes it exactly once for the caller; 0 for none.

        Yields:
            Each event once, in order. `reset` says that older ones are gone: look anew at what
            you follow.

        Raises:
            AccessDeniedError: Whoever asks may not, or not any more.
        """
        return Follower(self._connection, self._clock).events(after)

    async def approved(self, draft: str, *, timeout_s: float | None = None) -> DraftView:
        """Wait until a second person decided about a submitted draft; outlives restarts.

        Args:
            draft: Its id.
            timeout_s: How long; None for ever.

        Returns:
            The draft, approved, returned, or confirmed after its sending.

        Raises:
            NotYetError: The time is over; nothing was lost.
        """
        end_s = None if timeout_s is None else self._clock.monotonic_s() + timeout_s
        while True:
            shown = await self.drafts.show(draft)
            if shown.state != "submitted" and not shown.pending:
                return shown
            if end_s is not None and self._clock.monotonic_s() >= end_s:
                raise NotYetError(
                    f"draft {draft} has not been approved in time",
                    hint=f"it waits on; see: a35 drafts show {draft}",
                )
            await self._clock.sleep(AGAIN_S)

    async def _news_of(self, mid: str, after: int) -> int:
        """Return the number up to which events were seen, once one of them concerns a message."""
        while True:
            try:
                news = await self.node.events(after)
            except UnavailableError:
                await self._clock.sleep(AGAIN_S)
                continue
            after = news.next
            if news.reset or any(event.mid == mid for event in news.items):
                return after
