"""Collects what does not hold while a bundle is verified: a fault never stops the rest.

Rule kept: the texts are ours. Nothing that stands in a bundle is repeated but names of files,
which are of a closed list.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from gateway.errors import GatewayError
from gateway.evidence.report import Fault
from keys.errors import KeysError
from protocol.errors import ProtocolError

_MOST: Final = 1000
"""Faults named one by one; a bundle that is damaged throughout has as many as it has files."""


class Findings:
    """The faults and remarks of one verification."""

    def __init__(self) -> None:
        self._faults: dict[Fault, None] = {}
        self._remarks: dict[str, None] = {}

    @property
    def faults(self) -> tuple[Fault, ...]:
        """In the order found, none twice."""
        return tuple(self._faults)

    @property
    def remarks(self) -> tuple[str, ...]:
        """In the order made, none twice."""
        return tuple(self._remarks)

    def fault(self, file: str, what: str) -> None:
        """Note what does not hold."""
        if len(self._faults) < _MOST:
            self._faults[Fault(file=file, what=what)] = None

    def remark(self, text: str) -> None:
        """Note what was not looked at."""
        self._remarks[text] = None

    @contextmanager
    def at(self, file: str) -> Iterator[None]:
        """Take whatever is raised inside for a fault of this file."""
        try:
            yield
        except (ProtocolError, KeysError, GatewayError) as error:
            self.fault(file, str(error))
