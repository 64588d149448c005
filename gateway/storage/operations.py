"""The part of the store that keeps long work.

Source: docs/desk.md, "The API".
"""

from collections.abc import Sequence
from typing import Any, Final

from gateway.operating import OperationRow, OperationState
from gateway.storage.core import StorePart
from gateway.storage.session import Event, Session

KIND_OPERATION: Final = "operation"
_KEPT: Final = 200
_COLUMNS: Final = "id, kind, who, state, done, total, unit, started_ms, ended_ms, problem, result"


class OperationPart(StorePart):
    """Implements operating.OperationStore."""

    async def note_operation(self, row: OperationRow, *, now_ms: int) -> None:
        """Keep a row, new or changed; the oldest beyond two hundred are forgotten.

        Raises:
            StorageError: It is as it was.
        """

        def note(session: Session) -> None:
            session.execute(
                f"INSERT INTO operation ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608  our own columns
                " ON CONFLICT (id) DO UPDATE SET state = excluded.state, done = excluded.done,"
                " total = excluded.total, ended_ms = excluded.ended_ms,"
                " problem = excluded.problem, result = excluded.result",
                (
                    row.id,
                    row.kind,
                    row.who,
                    row.state.value,
                    row.done,
                    row.total,
                    row.unit,
                    row.started_ms,
                    row.ended_ms,
                    row.problem,
                    row.result,
                ),
            )
            session.execute(
                "DELETE FROM operation WHERE id NOT IN"
                " (SELECT id FROM operation ORDER BY started_ms DESC, id LIMIT ?)",
                (_KEPT,),
            )
            session.tell(
                Event(
                    at_ms=now_ms,
                    kind=KIND_OPERATION,
                    message=None,
                    what=f"{row.id} {row.state.value}",
                    by=row.who,
                )
            )

        await self._core.writer.run(note)

    async def operation(self, name: str) -> OperationRow | None:
        """Return one, None if there is none of this id."""
        row = self._core.reader.execute(
            f"SELECT {_COLUMNS} FROM operation WHERE id = ?",  # noqa: S608  our own columns
            (name,),
        ).fetchone()
        return None if row is None else _row(row)

    async def operations(self, *, limit: int) -> tuple[OperationRow, ...]:
        """Return the newest first."""
        rows = self._core.reader.execute(
            f"SELECT {_COLUMNS} FROM operation ORDER BY started_ms DESC, id LIMIT ?",  # noqa: S608  our own columns
            (limit,),
        )
        return tuple(_row(row) for row in rows)


def _row(columns: Sequence[Any]) -> OperationRow:
    name, kind, who, state, done, total, unit, started_ms, ended_ms, problem, result = columns
    return OperationRow(
        id=name,
        kind=kind,
        who=who,
        state=OperationState(state),
        done=done,
        total=total,
        unit=unit,
        started_ms=started_ms,
        ended_ms=ended_ms,
        problem=problem,
        result=result,
    )
