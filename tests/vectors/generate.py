"""Runs every vector generator: `python -m tests.vectors.generate`, with `--anew` for all of them.

Without the argument, what follows from its inputs is written anew, which must change nothing,
and what holds fresh random numbers is made only where a file is missing. With it, what is random
is made anew too: other bytes, as good as the old ones; tests and the examples in
docs/wire-format.md that quote them must then follow.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from tests.vectors import generate_envelope
from tests.vectors.encoding import generate as generate_encoding
from tests.vectors.exchange import generate as generate_exchange
from tests.vectors.exchange.story import NAMES
from tests.vectors.keys import generate as generate_keys
from tests.vectors.log import generate as generate_log
from tests.vectors.sealed_cases import sealed_cases
from tests.vectors.witness import generate as generate_witness

KEEPING: Final[tuple[Callable[[], None], ...]] = (
    generate_encoding.main,
    generate_log.main,
    generate_envelope.main,
    generate_exchange.main,
    generate_witness.main,
)
"""Write what follows from its inputs, and what is missing of the rest."""

DRAWING: Final[tuple[Callable[[], None], ...]] = (generate_keys.main,)
"""Draw fresh random numbers each time."""

FOLDER: Final = Path(__file__).parent


def random_files() -> list[Path]:
    """Return the files that a KEEPING generator makes only when they are missing."""
    story = (FOLDER / "exchange" / f"{name}.json" for name in NAMES)
    return [*sealed_cases(), *story, *generate_witness.paths()]


def main(arguments: Sequence[str] = ()) -> None:
    """Write all files.

    Args:
        arguments: `--anew`, or nothing.
    """
    anew = "--anew" in arguments
    if anew:
        for path in random_files():
            path.unlink(missing_ok=True)
    for write in (*KEEPING, *(DRAWING if anew else ())):
        write()


if __name__ == "__main__":
    main(sys.argv[1:])
