"""How `a35 run` gets at the node, without this package knowing the real ports."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Launcher:
    """What node.py hands to the command line; travels as the context object of every command.

    Args:
        run: Takes a gateway.operator.start.RunOptions, runs the node until it ends, returns its
            exit code. Not typed by it here, since that module loads all cryptography.
    """

    run: Callable[[Any], int]
