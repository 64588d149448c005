"""What one peer may use at a time, so that nobody slows the others down.

A peer that sends more than its share waits a little, in its own connections; what would wait
longer is refused with the time at which its share covers it, and so is everything for a minute
after too many requests that prove nothing. Counters are in memory: a restart forgives.

Source: docs/wire-format.md, rule 27; docs/delivery.md, "Admission".
"""

import math
from asyncio import Semaphore
from dataclasses import dataclass, field
from typing import Final

from gateway.ports import Clock
from protocol.delivery.admission import PieceLimits
from protocol.delivery.pace import LEAST_PIECE_BYTES
from protocol.errors import Code, RemoteProtocolError
from protocol.identifiers import NodeId

_MINUTE_S: Final = 60.0

ALONE_S: Final = 2.0
"""So long after another peer's call a peer's attachments keep to its share of bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerLimits:
    """The share of one peer.

    Args:
        connections: Open at a time.
        frames: Read and answered at a time.
        blobs: Pieces taken at a time.
        frames_per_s: Lasting rate of frames and questions.
        frame_burst: Frames that may come at once after a pause.
        bytes_per_s: Lasting rate of bytes, frames and blobs together; as much may come at once.
        unproven_per_minute: Refused requests that prove nothing; beyond it a minute of E_QUOTA.
        patience_s: Longest wait for its share; what would wait longer gets E_QUOTA.
        unfinished: What it may have begun of attachments and not finished.
    """

    connections: int = 8
    frames: int = 4
    blobs: int = 2
    frames_per_s: float = 100.0
    frame_burst: float = 200.0
    bytes_per_s: float = 32.0 * 1024 * 1024
    unproven_per_minute: int = 64
    patience_s: float = 1.0
    unfinished: PieceLimits = field(default_factory=PieceLimits)


class OverShareError(RemoteProtocolError):
    """More than a peer's share covers; nothing of it was read.

    Attributes:
        retry_ms: When its share covers it, ms from now.
    """

    default_code = Code.QUOTA

    def __init__(self, text: str, *, retry_ms: int) -> None:
        super().__init__(text)
        self.retry_ms = retry_ms


class Bucket:
    """Tokens that come back at a rate; taking more than there are means to wait.

    Args:
        rate: Tokens a second.
        most: Tokens that can gather.
        now_s: Monotonic time; the bucket is full then.
    """

    __slots__ = ("_at_s", "_held", "_most", "_rate")

    def __init__(self, rate: float, most: float, now_s: float) -> None:
        self._rate = rate
        self._most = most
        self._held = most
        self._at_s = now_s

    def take(self, amount: float, now_s: float) -> float:
        """Take tokens, into debt if need be; return how many seconds to wait for them."""
        self._held = self._now(now_s) - amount
        self._at_s = now_s
        return 0.0 if self._held >= 0 else -self._held / self._rate

    def wait_s(self, amount: float, now_s: float) -> float:
        """Return how many seconds these tokens would cost, and take none."""
        held = self._now(now_s) - amount
        return 0.0 if held >= 0 else -held / self._rate

    def _now(self, now_s: float) -> float:
        return min(self._most, self._held + (now_s - self._at_s) * self._rate)


class PeerAccount:
    """What one peer uses now.

    Args:
        limits: Its share.
        clock: Time.
    """

    __slots__ = ("_bytes", "_clock", "_frames", "_limits", "_muted_until_s", "_unproven",
                 "blobs", "connections", "frames")  # fmt: skip

    def __init__(self, limits: PeerLimits, clock: Clock) -> None:
        now_s = clock.monotonic_s()
        self._limits = limits
        self._clock = clock
        self._frames = Bucket(limits.frames_per_s, limits.frame_burst, now_s)
        self._bytes = Bucket(limits.bytes_per_s, limits.bytes_per_s, now_s)
        self._unproven = Bucket(
            limits.unproven_per_minute / _MINUTE_S, limits.unproven_per_minute, now_s
        )
        self._muted_until_s = now_s
        self.connections = 0
        self.frames = Semaphore(limits.frames)
        self.blobs = Semaphore(limits.blobs)

    @property
    def unfinished(self) -> PieceLimits:
        """What the peer may have begun of attachments and not finished."""
        return self._limits.unfinished

    def has_room(self) -> bool:
        """Tell whether the peer may open one more connection."""
        return self.connections < self._limits.connections

    def is_muted(self) -> bool:
        """Tell whether the peer sent too much that proved nothing within the last minute."""
        return self._clock.monotonic_s() < self._muted_until_s

    async def pay(self, size_bytes: int, *, frames: int) -> None:
        """Wait until the peer's share covers this.

        Args:
            size_bytes: Length of the body.
            frames: How many requests it counts for.

        Raises:
            OverShareError: That would take longer than a request may wait (E_QUOTA); nothing
                was taken of the share.
        """
        now_s = self._clock.monotonic_s()
        ahead_s = max(self._bytes.wait_s(size_bytes, now_s), self._frames.wait_s(frames, now_s))
        if ahead_s > self._limits.patience_s:
            raise OverShareError("more than its share", retry_ms=math.ceil(ahead_s * 1000))
        wait_s = max(self._bytes.take(size_bytes, now_s), self._frames.take(frames, now_s))
        if wait_s > 0:
            await self._clock.sleep(wait_s)

    async def pay_piece(self, size_bytes: int, *, alone: bool) -> None:
        """Wait until the peer's share covers a piece of an attachment.

        A share of bytes is for the others: alone, a peer has all that disk and wire give. A long
        piece is no request besides its bytes; a short one is, since it costs a sync as well.

        Args:
            size_bytes: Length of the piece.
            alone: Whether nobody else called lately.

        Raises:
            OverShareError: As for `pay`.
        """
        frames = 0 if size_bytes >= LEAST_PIECE_BYTES else 1
        await self.pay(0 if alone else size_bytes, frames=frames)

    def unproven(self) -> None:
        """Count a request that was refused and proved nothing."""
        now_s = self._clock.monotonic_s()
        if self._unproven.take(1, now_s) > 0:
            self._muted_until_s = now_s + _MINUTE_S


class Accounts:
    """The accounts of all peers; those without a node in the directory share one.

    Args:
        limits: The share of each.
        clock: Time.
    """

    __slots__ = ("_accounts", "_caller", "_caller_s", "_clock", "_limits", "_others_s")

    def __init__(self, limits: PeerLimits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._accounts: dict[NodeId | None, PeerAccount] = {}
        self._caller: NodeId | None = None
        self._caller_s = self._others_s = -math.inf

    def is_alone(self, peer: NodeId) -> bool:
        """Tell whether nobody else called lately: then there is nobody to be kept a share for.

        Args:
            peer: Who calls now.
        """
        others_s = self._others_s if peer == self._caller else self._caller_s
        return self._clock.monotonic_s() - others_s > ALONE_S

    def of(self, peer: NodeId | None) -> PeerAccount:
        """Return a peer's account, and note that it called.

        Their number is bounded by the nodes of the directory.

        Args:
            peer: The node behind the TLS key.
        """
        if peer != self._caller:
            self._caller, self._others_s = peer, self._caller_s
        self._caller_s = self._clock.monotonic_s()
        account = self._accounts.get(peer)
        if account is None:
            account = self._accounts[peer] = PeerAccount(self._limits, self._clock)
        return account
