"""Writes the vectors of envelopes, receipts, key sets and frames.

Run as `python -m tests.vectors.generate_envelope`. What follows from its inputs is written anew
and must come out byte for byte the same; sealed envelopes hold fresh random numbers, so that a
file that is there is kept (delete it to seal that case again).

The cases themselves stand in five modules beside this one.
"""

from collections.abc import Iterator

from tests.vectors.case_file import Vector
from tests.vectors.envelope_cases import envelope_cases
from tests.vectors.exchange_cases import exchange_cases
from tests.vectors.past_cases import past_cases
from tests.vectors.sealed_cases import sealed_cases
from tests.vectors.statement_cases import statement_cases


def deterministic_cases() -> Iterator[Vector]:
    """Yield every case whose bytes follow from its inputs."""
    yield from envelope_cases()
    yield from statement_cases()
    yield from exchange_cases()
    yield from past_cases()


def main() -> None:
    """Write all files."""
    for case in deterministic_cases():
        case.path.parent.mkdir(exist_ok=True)
        case.path.write_text(case.text())
    for path, make in sealed_cases().items():
        if not path.exists():
            path.write_text(make().text())


if __name__ == "__main__":
    main()
