"""Cosignatures as the store keeps them, for bundles: of our own log alone.

For each statement and witness the first head with it and the last without it: no other bounds the
time closer.
"""

from collections.abc import Sequence

from gateway.evidence.material import Attested
from gateway.witnessing import Witnessing
from protocol.identifiers import LogOrigin


class KeptCosignatures:
    """A part of what others attested.

    Args:
        book: Where cosignatures are kept.
    """

    def __init__(self, book: Witnessing) -> None:
        self._book = book

    async def of(self, origin: LogOrigin, size: int, indices: Sequence[int]) -> Sequence[Attested]:
        """Return the cosigned heads that bound statements proven at a size.

        Raises:
            LogDamagedError: The log of an earlier generation cannot be proven.
        """
        return [
            Attested(note=one.note, cosignatures=one.lines, joined=one.joined)
            for one in await self._book.cosigned_around(origin, size, indices)
        ]
