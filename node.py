"""Entry of the program: hands the command line the way to run a node.

The parts of a node are assembled in gateway.assembly, which is loaded only when a node runs, so
that commands which need none start at once. Loading is what most of them spend their time on.
"""

import gc
import os
import sys
from importlib import import_module
from typing import Final

from gateway.main import command_line

_OBJECTS: Final = 50_000
"""How many new objects let the collector look for circles: loading alone makes hundreds
of thousands that stay, and took a fifth longer with the usual 700."""


def _run(options: object) -> int:
    start = import_module("gateway.assembly").run
    gc.freeze()  # what was loaded stays: no later look needs to pass over it
    result: int = start(options)
    return result


def tune() -> None:
    """Set what must be set before anything of the node is loaded."""
    gc.set_threshold(_OBJECTS, *gc.get_threshold()[1:])
    # Foreign packages that call themselves plug-ins have no business in the forms of requests.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def main() -> None:
    """Run one command and leave with its exit code."""
    tune()
    sys.exit(command_line(run=_run))


if __name__ == "__main__":
    main()
