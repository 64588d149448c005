"""Whom to ask for the directory, because traffic names another version than ours.

Does: takes note of the versions that peers name in what they proved, and asks such a peer: for a
newer state, or for the other one of two of one version, which is an alarm with both files kept.
Leaves fetching and verifying to gateway.directory.trusted.

Rule kept: a peer is believed nothing: a number costs one question at most, however often it is
named, a peer a few, and what comes is verified as from any mirror.

Source: docs/wire-format.md, rule 30.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from protocol.envelope.header import DirectoryStamp
from protocol.identifiers import NodeId

REMEMBERED: Final = 256
"""Versions, each of one peer, that were asked about; beyond it the oldest may be asked again."""

OF_ONE_PEER: Final = 4
"""Questions to one peer before our own version changes: who names a thousand gets no more."""

WAITING: Final = 16
"""Peers that wait to be asked."""


class Asking(Protocol):
    """What is needed of the node's own directory."""

    def stamp(self) -> DirectoryStamp | None:
        """Return the version in use, None while there is none."""

    async def refresh_from(self, node: NodeId) -> bool:
        """Fetch and verify what one peer has; return whether anything changed."""


class Rumours:
    """Asks peers that name another version.

    Args:
        directory: Ours.
    """

    def __init__(self, directory: Asking) -> None:
        self._directory = directory
        self._asked: OrderedDict[tuple[NodeId, DirectoryStamp], None] = OrderedDict()
        self._waiting: asyncio.Queue[NodeId] = asyncio.Queue(WAITING)
        self._held: DirectoryStamp | None = None
        self._questions: Counter[NodeId] = Counter()

    def hear(self, node: NodeId, stamp: DirectoryStamp) -> None:
        """Take note of the version that a peer named.

        Args:
            node: The peer.
            stamp: As it stood in an envelope or receipt that it proved.
        """
        held = self._directory.stamp()
        if held is None or not is_other(stamp, held) or (node, stamp) in self._asked:
            return
        if held != self._held:
            self._held = held
            self._questions.clear()
        if self._waiting.full() or self._questions[node] >= OF_ONE_PEER:
            return  # it will name it again
        self._questions[node] += 1
        self._asked[node, stamp] = None
        if len(self._asked) > REMEMBERED:
            self._asked.popitem(last=False)
        self._waiting.put_nowait(node)

    async def run(self, adopted: Callable[[], Awaitable[None]]) -> None:
        """Ask until cancelled; one owner awaits it.

        Args:
            adopted: Called after something newer was fetched.

        Raises:
            StorageError: What was found could not be adopted.
        """
        while True:
            if await self._directory.refresh_from(await self._waiting.get()):
                await adopted()


def is_other(stamp: DirectoryStamp, held: DirectoryStamp) -> bool:
    """Tell whether a version is newer than the one held, or the same with another content.

    Args:
        stamp: What a peer named.
        held: Ours.
    """
    if stamp.root_version != held.root_version:
        return stamp.root_version > held.root_version
    if stamp.timestamp_version != held.timestamp_version:
        return stamp.timestamp_version > held.timestamp_version
    return stamp.digest != held.digest
