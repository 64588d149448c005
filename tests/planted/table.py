"""Every planted fault, and the table of what found each."""

from collections.abc import Sequence
from typing import Final

from tests.planted.checks import Found
from tests.planted.faults import Fault
from tests.planted.others import HOLES, KILLED, TESTED, UNSYNCED
from tests.planted.simulated import SIMULATED

__all__ = ("FAULTS", "HOLES", "rows_of")

FAULTS: Final[tuple[Fault, ...]] = (*KILLED, *UNSYNCED, *SIMULATED, *TESTED)
"""Each must be found."""

HEAD: Final = ("| fault | check | found by | s |", "|---|---|---|---|")


def rows_of(results: Sequence[Found]) -> list[str]:
    """Return the table as docs/planted-faults.md has it.

    Args:
        results: One for each fault.
    """
    return [
        *HEAD,
        *(
            f"| {one.name} | {one.check} | "
            f"{', '.join(one.by) if one.is_found else 'NOT FOUND: ' + one.why}"
            f" | {one.seconds:.0f} |"
            for one in results
        ),
    ]
