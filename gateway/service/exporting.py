"""Writing messages out for another system or for paper: an act in the log before the first row.

Each row carries its handling code and the conditions under which it may be used; where there are
conditions, whoever exports must say that they know.

Source: docs/desk.md, "Exports".
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from gateway.errors import DataError, NoInputError
from gateway.people import Caller
from gateway.ports import Clock
from gateway.records import Direction, SignedHead
from gateway.service.case import Case
from gateway.service.consult import Consult
from gateway.service.leafing import EXPORTED
from gateway.service.shown import MessageLine
from gateway.store import Casebook, LogBook
from keys.digest import new_salt, sha256
from protocol.cases.ladder import MessageState, reached
from protocol.encoding import Value
from protocol.identifiers import MessageId
from protocol.log.statement import Act, officer_act

_PAGE: Final = 50


class NotConfirmedError(DataError):
    """Conditions bind what is exported, and nobody said that they know."""

    default_code = "conditions_apply"


class CaseReader(Protocol):
    """Where cases stand."""

    async def case(self, thread: MessageId) -> Case:
        """Return a case as it stands now."""


class ExportBook(Casebook, LogBook, Protocol):
    """Messages, and our log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportQuery:
    """What is exported: one case, or what was written in a span of time.

    Args:
        thread: The case; None for a span.
        from_ms: In it, ms since 1970 UTC.
        to_ms: Not in it.
        form: `csv` or `json`.
    """

    thread: MessageId | None
    from_ms: int
    to_ms: int
    form: str

    @property
    def words(self) -> str:
        """The filter, as the act and the file name it."""
        what = f"{self.from_ms} to {self.to_ms}" if self.thread is None else f"case {self.thread}"
        return f"{self.form}: {what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRow:
    """One message. `document` is None for one that nobody opened or retention erased."""

    line: MessageLine
    conditions: tuple[str, ...]
    document: Mapping[str, Value] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """An export that was stated: who, the leaf, the head of our log, and its rows."""

    query: ExportQuery
    who: str
    at_ms: int
    index: int
    head: SignedHead | None
    rows: AsyncIterator[ExportRow]


class Exporting:
    """The use case behind /exports.

    Args:
        book: The messages, and our log, where the act is stated.
        consult: Gives lines and contents.
        cases: Which conditions bind.
        clock: Time.
    """

    def __init__(self, book: ExportBook, consult: Consult, cases: CaseReader, clock: Clock) -> None:
        self._book = book
        self._consult = consult
        self._cases = cases
        self._clock = clock

    async def begin(self, query: ExportQuery, *, by: Caller, is_confirmed: bool) -> Export:
        """State an export; its rows are read as they are asked for.

        Args:
            query: What is exported.
            by: Who exports.
            is_confirmed: They know of conditions on what they export.

        Raises:
            DataError: The span ends before it begins.
            NotConfirmedError: Conditions bind some of it.
            NoInputError: There is no such case.
            StorageError: The act was not committed; nothing is exported.
        """
        if query.thread is None and not 0 <= query.from_ms < query.to_ms:
            raise DataError("the span ends before it begins", code="invalid_body")
        if query.thread is not None and not await self._book.thread(query.thread):
            raise NoInputError("there is no such thread", hint="see: a35 inbox, a35 outbox")
        if not is_confirmed:
            await self._refuse_bound(query)
        now_ms = self._clock.now_ms()
        act = Act(
            act=EXPORTED,
            who=by.who,
            ref=query.thread,
            subject=sha256(query.words.encode()),
            why=query.words,
            t_ms=now_ms,
        )
        index = await self._book.state([officer_act(act.encode(), new_salt())], must_leave=False)
        return Export(
            query=query,
            who=by.who,
            at_ms=now_ms,
            index=index,
            head=self._book.head(),
            rows=self._rows(query),
        )

    async def _refuse_bound(self, query: ExportQuery) -> None:
        """Refuse an export of which some may be used under conditions only.

        Raises:
            NotConfirmedError: So it is.
        """
        looked: set[MessageId] = set()
        async for line in self._lines(query):
            thread = line.row.thread
            if thread is None or thread in looked:
                continue
            looked.add(thread)
            if await self._conditions(thread):
                raise NotConfirmedError(
                    "conditions bind the use of what is exported",
                    hint="look at the case, then export again and confirm: --confirm",
                )

    async def _rows(self, query: ExportQuery) -> AsyncIterator[ExportRow]:
        conditions: dict[MessageId, tuple[str, ...]] = {}
        async for line in self._lines(query):
            thread = line.row.thread
            if thread is not None and thread not in conditions:
                conditions[thread] = await self._conditions(thread)
            yield ExportRow(
                line=line,
                conditions=() if thread is None else conditions[thread],
                document=await self._document(line),
            )

    async def _lines(self, query: ExportQuery) -> AsyncIterator[MessageLine]:
        if query.thread is not None:
            for line in await self._consult.thread(query.thread):
                yield line
            return
        for direction in Direction:
            before = query.to_ms
            while True:
                lines = await self._consult.messages(direction, limit=_PAGE, before=before)
                for line in lines:
                    if line.row.t_ms >= query.from_ms:
                        yield line
                if not lines or lines[-1].row.t_ms < query.from_ms:
                    break
                before = lines[-1].row.t_ms
                await self._clock.sleep(0)  # others go on meanwhile

    async def _conditions(self, thread: MessageId) -> tuple[str, ...]:
        """Return the kinds of the conditions that bind in a case, each once."""
        found = await self._cases.case(thread)
        kinds = {
            condition.kind
            for request in found.thread.requests.values()
            for item in request.items
            for condition in item.conditions
            if condition.binds
        }
        return tuple(sorted(kinds))

    async def _document(self, line: MessageLine) -> Mapping[str, Value] | None:
        row = line.row
        is_ours = row.direction is Direction.OUT
        if row.erased_ms is not None or not (is_ours or reached(row.state, MessageState.OPENED)):
            return None
        try:
            return (await self._consult.content(row.mid)).document
        except NoInputError:
            return None
