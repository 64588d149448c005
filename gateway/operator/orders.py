"""Revocations that the operator ordered of a stopped node, for its next start.

One file in the home, written whole. The running node states each in its log, keeps and tells it,
and takes it out of the file; the last one takes the file with it.

Source: docs/wire-format.md, rule 32.
"""

from collections.abc import Sequence
from json import dumps, loads
from typing import Final

from gateway.errors import StorageError
from gateway.home import Home
from gateway.operator.witness import replace_file
from gateway.service.revocations import OrdersError
from protocol.errors import MalformedError
from protocol.log.deed import Revocation

ORDERS_FILE: Final = "revoke.orders"
"""Below the home: a JSON array of the bytes of revocations in hex."""

_MAX_BYTES: Final = 64 * 1024


class RevokeOrders:
    """Implements gateway.service.revocations.Orders.

    Args:
        home: Of the node.
    """

    def __init__(self, home: Home) -> None:
        self._file = home.path / ORDERS_FILE

    def add(self, orders: Sequence[Revocation]) -> None:
        """Order revocations, besides those that wait.

        Raises:
            OrdersError: The file cannot be read or written.
        """
        self._write((*self.pending(), *orders))

    def pending(self) -> tuple[Revocation, ...]:
        """Return those that wait, in the order in which they came.

        Raises:
            OrdersError: The file cannot be read, or is damaged.
        """
        try:
            with self._file.open("rb") as opened:
                words = loads(opened.read(_MAX_BYTES))
            return tuple(Revocation.decode(bytes.fromhex(word)) for word in words)
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, TypeError, MalformedError) as error:
            raise OrdersError(
                f"{ORDERS_FILE} cannot be read", hint=f"check {self._file}, or remove it"
            ) from error

    def done(self, revocation: Revocation) -> None:
        """Take one out.

        Raises:
            OrdersError: The file cannot be read or written.
        """
        self._write([each for each in self.pending() if each != revocation])

    def _write(self, orders: Sequence[Revocation]) -> None:
        if orders:
            words = [each.encode().hex() for each in orders]
            try:
                replace_file(self._file, dumps(words).encode("ascii"))
            except StorageError as error:
                raise OrdersError(str(error), code=error.code, hint=error.hint) from error
            return
        try:
            self._file.unlink(missing_ok=True)
        except OSError as error:
            raise OrdersError(
                f"{ORDERS_FILE} cannot be removed", hint=f"check {self._file}"
            ) from error
