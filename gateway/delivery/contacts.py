"""When each node was met last, either way: for `a35 peers`, and for whom to call next.

A restart knows what the lanes' rows say; the rest comes with the first calls.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from gateway.ports import Clock
from gateway.records import LaneRow
from protocol.delivery.liveness import Exchanges
from protocol.identifiers import NodeId


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """The last good contacts with one node, milliseconds since 1970, UTC; None if unknown.

    Args:
        heard_ms: It called us, with the key that the directory gives it.
        reached_ms: It answered us.
    """

    heard_ms: int | None = None
    reached_ms: int | None = None


class Contacts:
    """The contacts with all nodes.

    Args:
        clock: Time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._contacts: dict[NodeId, Met] = {}
        self._exchanges: dict[NodeId, Exchanges] = {}

    def load(self, rows: Iterable[LaneRow]) -> None:
        """Take what an earlier run of the node knew.

        Args:
            rows: Of all lanes.
        """
        for row in rows:
            if row.last_ok_ms is not None:
                self._contacts.setdefault(row.node, Met(reached_ms=row.last_ok_ms))

    def heard(self, node: NodeId) -> None:
        """Take note that a node called us.

        Args:
            node: Which.
        """
        self._contacts[node] = replace(self.of(node), heard_ms=self._clock.now_ms())
        now_s = self._clock.monotonic_s()
        self._exchanges[node] = replace(self.exchanges(node), heard_s=now_s)

    def reached(self, node: NodeId) -> None:
        """Take note that a node answered us.

        Args:
            node: Which.
        """
        self._contacts[node] = replace(self.of(node), reached_ms=self._clock.now_ms())
        now_s = self._clock.monotonic_s()
        self._exchanges[node] = replace(self.exchanges(node), reached_s=now_s)

    def asked(self, node: NodeId) -> None:
        """Take note that we call a node without work.

        Args:
            node: Which.
        """
        now_s = self._clock.monotonic_s()
        self._exchanges[node] = replace(self.exchanges(node), asked_s=now_s)

    def of(self, node: NodeId) -> Met:
        """Return the contacts with a node.

        Args:
            node: Which.
        """
        return self._contacts.get(node, Met())

    def exchanges(self, node: NodeId) -> Exchanges:
        """Return the same in monotonic time, since this start.

        Args:
            node: Which.
        """
        return self._exchanges.get(node, Exchanges())

    def all(self) -> Mapping[NodeId, Met]:
        """Return the contacts with every node that was ever met."""
        return dict(self._contacts)
