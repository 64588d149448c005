"""The part of the store that answers for other nodes: their logs and key sets."""

from collections.abc import Mapping
from functools import partial

from gateway.records import Fork, PeerCheckpoint
from gateway.storage.core import StorePart
from gateway.storage.forks import keep_fork, read_forks
from gateway.storage.peers import keep_checkpoint, keep_key_set, read_positions
from protocol.identifiers import LogOrigin, NodeId
from protocol.log.linking import Position


class NeighboursPart(StorePart):
    """Implements the part of ports.Store about peers' checkpoints and key sets."""

    async def advance_peer(self, checkpoint: PeerCheckpoint, *, now_ms: int) -> None:
        """Keep a linked checkpoint of a peer that came with nothing else.

        Raises:
            ForkDetectedError: Another root is stored at this size; nothing was changed.
            StorageError: Nothing was committed.
        """
        del now_ms  # the checkpoint says itself when it was linked
        await self._core.writer.run(
            partial(keep_checkpoint, checkpoint=checkpoint, state_seen=True)
        )

    async def positions(self) -> Mapping[LogOrigin, Position]:
        """Return where we stand in every peer's log; read once at start."""
        return read_positions(self._core.reader, now_ms=self._core.clock.now_ms())

    async def keep_fork(self, fork: Fork, *, now_ms: int) -> None:
        """Keep both notes of a log with two histories for ever; the first fork of a log counts.

        Raises:
            StorageError: Nothing was kept.
        """
        await self._core.writer.run(partial(keep_fork, fork=fork, now_ms=now_ms))

    async def forks(self) -> tuple[Fork, ...]:
        """Return every log with two histories, in order of its origin."""
        return read_forks(self._core.reader)

    async def peer_key_set(self, node: NodeId) -> bytes | None:
        """Return the newest proven key set held of a node."""
        held = self._core.key_sets  # every message asks for it, and a read lets go of the loop
        if node not in held:
            row = self._core.reader.execute(
                "SELECT bytes FROM peer_key_set WHERE node = ?", (str(node),)
            ).fetchone()
            held[node] = None if row is None else bytes(row[0])
        return held[node]

    async def save_peer_key_set(self, node: NodeId, key_set: bytes, version: int) -> bool:
        """Keep a proven key set unless a newer one is held; return whether it was kept."""
        is_kept = await self._core.writer.run(
            partial(keep_key_set, node=str(node), key_set=key_set, version=version)
        )
        self._core.key_sets.pop(node, None)
        return is_kept

    async def key_set(self) -> tuple[bytes, int] | None:
        """Return our own published key set and its leaf index."""
        return self._core.log.key_set()
