"""Keeps this node's prekeys fresh, and erases them after their time: forward secrecy, in steps.

A fresh prekey is durable before the key set that names it leaves; the key set is a statement in
the log. One whose time and grace have passed is taken out of use for what arrives first, and
erased a round later, once nothing waits to be opened with it: what was accepted must open. After
files were put back, the set is stated anew from the prekeys that are really held.

Source: docs/wire-format.md, rule 15 and section 8; docs/delivery.md, "Delivery in rules", 14.
"""

from collections.abc import Mapping
from typing import Final, Protocol

from gateway.errors import GatewayError
from gateway.journal import Journal
from gateway.ports import Clock, Randomness
from gateway.service.health import Check
from gateway.store import Store
from keys.nodekeys import Prekey, new_prekey
from keys.recipient import RecipientSecret
from protocol.envelope.seal import check_wraps
from protocol.identifiers import NodeId
from protocol.keyset import KeySet
from protocol.log.statement import key_set_published
from protocol.renewing import (
    PREKEY_LIFE_MS,
    entry_of,
    is_over,
    is_renewal_due,
    listed,
    next_key_set,
    says_otherwise,
)

_LOOK_S: Final = 3600.0
_AGAIN_S: Final = 60.0
"""While the log may not be signed, or something failed, or an erasure is half done."""


class Seeds(Protocol):
    """The seeds that open what others seal for this node, durably."""

    def prekeys(self) -> tuple[Prekey, ...]:
        """Return the prekeys held, in the order in which they came."""

    def secrets(self) -> Mapping[bytes, RecipientSecret]:
        """Return everything that opens wraps, by key id."""

    async def keep(self, prekeys: tuple[Prekey, ...]) -> None:
        """Hold exactly these prekeys, durable on return; raises GatewayError, nothing changed."""


class Renewal:
    """Renews the prekeys of one node.

    Args:
        node: This node.
        store: States key sets; knows what waits to be opened.
        seeds: Where they are held.
        clock: Time.
        randomness: Spreads the work of many nodes.
        journal: For the operator.
        most_unopened: With so many envelopes waiting to be opened, nothing is erased.
    """

    def __init__(
        self,
        *,
        node: NodeId,
        store: Store,
        seeds: Seeds,
        clock: Clock,
        randomness: Randomness,
        journal: Journal,
        most_unopened: int = 64,
    ) -> None:
        self._node = node
        self._store = store
        self._seeds = seeds
        self._clock = clock
        self._randomness = randomness
        self._journal = journal
        self._most_unopened = most_unopened
        self._leaving: frozenset[bytes] = frozenset()
        self._why: str | None = None

    def accepts(self) -> Mapping[bytes, RecipientSecret]:
        """Return what new envelopes may be sealed for: all that opens, but for what is leaving."""
        held = self._seeds.secrets()
        if not self._leaving:
            return held
        return {key_id: held[key_id] for key_id in held if key_id not in self._leaving}

    def check(self) -> Check:
        """Return what the doctor shows."""
        fresh = listed(self._seeds.prekeys(), now_ms=self._clock.now_ms())
        return Check(
            name="prekeys",
            ok=bool(fresh) and self._why is None,
            detail=self._why or (f"{len(fresh)} in use" if fresh else "none counts now"),
            fix="see prekeys_not_renewed in the journal: is the folder keys writable?",
        )

    async def run(self) -> None:
        """Renew until cancelled; one owner awaits it."""
        while True:
            wait_s = _AGAIN_S
            try:
                if await self.once() and not self._leaving:
                    wait_s = _LOOK_S
                self._why = None
            except GatewayError as error:
                # The old ones serve on; without any, senders take the last-resort key.
                self._why = f"not renewed: {error.code}"
                self._journal.warning("prekeys_not_renewed", code=error.code)
            await self._clock.sleep(wait_s * self._randomness.between(0.5, 1.0))

    async def once(self) -> bool:
        """Draw, state and erase what is due.

        Returns:
            Whether the log could be signed: else nothing was done.

        Raises:
            GatewayError: Something could not be made durable; the next round goes on from there.
        """
        if not self._store.may_sign:
            return False
        now_ms = self._clock.now_ms()
        if is_renewal_due(self._seeds.prekeys(), now_ms=now_ms):
            fresh = new_prekey(not_before_ms=now_ms, expires_ms=now_ms + PREKEY_LIFE_MS)
            await self._seeds.keep((*self._seeds.prekeys(), fresh))
        await self._publish(now_ms)
        await self._erase(now_ms)
        return True

    async def _publish(self, now_ms: int) -> None:
        held = await self._store.key_set()
        published = None if held is None else KeySet.decode(held[0])
        prekeys = listed(self._seeds.prekeys(), now_ms=now_ms)
        if not says_otherwise(published, prekeys, now_ms=now_ms):
            return
        key_set = next_key_set(self._node, published, prekeys, now_ms=now_ms)
        await self._store.state([key_set_published(key_set.encode())], must_leave=True)
        self._journal.info("key_set_published", version=key_set.version, prekeys=len(prekeys))

    async def _erase(self, now_ms: int) -> None:
        over = {
            entry_of(each).key_id: each
            for each in self._seeds.prekeys()
            if is_over(each, now_ms=now_ms)
        }
        ready = self._leaving & over.keys()
        # Frames that were judged before this round are committed by the next one.
        self._leaving = frozenset(over)
        if not ready:
            return
        needed = await self._needed()
        gone = frozenset() if needed is None else ready - needed
        if not gone:
            return
        erased = [over[key_id] for key_id in gone]
        await self._seeds.keep(tuple(each for each in self._seeds.prekeys() if each not in erased))
        self._leaving -= gone
        self._journal.info("prekeys_erased", erased=len(gone))

    async def _needed(self) -> frozenset[bytes] | None:
        """Return the key ids that accepted, unopened envelopes are sealed for; None for many."""
        waiting = await self._store.unopened(self._most_unopened)
        if len(waiting) >= self._most_unopened:
            return None
        return frozenset(key_id for item in waiting for key_id in check_wraps(item.wraps))
