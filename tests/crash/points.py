"""Tries kill points: one call of one script at one side, in one way to die.

A point puts both homes back, plays the script, lets the victim die at the call that is due, looks
at its files before anything is mended, starts it again, lets everybody finish, and compares both
sides after they were stopped.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from signal import SIGKILL
from typing import Final

from typing_extensions import override

from gateway.errors import GatewayError
from tests.crash.checks import Check, Finding, after_kill, at_end, is_done, read_dead, read_live
from tests.crash.commands import CommandScript, run_command
from tests.crash.officers import Desk, Word
from tests.crash.scene import Documents, Scene, Script
from tests.crash.shim import Call, Control, Kind, Mode, Place
from tests.crash.world import LOOK_EVERY_S, NotReadyError, Side, Template, World

FINISH_S: Final = 120.0
"""Far longer than the longest wait that a lane draws here after a failure or two, also on a machine
that does ten other things."""

QUIET_S: Final = 1.3
"""Longer than the writer's timers: signing, moving pages, syncing the anchor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Where a process is to die.

    Attributes:
        script: What is played.
        side: Who dies.
        mode: How.
        target: At which counted call, from 1; 0 to count only.
    """

    script: type[Script]
    side: Side
    mode: Mode = Mode.COUNT_ONLY
    target: int = 0

    @override
    def __str__(self) -> str:
        """Return it as reports and commands name it."""
        return f"{self.script.name} {self.side} {self.mode.name.lower()} {self.target}"


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What became of a point.

    Attributes:
        point: Which.
        calls: What the victim called until it died, or until all was quiet.
        is_fired: Whether it died where it was to; False if it never came so far.
        is_torn: Whether half of the bytes of its last call are done.
        findings: What is wrong.
        repeats: Calls that officers had to repeat.
    """

    point: Point
    calls: Sequence[Call] = ()
    is_fired: bool = False
    is_torn: bool = False
    findings: list[Finding] = field(default_factory=list)
    repeats: int = 0


class Trial:
    """Tries points in one world, one after the other.

    Args:
        world: No node running.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._documents = Documents()
        self._scratch = world.folder / "scratch"
        self._scratch.mkdir()
        self._sent: dict[Template, dict[Side, int]] = {
            Template.NEW: dict.fromkeys(Side, 0),
            Template.MET: {Side.SENDER: 1, Side.RECEIVER: 0},
        }

    async def warm_up(self) -> None:
        """Let both nodes meet and exchange a message; the state they are in is kept."""
        outcome = await self._play(Point(script=_Meeting, side=Side.SENDER), Template.NEW)
        assert not outcome.findings, [str(each) for each in outcome.findings]
        self._world.keep(Template.MET)

    async def run(self, point: Point) -> Outcome:
        """Try one point.

        Args:
            point: Which; with target 0 nothing dies and the calls are counted.
        """
        if issubclass(point.script, CommandScript):
            return await self._command(point, point.script)
        return await self._play(point, point.script.template)

    async def _command(self, point: Point, script: type[CommandScript]) -> Outcome:
        """Kill a command of a stopped node, say it again, look at what came of it."""
        world, word = self._world, Word()
        world.put_back(script.template)
        control = world.controls[point.side]
        control.arm(mode=point.mode, target=point.target)
        desks = {side: Desk(side, world.nodes[side], word) for side in Side}
        played = script(Scene(world, desks, self._documents, word), point.side)
        async with asyncio.timeout(FINISH_S):
            done = await run_command(played, self._scratch)
        return Outcome(
            point=point,
            calls=done.calls,
            is_fired=done.is_fired,
            is_torn=done.is_torn,
            findings=done.findings,
        )

    async def _play(self, point: Point, template: Template) -> Outcome:
        world = self._world
        world.put_back(template)
        outcome = Outcome(point=point)
        word = Word()
        try:
            async with AsyncExitStack() as stack:
                desks = {
                    side: await stack.enter_async_context(Desk(side, world.nodes[side], word))
                    for side in Side
                }
                script = point.script(Scene(world, desks, self._documents, word), point.side)
                async with asyncio.timeout(FINISH_S):
                    await script.prepare()
                await self._attempt(point, script, word, outcome)
                if not outcome.findings:
                    await self._finish(script, desks, outcome)
        except (NotReadyError, TimeoutError, GatewayError, ExceptionGroup) as error:
            detail = f"{_told(error)}; {world.last_word(point.side)}"
            outcome.findings.append(Finding(_check_of(error), detail))
        await self._stop(outcome)
        outcome.repeats = word.repeats
        if not outcome.findings:
            scratch = self._scratch
            sender, receiver = (read_dead(world.homes[side].store, scratch) for side in Side)
            outcome.findings += at_end(sender, receiver, word, self._sent[template])
        return outcome

    async def _attempt(self, point: Point, script: Script, word: Word, outcome: Outcome) -> None:
        """Play; when the victim dies, look at its files and start it again."""
        world, side = self._world, point.side
        control = world.controls[side]
        control.arm(mode=point.mode, target=point.target)
        is_traced = side in world.next_by
        if not world.is_running(side):
            await world.start(side)
        child = world.children[side]
        async with asyncio.timeout(FINISH_S), asyncio.TaskGroup() as group:
            playing = group.create_task(script.play())
            watching = group.create_task(self._until_quiet(playing, control))
            ending = group.create_task(child.wait())
            await asyncio.wait({watching, ending}, return_when=asyncio.FIRST_COMPLETED)
            watching.cancel()
            ending.cancel()
            died = ending.result() if ending.done() and not ending.cancelled() else None
            outcome.is_fired = bool(control.fired) or (is_traced and died == -SIGKILL)
            outcome.is_torn = control.is_torn
            outcome.calls = control.calls()[: control.fired or None]
            control.disarm()
            if died is not None:
                await self._bury(point, died, word, outcome)
                if outcome.findings:
                    playing.cancel()  # found: nobody need wait for what may never come
                    return
                async with world.mended:
                    await world.start(side)
                    await world.ready(side)
            await playing

    async def _until_quiet(self, playing: asyncio.Task[None], control: Control) -> None:
        """Return when the script is done and the victim has called nothing for a while."""
        await asyncio.wait({playing})
        await until_quiet(control)

    async def _bury(self, point: Point, code: int, word: Word, outcome: Outcome) -> None:
        """Look at what a dead victim left."""
        world, side = self._world, point.side
        if code != (-SIGKILL if outcome.is_fired else 0):
            detail = f"exit code {code}; {world.last_word(side)}"
            outcome.findings.append(Finding(Check.EXIT, detail))
        await asyncio.sleep(LOOK_EVERY_S)  # what it answered is noted before it is held against it
        home = world.homes[side]
        promises = [one for one in word.promises if one.side is side]
        victim = await asyncio.to_thread(read_dead, home.store, self._scratch)
        peer = await asyncio.to_thread(read_live, world.homes[side.other].store)
        outcome.findings += after_kill(victim, peer, promises, anchor=home.anchor)

    async def _finish(self, script: Script, desks: dict[Side, Desk], outcome: Outcome) -> None:
        """Look from the officers' side, and wait until nothing is on its way."""
        world = self._world
        async with asyncio.timeout(FINISH_S):
            outcome.findings += [
                Finding(Check.CONTENT, wrong) for wrong in await script.look(self._scratch)
            ]
            for side in Side:
                while not is_done(world.homes[side].store):  # noqa: ASYNC110 - of another process
                    await asyncio.sleep(LOOK_EVERY_S)
            for side, desk in desks.items():
                if faults := await desk.log_faults():
                    outcome.findings.append(Finding(Check.LOG, f"{faults} faults at the {side}"))

    async def _stop(self, outcome: Outcome) -> None:
        world = self._world
        for side in Side:
            if side not in world.children:
                continue
            code = await world.stop(side)
            if code != 0 and not outcome.findings:
                outcome.findings.append(
                    Finding(Check.EXIT, f"{side} stopped with {code}: {world.last_word(side)}")
                )
            if world.journals[side].exists():
                journal = world.journals[side].read_text(encoding="utf-8", errors="replace")
                if "start_not_ordinary" in journal and outcome.point.script.is_ordinary:
                    outcome.findings.append(Finding(Check.ORDINARY, f"of the {side}"))


class _Meeting(Script):
    """Both nodes start for the first time and one message is exchanged."""

    name = "meeting"

    @override
    async def play(self) -> None:
        """Deliver."""
        await self._deliver(0)


def points_of(counted: Outcome) -> list[Point]:
    """Return every point of a script and side whose calls were counted.

    Before each call; after half of the bytes of each that writes or sends more than one; after
    each that other processes see at once, and after the last one.

    Args:
        counted: The outcome of the point with target 0.
    """
    points = []
    for number, call in enumerate(counted.calls, 1):
        modes = [Mode.BEFORE]
        if _can_be_torn(call):
            modes.append(Mode.TORN)
        if call.place in {Place.PEER, Place.OFFICER} or number == len(counted.calls):
            modes.append(Mode.AFTER)
        points += [
            Point(script=counted.point.script, side=counted.point.side, mode=mode, target=number)
            for mode in modes
        ]
    return points


def _can_be_torn(call: Call) -> bool:
    """Tell whether a kill can part a call; the anchor is one sector and written in one piece."""
    return (
        call.kind in {Kind.WRITE, Kind.SEND}
        and call.bytes > 1
        and call.place not in {Place.WAKE, Place.ANCHOR}
    )


def kinds_of(calls: Sequence[Call]) -> dict[str, int]:
    """Count calls by kind and place."""
    return dict(sorted(Counter(str(call) for call in calls).items()))


def _check_of(error: Exception) -> Check:
    """Tell whether a node did not start, or something else did not end."""
    inside = error.subgroup(NotReadyError) if isinstance(error, ExceptionGroup) else None
    return Check.START if inside or isinstance(error, NotReadyError) else Check.STUCK


def _told(error: BaseException) -> str:
    """Say what an error is, also inside a group."""
    if isinstance(error, BaseExceptionGroup):
        return ", ".join(_told(inner) for inner in error.exceptions)
    return f"{type(error).__name__} {error}".strip()


async def until_quiet(control: Control) -> int:
    """Return when a process has called nothing for a while, with how much it called until then.

    Args:
        control: Of the process.
    """
    counted, since = -1, 0.0
    loop = asyncio.get_running_loop()
    while counted != control.counted or loop.time() < since + QUIET_S:
        if counted != control.counted:
            counted, since = control.counted, loop.time()
        await asyncio.sleep(LOOK_EVERY_S)
    return counted
