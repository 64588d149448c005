"""Time stamps as the store keeps them, for bundles: of our own log alone.

For each statement the first stamp of each authority after it: no later one bounds it closer.
"""

from collections.abc import Sequence

from gateway.evidence.material import Attested
from gateway.stamping import Stamps
from protocol.identifiers import LogOrigin


class KeptStamps:
    """A part of what others attested.

    Args:
        book: Where stamps are kept.
    """

    def __init__(self, book: Stamps) -> None:
        self._book = book

    async def of(self, origin: LogOrigin, size: int, indices: Sequence[int]) -> Sequence[Attested]:
        """Return the stamps that bound statements proven at a size.

        Raises:
            LogDamagedError: The log of an earlier generation cannot be proven.
        """
        return [
            Attested(note=one.note, stamps=(one.answer,), joined=one.joined)
            for one in await self._book.stamps_over(origin, size, indices)
        ]
