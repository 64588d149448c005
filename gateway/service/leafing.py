"""Leafs through our own log for people: what each leaf says, the newest first; the acts alone.

Reads what is stored and judges nothing: whether the log is sound says `gateway.service.prove`.
Looking is no act; taking acts along as a file is one.
A leaf whose bytes were erased says only of which kind it is.

Source: docs/wire-format.md, rule 6.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway.people import Caller
from gateway.rows import LeafRow
from gateway.store import LogBook
from keys.digest import new_salt, sha256
from protocol.errors import MalformedError
from protocol.identifiers import MessageId, NodeId
from protocol.log.checkpoint import ClaimedCheckpoint
from protocol.log.deed import Act, Silence
from protocol.log.statement import StatementKind, officer_act
from protocol.receipt import Receipt

MOST: Final = 200
"""Leaves on one page."""

EXPORTED: Final = "exported"
"""The act by which something is taken along as a file."""

_SLICE: Final = 500
_MOST_WORDS: Final = 500
_MOST_LOOKED_AT: Final = 20_000
"""Leaves that are read for one page of acts: behind them the reader asks for the next page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """What one leaf says; None and empty where it does not say it.

    Attributes:
        index: Its place.
        kind: Of what kind it is.
        at_ms: When it says that it happened, milliseconds since 1970 UTC.
        what: The stage of a receipt, the word of an act, the step that was missed.
        mid: The message that it is about.
        node: The node that it is about: to whom a receipt was given, whose log was seen.
        who: Who acted: "RO/1 officer 3".
        why: The reason that was given with an act.
        is_erased: Whether retention erased what it said.
    """

    index: int
    kind: StatementKind
    at_ms: int | None = None
    what: str = ""
    mid: MessageId | None = None
    node: NodeId | None = None
    who: str = ""
    why: str = ""
    is_erased: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaves:
    """A page of them, newest first; `before` asks for the next page, None behind the last."""

    items: tuple[Leaf, ...]
    before: int | None


class Leafing:
    """Reads our own log.

    Args:
        log: Ours.
    """

    def __init__(self, log: LogBook) -> None:
        self._log = log

    async def page(self, *, before: int | None = None, limit: int = 50) -> Leaves:
        """Return leaves, newest first.

        Args:
            before: Only those below this place; None for the newest.
            limit: At most so many, 1 to MOST.
        """
        stop = self._stop(before)
        start = max(0, stop - limit)
        rows = await self._log.leaves(start, stop)
        items = tuple(leaf_of(row) for row in reversed(rows))
        return Leaves(items=items, before=start or None)

    async def acts(
        self,
        *,
        before: int | None = None,
        limit: int = 50,
        wanted: Callable[[Leaf], bool] = lambda _leaf: True,
    ) -> Leaves:
        """Return acts, newest first.

        Args:
            before: Only those below this place; None for the newest.
            limit: At most so many, 1 to MOST.
            wanted: Tells which ones.
        """
        found: list[Leaf] = []
        stop = self._stop(before)
        lowest = max(0, stop - _MOST_LOOKED_AT)
        while stop > lowest:
            start = max(lowest, stop - _SLICE)
            for row in reversed(await self._log.leaves(start, stop)):
                if row.kind == StatementKind.ACT and wanted(leaf := leaf_of(row)):
                    found.append(leaf)
                    if len(found) == limit:
                        return Leaves(items=tuple(found), before=row.index or None)
            stop = start
        return Leaves(items=tuple(found), before=lowest or None)

    async def export(self, words: str, *, by: Caller, now_ms: int) -> None:
        """State that somebody takes acts along as a file: the act is committed before.

        Args:
            words: What they take, in our own words.
            by: Who takes it.
            now_ms: Milliseconds since 1970, UTC.

        Raises:
            StorageError: It was not committed; nothing is given.
        """
        why = words[:_MOST_WORDS]
        act = Act(
            act=EXPORTED,
            who=by.who,
            ref=None,
            subject=sha256(why.encode()),
            why=why,
            t_ms=now_ms,
        )
        await self._log.state([officer_act(act.encode(), new_salt())], must_leave=False)

    def _stop(self, before: int | None) -> int:
        return self._log.size if before is None else max(0, min(before, self._log.size))


def leaf_of(row: LeafRow) -> Leaf:
    """Return what a stored leaf says.

    Args:
        row: As stored.
    """
    kind = StatementKind(row.kind)
    if row.preimage is None:
        return Leaf(index=row.index, kind=kind, is_erased=kind is not StatementKind.COVER)
    try:
        return _said(row.index, kind, row.preimage)
    except MalformedError:
        # Of a version that this program does not know: the leaf stands all the same.
        return Leaf(index=row.index, kind=kind)


def _said(index: int, kind: StatementKind, preimage: bytes) -> Leaf:
    match kind:
        case StatementKind.RECEIPT_GIVEN:
            receipt = Receipt.decode(preimage)
            return Leaf(
                index=index,
                kind=kind,
                at_ms=receipt.t_ms,
                what=receipt.stage.value,
                mid=receipt.mid,
                node=receipt.for_,
            )
        case StatementKind.ACT:
            act = Act.decode(preimage)
            return Leaf(
                index=index,
                kind=kind,
                at_ms=act.t_ms,
                what=act.act,
                mid=act.ref,
                who=act.who,
                why=act.why,
            )
        case StatementKind.SILENCE:
            told = Silence.decode(preimage)
            return Leaf(index=index, kind=kind, at_ms=told.t_ms, what=told.step, mid=told.mid)
        case StatementKind.CHECKPOINT_SEEN:
            seen = ClaimedCheckpoint.parse(preimage).head
            return Leaf(index=index, kind=kind, node=seen.origin.node)
        case _:
            return Leaf(index=index, kind=kind)
