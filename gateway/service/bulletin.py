"""Tells what no message tells: how peers, logs, directory, clock and disk stand; what is due.

What each page shows of them beside its own matter is renewed by these events, and programs may
wait for them. Each change is told once: the store keeps what was told, also over a restart.

Source: docs/desk.md, "Events".
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, Protocol, TypeAlias

from gateway.conditions import Condition, ConditionKind, Conditions
from gateway.ports import Clock, Directory
from gateway.service.health import Check
from gateway.service.repeating import repeat
from gateway.service.ways import Way
from protocol.delivery.circuit import Phase
from protocol.delivery.currency import AgeLimits, currency_of
from protocol.identifiers import NodeId

LOOK_EVERY_S: Final = 2.0
REACHED_MS: Final = 3_600_000
"""A node that was met within this time counts as reached, as at the foot of every page."""

NO_DIRECTORY: Final = "none"
_WATCHED: Final = frozenset({"clock", "room", "recovery"})
"""Checks of the node's health that pages warn of."""

AllWays: TypeAlias = Mapping[NodeId, Way]

Source: TypeAlias = Callable[[AllWays], Iterable[Condition]]
"""Gives conditions as they are now, from the ways to all nodes; cheap: asked every two seconds."""

Look: TypeAlias = Callable[[], Awaitable[None]]
"""Looks at what is due, and tells it."""


class Bulletin:
    """Tells changes of conditions, and lets what is due be told, in turn.

    Args:
        book: Keeps what was told.
        clock: Time.
        ways: Gives the ways to all nodes.
        sources: Give conditions.
        looks: Tell what is due.
    """

    def __init__(
        self,
        book: Conditions,
        clock: Clock,
        *,
        ways: Callable[[], Awaitable[AllWays]],
        sources: Sequence[Source],
        looks: Sequence[Look],
    ) -> None:
        self._book = book
        self._clock = clock
        self._ways = ways
        self._sources = sources
        self._looks = looks
        self._told: dict[tuple[ConditionKind, str], str] | None = None

    async def run(self) -> None:
        """Look until cancelled; one owner awaits it.

        Raises:
            StorageError: The store failed.
        """
        await repeat(self.look, every_s=LOOK_EVERY_S, clock=self._clock)

    async def look(self) -> None:
        """Tell what changed since the last look, and what is due by now.

        Raises:
            StorageError: The store failed; it is told with the next look.
        """
        if self._told is None:
            self._told = dict(await self._book.conditions())
        ways = await self._ways()
        changed = [
            each
            for source in self._sources
            for each in source(ways)
            if self._told.get((each.kind, each.subject)) != each.word
        ]
        if changed:
            await self._book.note_conditions(changed, now_ms=self._clock.now_ms())
            self._told.update({(each.kind, each.subject): each.word for each in changed})
        for look in self._looks:
            await look()
            await self._clock.sleep(0)


class Logs(Protocol):
    """What is known of other nodes' logs."""

    def is_forked(self, peer: NodeId) -> bool:
        """Tell whether the newest log of a node has two histories."""


class Health(Protocol):
    """What is in the node's way."""

    def is_ready(self) -> bool:
        """Tell whether it accepts and sends."""

    def report(self) -> tuple[Check, ...]:
        """Return every check, good or not."""


def peers_source(directory: Directory, clock: Clock, us: NodeId) -> Source:
    """Return what tells whether each other node is reached.

    `reached`: met within an hour, and its circuit is closed. `failing`: calls fail now. `silent`:
    not met for an hour, or never.

    Args:
        directory: Which nodes there are.
        clock: Time.
        us: This node.
    """

    def source(ways: AllWays) -> list[Condition]:
        now_ms = clock.now_ms()
        return [
            Condition(
                kind=ConditionKind.PEER,
                subject=str(entry.node_id),
                word=_reach(ways.get(entry.node_id), now_ms),
            )
            for entry in directory.nodes()
            if entry.node_id != us
        ]

    return source


def logs_source(
    directory: Directory, logs: Logs, unjoined: Callable[[], Iterable[NodeId]], us: NodeId
) -> Source:
    """Return what tells whether each other node's log is sound, doubted or forked.

    Args:
        directory: Which nodes there are.
        logs: Their logs.
        unjoined: Gives the nodes of whose logs a head waits for its proof.
        us: This node.
    """

    def source(_ways: AllWays) -> list[Condition]:
        doubted = frozenset(unjoined())
        return [
            Condition(
                kind=ConditionKind.LOG,
                subject=str(entry.node_id),
                word="forked"
                if logs.is_forked(entry.node_id)
                else ("unjoined" if entry.node_id in doubted else "sound"),
            )
            for entry in directory.nodes()
            if entry.node_id != us
        ]

    return source


def node_source(
    directory: Directory,
    health: Health,
    made_ms: Callable[[], int | None],
    clock: Clock,
    *,
    us: NodeId,
    limits: AgeLimits,
) -> Source:
    """Return what tells how the directory and the node itself stand.

    Args:
        directory: The one in use.
        health: Of the node: clock, disk, recovery, and whether it is ready.
        made_ms: Gives when the directory was made, ms since 1970 UTC; None if nobody can say.
        clock: Time.
        us: This node.
        limits: From which ages on a directory is old.
    """

    def directory_word() -> str:
        stamp, made = directory.stamp(), made_ms()
        if stamp is None:
            return NO_DIRECTORY
        age = "current" if made is None else currency_of(clock.now_ms() - made, limits).name.lower()
        return f"{age} {stamp.root_version}.{stamp.timestamp_version}"

    def found(_ways: AllWays) -> Iterator[Condition]:
        yield Condition(kind=ConditionKind.DIRECTORY, subject=str(us), word=directory_word())
        yield _node("ready", is_good=health.is_ready())
        for check in health.report():
            if check.name in _WATCHED:
                yield _node(check.name, is_good=check.ok)

    return found


def _node(subject: str, *, is_good: bool) -> Condition:
    return Condition(kind=ConditionKind.NODE, subject=subject, word="good" if is_good else "bad")


def _reach(way: Way | None, now_ms: int) -> str:
    if way is None or way.last_contact_ms is None:
        return "silent"
    if way.failures and way.phase is not Phase.CLOSED:
        return "failing"
    return "reached" if now_ms - way.last_contact_ms <= REACHED_MS else "silent"
