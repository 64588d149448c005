"""What people see of logs that cannot simply go on, and the two words by which they may.

Source: docs/wire-format.md, rules 8 and 9a.
"""

from dataclasses import dataclass

from gateway.continuity import ClosedLog
from gateway.service.claims import Told
from gateway.service.link import PeerLogs
from gateway.service.recover import Outlook, Recovery
from gateway.service.recovery_advice import advice, describe
from gateway.store import LogBook
from protocol.identifiers import LogOrigin, NodeId


@dataclass(frozen=True, slots=True, kw_only=True)
class Standpoint:
    """Where this node stands with its own log and with those that were given up.

    Attributes:
        origin: The log that is written.
        outlook: Where it stands.
        state: The same in one sentence.
        missing: Leaves that a peer shows and we have not.
        advice: What to do, sentence by sentence.
        closed: Logs of peers that were given up.
        forks: Logs of peers with two histories.
    """

    origin: LogOrigin
    outlook: Outlook
    state: str
    missing: int
    advice: tuple[str, ...]
    closed: tuple[ClosedLog, ...]
    forks: tuple[LogOrigin, ...]


class Continuing:
    """The operator's side of recovery.

    Args:
        log: Our own log.
        recovery: Watches over it.
        logs: Those of peers.
    """

    def __init__(self, *, log: LogBook, recovery: Recovery, logs: PeerLogs) -> None:
        self._log = log
        self._recovery = recovery
        self._logs = logs

    def standpoint(self) -> Standpoint:
        """Return where this node stands."""
        outlook = self._recovery.outlook()
        shown = [each.size for each in outlook.holdings.values() if each.told is Told.LOSS]
        return Standpoint(
            origin=self._log.origin,
            outlook=outlook,
            state=describe(outlook),
            missing=max(0, max(shown, default=0) - outlook.signed),
            advice=advice(outlook),
            closed=self._logs.succession.closed(),
            forks=tuple(fork.origin for fork in self._logs.succession.forks()),
        )

    async def keep_log(self, reason: str, *, who: str) -> None:
        """Let our log go on by an operator's word; see Recovery.keep_log."""
        await self._recovery.keep_log(reason, who=who)

    async def accept(self, node: NodeId, reason: str, *, who: str) -> int:
        """Let a node with two histories go on in a new log; see Succession.accept."""
        return await self._logs.succession.accept(node, reason=reason, who=who)
