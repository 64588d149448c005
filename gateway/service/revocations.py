"""Revocations from peer to peer: taken, effective at once, kept for ever, passed on.

A revocation is believed by the word in it, never by who brings it. It is kept before it is
answered, counts from that moment, and is never taken back: the directory lists another key. What
is new here is told to the active nodes, each until it has taken it; so an officer's file, given to
one node, reaches all.

Source: docs/wire-format.md, rule 32.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Protocol

from gateway.errors import RecoveringError, StorageError
from gateway.journal import Journal, Seldom
from gateway.metrics import Metrics
from gateway.ports import Clock, Directory
from gateway.revoking import KeptRevocation, Revocations
from gateway.service.health import Check
from gateway.service.messengers import ORDER, TOLD_FOR_MS, Line, Messengers
from gateway.service.repeating import repeat
from gateway.store import LogBook
from protocol.directory import NodeEntry
from protocol.errors import Code, NotProvenError, RemoteProtocolError, UnknownSenderError
from protocol.identifiers import NodeId
from protocol.limits import MAX_REVOKED_KEYS
from protocol.log.deed import KeyKind, Revocation
from protocol.log.proof import InclusionProof
from protocol.log.statement import key_revoked
from protocol.revoking import (
    ByLog,
    ByRole,
    RevokedKey,
    ToldRevocation,
    believe_log,
    check_time,
    encode_revocation_answer,
    keys_of,
)

_LOOK_EVERY_S: Final = 2.0


class Listings(Protocol):
    """The directory in use; implemented by gateway.directory.revocations."""

    def listed(self, node: NodeId) -> NodeEntry | None:
        """Return a node's entry as its Party signed it."""

    def counting(self, node: NodeId) -> NodeEntry | None:
        """Return what of a node's entry counts now."""

    def has_signed(self, country: str, deed: bytes, word: ByRole) -> bool:
        """Tell whether a key trusted to sign for a Party signed this."""

    def end(self, ended: Mapping[RevokedKey, int]) -> bool:
        """Let keys count no more from now on."""


class Book(LogBook, Revocations, Protocol):
    """What is needed of the store."""


class OrdersError(StorageError):
    """What the operator ordered cannot be read or written; the node goes on."""


class Orders(Protocol):
    """Revocations of our own keys that the operator made while the node did not run."""

    def pending(self) -> Sequence[Revocation]:
        """Return them; raises OrdersError."""

    def done(self, revocation: Revocation) -> None:
        """Forget one that was stated and kept; raises OrdersError."""


class Revoking:
    """Takes and tells the revocations of one node.

    Args:
        node: This node.
        book: Keeps them, and takes the statements of our own.
        listings: What the directory lists, and what of it counts.
        directory: Whom to tell.
        line: The way there.
        orders: Those of our own keys that wait to be stated.
        changed: Called after keys ended, to renew what rests on the directory.
        clock: Time.
        journal: For the operator.
        metrics: Counts alarms.
    """

    def __init__(
        self,
        *,
        node: NodeId,
        book: Book,
        listings: Listings,
        directory: Directory,
        line: Line,
        orders: Orders,
        changed: Callable[[], Awaitable[None]],
        clock: Clock,
        journal: Journal,
        metrics: Metrics,
    ) -> None:
        self._node = node
        self._book = book
        self._listings = listings
        self._directory = directory
        self._messengers = Messengers(line, clock)
        self._orders = orders
        self._changed = changed
        self._clock = clock
        self._journal = journal
        self._metrics = metrics
        self._seldom = Seldom(clock.monotonic_s)
        self._kept: dict[RevokedKey, KeptRevocation] = {}
        self._untold: list[KeptRevocation] = []
        self._is_changed = False
        self._one = asyncio.Lock()

    async def load(self) -> None:
        """Let count what was kept before; call it before the first look-up by a peer.

        Raises:
            StorageError: It cannot be read.
        """
        kept = await self._book.revocations()
        self._kept = {each.told.key: each for each in kept}
        now_ms = self._clock.now_ms()
        self._untold = [each for each in kept if each.kept_ms + TOLD_FOR_MS > now_ms]
        self._end()

    async def run(self) -> None:
        """State, renew and tell until cancelled; one owner awaits it.

        Raises:
            StorageError: A statement could not be committed.
        """
        await repeat(self.once, every_s=_LOOK_EVERY_S, clock=self._clock)

    async def once(self) -> None:
        """State what the operator ordered, renew what rests on the directory, tell who is due.

        Raises:
            StorageError: A statement could not be committed.
        """
        await self._carry_out_all()
        if self._is_changed:
            self._is_changed = False
            await self._changed()
        self._set_out()
        await self._messengers.tell()

    def check(self) -> Check:
        """Return what the doctor shows: whether a key of ours was revoked and is listed still."""
        listed = self._listed()
        ours = sorted(key.kind.value for key in listed if key.node == self._node)
        others = len(listed) - len(ours)
        detail = f"{others} listed keys of others were revoked"
        return Check(
            name="revocations",
            ok=not ours,
            detail=f"a key of this node was revoked: {', '.join(ours)}; {detail}"
            if ours
            else detail,
            fix="have a new key listed instead: a35 keys rotate KIND, and call the authority",
        )

    async def take(self, body: bytes, *, by: NodeId | None) -> bytes:
        """Take a revocation; when this returns it is durable, and the key counts no more.

        Args:
            body: As it came.
            by: The peer that tells it; None for somebody at our own desk.

        Returns:
            The answer; the same for the same bytes.

        Raises:
            RemoteProtocolError: It proves nothing; nothing was changed. E_KEY_UNKNOWN if the
                directory in use does not list that key for that node, E_QUOTA if the Party has
                too many that are listed and revoked.
            StorageError: It could not be kept.
        """
        told = ToldRevocation.decode(body)
        async with self._one:
            if told.key not in self._kept:
                try:
                    self._believe(told)
                except RemoteProtocolError as error:
                    left_out = self._seldom.due(f"{by} {error.code}")
                    if left_out is not None:
                        self._journal.warning(
                            "revocation_refused", by=by, code=error.code.value, left_out=left_out
                        )
                    raise
                await self._keep(told, by=by, is_ours=False)
        return encode_revocation_answer(told.deed)

    def _believe(self, told: ToldRevocation) -> None:
        """Check a revocation of a key that counts.

        Raises:
            MalformedError: Its note is none.
            UnknownSenderError: Of a key that is not listed, or by nobody who counts.
            NotProvenError: The word in it does not hold.
            ExpiredError: It is from the future.
            RemoteProtocolError: Its Party has too many revoked keys.
        """
        key, word, now_ms = told.key, told.word, self._clock.now_ms()
        check_time(told.revocation, now_ms=now_ms)
        entry = self._listings.listed(key.node)
        if entry is None or key not in keys_of(entry):
            raise UnknownSenderError("no such key is listed for that node", code=Code.KEY_UNKNOWN)
        country = key.node.country
        if sum(each.node.country == country for each in self._listed()) >= MAX_REVOKED_KEYS:
            raise RemoteProtocolError("too many revoked keys of one Party", code=Code.QUOTA)
        if isinstance(word, ByRole):
            if not self._listings.has_signed(country, told.deed, word):
                raise NotProvenError("a revocation that no key of the Party signed")
            return
        speaker = entry if key.kind is KeyKind.LOG else self._listings.counting(key.node)
        if speaker is None:
            raise UnknownSenderError("no key of that node counts", code=Code.KEY_UNKNOWN)
        believe_log(told.deed, word, speaker, now_ms=now_ms)

    async def _keep(self, told: ToldRevocation, *, by: NodeId | None, is_ours: bool) -> None:
        kept = KeptRevocation(told=told, kept_ms=self._clock.now_ms(), is_ours=is_ours)
        await self._book.keep_revocation(kept)
        key = told.key
        self._kept[key] = kept
        self._untold.append(kept)
        self._end()
        word = "party" if isinstance(told.word, ByRole) else "node"
        fields = {"node": key.node, "kind": key.kind.value, "word": word, "by": by}
        if key.node == self._node and not is_ours:
            self._metrics.alarms("own_key_revoked")
            self._journal.alarm("own_key_revoked", **fields)
        else:
            self._journal.warning("key_revoked", **fields)

    def _end(self) -> None:
        if self._listings.end({key: each.kept_ms for key, each in self._kept.items()}):
            self._is_changed = True

    def _listed(self) -> tuple[RevokedKey, ...]:
        """Return the revoked keys that the directory in use lists still."""
        nodes = {key.node for key in self._kept}
        entries = [entry for node in nodes if (entry := self._listings.listed(node)) is not None]
        listed = frozenset(key for entry in entries for key in keys_of(entry))
        return tuple(key for key in self._kept if key in listed)

    async def _carry_out_all(self) -> None:
        """Carry out what the operator ordered; a file that cannot be read stops no node."""
        try:
            for order in sorted(self._orders.pending(), key=lambda each: ORDER[each.kind]):
                if await self._carry_out(order):
                    self._orders.done(order)
        except OrdersError as error:
            left_out = self._seldom.due("orders")
            if left_out is not None:
                self._journal.warning("revoke_orders_failed", code=error.code, left_out=left_out)

    async def _carry_out(self, order: Revocation) -> bool:
        """State a revocation of a key of ours, keep it, and have it told; return whether done."""
        entry = self._listings.listed(self._node)
        if entry is None:
            return False  # there is no directory yet, or none that lists us
        key = RevokedKey(node=self._node, kind=order.kind, digest=order.key_digest)
        if key in self._kept or key not in keys_of(entry):
            return True  # somebody was faster: the Party, or the directory
        told = await self._stated_as(order)
        if told is None:
            return False  # our log is not signed yet
        async with self._one:
            try:
                self._believe(told)
            except RemoteProtocolError as error:
                self._journal.warning("own_revocation_not_told", code=error.code.value)
            else:
                await self._keep(told, by=None, is_ours=True)
        return True

    async def _stated_as(self, order: Revocation) -> ToldRevocation | None:
        """State it; return it with its proof, None while our log is not signed.

        Raises:
            StorageError: It could not be committed.
        """
        deed = order.encode()
        try:
            index = await self._book.state([key_revoked(deed)], must_leave=True)
        except RecoveringError:
            return None
        head = self._book.head()
        if head is None:
            raise StorageError("a statement was committed and no head signed")
        proofs = await self._book.prove(head.size, [index], old=0)
        proof = InclusionProof(index=index, path=proofs.inclusion[0])
        return ToldRevocation(deed=deed, word=ByLog(proof=proof, note=head.note))

    def _set_out(self) -> None:
        """Make an errand to each active node of what is new here."""
        nodes = [each.node_id for each in self._directory.nodes() if each.node_id != self._node]
        if not nodes:
            return
        for kept in self._untold:
            self._messengers.send(kept, nodes)
        self._untold.clear()
