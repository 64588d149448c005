"""The network of a world: requests and answers that are late, lost, doubled, cut or changed.

What a request meets is drawn when it meets it, from the seed. The receiving node answers in a
task of its own life, so that it goes on when its caller is gone and ends with its process.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final, Protocol

from gateway.errors import TransportError
from gateway.simulator.clock import VirtualTime
from gateway.simulator.faults import CALM, Fault, Tally, Weather
from gateway.simulator.lines import Lines
from gateway.simulator.loop import Life, LifeState, present_life
from gateway.simulator.port import PeerPort, Reply, Request
from protocol.identifiers import NodeId

Way = tuple[NodeId, NodeId]

BUSY_PACE: Final = 20.0
"""Virtual seconds in one second of the loop while anything travels."""

_CONNECT_S: Final = 10.0
_ATTEMPT_S: Final = 40.0
_BUG: Final = 500


class Server(Protocol):
    """A node as the wire sees it."""

    @property
    def life(self) -> Life:
        """Its present run."""

    @property
    def port(self) -> PeerPort:
        """What answers."""

    @property
    def is_up(self) -> bool:
        """Whether it serves; one that ends in order closes its files before its life is over."""


class Liar(Protocol):
    """What a lying node makes of what it says."""

    def speaks(self, way: Way, request: Request) -> Request:
        """Change a request on its way out."""

    def answers(self, way: Way, request: Request, reply: Reply) -> Reply:
        """Change an answer; `way` is that of the request."""


class Witness(Protocol):
    """Whoever looks at everything that arrives."""

    def arrived(self, way: Way, request: Request) -> None:
        """A request reached its node as it was sent."""

    def answered(self, way: Way, request: Request, reply: Reply) -> None:
        """An answer reached its caller as it was given."""


@dataclass(slots=True)
class _Waiting:
    """One caller that waits for a node."""

    life: Life
    future: "asyncio.Future[Reply]"


@dataclass(slots=True)
class Wire:
    """What lies between all nodes.

    Args:
        time: Of the world.
        draw: Decides what each request meets.
        server: Gives the node at the end of a way, None if it is down.
        hidden: Whether the present caller keeps away from the node at the end of a way.
        tally: Counts faults.
        witness: Sees what arrives.
    """

    time: VirtualTime
    draw: Random
    server: Callable[[Way], Server | None]
    hidden: Callable[[Way], bool]
    tally: Tally
    witness: Witness
    weather: Weather = CALM
    cut: dict[Way, Fault] = field(default_factory=dict)
    liars: dict[NodeId, Liar] = field(default_factory=dict)
    busy: set[NodeId] = field(default_factory=set)
    moved_s: float = 0.0
    lines: Lines = field(default_factory=lambda: Lines(_CONNECT_S / BUSY_PACE))
    requests: int = 0
    bugs: list[Exception] = field(default_factory=list)
    _numbers: dict[Way, int] = field(default_factory=dict)
    _newest: dict[Way, int] = field(default_factory=dict)
    _waiting: list[_Waiting] = field(default_factory=list)

    async def call(self, way: Way, request: Request) -> Reply:
        """Carry one request there and its answer back.

        Raises:
            TransportError: As the real transport raises it.
        """
        self.requests += 1
        life = present_life()
        caller = ("" if life is None else life.name, way[1])
        async with self.lines.one(caller, is_frame=request.method == "POST"):
            return await self._carried(way, request)

    async def _carried(self, way: Way, request: Request) -> Reply:
        liar = self.liars.get(way[0])
        if liar is not None:
            request = liar.speaks(way, request)
        number = self._numbers[way] = self._numbers.get(way, 0) + 1
        server = await self._reached(way)
        await self._travel()
        self._note_order(way, number)
        await self._maybe_lost(way, request, server)
        sent = self._mangled(request)
        if sent is request:
            self.witness.arrived(way, request)
        reply = await self._served(server, way, sent)
        liar = self.liars.get(way[1])
        if liar is not None:
            reply = liar.answers(way, request, reply)
        await self._travel()
        return await self._back(way, request, reply)

    async def _reached(self, way: Way) -> Server:
        """Connect.

        Raises:
            TransportError: Nobody there, or no way.
        """
        server = None if self.hidden(way) else self.server(way)
        if way in self.cut or (way[1], way[0]) in self.cut:
            # One way is enough: no connection is made without an answer to it.
            self.tally[self.cut.get(way, self.cut.get((way[1], way[0]), Fault.ONE_WAY_CUT))] += 1
            await self.time.wait(self.draw.choice((0.01, _CONNECT_S)))
            raise TransportError("no connection", code="unreachable")
        if server is None:
            await self.time.wait(0.01)
            raise TransportError("no connection", code="unreachable")
        if server.life.state is LifeState.FROZEN:
            self.tally[Fault.FREEZE] += 1
            await self.time.wait(_CONNECT_S)
            raise TransportError("no connection", code="unreachable")
        return server

    async def _travel(self) -> None:
        """Take the time of one way."""
        delay_s = self.draw.uniform(0.0, self.weather.quick_s)
        if self.draw.random() < self.weather.chance(Fault.DELAY):
            self.tally[Fault.DELAY] += 1
            delay_s = self.draw.uniform(0.0, self.weather.slow_s)
        if self.time.pace > BUSY_PACE:
            self.time.set_pace(BUSY_PACE)
        self.moved_s = max(self.moved_s, self.time.now_s() + delay_s)
        await self.time.wait(delay_s)

    def _note_order(self, way: Way, number: int) -> None:
        if number < self._newest.get(way, 0) and self.weather.chances:
            self.tally[Fault.REORDERING] += 1
        self._newest[way] = max(number, self._newest.get(way, 0))

    async def _maybe_lost(self, way: Way, request: Request, server: Server) -> None:
        """Lose, swallow or double a request.

        Raises:
            TransportError: It was lost.
        """
        weather, draw = self.weather, self.draw.random
        if draw() < weather.chance(Fault.REQUEST_LOST):
            self.tally[Fault.REQUEST_LOST] += 1
            await self._silence()
        if draw() < weather.chance(Fault.SLOW_DRIP):
            self.tally[Fault.SLOW_DRIP] += 1
            await self._silence()
        if draw() < weather.chance(Fault.MIDDLEBOX):
            self.tally[Fault.MIDDLEBOX] += 1
            raise TransportError("not our media type", code="not_ours")
        if draw() < weather.chance(Fault.DUPLICATION):
            self.tally[Fault.DUPLICATION] += 1
            server.life.go(self._again(server, way, request), name="doubled")

    async def _again(self, server: Server, way: Way, request: Request) -> None:
        """Bring the same request once more, a little later; nobody reads the answer."""
        await self.time.wait(self.draw.uniform(0.0, self.weather.slow_s))
        self.witness.arrived(way, request)
        await self._asked(server, way, request)

    async def _silence(self) -> None:
        """Hear nothing.

        Raises:
            TransportError: Always, after a while.
        """
        quick = self.draw.random() < 0.5  # noqa: PLR2004 - reset or silence
        await self.time.wait(0.01 if quick else _ATTEMPT_S)
        if quick:
            raise TransportError("the connection ended", code="broken", sent=True)
        raise TransportError("no answer in time", code="time_out", sent=True)

    def _mangled(self, request: Request) -> Request:
        """Cut or change the body of a request, as a broken relay would."""
        if not request.body:
            return request
        body = self._spoilt(request.body)
        if body is request.body:
            return request
        return Request(
            method=request.method, path=request.path, body=body,
            offset=request.offset, total=request.total,
        )  # fmt: skip

    def _spoilt(self, body: bytes) -> bytes:
        if self.draw.random() < self.weather.chance(Fault.TRUNCATION):
            self.tally[Fault.TRUNCATION] += 1
            return body[: self.draw.randrange(len(body))]
        if self.draw.random() < self.weather.chance(Fault.CORRUPTION):
            self.tally[Fault.CORRUPTION] += 1
            place = self.draw.randrange(len(body))
            flipped = body[place] ^ (1 << self.draw.randrange(8))
            return body[:place] + bytes((flipped,)) + body[place + 1 :]
        return body

    async def _served(self, server: Server, way: Way, request: Request) -> Reply:
        """Let the node answer in its own life.

        Raises:
            TransportError: Its process ended, or is stopped.
        """
        if server.life.is_dead:
            raise TransportError("the connection ended", code="broken", sent=True)
        waiting = _Waiting(server.life, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        server.life.go(self._answer(server, way, request, waiting), name=f"answers {way[0]}")
        try:
            return await waiting.future
        finally:
            self._waiting.remove(waiting)

    async def _answer(self, server: Server, way: Way, request: Request, waiting: _Waiting) -> None:
        if way[1] in self.busy:
            self.tally[Fault.BUSY] += 1
            reply = server.port.busy()
        else:
            reply = await self._asked(server, way, request)
        if not waiting.future.done():
            waiting.future.set_result(reply)

    async def _asked(self, server: Server, way: Way, request: Request) -> Reply:
        """Ask a node; what is our bug is kept, and answered as the real port does."""
        try:
            return await server.port.answer(way[0], request)
        except Exception as error:  # noqa: BLE001 - outermost frame of a request: it fails the run
            if server.is_up:
                self.bugs.append(error)
            return Reply(status=_BUG, is_ours=False)

    async def _back(self, way: Way, request: Request, reply: Reply) -> Reply:
        """Bring the answer to its caller.

        Raises:
            TransportError: It did not come, or not as ours.
        """
        if self.draw.random() < self.weather.chance(Fault.ANSWER_LOST):
            self.tally[Fault.ANSWER_LOST] += 1
            await self._silence()
        if not reply.is_ours:
            raise TransportError("not our media type", code="not_ours", sent=True)
        body = self._spoilt(reply.body) if reply.body else reply.body
        if body is reply.body:
            self.witness.answered(way, request, reply)
            return reply
        if len(body) < len(reply.body) and self.draw.random() < 0.5:  # noqa: PLR2004 - seen or not
            raise TransportError("the connection ended", code="broken", sent=True)
        return Reply(status=reply.status, body=body, offset=reply.offset)

    def ended(self, life: Life) -> None:
        """Tell the callers of a life that it ended."""
        self._fail(life, TransportError("the connection ended", code="broken", sent=True))

    def frozen(self, life: Life) -> None:
        """Tell the callers of a life, in time, that it does not answer."""
        self._fail(life, TransportError("no answer in time", code="time_out", sent=True))

    def _fail(self, life: Life, error: TransportError) -> None:
        for waiting in list(self._waiting):
            if waiting.life is life and not waiting.future.done():
                waiting.future.set_exception(error)
