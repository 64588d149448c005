"""A group committer that counts: what was committed, how long it took, how the log grew."""

from collections.abc import Sequence
from pathlib import Path

from typing_extensions import override

from gateway.metrics import Metrics
from gateway.ports import Clock
from gateway.storage.anchor import Anchor
from gateway.storage.gate import Gate
from gateway.storage.group import Committed, GroupCommitter, Operation
from gateway.storage.sequence import HeadSigner
from protocol.identifiers import LogOrigin


class MeasuredCommitter(GroupCommitter):
    """Commits as its base does, and counts each group that is durable.

    Args:
        path: The database file, migrated.
        origin: The generation of the log that is written.
        signer: Signs heads of this log.
        anchor: Told of every signed head after its commit.
        gate: Whether heads may be signed.
        clock: Measures; its monotonic time alone.
        metrics: Counts; may be called from any thread.
    """

    def __init__(
        self,
        path: Path,
        *,
        origin: LogOrigin,
        signer: HeadSigner,
        anchor: Anchor,
        gate: Gate,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._clock = clock
        self._metrics = metrics
        super().__init__(path, origin=origin, signer=signer, anchor=anchor, gate=gate)

    @override
    def commit(self, operations: Sequence[Operation[object]], *, sign: bool = False) -> Committed:
        """Run operations in one transaction, make it durable, and count it if it is."""
        began_s = self._clock.monotonic_s()
        committed = super().commit(operations, sign=sign)
        if committed.news is not None:
            self._metrics.commits(len(operations), self._clock.monotonic_s() - began_s)
            self._metrics.leaves(len(committed.news.completed))
        return committed
