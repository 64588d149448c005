"""The part of the store that answers for our own log."""

from collections.abc import Sequence

from gateway.records import (
    Proofs,
    SignedHead,
)
from gateway.rows import (
    LeafRow,
)
from gateway.storage.core import StorePart
from gateway.storage.session import Session, refuse_unsigned
from protocol.identifiers import LogOrigin
from protocol.log.statement import Statement


class LogBookPart(StorePart):
    """Implements ports.LogBook."""

    @property
    def origin(self) -> LogOrigin:
        """The generation that is written now."""
        return self._core.log.origin

    @property
    def size(self) -> int:
        """Committed leaves, signed or not."""
        return self._core.log.size

    def root(self, size: int) -> bytes:
        """Return the root of the first `size` leaves, signed or not.

        Args:
            size: 0 to the committed leaves.
        """
        return self._core.log.root(size)

    def head(self) -> SignedHead | None:
        """Return the newest signed and committed checkpoint."""
        return self._core.log.head

    async def checkpoint(self, size: int) -> SignedHead | None:
        """Return the checkpoint signed at exactly this size, if there was one."""
        return self._core.log.checkpoint(size)

    async def prove(self, size: int, indices: Sequence[int], *, old: int) -> Proofs:
        """Prove leaves and another size at `size`; every proof is checked before it returns.

        Raises:
            NotAllowedError: A size or index that was not committed.
            LogDamagedError: A proof does not hold.
        """
        return self._core.log.prove(size, indices, old=old)

    async def leaves(self, start: int, stop: int) -> tuple[LeafRow, ...]:
        """Return stored leaves, start included, stop not."""
        return self._core.log.leaves(start, stop)

    async def state(self, statements: Sequence[Statement], *, must_leave: bool) -> int:
        """Append statements of the node itself; return the index of the first.

        Args:
            statements: At least one.
            must_leave: A signed head covers them when this returns; else within a second.

        Raises:
            RecoveringError: They must leave, and no head may be signed now.
            StorageError: Nothing was appended.
        """

        def append(session: Session) -> int:
            if must_leave:
                refuse_unsigned(session)
            indices = [session.state(one, must_leave=must_leave) for one in statements]
            return indices[0]

        return await self._core.writer.run(append)
