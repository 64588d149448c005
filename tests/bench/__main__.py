"""`make bench`, `python -m tests.bench [--only PART,...] [--json]`: what A35 costs on this machine.

Ratios come first: each was taken in one run of this machine and is a median over pairs of runs
that follow each other. Figures move with the machine and with whoever shares it; compare ratios
between machines and releases, never figures. docs/performance.md says what each part measures.
"""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from tests.bench import against, apart, commits, didcomm, idle, inprocess, primitives, sustained
from tests.bench.machine import busy_by_others, machine
from tests.bench.page import rewrite
from tests.bench.tables import show, warning_of

__all__ = ("PARTS", "machine", "main", "measured", "tell")

Result = dict[str, Any]
Found = tuple[dict[str, object], dict[str, float]]
PARTS: Final = (
    "primitives", "commits", "inprocess", "didcomm", "against", "sustained", "idle", "growth",
    "attached",
)  # fmt: skip
PAGE: Final = Path(__file__).parents[2] / "docs" / "performance.md"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what was asked for and print it.

    Args:
        argv: Without the program; the process's own unless given.

    Returns:
        0; 64 where a part is asked for that there is not.
    """
    options = _options(argv)
    if unknown := set(options.only) - set(PARTS):
        tell(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
        return 64
    if options.result is not None:
        result: Result = json.loads(options.result.read_text(encoding="utf-8"))
    else:
        result = measured(options)
    if options.docs:
        rewrite(PAGE, result)
        tell(f"the figures in {PAGE.name} are those of this run")
    if options.json:
        sys.stdout.write(json.dumps(result) + "\n")
    else:
        show(result, sys.stdout)
    return 0


def measured(options: Namespace) -> Result:
    """Return what `--json` prints.

    Args:
        options: As the command line gives them.
    """
    left_out: list[str] = []

    def note(text: str) -> None:
        tell(text)
        if text.startswith("left out: "):
            left_out.append(text.removeprefix("left out: "))

    before = busy_by_others()
    about = machine()
    result: Result = {"ratios": {}, "figures": {}}
    parts = _parts(options, note)
    for name in options.only:
        tell(f"{name} ...")
        figures, ratios = parts[name]()
        result["figures"] |= figures
        result["ratios"] |= ratios
    after = busy_by_others()
    result["machine"] = about | {"busy_by_others": before, "busy_by_others_after": after}
    result["left_out"] = left_out
    if warning := warning_of(result):
        tell(warning)
    return result


def _parts(options: Namespace, note: Callable[[str], None]) -> dict[str, Callable[[], Found]]:
    pairs, rounds = (1, 9) if options.quick else (options.pairs, options.rounds)
    cases = against.CORE if options.quick else [case.name for case in against.CASES]
    seconds = 10.0 if options.quick else sustained.SECONDS

    def single() -> Found:
        figures, ratios = primitives.measure(rounds=rounds)
        return {name: figure.as_json() for name, figure in figures.items()}, ratios

    def durable() -> Found:
        figures, ratios = commits.measure(rounds=rounds * 5)
        return {name: figure.as_json() for name, figure in figures.items()}, ratios

    def protocol() -> Found:
        figures = inprocess.measure(rounds=max(rounds // 3, 3))
        return {name: figure.as_json() for name, figure in figures.items()}, {}

    return {
        "primitives": single,
        "commits": durable,
        "inprocess": protocol,
        "didcomm": lambda: didcomm.measure(pairs=pairs, tell=note),
        "against": lambda: against.measure(pairs=pairs, only=options.cases or cases, tell=note),
        "sustained": lambda: sustained.measure(seconds=seconds, tell=note),
        "idle": lambda: idle.measure(tell=note),
        "growth": lambda: apart.growth(quick=options.quick, tell=note),
        "attached": lambda: apart.attached(quick=options.quick, tell=note),
    }


def _options(argv: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", type=_words, default=list(PARTS), metavar="PART,...",
                        help=f"of {', '.join(PARTS)}")  # fmt: skip
    parser.add_argument("--cases", type=_words, default=None, metavar="CASE,...",
                        help="of the part against, for example 4k_at_64,1m_at_16")  # fmt: skip
    parser.add_argument("--pairs", type=int, default=3, help="of runs of ours and theirs in turn")
    parser.add_argument("--rounds", type=int, default=31, help="turns of each single piece")
    parser.add_argument("--quick", action="store_true", help="one pair, what targets speak of")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--docs", action="store_true", help="write the figures into the page too")
    parser.add_argument("--result", type=Path, default=None, metavar="FILE",
                        help="measure nothing: show what --json printed before")  # fmt: skip
    return parser.parse_args(argv)


def _words(text: str) -> list[str]:
    return [word for word in text.split(",") if word]


def tell(text: str) -> None:
    """Say how far it is, on standard error."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
