"""What becomes of second keys in a running node: taken into use, or erased, as the directory says.

A new certificate is shown some hours after the directory lists it beside the old one: by then the
peers that can fetch a directory hold that one. If the old one is listed no more (it was stolen),
or has run out, the new one is shown at once. A former pair of log keys signs along until its
listing has ended, a former last-resort key opens for its grace longer, and while anything that was
accepted waits to be opened.

Source: docs/wire-format.md, section 8, "Rotation".
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final, Protocol

from gateway.errors import GatewayError
from gateway.journal import Journal
from gateway.ports import Clock, Directory
from gateway.service.health import Check
from gateway.store import Store
from keys.certificate import TlsIdentity
from keys.nodekeys import PREKEY_GRACE_MS, NodeKeys
from keys.recipient import RecipientSecret
from protocol.directory import NodeEntry, last_resort_keys, log_verifiers
from protocol.identifiers import LogOrigin, NodeId

SHOWN_AFTER_MS: Final = 6 * 3600 * 1000
"""From the moment in which a certificate is seen listed: a peer refreshes each quarter hour."""

SOON_DAYS: Final = 21
"""What a key must last, so that its operator and the authority have time to replace it."""

_LOOK_S: Final = 600.0
_DAY_MS: Final = 24 * 3600 * 1000


class Room(Protocol):
    """The keys of a running node, durably."""

    @property
    def keys(self) -> NodeKeys:
        """What is held now."""

    async def turn(self, change: Callable[[NodeKeys], NodeKeys]) -> None:
        """Replace keys; raises GatewayError, nothing changed."""


class Turning:
    """Ends the rotations of one node.

    Args:
        node: This node.
        room: Its keys.
        directory: Says what is listed.
        store: Knows what waits to be opened.
        clock: Time.
        journal: For the operator.
        show: Called with the certificate that is shown from now on.
    """

    def __init__(
        self,
        *,
        node: NodeId,
        room: Room,
        directory: Directory,
        store: Store,
        clock: Clock,
        journal: Journal,
        show: Callable[[TlsIdentity], Awaitable[None]],
    ) -> None:
        self._node = node
        self._room = room
        self._directory = directory
        self._store = store
        self._clock = clock
        self._journal = journal
        self._show = show
        self._seen: tuple[bytes, int] | None = None

    async def run(self) -> None:
        """Look now and then until cancelled; one owner awaits it."""
        while True:
            await self.look()
            await self._clock.sleep(_LOOK_S)

    def check(self) -> Check:
        """Return what the doctor shows: whether each key that is listed lasts for some weeks."""
        keys, now_ms = self._room.keys, self._clock.now_ms()
        following = keys.turning.tls
        entry = self._directory.node(self._node)
        ends = {"tls": keys.tls.not_after_ms if following is None else following.not_after_ms}
        if entry is not None:
            newest = keys.signer().verifier
            logs = [key.not_after_ms for key in entry.logs if key.verifier == newest]
            ends["log"] = max(logs, default=now_ms)
            ends["kem"] = max(key.not_after_ms for key in entry.kem)
        kind = min(ends, key=lambda each: ends[each])
        days = (ends[kind] - now_ms) // _DAY_MS
        return Check(
            name="keys",
            ok=days >= SOON_DAYS,
            detail=f"the {kind} key lasts {days} days" if days > 0 else f"no {kind} key counts",
            fix=f"stop the node, make a new one and have it listed: a35 keys rotate {kind}",
        )

    async def look(self) -> None:
        """Take into use and erase what is due; what fails is tried again with the next look."""
        entry = self._directory.node(self._node)
        if entry is None:
            return
        try:
            await self._take_certificate(entry)
            await self._drop_pair(entry)
            await self._drop_seed(entry)
        except GatewayError as error:
            self._journal.warning("rotation_not_ended", code=error.code)

    async def _take_certificate(self, entry: NodeEntry) -> None:
        keys, now_ms = self._room.keys, self._clock.now_ms()
        following = keys.turning.tls
        if following is None or following.spki not in entry.spki:
            self._seen = None
            return
        if self._seen is None or self._seen[0] != following.spki:
            self._seen = (following.spki, now_ms)
        is_old_good = keys.tls.spki in entry.spki and now_ms < keys.tls.not_after_ms
        if is_old_good and now_ms < self._seen[1] + SHOWN_AFTER_MS:
            return
        await self._room.turn(
            lambda held: replace(held, tls=following, turning=replace(held.turning, tls=None))
        )
        await self._show(following)
        self._journal.info("certificate_shown", pin=following.spki.hex())

    async def _drop_pair(self, entry: NodeEntry) -> None:
        keys = self._room.keys
        if keys.turning.log is None:
            return
        first, former = keys.signer().verifiers
        origin = LogOrigin.parse(keys.origin)
        counting = log_verifiers(entry, origin, at_ms=self._clock.now_ms())
        if first in counting and former not in counting:
            await self._room.turn(
                lambda held: replace(held, turning=replace(held.turning, log=None))
            )
            self._journal.info("former_key_erased", kind="log")

    async def _drop_seed(self, entry: NodeEntry) -> None:
        keys, now_ms = self._room.keys, self._clock.now_ms()
        if keys.turning.last_resort_seed is None:
            return
        first = RecipientSecret(keys.last_resort_seed).key_id
        former = RecipientSecret(keys.turning.last_resort_seed).key_id
        counting = {key.key_id for key in last_resort_keys(entry, at_ms=now_ms)}
        is_wanted = any(
            key.recipient.key_id == former and key.not_after_ms + PREKEY_GRACE_MS > now_ms
            for key in entry.kem
        )
        if first not in counting or is_wanted or await self._store.unopened(1):
            return
        await self._room.turn(
            lambda held: replace(held, turning=replace(held.turning, last_resort_seed=None))
        )
        self._journal.info("former_key_erased", kind="last-resort")
