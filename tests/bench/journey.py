"""One attachment from an officer's file to the officer of the other node, watched and disturbed.

The legs: parts go through the API into a draft (`given`), the draft is frozen and its file sealed
(`sealed`), the sealed file goes in ranges to the other node, which verifies and stores it
(`sent`, until its receipt is settled), its officer opens the message and fetches the file
(`fetched`). A kill is due at a byte of a leg, and the node is started again at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any, Final, TypeVar

from gateway.demo.documents import note_of
from gateway.demo.network import CLOCK, DemoNetwork, DemoNode
from gateway.demo.story import load_examples
from gateway.errors import UnavailableError
from gateway.officer.client import Client
from protocol.cases.ladder import MessageState
from tests.bench.process import cpu_of

FROM: Final = "RO/1"
TO: Final = "FR/1"
LEGS: Final = ("given", "sealed", "sent", "fetched")
_OF_SENDER: Final = (0, 3)
_OF_RECEIVER: Final = (2, 4)
"""In which legs a kill of each side hits the file: from this leg to before that one."""

_LOOK_EVERY_S: Final = 0.002
_AGAIN_S: Final = 0.1
_PATIENCE_S: Final = 180.0
_TYPE: Final = "subscriber_information_request"

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """A SIGKILL that is due.

    Attributes:
        node: Of which node.
        leg: In which leg.
        byte: At which byte of it.
    """

    node: str
    leg: str
    byte: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """What came of one.

    Attributes:
        legs: Seconds of each.
        extra_mib: What the memory of each side grew by at most, by node.
        peak_in: In which leg that was, by node.
        equal: Whether what was fetched is what was given.
        kills: Those that hit.
        cpu_s: Processor time of each side, of this process too.
    """

    legs: dict[str, float]
    extra_mib: dict[str, float]
    peak_in: dict[str, str]
    equal: bool
    kills: Sequence[Kill]
    cpu_s: dict[str, float]

    @property
    def stored_s(self) -> float:
        """How long it took until the other node had it."""
        return sum(self.legs[name] for name in LEGS[:3])

    @property
    def total_s(self) -> float:
        """How long it took until the other officer had it."""
        return sum(self.legs.values())

    def as_json(self) -> dict[str, Any]:
        """Return it as `--json` prints it."""
        return {
            "digest_equal": self.equal,
            "extra_rss_mib": {name: round(value, 1) for name, value in self.extra_mib.items()},
            "peak_in": self.peak_in,
            "seconds": {name: round(value, 2) for name, value in self.legs.items()},
            "cpu_s": {name: round(value, 1) for name, value in self.cpu_s.items()},
            "kills": [f"{kill.node} {kill.leg} at byte {kill.byte}" for kill in self.kills],
        }


def kills_at(chance: Random, size: int, count: int) -> tuple[Kill, ...]:
    """Draw where the nodes are killed, the sides in turn, in the order in which it is due.

    Args:
        chance: Draws.
        size: Of the file.
        count: How many kills.
    """
    places = []
    for number in range(count):
        node, (first, end) = ((FROM, _OF_SENDER), (TO, _OF_RECEIVER))[number % 2]
        places.append((chance.randrange(first * size, end * size), node))
    return tuple(
        Kill(node=node, leg=LEGS[place // size], byte=place % size)
        for place, node in sorted(places)
    )


@dataclass(slots=True)
class Watch:
    """Knows where a file is, kills when it is due, and measures memory.

    Args:
        network: The two nodes.
        file: That is sent.
        plan: Kills, in order.
        tell: Says how far it is.
    """

    network: DemoNetwork
    file: Path
    plan: Sequence[Kill] = ()
    tell: Callable[[str], None] | None = None
    leg: str = LEGS[0]
    moved: int = 0
    done: list[Kill] = field(default_factory=list)
    _before: dict[str, float] = field(default_factory=dict)
    _peaks: dict[str, tuple[float, str]] = field(default_factory=dict)
    _cpu: dict[str, float] = field(default_factory=dict)

    def begin(self) -> None:
        """Take the memory and the time of both nodes as where they start."""
        for node in self.network.nodes:
            pid = pid_of(node)
            self._before[node.name] = memory_of(pid, "VmRSS")
            self._cpu[node.name] = -cpu_of(pid)
            reset_peak(pid)

    def end_leg(self, leg: str, seconds: float) -> None:
        """Take the peaks of a leg that is over."""
        for node in self.network.nodes:
            extra = memory_of(pid_of(node), "VmHWM") - self._before[node.name]
            if extra > self._peaks.get(node.name, (-1.0, ""))[0]:
                self._peaks[node.name] = (extra, leg)
        if self.tell is not None:
            self.tell(f"  {leg}: {seconds:.1f} s")

    def result(self, legs: dict[str, float], *, equal: bool) -> Journey:
        """Return what came of it."""
        return Journey(
            legs=legs,
            extra_mib={name: peak for name, (peak, _) in self._peaks.items()},
            peak_in={name: leg for name, (_, leg) in self._peaks.items()},
            equal=equal,
            kills=tuple(self.done),
            cpu_s={
                node.name: self._cpu[node.name] + cpu_of(pid_of(node))
                for node in self.network.nodes
            },
        )

    async def disturb(self) -> None:
        """Kill and start again what is due, until all is done."""
        for kill in self.plan:
            while not self._is_due(kill):
                await CLOCK.sleep(_LOOK_EVERY_S)
            node = node_of(self.network, kill.node)
            assert node.process is not None
            node.process.kill()
            await node.process.wait()
            if self.tell is not None:
                self.tell(f"  killed {kill.node} in {kill.leg} after byte {kill.byte}")
            self.done.append(kill)
            await self.network.start_node(node)
            self._cpu[node.name] = -cpu_of(pid_of(node))

    def _is_due(self, kill: Kill) -> bool:
        now, then = LEGS.index(self.leg), LEGS.index(kill.leg)
        return now > then or (now == then and self._position() >= kill.byte)

    def _position(self) -> int:
        match self.leg:
            case "sealed":
                return newest_size(node_of(self.network, FROM).home.blobs)
            case "sent":
                return newest_size(node_of(self.network, TO).home.blobs)
            case _:
                return self.moved

    def told(self, held: int, _total: int) -> None:
        """Note how far an upload is."""
        self.moved = held


class Sink:
    """Hashes what is written, and keeps nothing."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self.hasher = sha256()

    def write(self, data: bytes, /) -> int:
        """Take the next bytes."""
        self.hasher.update(data)
        self._watch.moved += len(data)
        return len(data)


async def journey(network: DemoNetwork, file: Path, digest: str, watch: Watch) -> Journey:
    """Send a file from one officer to the other.

    Args:
        network: Both nodes, running.
        file: What is sent.
        digest: Its SHA-256, in hex.
        watch: Disturbs and measures it.
    """
    watch.begin()
    legs: dict[str, float] = {}
    disturbing = asyncio.create_task(watch.disturb())
    sender, receiver = node_of(network, FROM), node_of(network, TO)
    try:
        async with sender.client() as giver, receiver.client() as taker:
            given = await _leg(watch, legs, "given", lambda: _give(giver, file, watch))
            await _leg(watch, legs, "sealed", lambda: again(lambda: giver.drafts.submit(given)))
            mid = await _leg(watch, legs, "sent", lambda: _send(giver, given))
            got = await _leg(watch, legs, "fetched", lambda: _fetch(taker, mid, watch))
        await disturbing
    finally:
        disturbing.cancel()
        with suppress(asyncio.CancelledError):
            await disturbing
    return watch.result(legs, equal=got == digest)


async def _leg(
    watch: Watch, legs: dict[str, float], name: str, work: Callable[[], Awaitable[T]]
) -> T:
    watch.moved, watch.leg = 0, name
    began = perf_counter()
    done = await work()
    legs[name] = perf_counter() - began
    watch.end_leg(name, legs[name])
    return done


async def _give(desk: Client, file: Path, watch: Watch) -> str:
    key = f"bench {perf_counter()}"
    draft = await again(lambda: desk.drafts.new(document(file.name), key=key))
    await desk.drafts.upload(draft.id, file.name, file, told=watch.told)
    return draft.id


async def _send(desk: Client, draft: str) -> str:
    sent = await again(lambda: desk.drafts.send(draft))
    await again(lambda: desk.wait(sent.mid, MessageState.ACCEPTED))
    return sent.mid


async def _fetch(desk: Client, mid: str, watch: Watch) -> str:
    await again(lambda: desk.wait(mid, MessageState.CONSIGNED))
    await again(lambda: desk.received.open(mid))

    async def whole() -> str:
        watch.moved, sink = 0, Sink(watch)
        await desk.received.file(mid, 0, sink)
        return sink.hasher.hexdigest()

    return await again(whole)


async def again(work: Callable[[], Awaitable[T]]) -> T:
    """Do something, once more whenever the node was away meanwhile.

    Raises:
        UnavailableError: It was away too long.
    """
    end_s = CLOCK.monotonic_s() + _PATIENCE_S
    while True:
        try:
            return await work()
        except UnavailableError:
            if CLOCK.monotonic_s() > end_s:
                raise
            await CLOCK.sleep(_AGAIN_S)


def document(name: str) -> dict[str, object]:
    """Return a request that carries one file."""
    example = next(one for one in load_examples([]) if one.type == _TYPE)
    bare = note_of(example.document, number=1, size_bytes=4096)
    return {**bare, "to": TO, "attachments": [{"path": name, "role": "other"}]}


def node_of(network: DemoNetwork, name: str) -> DemoNode:
    """Return a node by its name."""
    return next(node for node in network.nodes if node.name == name)


def pid_of(node: DemoNode) -> int:
    """Return the process of a node that runs."""
    assert node.process is not None
    return node.process.pid


def newest_size(blobs: Path) -> int:
    """Return how much of the newest sealed file there is."""
    newest, size = 0, 0
    for path in blobs.glob("*/*"):
        with suppress(FileNotFoundError):
            found = path.stat()
            if found.st_mtime_ns > newest:
                newest, size = found.st_mtime_ns, found.st_size
    return size


def memory_of(pid: int, name: str) -> float:
    """Return a figure of a process's memory, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return float(status.partition(f"{name}:")[2].split()[0]) / 1024


def reset_peak(pid: int) -> None:
    """Let the largest memory of a process begin anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")
