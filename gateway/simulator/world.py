"""One seed: a network, its officers and its faults, from the first start to the verdict.

Everything that happens is drawn from the seed. The order: nodes start and meet; a storm, in
which officers work and faults strike; everything heals, and the network gets time to settle;
then every store is read and judged.

Source: docs/simulation.md.
"""

import asyncio
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from random import Random
from typing import Final, TypeAlias

from gateway.errors import StorageError
from gateway.simulator.attendance import Attendance
from gateway.simulator.clock import SimulatedClock, VirtualTime
from gateway.simulator.disk import SimulatedDisk
from gateway.simulator.fakes import DirectoryVersion, SeededRandomness, SimulatedDirectory, Told
from gateway.simulator.faults import Fault, Tally, Weather, drawn
from gateway.simulator.findings import Findings, Invariant
from gateway.simulator.judge import Judge
from gateway.simulator.liar import LyingNode
from gateway.simulator.lines import AT_ONCE
from gateway.simulator.losses import Losses
from gateway.simulator.material import NodeMaterial, nodes
from gateway.simulator.model import Model
from gateway.simulator.node import SimulatedNode, Surroundings, place_of, reason_of
from gateway.simulator.observer import Observer
from gateway.simulator.officers import Officers
from gateway.simulator.plan import Plan
from gateway.simulator.probe import probe
from gateway.simulator.trace import Trace
from gateway.simulator.trouble import Trouble
from gateway.simulator.twins import Twin, Twins
from gateway.simulator.wire import BUSY_PACE, Way, Wire
from gateway.storage.audit import waiting_for
from protocol.directory import NodeEntry
from protocol.identifiers import NodeId

_FASTEST: Final = 240.0
_GROWTH: Final = 4.0
_GOVERN_S: Final = 0.25
_QUIET_S: Final = 5.0
_GOSSIP_S: Final = 3 * 3600.0
"""By when two histories that were shown to two honest peers must have been found."""

_PINGED_S: Final = 4500.0
"""By when every node must have called every other one itself, and seen what it lost: one that is
called by the other each quarter of an hour does so within the hour (delivery rule 21)."""

_STILL_S: Final = 5.0
_SETTLE_S: Final = 5 * 3600.0
_LOOK_S: Final = 60.0

Story: TypeAlias = "Callable[[World], Awaitable[None]]"
"""What happens in a world in place of a storm."""

_BURSTS: Final = (4.0, 24.0, 60.0)
"""Requests that officers of one node send at the same moment, on average over a world."""


class World:
    """One network in virtual time.

    Args:
        plan: What it is made of.
        folder: Where homes are made.
        weather: The faults; drawn from the seed unless given.
        names: The nodes; drawn from the seed unless given.
        story: What happens in place of a storm.
    """

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        *,
        weather: Weather | None = None,
        names: Iterable[NodeId] | None = None,
        story: "Story | None" = None,
    ) -> None:
        self.plan = plan
        self.story = story
        self._fastest = _FASTEST
        self.draw = Random(f"world {plan.seed}")
        self.time = VirtualTime()
        self.tally = Tally()
        self.findings = Findings()
        self.model = Model()
        self.trace = Trace(self.time, keep=plan.keep_trace)
        self.weather = drawn(self.draw, plan.allowed) if weather is None else weather
        chosen = sorted(nodes()) if names is None else list(names)
        if names is None:
            chosen = sorted(self.draw.sample(chosen, self.draw.randint(3, 5)))
        entries = {name: nodes()[name].entry for name in chosen}
        self.directory = DirectoryVersion(entries=entries, version=1)
        self.liar = LyingNode.drawn(self.draw, chosen, self.weather, self.tally)
        self.losses = Losses()
        self.observer = Observer(
            findings=self.findings, note=self.trace.note, is_honest=self.is_honest,
            losses=self.losses,
        )  # fmt: skip
        self.nodes: dict[NodeId, SimulatedNode] = {}
        self.twins = Twins()
        self.alarms: Counter[str] = Counter()
        self.wire = Wire(
            time=self.time,
            draw=Random(f"wire {plan.seed}"),
            server=self._server,
            hidden=self.twins.hides,
            tally=self.tally,
            witness=self.observer,
        )
        self.attendance = self._attendance(folder)
        self.troubles = self._troubles()
        for name in chosen:
            home = folder / f"{name.country}-{name.number}"
            self.nodes[name] = self.make(nodes()[name], source=nodes()[name].home, home=home)
        self.officers = self._officers()
        self.judge = Judge(
            findings=self.findings, observer=self.observer, model=self.model, nodes=self.nodes,
            is_honest=self.is_honest,
        )  # fmt: skip
        self.messages = 0

    def is_honest(self, node: NodeId) -> bool:
        """Tell whether promises are made to a node, and what it says counts."""
        return node not in self.twins.held and (self.liar is None or node != self.liar.node)

    def is_probed(self, node: SimulatedNode) -> bool:
        """Tell whether a node can be asked."""
        return self.is_honest(node.id) and node.is_up and not node.life.is_dead

    async def live(self) -> None:
        """Live through the whole seed."""
        self.time.set_pace(BUSY_PACE)
        loop = asyncio.get_running_loop()
        keeping = [loop.create_task(self._govern()), loop.create_task(self.attendance.attend())]
        for _, node in sorted(self.nodes.items()):
            node.start()
        await self.time.wait(self.draw.uniform(0.5, 5.0))
        await (self._storm() if self.story is None else self.story(self))
        await self.settle()
        await self.finish()
        for task in keeping:
            task.cancel()
        await asyncio.gather(*keeping, return_exceptions=True)

    async def _storm(self) -> None:
        """Let officers work and faults strike."""
        seconds = self.draw.uniform(120.0, 900.0)
        if self.liar is not None:
            self.wire.liars[self.liar.node] = self.liar
        async with asyncio.TaskGroup() as group:
            group.create_task(self.troubles.rage(seconds))
            group.create_task(self._work(seconds))
            group.create_task(self._read(seconds))

    async def _work(self, seconds: float) -> None:
        """Send bursts until there were enough messages, over the length of the storm."""
        sent, most = 0, self.plan.messages
        at_once = self.draw.choice(_BURSTS)
        while sent < most:
            count = min(most - sent, 1 + int(self.draw.expovariate(1 / at_once)))
            self.officers.burst(count)
            sent += count
            await self.time.wait(self.draw.expovariate(most / (at_once * seconds)))

    async def _read(self, seconds: float) -> None:
        until_s = self.time.now_s() + seconds
        while self.time.now_s() < until_s:
            await self.time.wait(self.draw.uniform(0.5, 1.5) * seconds / 12)
            for _, node in sorted(self.nodes.items()):
                await self.officers.look(node)

    async def settle(self) -> None:
        """Heal everything, and wait until nothing is on its way, or its time is over."""
        self.trace.note("heal")
        self.troubles.heal()
        self.wire.liars.clear()
        began_s = self.time.now_s()
        until_s = began_s + _SETTLE_S + self.troubles.most_ahead_ms / 1000
        least_s = began_s + (_PINGED_S if self.model.restored else 0.0)
        while self.time.now_s() < until_s:
            await self.time.wait(_LOOK_S)
            is_found = all(
                any(self.accuses(name, liar) for name in sorted(self.nodes))
                for liar in self.twins.held
            )
            is_late = self.time.now_s() >= (least_s if is_found else began_s + _GOSSIP_S)
            if is_late and not self.officers.busy and await self._is_quiet():
                return

    def accuses(self, name: NodeId, liar: NodeId) -> bool:
        """Tell whether an honest node that runs refuses or doubts a log of another one.

        Args:
            name: Who may have found out.
            liar: Whose logs.
        """
        node = self.nodes[name]
        if not node.is_up or not self.is_honest(name):
            return False
        doubted = (one.origin for one in node.runtime.open_heads.all())
        refused = node.runtime.continuing.standpoint().forks
        return any(origin.node == liar for origin in (*refused, *doubted))

    async def _is_quiet(self) -> bool:
        # The cheap question first. Who knows of two histories of its own log is asked for ever.
        if not self.twins.held and self.time.now_s() <= self.wire.moved_s + _STILL_S:
            return False
        for _, node in sorted(self.nodes.items()):
            if not self.is_honest(node.id):
                continue
            if not node.is_up or not node.store.may_sign:
                return False
            held = await node.store.lane_counts()
            if any(self.is_honest(to) and any(counts) for to, counts in held.items()):
                return False
            waiting = (self.is_honest(to) for to in waiting_for(node.home / "store.db"))
            if any(waiting) or await node.store.unopened(1):
                return False
        return True

    async def finish(self) -> None:
        """Show what must be refused, stop every node in order, and judge."""
        honest = {name: node for name, node in self.nodes.items() if self.is_probed(node)}
        await probe(honest, self.observer, self.findings, time=self.time, draw=self.draw)
        self.messages = await self.judge.gather()
        for _, node in sorted(self.nodes.items()):
            await node.stop()
        self.twins.end()
        self.judge.judge()
        self.findings.forks_undetected.extend(self.judge.undetected(self.twins.held))
        self.findings.hold(
            Invariant.WITHIN_CAPS,
            holds=self.wire.lines.most_frames <= AT_ONCE,
            otherwise=f"{self.wire.lines.most_frames} frames at once to one node",
        )
        for line in self.judge.summary():
            self.trace.note(line)

    async def _govern(self) -> None:
        """Let time run faster while nothing travels; what travels slows it down (Wire)."""
        while True:
            await asyncio.sleep(_GOVERN_S)
            if self.time.now_s() - self.wire.moved_s > _QUIET_S:
                self.time.set_pace(min(self._fastest, self.time.pace * _GROWTH))

    def hold_pace(self, most: float) -> None:
        """Let time run no faster than this from now on: timers are as coarse as it is fast.

        Args:
            most: Virtual seconds in one second of the loop.
        """
        self._fastest = most
        self.time.set_pace(min(most, self.time.pace))

    def fork(self, name: NodeId, *meets: NodeId) -> None:
        """Let a node show some peers another history from now on; nobody owes it anything more.

        Args:
            name: Whose log; up.
            meets: Who meets the second one.
        """
        node = self.nodes[name]
        home = node.home.with_name(f"{node.home.name}-twin")
        twin = self.make(node.material, source=node.home, home=home)
        self.twins.held[name] = Twin(twin, frozenset(meets))
        self.tally[Fault.FORKED_LOG] += 1
        self.trace.note(f"{name} has a twin for {', '.join(map(str, sorted(meets)))}")
        twin.start()

    def make(self, material: NodeMaterial, *, source: Path, home: Path) -> SimulatedNode:
        """Make a node in a copy of a home; not started."""
        name = material.node
        draws = home.name if name in self.nodes else name  # a second process draws other numbers
        shutil.copytree(source, home)
        made: list[SimulatedNode] = []
        disk = SimulatedDisk(
            anchor=home / "anchor", tally=self.tally, die=lambda: self._died(made[0])
        )
        made.append(
            SimulatedNode(
                material=material,
                home=home,
                world=self._surroundings(),
                directory=SimulatedDirectory(self.directory, lambda: self._offered(name)),
                randomness=SeededRandomness(f"{self.plan.seed} {draws}"),
                secrets=dict(material.keys.secrets()),
                disk=disk,
                boot_s=self.draw.uniform(10.0, 1e6),
                clock=SimulatedClock(self.time, offset_ms=0, boot_s=0.0),
            )
        )
        return made[0]

    def _surroundings(self) -> Surroundings:
        return Surroundings(time=self.time, wire=self.wire, told=self._told, stopped=self._stopped)

    def _server(self, way: Way) -> SimulatedNode | None:
        found = self.twins.server(way, self.nodes[way[1]])
        return found if found.is_up else None

    def _offered(self, node: NodeId) -> DirectoryVersion | None:
        if node in self.troubles.unreached:
            self.tally[Fault.DIRECTORY_UNREACHED] += 1
            return None
        older = self.troubles.older.get(node)
        if older is not None:
            self.tally[Fault.DIRECTORY_OLDER] += 1
            return older
        return self.directory

    def _renew(self) -> DirectoryVersion:
        self.directory = DirectoryVersion(
            entries=self.directory.entries, version=self.directory.version + 1
        )
        return self.directory

    def _say(self, sender: NodeId, to: NodeId) -> None:
        self.officers.request(sender, to, "routine")

    def _publish(self, entry: NodeEntry) -> None:
        entries = dict(self.directory.entries) | {entry.node_id: entry}
        self.directory = DirectoryVersion(entries=entries, version=self.directory.version + 1)

    def _told(self, node: NodeId, told: Told) -> None:
        self.trace.note(f"{node} says {told.event}")
        self.alarms[told.event] += 1
        if told.is_bug:
            self.findings.fail(Invariant.NO_BUGS, f"{node}: {told.event} {told.fields}")

    def _died(self, node: SimulatedNode) -> None:
        self.trace.note(f"{node.life.name} dies in a commit")
        node.die()

    def _stopped(self, node: SimulatedNode, error: BaseException) -> None:
        """A process ended by itself: whoever supervises it starts it again."""
        reason = reason_of(error)
        self.trace.note(f"{node.life.name} stopped {None if reason is None else reason.code}")
        allowed = isinstance(reason, StorageError) and self.weather.has(Fault.DISK_BROKEN)
        if not allowed:
            self.findings.fail(Invariant.NO_BUGS, f"{node.id} stopped: {place_of(error)}")
        node.die()
        task = asyncio.get_running_loop().create_task(
            self.troubles.revive(node, 5.0), context=self.trace.context
        )
        self.trace.keep(task)

    def _troubles(self) -> Trouble:
        return Trouble(
            time=self.time,
            draw=Random(f"trouble {self.plan.seed}"),
            nodes=self.nodes,
            wire=self.wire,
            weather=self.weather,
            tally=self.tally,
            renew=self._renew,
            attendance=self.attendance,
            fork=self.fork,
            reveal=self.twins.end,
            say=self._say,
            liar=None if self.liar is None else self.liar.node,
            note=self.trace.note,
        )

    def _attendance(self, folder: Path) -> Attendance:
        return Attendance(
            time=self.time,
            draw=Random(f"operators {self.plan.seed}"),
            nodes=self.nodes,
            model=self.model,
            losses=self.losses,
            tally=self.tally,
            directory=lambda: self.directory,
            publish=self._publish,
            folder=folder,
            is_honest=self.is_honest,
            note=self.trace.note,
        )

    def _officers(self) -> Officers:
        return Officers(
            time=self.time,
            draw=Random(f"officers {self.plan.seed}"),
            nodes=self.nodes,
            model=self.model,
            note=self.trace.note,
            short_lived=self.draw.random() < 0.5 and self.story is None,  # noqa: PLR2004 - half
        )


def calm(seed: int = 0) -> Plan:
    """Return a plan without faults."""
    return Plan(seed=seed, allowed=frozenset())
