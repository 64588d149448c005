"""Whether this node serves, and what is in its way: the same words for probe, doctor and page."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway.ports import Clock, Directory
from gateway.service.guard import FIX, DiskGuard
from gateway.service.link import PeerLogs
from gateway.service.recover import Phase, Recovery
from gateway.service.recovery_advice import advice, describe
from gateway.store import LogBook
from protocol.delivery.room import Room
from protocol.identifiers import NodeId

_CLOCK_WARN_MS: Final = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that must hold; `fix` says what to do when it does not."""

    name: str
    ok: bool
    detail: str
    fix: str


class Offsets:
    """How far the clocks of peers are from ours, as their answers say. A hint: nothing rests on it.

    Args:
        clock: Our own.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offsets: dict[NodeId, int] = {}

    def note(self, peer: NodeId, their_ms: int) -> None:
        """Take note of the time in an answer.

        Args:
            peer: Who answered.
            their_ms: Its clock, milliseconds since 1970 UTC.
        """
        self._offsets[peer] = their_ms - self._clock.now_ms()

    def of(self, peer: NodeId) -> int | None:
        """Return how far a peer's clock is from ours, None if it was not heard in this run.

        Args:
            peer: Whose clock.
        """
        return self._offsets.get(peer)

    def median_ms(self) -> int:
        """Return the median offset of all peers heard, 0 when none was."""
        ordered = sorted(self._offsets.values())
        return ordered[len(ordered) // 2] if ordered else 0


class Health:
    """The state of one node.

    Args:
        log: Our log; without a checkpoint nothing leaves.
        directory: Who may talk to us.
        logs: Forks found.
        offsets: Peers' clocks.
        failing: Gives the nodes that cannot be reached, with failures in a row.
        why_no_directory: Gives the sentence of the last failed refresh, None after a good one.
        guard: Knows the disk.
        recovery: Knows whether our log may be signed.
    """

    def __init__(
        self,
        *,
        log: LogBook,
        directory: Directory,
        logs: PeerLogs,
        offsets: Offsets,
        failing: Callable[[], dict[NodeId, int]],
        why_no_directory: Callable[[], str | None],
        guard: DiskGuard,
        recovery: Recovery,
    ) -> None:
        self._log = log
        self._directory = directory
        self._logs = logs
        self._offsets = offsets
        self._failing = failing
        self._why_no_directory = why_no_directory
        self._guard = guard
        self._recovery = recovery
        self._serving = False
        self._more: list[Callable[[], Check]] = []

    def add(self, *checks: Callable[[], Check]) -> None:
        """Add checks of other parts; they stand behind ours.

        Args:
            checks: Called for each report; must not wait.
        """
        self._more.extend(checks)

    def serving(self, *, now: bool) -> None:
        """Say whether the ports are open.

        Args:
            now: True from the moment they are.
        """
        self._serving = now

    def is_live(self) -> bool:
        """Tell whether the process works at all."""
        return True

    def is_ready(self) -> bool:
        """Tell whether this node accepts and sends: ports open, log signed, directory held."""
        is_signing = self._recovery.outlook().phase is Phase.SIGNING
        has_log = is_signing and self._log.head() is not None
        return self._serving and has_log and self._directory.stamp() is not None

    def report(self) -> tuple[Check, ...]:
        """Return every check, good or not, in a fixed order."""
        return (self._log_check(), self._recovery_check(), self._directory_check(),
                self._clock_check(), self._lane_check(), self._fork_check(),
                self._disk_check(), *(check() for check in self._more))  # fmt: skip

    def _log_check(self) -> Check:
        head = self._log.head()
        detail = "no signed checkpoint" if head is None else f"{head.origin}, {head.size} leaves"
        return Check(name="log", ok=head is not None, detail=detail, fix="run: a35 log verify")

    def _recovery_check(self) -> Check:
        outlook = self._recovery.outlook()
        return Check(
            name="recovery",
            ok=outlook.phase is Phase.SIGNING,
            detail=describe(outlook),
            fix=" ".join(advice(outlook)),
        )

    def _directory_check(self) -> Check:
        stamp = self._directory.stamp()
        why = self._why_no_directory()
        if stamp is None:
            return Check(
                name="directory",
                ok=False,
                detail=why or "not fetched yet",
                fix="check directory.url in node.toml and the way there; the node keeps trying",
            )
        detail = f"root {stamp.root_version}, timestamp {stamp.timestamp_version}"
        return Check(
            name="directory",
            ok=why is None,
            detail=detail if why is None else f"{detail}; last refresh: {why}",
            fix="" if why is None else "the node goes on with what it has and keeps trying",
        )

    def _clock_check(self) -> Check:
        offset_ms = self._offsets.median_ms()
        return Check(
            name="clock",
            ok=abs(offset_ms) < _CLOCK_WARN_MS,
            detail=f"peers' clocks are {offset_ms / 1000:+.1f} s from this one",
            fix="set this machine's clock (NTP); peers refuse what is dated ten minutes ahead",
        )

    def _lane_check(self) -> Check:
        failing = self._failing()
        names = ", ".join(f"{node} ({count}x)" for node, count in sorted(failing.items()))
        return Check(
            name="peers",
            ok=not failing,
            detail=f"not reached: {names}" if failing else "every peer with work is reached",
            fix="nothing is lost; see a35 explain MID, and telephone if it is urgent",
        )

    def _disk_check(self) -> Check:
        return Check(
            name="room",
            ok=self._guard.room is Room.AMPLE,
            detail=self._guard.describe(),
            fix=FIX,
        )

    def _fork_check(self) -> Check:
        count = len(self._logs.succession.forks())
        return Check(
            name="forks",
            ok=count == 0,
            detail=f"{count} logs with two histories" if count else "no log with two histories",
            fix="do not trust that node; telephone its operator",
        )
