"""The people of a world: they send in bursts, read what came, answer, and ask again when unsure.

An officer's program names each request by a key. When its node ends before it answered, the
program asks again with the same key, or gives up; the model knows what either may come to.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final

from gateway.errors import DataError, GatewayError, NoInputError
from gateway.records import Direction
from gateway.rows import MessageRow
from gateway.service.cancel import Cancel
from gateway.simulator import documents
from gateway.simulator.clock import VirtualTime
from gateway.simulator.loop import Life
from gateway.simulator.model import Model, Promise
from gateway.simulator.node import SimulatedNode
from protocol.cases.ladder import MessageState, reached
from protocol.identifiers import MessageId, NodeId

_URGENCIES: Final = ("routine",) * 6 + ("urgent",) * 2 + ("emergency",)
_PATIENCE_S: Final = 20.0
_TRIES: Final = 6
_AT_ONCE: Final = 12


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One call of an officer's program; `is_first` if no earlier one may still run."""

    life: Life
    answered: asyncio.Event
    is_first: bool
    thread: NodeId | None = None


@dataclass(slots=True, kw_only=True)
class Officers:
    """All officers of one world.

    Args:
        time: Of the world.
        draw: Decides what they do.
        nodes: Their nodes.
        model: Told of everything.
        note: Takes a line for the trace.
    """

    time: VirtualTime
    draw: Random
    nodes: dict[NodeId, SimulatedNode]
    model: Model
    note: Callable[[str], None]
    short_lived: bool
    sent: int = 0
    handled: int = 0
    busy: int = 0
    _threads: dict[NodeId, list[tuple[NodeId, MessageId]]] = field(default_factory=dict)
    _dealt_with: set[tuple[NodeId, NodeId, MessageId]] = field(default_factory=set)

    def burst(self, count: int) -> None:
        """Let one node's officers send requests to some others, all at the same moment."""
        sender = self.draw.choice(sorted(self.nodes))
        others = [node for node in sorted(self.nodes) if node != sender]
        only = self.draw.choice(others) if self.draw.random() < 0.5 else None  # noqa: PLR2004 - half
        threads = self._threads.get(sender, [])
        for _ in range(count):
            to = self.draw.choice(others) if only is None else only
            if threads and self.draw.random() < 0.6:  # noqa: PLR2004 - most say more on a case
                self.note_on(sender, *self.draw.choice(threads))
            else:
                self.request(sender, to, self.draw.choice(_URGENCIES))

    def request(self, sender: NodeId, to: NodeId, urgency: str) -> str:
        """Let an officer send a request; return the key of the program's request."""
        number = self._next()
        until = None
        if self.short_lived and self.draw.random() < 0.1:  # noqa: PLR2004 - a few
            life_ms = self.draw.randrange(60_000, 3_600_000)
            until = documents.instant(self.nodes[sender].now_ms() + life_ms)
        document = documents.request(number, to=to, urgency=urgency, valid_until=until)
        return self._hand_in(sender, to, number, document, opens=True)

    def note_on(self, sender: NodeId, to: NodeId, re: MessageId) -> str:
        """Let an officer say something more on a request; return the key."""
        number = self._next()
        return self._hand_in(sender, to, number, documents.note(number, to=to, re=re))

    async def look(self, node: SimulatedNode) -> None:
        """Let the officers of a node read their inbox, and do something about a few messages."""
        if not node.is_up or node.life.is_dead:
            return
        rows = await node.store.messages(Direction.IN, limit=200)
        for row in rows:
            if self.handled >= 4 * self.sent or not reached(row.state, MessageState.CONSIGNED):
                continue
            if (node.id, row.sender, row.mid) in self._dealt_with:
                continue
            self._dealt_with.add((node.id, row.sender, row.mid))
            self._deal_with(node, row)
        if self.draw.random() < 0.5:  # noqa: PLR2004 - half of the looks
            await self._regret(node)

    async def _regret(self, node: SimulatedNode) -> None:
        """Let an officer take back one message that nobody is known to have."""
        rows = await node.store.messages(Direction.OUT, limit=200)
        queued = [row for row in rows if row.state is MessageState.QUEUED]
        if queued:
            self._cancel(node, self.draw.choice(queued))

    def _cancel(self, node: SimulatedNode, row: MessageRow) -> None:
        self.model.cancel((node.id, row.mid), is_done=False)

        async def cancelling() -> None:
            try:
                service = Cancel(store=node.store, clock=node.clock)
                await service.cancel(row.mid, "sent by mistake", who=f"{node.id} officer 2")
            except GatewayError as error:
                self.note(f"{node.id} cancel {row.mid} {error.code}")
                return
            self.model.cancel((node.id, row.mid), is_done=True)
            self.note(f"{node.id} cancel {row.mid} done")

        node.life.go(cancelling(), name="cancels")

    def _deal_with(self, node: SimulatedNode, row: MessageRow) -> None:
        """Decide what becomes of one received message."""
        fate = self.draw.random()
        to, re, now = row.sender, row.mid, documents.instant(node.now_ms())
        if fate < 0.25:  # noqa: PLR2004 - shares of what officers do
            return
        if fate < 0.5:  # noqa: PLR2004
            self._open(node, row)
            return
        if row.re is not None:
            return  # what answers is not answered again
        number = self._next()
        if fate < 0.7:  # noqa: PLR2004
            document = documents.note(number, to=to, re=re)
        elif fate < 0.9:  # noqa: PLR2004
            self.model.act((to, re), "acknowledged", is_done=False)
            document = documents.acknowledgement(number, to=to, re=re, now=now)
        else:
            self.model.act((to, re), "answered", is_done=False)
            document = documents.decision(number, sender=node.id, to=to, re=re, now=now)
        self._hand_in(node.id, to, number, document)

    async def open(self, node: SimulatedNode, mid: MessageId) -> None:
        """Let an officer open a received message."""
        for row in await node.store.message(mid):
            self._open(node, row)

    def _open(self, node: SimulatedNode, row: MessageRow) -> None:
        named = (row.sender, row.mid)
        self.model.act(named, "opened", is_done=False)

        async def opening() -> None:
            try:
                await node.runtime.act.open(row.mid, who=f"{node.id} officer 1")
            except GatewayError as error:
                self.note(f"{node.id} open {row.mid} {error.code}")
                return
            self.model.act(named, "opened", is_done=True)
            self.note(f"{node.id} open {row.mid} done")

        self.handled += 1
        node.life.go(opening(), name="opens")

    def _next(self) -> int:
        self.sent += 1
        return self.sent

    def _hand_in(
        self, sender: NodeId, to: NodeId, number: int, document: bytes, *, opens: bool = False
    ) -> str:
        key = f"key {number}"
        self.model.ask(key, sender=sender, to=to, mark=documents.mark_of(number))
        task = asyncio.get_running_loop().create_task(
            self._insist(sender, to if opens else None, key, document)
        )
        self.busy += 1
        task.add_done_callback(self._finished)
        return key

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self.busy -= 1
        task.result()

    async def _insist(
        self, sender: NodeId, opened: NodeId | None, key: str, document: bytes
    ) -> None:
        """Ask until there is an answer, or give up after some unanswered ones."""
        attempts: list[_Attempt] = []
        for _ in range(_TRIES):
            node = self.nodes[sender]
            if node.is_up and not node.life.is_dead:
                is_first = all(each.life.is_dead for each in attempts)
                attempt = _Attempt(node.life, asyncio.Event(), is_first, opened)
                attempts.append(attempt)
                node.life.go(self._submit(node, key, document, attempt), name=f"sends {key}")
                await self._wait(attempt.answered)
                if attempt.answered.is_set():
                    return
            await self.time.wait(self.draw.uniform(1.0, _PATIENCE_S))
            if self.draw.random() < 0.1:  # noqa: PLR2004 - some give up
                return

    async def _wait(self, answered: asyncio.Event) -> None:
        for _ in range(_AT_ONCE):
            await self.time.wait(_PATIENCE_S / _AT_ONCE)
            if answered.is_set():
                return

    async def _submit(
        self, node: SimulatedNode, key: str, document: bytes, attempt: "_Attempt"
    ) -> None:
        try:
            queued = await node.runtime.submit.queue(document, request_key=key)
        except (DataError, NoInputError) as error:
            # What an earlier attempt that still runs will come to, this one cannot know.
            self.model.told(key, Promise.REFUSED if attempt.is_first else Promise.FAILED)
            self.note(f"{node.id} {key} refused {error.code}")
        except GatewayError as error:
            self.model.told(key, Promise.FAILED)
            self.note(f"{node.id} {key} failed {error.code}")
            return  # the program asks again
        else:
            self.model.told(key, Promise.QUEUED, queued.mid)
            self.note(f"{node.id} {key} queued {queued.mid}")
            if attempt.thread is not None:
                self._threads.setdefault(node.id, []).append((attempt.thread, queued.mid))
        attempt.answered.set()
