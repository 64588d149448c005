"""An event loop in virtual time: what is ready runs in an order drawn from a seed, time jumps.

Nothing here waits for the machine. When nothing is ready the loop jumps to its next timer; when
there is none either, everything waits for ever: that is a deadlock, and an error. Threads and
name look-ups would let the machine decide the order, so they are refused.

A `Life` is one run of one simulated process. What it started belongs to it by its context, so
that it can die between any two steps, as a killed process does: no handler of it runs any more.

Source: docs/simulation.md.
"""

import asyncio
import heapq
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context, ContextVar, copy_context
from enum import Enum, auto
from random import Random
from types import CoroutineType
from typing import Any, Final, NoReturn, Protocol, TypeVar, cast

from typing_extensions import override

T = TypeVar("T")

STEPS_MOST: Final = 5_000_000
"""Steps of one seed; what takes more, does not end."""

_PRUNE_AT: Final = 256
"""Tasks remembered of one life before those that ended are forgotten."""


class DeadlockError(RuntimeError):
    """Nothing is ready, and no timer is set: every task waits for ever."""


class EndlessError(RuntimeError):
    """A seed took more steps than any that ends."""


class NotVirtualError(RuntimeError):
    """Something asked for a thread or for the system, which no seed decides."""


class LifeEndedError(BaseException):
    """Ends the step in which a life ended; no handler of ours may catch it."""


class Step(Protocol):
    """What asyncio keeps of one call that is ready or will be (a Handle, a TimerHandle)."""

    _cancelled: bool
    _context: Context

    def _run(self) -> None: ...


class LifeState(Enum):
    """Whether a life takes part."""

    RUNNING = auto()
    FROZEN = auto()
    DEAD = auto()


_life: ContextVar["Life | None"] = ContextVar("life", default=None)


class Life:
    """One run of one simulated process.

    Args:
        name: For traces and stacks.
    """

    __slots__ = ("_fuse", "_held", "_on_fuse", "_prune_at", "context", "name", "state", "tasks")

    def __init__(self, name: str) -> None:
        self.name = name
        self.state = LifeState.RUNNING
        self.context: Context = copy_context()
        self.context.run(_life.set, self)
        self.tasks: list[asyncio.Task[Any]] = []
        self._held: list[Step] = []
        self._fuse = 0
        self._on_fuse: Callable[[], None] | None = None
        self._prune_at = _PRUNE_AT

    @property
    def is_dead(self) -> bool:
        """Whether nothing of it will run any more."""
        return self.state is LifeState.DEAD

    def spawn(self, work: Coroutine[Any, Any, T], *, name: str) -> "asyncio.Task[T]":
        """Start a task that belongs to this life.

        Args:
            work: What it does.
            name: Behind the name of the life.
        """
        loop = asyncio.get_running_loop()
        return loop.create_task(work, name=f"{self.name} {name}", context=self.context.copy())

    def go(self, work: Coroutine[Any, Any, object], *, name: str) -> None:
        """Start a task that nobody waits for."""
        _ = self.spawn(work, name=name)

    def keep(self, task: asyncio.Task[Any]) -> None:
        """Hold on to a task: one that was collected early would run its handlers at any moment."""
        self.tasks.append(task)
        if len(self.tasks) >= self._prune_at:
            self.tasks = [each for each in self.tasks if not each.done()]
            self._prune_at = 2 * len(self.tasks) + _PRUNE_AT

    def freeze(self) -> None:
        """Let nothing of it run until `thaw`; its timers fall due all the same."""
        if self.state is LifeState.RUNNING:
            self.state = LifeState.FROZEN

    def thaw(self) -> None:
        """Let it go on with all that became ready meanwhile."""
        if self.state is LifeState.FROZEN:
            self.state = LifeState.RUNNING
            cast("VirtualLoop", asyncio.get_running_loop()).put_back(self._held)
            self._held = []

    def end(self) -> None:
        """Let nothing of it run any more, from the next step on."""
        self.state = LifeState.DEAD
        self._held = []
        self._on_fuse = None

    def light(self, steps: int, on_fuse: Callable[[], None]) -> None:
        """Call something after a number of further steps, between two of them.

        Args:
            steps: At least 1.
            on_fuse: Usually ends this life.
        """
        self._fuse, self._on_fuse = steps, on_fuse

    def stepped(self) -> None:
        """Count one step of it."""
        if self._on_fuse is not None:
            self._fuse -= 1
            if self._fuse <= 0:
                burnt, self._on_fuse = self._on_fuse, None
                burnt()

    def hold(self, handle: Step) -> None:
        """Put off a step until it thaws."""
        self._held.append(handle)


def present_life() -> Life | None:
    """Return the life whose step runs now, None for the world's own."""
    return _life.get()


def is_over(context: Context) -> bool:
    """Tell whether a context belongs to a life that ended."""
    life = context.get(_life)
    return life is not None and life.is_dead


class _NumberedTask(asyncio.Task[T]):
    """A task that hashes to its number.

    Task groups and waits keep sets of tasks and go through them: in the same order in every
    process, and not in that of addresses.
    """

    def __init__(
        self,
        work: Coroutine[Any, Any, T] | Generator[Any, None, T],
        *,
        loop: "VirtualLoop",
        context: Context | None,
    ) -> None:
        loop.made += 1
        self._number = loop.made  # first: to be made is to enter a set
        super().__init__(work, loop=loop, context=context)

    @override
    def __hash__(self) -> int:
        return self._number


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop of one simulated network.

    Args:
        seed: Draws the order of what is ready.
        shuffled: Whether it is drawn at all; else first come, first run, as asyncio does.
    """

    _ready: deque[Step]
    _stopping: bool

    def __init__(self, seed: int, *, shuffled: bool) -> None:
        super().__init__()
        self._now = 0.0
        self._draw = Random(f"order {seed}")
        self._shuffled = shuffled
        self._timers: list[tuple[float, int, Step]] = []
        self._timers_set = 0
        self.steps = 0
        self.made = 0
        self.faults: list[BaseException] = []
        self.set_exception_handler(_note)
        self.set_task_factory(_make_task)

    @override
    def time(self) -> float:
        """Return virtual seconds since this loop was made."""
        return self._now

    def put_back(self, handles: list[Step]) -> None:
        """Make handles ready that were held."""
        self._ready.extend(handles)

    def abandon(self) -> None:
        """Forget everything that waits; nothing runs any more."""
        self._ready.clear()
        self._timers.clear()
        for task in asyncio.all_tasks(self):
            task._log_destroy_pending = False  # type: ignore[attr-defined]

    def _run_once(self) -> None:
        """Run what is ready, or jump to the next timer; overrides asyncio's own turn.

        Raises:
            EndlessError: Too many steps.
        """
        self._drop_cancelled()
        if not self._ready and not self._stopping:
            self._jump()
        timers = self._timers
        while timers and timers[0][0] <= self._now:
            self._ready.append(heapq.heappop(timers)[2])
        if self.steps > STEPS_MOST:
            raise EndlessError(f"no end in sight:\n{_stacks(self)}")
        batch = list(self._ready)
        self._ready.clear()
        if self._shuffled and len(batch) > 1:
            self._draw.shuffle(batch)
        for handle in batch:
            self._step(handle)

    def _step(self, handle: Step) -> None:
        if handle._cancelled:
            return
        life = handle._context.get(_life)
        if life is None:
            self.steps += 1
            handle._run()
        elif life.state is LifeState.RUNNING:
            self.steps += 1
            handle._run()
            life.stepped()
        elif life.state is LifeState.FROZEN:
            life.hold(handle)

    def _drop_cancelled(self) -> None:
        timers = self._timers
        while timers and timers[0][2]._cancelled:
            heapq.heappop(timers)

    def _jump(self) -> None:
        if not self._timers:
            raise DeadlockError(f"nothing will ever happen again:\n{_stacks(self)}")
        self._now = max(self._now, self._timers[0][0])

    @override
    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Set a timer; what is due at one moment is ready in the order in which it was set.

        Args:
            when: Of `time`.
            callback: Called then.
            args: With these.
            context: In this one.
        """
        timer = asyncio.TimerHandle(when, callback, args, self, context)
        self._timers_set += 1
        heapq.heappush(self._timers, (when, self._timers_set, cast("Step", timer)))
        return timer

    @override
    def call_soon_threadsafe(self, *_asked: object, **_by: object) -> NoReturn:
        """Refuse: there is one thread.

        Raises:
            NotVirtualError: Always.
        """
        raise NotVirtualError("a thread called the virtual loop")

    @override
    def run_in_executor(self, *_asked: object, **_by: object) -> NoReturn:
        """Refuse: one hop to a thread, and a seed does not repeat.

        Raises:
            NotVirtualError: Always.
        """
        raise NotVirtualError("something asked the virtual loop for a thread")

    @override
    async def getaddrinfo(self, *_asked: object, **_by: object) -> NoReturn:
        """Refuse: names are looked up in a thread.

        Raises:
            NotVirtualError: Always.
        """
        raise NotVirtualError("something asked the virtual loop for an address")

    @override
    async def getnameinfo(self, *_asked: object, **_by: object) -> NoReturn:
        """Refuse: names are looked up in a thread.

        Raises:
            NotVirtualError: Always.
        """
        raise NotVirtualError("something asked the virtual loop for a name")


def _make_task(
    loop: asyncio.AbstractEventLoop,
    work: Coroutine[Any, Any, T] | Generator[Any, None, T],
    *,
    context: Context | None = None,
) -> asyncio.Task[T]:
    task = _NumberedTask(work, loop=cast("VirtualLoop", loop), context=context)
    life = _life.get() if context is None else context.get(_life)
    if life is not None:
        life.keep(task)
    return task


def _note(loop: asyncio.AbstractEventLoop, told: dict[str, Any]) -> None:
    """Keep what nobody awaited: it fails the run. A life's end is no fault."""
    fault = told.get("exception")
    if isinstance(fault, LifeEndedError):
        return
    kept = fault if isinstance(fault, BaseException) else RuntimeError(str(told.get("message")))
    cast("VirtualLoop", loop).faults.append(kept)


def _stacks(loop: asyncio.AbstractEventLoop) -> str:
    """Return where every task waits, in order of their names."""
    tasks = sorted(asyncio.all_tasks(loop), key=lambda each: each.get_name())
    return "\n".join(
        f"  {task.get_name()}: {' < '.join(reversed(_places(task.get_coro())))}" for task in tasks
    )


def _places(work: object) -> list[str]:
    """Return the lines on which a coroutine stands, outermost first."""
    places = []
    while isinstance(work, CoroutineType) and work.cr_frame is not None:
        frame = work.cr_frame
        places.append(f"{frame.f_code.co_filename.rpartition('/')[2]}:{frame.f_lineno}")
        work = work.cr_await
    return places
