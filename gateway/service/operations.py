"""Long work in the background: begun, followed, cancelled; its end is kept.

Source: docs/desk.md, "The API".
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final, TypeAlias

from gateway.errors import DataError, GatewayError, NoInputError
from gateway.journal import Journal
from gateway.operating import RESTARTED, OperationRow, OperationState, OperationStore
from gateway.people import Caller, Role
from gateway.ports import Clock
from gateway.service.guard import passing_over_full
from keys.digest import new_salt

EVERY_S: Final = 0.5
"""Between two words of progress."""

_AGAIN_S: Final = 2.0
"""How long a full disk is waited for before an end is noted again."""

MOST_AT_ONCE: Final = 8
_LISTED: Final = 200

Progress: TypeAlias = Callable[[int, int], None]
Work: TypeAlias = Callable[[Progress], Awaitable[str | None]]
"""Does it; may tell how far it is from any thread. Returns JSON without anything of a case."""


class Operations:
    """The use case.

    Args:
        store: Keeps rows.
        clock: Time.
        journal: Told of bugs.
    """

    def __init__(self, store: OperationStore, clock: Clock, journal: Journal) -> None:
        self._journal = journal
        self._store = store
        self._clock = clock
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def recover(self) -> None:
        """Let what an earlier run left in the middle have failed; call it once at start."""
        for row in await self._store.operations(limit=_LISTED):
            if row.state is OperationState.RUNNING and row.id not in self._tasks:
                await self._end(row, OperationState.FAILED, problem=RESTARTED)

    async def begin(self, kind: str, unit: str, work: Work, *, by: Caller) -> OperationRow:
        """Begin work and return at once.

        Args:
            kind: What it is, one word.
            unit: What its progress counts.
            work: Does it.
            by: Who asked.

        Raises:
            DataError: Too much runs already.
        """
        if len(self._tasks) >= MOST_AT_ONCE:
            raise DataError("too much long work runs now", code="not_yet")
        row = OperationRow(
            id=new_salt().hex(),
            kind=kind,
            who=by.who,
            state=OperationState.RUNNING,
            done=0,
            total=0,
            unit=unit,
            started_ms=self._clock.now_ms(),
        )
        await self._store.note_operation(row, now_ms=row.started_ms)
        task = asyncio.create_task(self._run(row, work))
        self._tasks[row.id] = task
        task.add_done_callback(lambda _task: self._tasks.pop(row.id, None))
        return row

    async def of(self, caller: Caller) -> tuple[OperationRow, ...]:
        """Return what somebody asked for, the newest first; an operator sees all."""
        rows = await self._store.operations(limit=_LISTED)
        return tuple(row for row in rows if _is_shown(row, caller))

    async def get(self, name: str, *, by: Caller) -> OperationRow:
        """Return one.

        Raises:
            NoInputError: There is none of this id that they may see.
        """
        row = await self._store.operation(name)
        if row is None or not _is_shown(row, by):
            raise NoInputError("there is no such operation")
        return row

    async def cancel(self, name: str, *, by: Caller) -> OperationRow:
        """End work that runs; what has ended stays as it is.

        Raises:
            NoInputError: There is none of this id that they may see.
        """
        await self.get(name, by=by)
        task = self._tasks.get(name)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        return await self.get(name, by=by)

    async def close(self) -> None:
        """End what runs: the next start says that it was cut off."""
        tasks = list(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, row: OperationRow, work: Work) -> None:
        far = _Far()
        working = asyncio.ensure_future(work(far.tell))
        try:
            while not (await asyncio.wait({working}, timeout=EVERY_S))[0]:
                if (far.done, far.total) != (row.done, row.total):
                    row = replace(row, done=far.done, total=far.total)
                    with passing_over_full():  # progress alone: the next one tells it too
                        await self._store.note_operation(row, now_ms=self._clock.now_ms())
            row = replace(row, done=far.done, total=far.total)
            await self._end(row, OperationState.DONE, result=working.result())
        except asyncio.CancelledError:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            if row.id in self._tasks:  # else the node ends: the next start will say so
                with passing_over_full():
                    await self._note_end(row, OperationState.CANCELLED)
            raise
        except GatewayError as error:
            await self._end(row, OperationState.FAILED, problem=error.code)
        except Exception as error:  # noqa: BLE001  the outermost loop of this work
            self._journal.bug("operation_failed", error, operation=row.id)
            await self._end(row, OperationState.FAILED, problem="bug")

    async def _end(
        self,
        row: OperationRow,
        state: OperationState,
        *,
        problem: str | None = None,
        result: str | None = None,
    ) -> None:
        """Note how work ended; whoever waits for it hears of it also where there is no room now."""
        while True:
            with passing_over_full():
                await self._note_end(row, state, problem=problem, result=result)
                return
            await self._clock.sleep(_AGAIN_S)

    async def _note_end(
        self,
        row: OperationRow,
        state: OperationState,
        *,
        problem: str | None = None,
        result: str | None = None,
    ) -> None:
        now_ms = self._clock.now_ms()
        ended = replace(row, state=state, ended_ms=now_ms, problem=problem, result=result)
        await self._store.note_operation(ended, now_ms=now_ms)


class _Far:
    """How far work is: two numbers, written from any thread and read by the loop."""

    def __init__(self) -> None:
        self.done = 0
        self.total = 0

    def tell(self, done: int, total: int) -> None:
        """Take note."""
        self.done, self.total = done, total


def _is_shown(row: OperationRow, caller: Caller) -> bool:
    return row.who == caller.who or Role.OPERATOR in caller.roles
