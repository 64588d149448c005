"""Keeps room on the disk for what is urgent and under way: the one that says no in time.

Measures each second, and again when a commit met a full disk. Levels and what each takes are
rules of protocol.delivery.room; that receipts, openings and outcomes go on is written where they
are made, by not asking here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Final

from gateway.errors import StorageError
from gateway.journal import Journal
from gateway.metrics import Metrics
from gateway.ports import Measure, Space
from gateway.service.promises import PEER_MOST_BYTES, Name, Promises
from protocol.delivery.room import Floor, Room, admits, step
from protocol.delivery.urgency import Urgency

_MEBIBYTE: Final = 1024 * 1024
FIX: Final = (
    "make room on the node's disk, then send again: a35 doctor says how much is free; what was "
    "queued before goes on"
)


class DiskGuard:
    """The room of one node's disk.

    Args:
        measure: Asked each time.
        floor: What is to stay free.
        journal: Told of each change.
        metrics: Shows bytes and level.
    """

    def __init__(
        self, measure: Measure, *, floor: Floor, journal: Journal, metrics: Metrics
    ) -> None:
        self._measure = measure
        self._floor = floor
        self._journal = journal
        self._metrics = metrics
        self._room = Room.AMPLE
        self._space: Space | None = None
        self._promises = Promises()
        self.look()

    @property
    def room(self) -> Room:
        """How the disk stood when it was measured last."""
        return self._room

    def look(self) -> None:
        """Measure, and tell of a change."""
        self._promises.look()
        space = self._measure()
        if space is None:
            return
        self._space = space
        floor_bytes = self._floor.bytes_of(space.total_bytes)
        room = step(self._room, free_bytes=space.free_bytes, floor_bytes=floor_bytes)
        self._metrics.disk_free_bytes(space.free_bytes)
        self._metrics.disk_room(room)
        if room is not self._room:
            self._tell(room, space.free_bytes, floor_bytes)
        self._room = room

    def describe(self) -> str:
        """Return what is free and what of it is kept, for people."""
        if self._space is None:
            return "not measured"
        free, total = self._space.free_bytes, self._space.total_bytes
        kept = self._floor.bytes_of(total)
        return f"{free // _MEBIBYTE} MiB free of {total // _MEBIBYTE}, {kept // _MEBIBYTE} kept"

    def takes(self, urgency: Urgency) -> bool:
        """Tell whether a peer's new envelope of this class is taken."""
        return admits(self._room, urgency)

    def takes_blob(self, name: Name, missing_bytes: int) -> bool:
        """Tell whether a peer's attachment may go on, and keep room for what is missing of it.

        Args:
            name: Whose it is, and which.
            missing_bytes: What is still to come of it; nothing ends what was kept.
        """
        return self._takes_file(name, missing_bytes, Urgency.P3, most_bytes=PEER_MOST_BYTES)

    def check_file(self, name: Name, missing_bytes: int, urgency: Urgency) -> None:
        """Refuse an officer's file that there is no room for, and keep room for what is missing.

        Args:
            name: Of which draft, and which.
            missing_bytes: What is still to be written of it.
            urgency: Of the document that it belongs to.

        Raises:
            StorageError: Nothing was kept of it.
        """
        self.check(urgency)
        if not self._takes_file(name, missing_bytes, urgency):
            raise StorageError(
                "the node's disk has no room for this file", code="disk_full", hint=FIX
            )

    def _takes_file(
        self, name: Name, missing_bytes: int, urgency: Urgency, *, most_bytes: int | None = None
    ) -> bool:
        spare = self._spare_bytes(urgency)
        return admits(self._room, urgency) and self._promises.take(
            name, missing_bytes, spare_bytes=spare, most_bytes=most_bytes
        )

    def _spare_bytes(self, urgency: Urgency) -> int | None:
        """Return what is free above the floor; half of it is there for what is urgent."""
        if self._space is None:
            return None
        floor_bytes = self._floor.bytes_of(self._space.total_bytes)
        kept = floor_bytes // 2 if urgency <= Urgency.P1 else floor_bytes
        return self._space.free_bytes - kept

    def check(self, urgency: Urgency) -> None:
        """Refuse a new document of an officer that there is no room for.

        Args:
            urgency: Its class.

        Raises:
            StorageError: Nothing was kept of it.
        """
        if admits(self._room, urgency):
            return
        what = "nothing new is" if self._room is Room.SPENT else "urgent documents alone are"
        raise StorageError(
            f"the node's disk is short of room: {what} taken", code="disk_full", hint=FIX
        )

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Measure again if what is done inside meets a full disk.

        Raises:
            StorageError: As it came.
        """
        try:
            yield
        except StorageError as error:
            if error.is_full:
                self.look()
            raise

    def _tell(self, room: Room, free_bytes: int, floor_bytes: int) -> None:
        said = {"free_mib": free_bytes // _MEBIBYTE, "kept_mib": floor_bytes // _MEBIBYTE}
        if room > self._room:
            self._metrics.alarms("disk")
            self._journal.alarm("disk_short", room=room.name.lower(), **said)
        else:
            self._journal.info("disk_has_room", room=room.name.lower(), **said)


class _PassingOver:
    """Ends a block quietly if it met a full disk."""

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        return isinstance(error, StorageError) and error.is_full


def passing_over_full() -> _PassingOver:
    """Pass over a full disk where the same is tried again later; other faults go through."""
    return _PassingOver()
