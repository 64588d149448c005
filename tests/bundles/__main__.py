"""Bundles as experts get them: `python -m tests.bundles`.

`make FOLDER` writes two bundles and their root. `check` (the default) makes them in a folder of its
own and changes the first in every way there is: `--flips N` places (2,000 if not said), each file
dropped, each replaced by the other bundle's. Ends with 1 if one change is not found.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from gateway.journal import configure_journal
from tests.bundles.making import FIRST, ROOT, SECOND, make
from tests.bundles.tampering import Tampering, examined


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.bundles")
    commands = parser.add_subparsers(dest="command")
    making = commands.add_parser("make")
    making.add_argument("folder", type=Path)
    checking = commands.add_parser("check")
    checking.add_argument("--flips", type=int, default=2_000)
    checking.add_argument("--seed", type=int, default=20261122)
    configure_journal(sys.stderr, json=True)
    options = parser.parse_args(arguments or ["check"])
    with TemporaryDirectory(prefix="a35-bundles-") as name:
        work = Path(name)
        if options.command == "make":
            make(options.folder, work)
            return 0
        (work / "out").mkdir()
        (work / "nodes").mkdir()
        make(work / "out", work / "nodes")
        first, second, root = ((work / "out" / each).read_bytes() for each in (FIRST, SECOND, ROOT))
        tampering = Tampering(first, second, root, now_ms=time.time_ns() // 1_000_000)
        shown = examined(tampering, flips=options.flips, seed=options.seed)
    sys.stdout.write(json.dumps(shown, indent=2) + "\n")
    return 0 if shown["is_good"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
