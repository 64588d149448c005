"""Entry of the program: hands the command line the way to run a node.

The parts of a node are assembled in gateway.assembly, which is loaded only when a node runs, so
that commands which need none start at once.
"""

import sys
from importlib import import_module

from gateway.main import command_line


def _run(options: object) -> int:
    result: int = import_module("gateway.assembly").run(options)
    return result


def main() -> None:
    """Run one command and leave with its exit code."""
    sys.exit(command_line(run=_run))


if __name__ == "__main__":
    main()
