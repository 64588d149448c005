"""What goes wrong besides the wire: processes, disks, clocks, links, directories, in one seed.

Each kind that belongs to the seed has a task of its own that strikes now and then while the storm
lasts. `heal` ends everything at once, whatever was under way.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from gateway.simulator.attendance import Attendance
from gateway.simulator.clock import DAY_S, VirtualTime
from gateway.simulator.fakes import DirectoryVersion
from gateway.simulator.faults import CALM, Fault, Tally, Weather
from gateway.simulator.node import SimulatedNode
from gateway.simulator.operators import Anchored
from gateway.simulator.wire import Wire
from protocol.identifiers import NodeId

_HOUR_S: Final = 3600.0
_SILENT_S: Final = 40.0

Strike = Callable[[], Coroutine[Any, Any, None]]


@dataclass(slots=True, kw_only=True)
class Trouble:
    """The faults of one world.

    Args:
        time: Of the world.
        draw: Decides when and whom.
        nodes: Who may be struck.
        wire: Between them.
        weather: Which kinds, how strong.
        tally: Counts what happened.
        renew: Publishes a new version of the directory.
        attendance: The operators.
        fork: Lets a node show a peer another history.
        reveal: Ends that.
        say: Lets an officer of a node write to another one.
        liar: Who may do so.
        note: Takes a line for the trace.
    """

    time: VirtualTime
    draw: Random
    nodes: dict[NodeId, SimulatedNode]
    wire: Wire
    weather: Weather
    tally: Tally
    renew: Callable[[], DirectoryVersion]
    attendance: Attendance
    fork: Callable[[NodeId, NodeId], None]
    reveal: Callable[[], None]
    say: Callable[[NodeId, NodeId], None]
    liar: NodeId | None
    note: Callable[[str], None]
    older: dict[NodeId, DirectoryVersion] = field(default_factory=dict)
    unreached: set[NodeId] = field(default_factory=set)
    out: set[NodeId] = field(default_factory=set)
    most_ahead_ms: int = 0
    is_storm: bool = True

    def strikes(self) -> dict[Fault, Strike]:
        """Return what each kind does."""
        return {
            Fault.ONE_WAY_CUT: self._one_way,
            Fault.TWO_WAY_CUT: self._two_ways,
            Fault.SWIZZLE: self._swizzle,
            Fault.BUSY: self._busy,
            Fault.CRASH: self._crash,
            Fault.CRASH_BEFORE_COMMIT: lambda: self._doom(Fault.CRASH_BEFORE_COMMIT),
            Fault.CRASH_AFTER_COMMIT: lambda: self._doom(Fault.CRASH_AFTER_COMMIT),
            Fault.CRASH_BEFORE_ANCHOR: lambda: self._doom(Fault.CRASH_BEFORE_ANCHOR),
            Fault.RESTART: self._restart,
            Fault.FREEZE: self._freeze,
            Fault.DISK_FULL: self._fill,
            Fault.DISK_BROKEN: self._break,
            Fault.CLOCK_FORWARD: lambda: self._jump(Fault.CLOCK_FORWARD, 1),
            Fault.CLOCK_BACK: lambda: self._jump(Fault.CLOCK_BACK, -1),
            Fault.DIRECTORY_UNREACHED: self._unreach,
            Fault.DIRECTORY_OLDER: self._older,
            Fault.DIRECTORY_CHANGED: self._renew,
            Fault.RESTORED_COPY: self._restore,
            Fault.FORKED_LOG: self._fork,
            Fault.PREKEY_GONE: self._forget_prekeys,
            Fault.KEYS_ROTATED: self._rotate,
            Fault.OUTAGE_HOURS: lambda: self._outage(Fault.OUTAGE_HOURS, 8 * _HOUR_S),
            Fault.OUTAGE_DAYS: lambda: self._outage(Fault.OUTAGE_DAYS, 3 * DAY_S),
        }

    async def rage(self, seconds: float) -> None:
        """Let everything of this seed strike for so long.

        Args:
            seconds: Virtual; outages may go on for longer.
        """
        self.wire.weather = self.weather
        async with asyncio.TaskGroup() as group:
            for fault, strike in self.strikes().items():
                if self.weather.has(fault):
                    group.create_task(self._again_and_again(fault, strike, seconds))

    def heal(self) -> None:
        """End every fault; nodes that are down begin again."""
        self.is_storm = False
        self.wire.weather = CALM
        self.wire.cut.clear()
        self.wire.busy.clear()
        self.older.clear()
        self.unreached.clear()
        self.out.clear()
        for _, node in sorted(self.nodes.items()):
            node.disk.is_full, node.disk.breaks, node.disk.plan = False, 0, None
            node.set_clock(0)
            node.life.thaw()
            node.life.light(1, _nothing)
            if node.life.is_dead:
                node.start()

    async def revive(self, node: SimulatedNode, after_s: float) -> None:
        """Start a node again after a while, as whoever supervises it does."""
        await self.time.wait(after_s)
        if node.life.is_dead and node.id not in self.out:
            self.note(f"{node.id} starts")
            node.start()

    async def _again_and_again(self, fault: Fault, strike: Strike, seconds: float) -> None:
        until_s = self.time.now_s() + seconds
        every_s = seconds / (1 + 4 * self.weather.chance(fault))
        while True:
            await self.time.wait(self.draw.uniform(0.1, 1.0) * every_s)
            if self.time.now_s() >= until_s or not self.is_storm:
                return
            await strike()

    def _one(self) -> SimulatedNode | None:
        """Draw a node that is up."""
        up = [node for _, node in sorted(self.nodes.items()) if node.is_up]
        return self.draw.choice(up) if up else None

    def _pair(self) -> tuple[NodeId, NodeId]:
        one, other = self.draw.sample(sorted(self.nodes), 2)
        return one, other

    async def _one_way(self) -> None:
        await self._cut([self._pair()], Fault.ONE_WAY_CUT)

    async def _two_ways(self) -> None:
        one, other = self._pair()
        await self._cut([(one, other), (other, one)], Fault.TWO_WAY_CUT)

    async def _swizzle(self) -> None:
        """Cut a random half of all ways one by one, and heal them in another order."""
        names = sorted(self.nodes)
        ways = [(one, other) for one in names for other in names if one != other]
        chosen = self.draw.sample(ways, len(ways) // 2)
        for way in chosen:
            self.wire.cut[way] = Fault.SWIZZLE
            await self.time.wait(self.draw.uniform(0.0, 5.0))
        self.draw.shuffle(chosen)
        for way in chosen:
            await self.time.wait(self.draw.uniform(0.0, 5.0))
            self.wire.cut.pop(way, None)

    async def _cut(self, ways: list[tuple[NodeId, NodeId]], fault: Fault) -> None:
        for way in ways:
            self.wire.cut[way] = fault
        await self.time.wait(self.draw.uniform(1.0, 200.0))
        for way in ways:
            self.wire.cut.pop(way, None)

    async def _busy(self) -> None:
        node = self.draw.choice(sorted(self.nodes))
        self.wire.busy.add(node)
        await self.time.wait(self.draw.uniform(1.0, 30.0))
        self.wire.busy.discard(node)

    async def _crash(self) -> None:
        """Let a process die after some of its own steps, wherever it then is."""
        node = self._one()
        if node is None:
            return
        life = node.life

        def burn() -> None:
            if not life.is_dead:
                self.tally[Fault.CRASH] += 1
                self.note(f"{life.name} dies")
                node.die()

        life.light(self.draw.randint(1, 60), burn)
        await self.time.wait(self.draw.uniform(0.5, 20.0))
        await self.revive(node, 0.0)

    async def _doom(self, fault: Fault) -> None:
        node = self._one()
        if node is None:
            return
        node.disk.plan = fault
        await self.time.wait(self.draw.uniform(1.0, 20.0))
        node.disk.plan = None
        await self.revive(node, 0.0)

    async def _restart(self) -> None:
        node = self._one()
        if node is None:
            return
        self.tally[Fault.RESTART] += 1
        self.note(f"{node.id} stops")
        await node.stop()
        await self.revive(node, self.draw.uniform(0.1, 5.0))

    async def _freeze(self) -> None:
        node = self._one()
        if node is None:
            return
        life = node.life
        life.freeze()
        self.tally[Fault.FREEZE] += 1
        seconds = self.draw.uniform(1.0, 90.0)
        await self.time.wait(min(seconds, _SILENT_S))
        if seconds > _SILENT_S:
            self.wire.frozen(life)
            await self.time.wait(seconds - _SILENT_S)
        life.thaw()

    async def _fill(self) -> None:
        node = self._one()
        if node is None:
            return
        node.disk.is_full = True
        await self.time.wait(self.draw.uniform(1.0, 60.0))
        node.disk.is_full = False

    async def _break(self) -> None:
        node = self._one()
        if node is None:
            return
        node.disk.breaks = self.draw.choice((1, 1, 2))
        await self.time.wait(30.0)
        node.disk.breaks = 0

    async def _jump(self, fault: Fault, sign: int) -> None:
        node = self._one()
        if node is None:
            return
        self.tally[fault] += 1
        jump_ms = sign * int(1000 * self.draw.choice((2.0, 90.0, 700.0, 2 * _HOUR_S)))
        node.set_clock(node.clock.offset_ms + jump_ms)
        self.most_ahead_ms = max(self.most_ahead_ms, node.most_ahead_ms)
        self.note(f"{node.id} clock {jump_ms}")
        await self.time.wait(self.draw.uniform(5.0, 300.0))
        node.set_clock(0)

    async def _unreach(self) -> None:
        node = self.draw.choice(sorted(self.nodes))
        self.unreached.add(node)
        await self.time.wait(self.draw.uniform(100.0, 2000.0))
        self.unreached.discard(node)

    async def _older(self) -> None:
        node = self.draw.choice(sorted(self.nodes))
        held = self.nodes[node].directory.held
        self.renew()
        await self.nodes[node].directory.refresh()
        self.older[node] = held
        await self.time.wait(self.draw.uniform(100.0, 2000.0))
        self.older.pop(node, None)

    async def _renew(self) -> None:
        self.tally[Fault.DIRECTORY_CHANGED] += 1
        self.renew()
        await self.time.wait(1.0)

    async def _restore(self) -> None:
        """Lose a disk and put an older copy of it back; once in a seed."""
        node = self._one()
        if node is None or self.attendance.copies:
            return
        copy = self.attendance.copy(node)
        await self.time.wait(self.draw.uniform(5.0, 200.0))
        anchored = self.draw.choice(sorted(Anchored, key=lambda each: each.value))
        is_marked = anchored is Anchored.OLD or self.draw.random() < 0.5  # noqa: PLR2004 - half
        self.out.add(node.id)
        self.attendance.restore(node, copy, anchored=anchored, is_marked=is_marked)
        await self.time.wait(self.draw.uniform(1.0, 60.0))
        self.out.discard(node.id)
        await self.revive(node, 0.0)

    async def _fork(self) -> None:
        """Let the liar of the world show one peer another history for a while; once in a seed."""
        liar, self.liar = self.liar, None
        if liar is None or not self.nodes[liar].is_up:
            return
        others = [name for name in sorted(self.nodes) if name != liar]
        met = self.draw.choice(others)
        self.fork(liar, met)
        for _ in range(3):
            await self.time.wait(self.draw.uniform(5.0, 60.0))
            self.say(met, liar)
            self.say(liar, others[0] if others[0] != met else others[1])
        await self.time.wait(60.0)
        self.reveal()

    async def _forget_prekeys(self) -> None:
        """Erase the prekeys of a node that has opened all that it accepted."""
        node = self._one()
        if node is None or await node.store.unopened(1):
            return
        if node.forget_prekeys():
            self.tally[Fault.PREKEY_GONE] += 1
            self.note(f"{node.id} forgets its prekeys")

    async def _rotate(self) -> None:
        """Let a node publish a new prekey beside those that it has."""
        node = self._one()
        if node is not None:
            self.tally[Fault.KEYS_ROTATED] += 1
            self.note(f"{node.id} publishes a prekey")
            node.life.go(node.publish_prekey(), name="publishes")
        await self.time.wait(1.0)

    async def _outage(self, fault: Fault, longest_s: float) -> None:
        """Let a node be away for long; once in a seed."""
        node = self._one()
        if node is None or self.out:
            return
        self.tally[fault] += 1
        self.out.add(node.id)
        self.note(f"{node.id} is out")
        node.die()
        await self.time.wait(self.draw.uniform(0.1, 1.0) * longest_s)
        self.out.discard(node.id)
        await self.revive(node, 0.0)


def _nothing() -> None:
    """Do nothing: a fuse that was put out."""
