"""Ports of a demo: drawn by chance, and kept from other demos of this machine while it lives."""

import socket
import sys
import weakref
from typing import Final

from gateway.errors import UnavailableError
from gateway.randomness import SystemRandomness

_RANGE: Final = (20_000, 32_000)
"""Below the range that systems take ports of outgoing connections from: one of those could be the
port of a node that is about to start, or to start again."""

_TRIES: Final = 1000
_HOST: Final = "127.0.0.1"


class HeldPorts:
    """Ports that nobody listens on and that no other demo is given.

    Each is bound, and not listened on, as long as this object is referred to: a node that stands
    still may find its port again. Whoever listens there must allow the address to be used again,
    as servers on POSIX systems do.

    Args:
        count: How many, all different.

    Raises:
        UnavailableError: There are hardly any.
    """

    def __init__(self, count: int) -> None:
        self._held: dict[int, socket.socket] = {}
        weakref.finalize(self, _let_go, self._held)
        chance = SystemRandomness()
        for _ in range(_TRIES):
            port = int(chance.between(*_RANGE))
            if port not in self._held and (line := _hold(port)) is not None:
                self._held[port] = line
            if len(self._held) == count:
                return
        raise UnavailableError("this machine has no free ports for the demo")

    @property
    def numbers(self) -> tuple[int, ...]:
        """The ports, in the order they were drawn in."""
        return tuple(self._held)


def _hold(port: int) -> socket.socket | None:
    """Bind a port that is free; an address that is still held, or listened on, is not."""
    line = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        line.bind((_HOST, port))
    except OSError:
        line.close()
        return None
    if sys.platform == "linux":
        # Another socket that asks for the same may bind it now, and listen, as this one never does.
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    else:  # no two sockets may have it there
        line.close()
    return line


def _let_go(held: dict[int, socket.socket]) -> None:
    for line in held.values():
        line.close()
