"""What others attested of logs, as a node holds it: several parts, one answer for each head.

Each part knows one kind of attestation (stamps; cosignatures; leaves of third nodes). A head of
which several parts hold something comes out once, with all of it.

Source: docs/evidence.md, "The bundle".
"""

from collections.abc import Sequence
from dataclasses import replace

from gateway.evidence.material import Attestations, Attested
from protocol.identifiers import LogOrigin


class HeldAttestations:
    """The port over several parts; any of them may hold nothing.

    Args:
        parts: In the order in which what they hold is written.
    """

    def __init__(self, parts: Sequence[Attestations]) -> None:
        self._parts = tuple(parts)

    async def of(self, origin: LogOrigin, size: int, indices: Sequence[int]) -> Sequence[Attested]:
        """Return what is held of heads that bound or witness statements proven at a size.

        Args:
            origin: The log in which they stand.
            size: Of the checkpoint by which they are proven.
            indices: Their places, rising.

        Returns:
            One for each note, in the order in which parts first named it.

        Raises:
            GatewayError: A part cannot read what it holds.
        """
        found: dict[bytes, Attested] = {}
        for part in self._parts:
            for each in await part.of(origin, size, indices):
                held = found.get(each.note)
                found[each.note] = each if held is None else _both(held, each)
        return tuple(found.values())


def _both(one: Attested, other: Attested) -> Attested:
    """Join what two parts hold of one head; a consistency proof of either will do."""
    return replace(
        one,
        cosignatures=one.cosignatures + other.cosignatures,
        stamps=one.stamps + other.stamps,
        seen=one.seen + other.seen,
        joined=other.joined if one.joined is None else one.joined,
    )
