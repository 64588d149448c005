"""Decides when this node may sign its log, by asking its peers what they hold of it.

Runs from the start to the end of the node: first it opens the gate before the signature, then it
looks into every sign that somebody holds more than we do. Whatever shows that, with our own
signatures, ends the generation: a log that was signed twice cannot be mended, one that stopped
can. The rules are those of protocol.log.recovery.

Source: docs/wire-format.md, rule 8; docs/delivery.md, "Restore and recovery".
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.continuity import Loss
from gateway.errors import RecoveringError
from gateway.journal import Journal
from gateway.metrics import Metrics
from gateway.ports import Clock, Directory, Transport
from gateway.service.claims import Claims, Holding, Told
from gateway.service.guard import passing_over_full
from gateway.store import Store
from keys.digest import new_salt
from keys.note import LogVerifier
from protocol.identifiers import NodeId
from protocol.log.deed import Act
from protocol.log.recovery import PATIENCE_S, Start, may_begin, needed
from protocol.log.statement import officer_act

KEEP_LOG: Final = "keep_log"
"""The act by which an operator lets a log go on before all have answered."""

_ROUND_S: Final = 2.0
_ROUND_MOST_S: Final = 60.0
_AT_ONCE: Final = 16
_RESTATED_AT_ONCE: Final = 64
_DOUBT_EVERY_S: Final = 60.0
"""How often one peer can make us ask it again: whoever lies costs little."""


class Phase(StrEnum):
    """Where this node stands with its log."""

    SIGNING = "signing"
    ASKING = "asking"
    """An ordinary start that has not had an answer yet."""
    RECOVERING = "recovering"
    """Any other start: it waits for many."""
    UNLISTED = "unlisted"
    """A new generation that the directory does not list yet."""
    ENDED = "ended"
    """This generation is never signed again by these files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Where this node stands with its log, for people.

    Attributes:
        phase: In one word.
        why: How the start is taken, one sentence.
        size: Leaves committed.
        signed: Leaves below the newest signed head.
        peers: Other active nodes, None while there is no directory.
        answered: How many of them have answered.
        needed: How many must; None if no number suffices.
        holdings: What each peer said last.
    """

    phase: Phase
    why: str
    size: int
    signed: int
    peers: int | None
    answered: int
    needed: int | None
    holdings: dict[NodeId, Holding]


class Recovery:
    """Watches over the one log of this node.

    Args:
        node: This node.
        store: Holds the gate.
        directory: The peers, and what it lists of our log.
        transport: Asks them.
        clock: Time.
        journal: Diagnostics and alarms.
        metrics: Counts alarms.
        own: Our log's public keys, every pair that signs, if they are at hand.
        wake: Called once signing begins.
    """

    def __init__(
        self,
        *,
        node: NodeId,
        store: Store,
        directory: Directory,
        transport: Transport,
        clock: Clock,
        journal: Journal,
        metrics: Metrics,
        own: Sequence[LogVerifier] = (),
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._node = node
        self._store = store
        self._directory = directory
        self._clock = clock
        self._journal = journal
        self._metrics = metrics
        self._wake_node = wake
        self._claims = Claims(
            node=node,
            log=store,
            directory=directory,
            transport=transport,
            own=own,
            now_ms=clock.now_ms,
            unproven=self._ignore,
        )
        self._began_s = clock.monotonic_s()
        self._asks = not store.may_sign
        """A log that was begun just now is known to nobody."""
        self._holdings: dict[NodeId, Holding] = {}
        self._doubted: set[NodeId] = set()
        self._asked_s: dict[NodeId, float] = {}
        self._wake = asyncio.Event()
        self._deciding = asyncio.Lock()
        self._signing = asyncio.Event()
        if store.may_sign:
            self._signing.set()

    # ------------------------------------------------------------------ working

    async def run(self) -> None:
        """Ask, decide and watch until cancelled; one owner awaits it.

        Raises:
            StorageError: What was decided could not be committed.
        """
        beginning = self._store.beginning
        if beginning.start is not Start.ORDINARY:
            self._journal.alarm("start_not_ordinary", why=beginning.why)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._rounds())
            group.create_task(self._patience())
            group.create_task(self._restate())

    async def once(self) -> None:
        """Ask everybody who is due, and decide.

        Raises:
            StorageError: What was decided could not be committed.
        """
        gate = asyncio.Semaphore(_AT_ONCE)

        async def ask(peer: NodeId) -> None:
            async with gate:
                with passing_over_full():  # asked again in the next round
                    await self._ask(peer)

        async with asyncio.TaskGroup() as group:
            for peer in self._due():
                group.create_task(ask(peer))
        await self.consider()

    async def consider(self) -> None:
        """Begin to sign if that is allowed now.

        Raises:
            StorageError: It could not be committed.
        """
        async with self._deciding:
            if self._phase() not in {Phase.ASKING, Phase.RECOVERING}:
                return
            peers = self._peers()
            is_enough = may_begin(
                self._store.beginning.start,
                size=self._store.size,
                peers=None if peers is None else len(peers),
                answered=self._answered(),
                waited_s=self._clock.monotonic_s() - self._began_s,
            )
            if is_enough:
                # A loss was shown in this very moment; or the disk is full: the next round.
                with suppress(RecoveringError), passing_over_full():
                    await self._begin(by="peers", reason="", who="")

    # ------------------------------------------------------------------ what others say

    def contacted(self, peer: NodeId) -> None:
        """Take note that a peer can be reached: it is asked at once if it has not answered.

        Args:
            peer: Who called.
        """
        if not self._store.may_sign and self._is_unheard(peer):
            self._wake.set()

    def agreed(self, peer: NodeId, size: int) -> None:
        """Take a bare size of our log that we did sign for an answer.

        Args:
            peer: Whose `seen` or `size` it was.
            size: What it named.
        """
        if not self._store.may_sign and peer not in self._holdings:
            self._holdings[peer] = Holding(told=Told.HEAD, size=size)
            self._wake.set()

    def doubt(self, peer: NodeId) -> None:
        """Take note that a peer may hold another log of ours than we do: it is asked for the note.

        Args:
            peer: Who named a size that we did not sign, or refused our log.
        """
        now_s = self._clock.monotonic_s()
        asked_s = self._asked_s.get(peer)
        if asked_s is None or now_s >= asked_s + _DOUBT_EVERY_S:
            self._doubted.add(peer)
            self._wake.set()

    def adopted(self) -> None:
        """Take note that another version of the directory counts: it may name peers, or us."""
        self._wake.set()

    # ------------------------------------------------------------------ people

    async def keep_log(self, reason: str, *, who: str) -> None:
        """Let the log go on by an operator's word, which is stated in it.

        Args:
            reason: Why; not empty.
            who: Who decided.

        Raises:
            RecoveringError: A loss is proven, or the directory does not list this log yet.
            StorageError: It could not be committed.
        """
        async with self._deciding:
            match self._phase():
                case Phase.SIGNING:
                    return
                case Phase.ENDED | Phase.UNLISTED as phase:
                    raise RecoveringError(
                        f"this log cannot go on by anybody's word: {phase.value}",
                        hint="see what can be done: a35 recover",
                    )
                case Phase.ASKING | Phase.RECOVERING:
                    await self._begin(by=KEEP_LOG, reason=reason, who=who)

    def outlook(self) -> Outlook:
        """Return where this node stands with its log."""
        peers, head = self._peers(), self._store.head()
        return Outlook(
            phase=self._phase(),
            why=self._store.beginning.why,
            size=self._store.size,
            signed=0 if head is None else head.size,
            peers=None if peers is None else len(peers),
            answered=self._answered(),
            needed=None if peers is None else self._needed(len(peers)),
            holdings=dict(self._holdings),
        )

    # ------------------------------------------------------------------ inside

    async def _rounds(self) -> None:
        wait_s = _ROUND_S
        while True:
            self._wake.clear()
            await self.once()
            is_settled = self._store.may_sign
            wait_s = _ROUND_MOST_S if is_settled else min(2 * wait_s, _ROUND_MOST_S)
            sleeping = asyncio.ensure_future(self._clock.sleep(wait_s))
            waking = asyncio.ensure_future(self._wake.wait())
            try:
                await asyncio.wait({sleeping, waking}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                sleeping.cancel()
                waking.cancel()

    async def _patience(self) -> None:
        await self._clock.sleep(PATIENCE_S)
        await self.consider()

    async def _restate(self) -> None:
        """State receipts of earlier generations again, in small steps once signing began."""
        if self._store.origin.generation == 1:
            return
        await self._signing.wait()
        with suppress(RecoveringError):
            stated, wait_s = _RESTATED_AT_ONCE, 0.0
            while stated == _RESTATED_AT_ONCE:
                wait_s = _ROUND_S
                with passing_over_full():
                    stated, wait_s = await self._store.restate(_RESTATED_AT_ONCE), 0.0
                await self._clock.sleep(wait_s)

    async def _ask(self, peer: NodeId) -> None:
        self._doubted.discard(peer)
        self._asked_s[peer] = self._clock.monotonic_s()
        holding = await self._claims.ask(peer)
        self._holdings[peer] = holding
        if holding.told is Told.LOSS:
            await self._end(peer, holding)
        if holding.told is not Told.UNREACHED and not self._store.may_sign:
            await self._hear_generations(peer)
        if holding.told is Told.LOSS:
            return
        if holding.is_answer and self._store.beginning.start is Start.ORDINARY:
            await self.consider()  # any other start hears out everybody who can be reached

    async def _begin(self, *, by: str, reason: str, who: str) -> None:
        statement = None
        if by == KEEP_LOG:
            act = Act(
                act=KEEP_LOG,
                who=who,
                ref=None,
                subject=None,
                why=reason,
                t_ms=self._clock.now_ms(),
            )
            statement = officer_act(act.encode(), new_salt())
        await self._store.begin_signing(statement)
        self._journal.info("signing_began", by=by, answered=self._answered())
        self._signing.set()
        self._wake_node()

    async def _end(self, peer: NodeId, holding: Holding) -> None:
        if self._store.loss is not None:
            return
        head = self._store.head()
        loss = Loss(
            kind=holding.claim,
            held=None if head is None else head.note,
            shown=holding.note,
            by=peer,
        )
        self._metrics.alarms("log_lost")
        self._journal.alarm("log_lost", node=str(peer), kind=holding.claim.value, size=holding.size)
        await self._store.stop_signing(loss, now_ms=self._clock.now_ms())

    async def _hear_generations(self, peer: NodeId) -> None:
        """Remember the numbers that a new generation of our log must not take."""
        if self._store.beginning.start is Start.ORDINARY and self._store.loss is None:
            return
        for origin in await self._claims.generations(peer):
            await self._store.hear_generation(origin, by=peer, now_ms=self._clock.now_ms())

    def _ignore(self, peer: NodeId) -> None:
        self._metrics.alarms("claim_unproven")
        self._journal.warning("claim_unproven", node=str(peer))

    def _due(self) -> tuple[NodeId, ...]:
        """Return whom to ask now: all who have not answered yet, and those in doubt."""
        peers = self._peers() or frozenset()
        if not self._asks:
            return tuple(sorted(self._doubted & peers))
        waiting = {peer for peer in peers if self._is_unheard(peer)}
        return tuple(sorted(waiting | (self._doubted & peers)))

    def _is_unheard(self, peer: NodeId) -> bool:
        held = self._holdings.get(peer)
        return held is None or not (held.is_answer or held.told is Told.LOSS)

    def _peers(self) -> frozenset[NodeId] | None:
        if self._directory.stamp() is None:
            return None
        return frozenset(each.node_id for each in self._directory.nodes()) - {self._node}

    def _answered(self) -> int:
        peers = self._peers() or frozenset()
        return sum(1 for peer in peers if peer in self._holdings and self._holdings[peer].is_answer)

    def _needed(self, peers: int) -> int | None:
        return needed(self._store.beginning.start, peers=peers)

    def _phase(self) -> Phase:
        if self._store.may_sign:
            return Phase.SIGNING
        start = self._store.beginning.start
        if self._store.loss is not None or start is Start.NEVER:
            return Phase.ENDED
        if self._store.origin.generation > 1 and not self._claims.is_listed():
            return Phase.UNLISTED
        return Phase.ASKING if start is Start.ORDINARY else Phase.RECOVERING
