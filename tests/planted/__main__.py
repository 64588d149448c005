"""`python -m tests.planted`: plant every fault, or some, and tell which check found it."""

import argparse
import json
import sys
from typing import Final

from tests.crash.planted import PlantError
from tests.crash.shim import ToolMissingError
from tests.planted.checks import Found, name_of, try_fault
from tests.planted.table import FAULTS, HOLES, rows_of

_FAILED: Final = 1
_UNAVAILABLE: Final = 69


def main(argv: list[str] | None = None) -> int:
    """Run what the arguments ask for; return the exit code: 0 if all but known holes were found.

    Args:
        argv: Of the process unless given.
    """
    asked = _parser().parse_args(argv)
    chosen = [
        fault
        for fault in (*FAULTS, *HOLES)
        if asked.only in fault.name and asked.check in name_of(fault)
    ]
    results: list[Found] = []
    try:
        for number, fault in enumerate(chosen, 1):
            sys.stderr.write(f"{number} of {len(chosen)}: {fault.name}\n")
            results.append(try_fault(fault))
    except (ToolMissingError, PlantError) as error:
        sys.stderr.write(f"{error}\n")
        return _UNAVAILABLE if isinstance(error, ToolMissingError) else _FAILED
    known = {fault.name for fault in HOLES}
    missed = [one.name for one in results if not one.is_found]
    told = {
        "planted": len(results),
        "found": len(results) - len(missed),
        "holes": sorted(known.intersection(missed)),
    }
    if asked.json:
        document = told | {"faults": [one.as_json() for one in results]}
        sys.stdout.write(json.dumps(document) + "\n")
    else:
        last = f"{len(results)} planted, {len(results) - len(missed)} found"
        lines = (*rows_of(results), "", last)
        sys.stdout.write("".join(f"{line}\n" for line in lines))
    return _FAILED if not known.issuperset(missed) or not results else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.planted", description=__doc__)
    parser.add_argument("--only", default="", metavar="TEXT", help="faults whose name holds it")
    parser.add_argument("--check", default="", metavar="TEXT", help="checks whose name holds it")
    parser.add_argument("--json", action="store_true", help="print one document")
    return parser


if __name__ == "__main__":
    sys.exit(main())
