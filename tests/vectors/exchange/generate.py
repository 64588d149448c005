"""Writes the vectors of a whole exchange: `python -m tests.vectors.exchange.generate`.

The linking table and the derivations are written anew and must come out the same. The story holds
fresh signatures and nonces: its files are kept as they are, unless one is missing; then all are
made anew.
"""

from collections.abc import Iterator

from tests.vectors.case_file import FOLDER, Vector
from tests.vectors.exchange.derivation_cases import derivation_cases
from tests.vectors.exchange.linking_cases import linking_cases
from tests.vectors.exchange.story import FOLDER as NAME
from tests.vectors.exchange.story import NAMES, story


def deterministic_cases() -> Iterator[Vector]:
    """Yield every case whose bytes follow from its inputs."""
    yield from derivation_cases()
    yield from linking_cases()


def main() -> None:
    """Write all files."""
    for case in deterministic_cases():
        case.path.write_text(case.text(), encoding="utf-8")
    if any(not (FOLDER / NAME / f"{name}.json").exists() for name in NAMES):
        for case in story():
            case.path.write_text(case.text(), encoding="utf-8")


if __name__ == "__main__":
    main()
