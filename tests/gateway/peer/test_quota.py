"""A peer that takes more than its share waits; nobody else does."""

import asyncio
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.peer.quota import ALONE_S, Accounts, Bucket, OverShareError, PeerAccount, PeerLimits
from protocol.errors import Code
from protocol.identifiers import NodeId
from tests.gateway.peer.port import FR, RO, scenario


class StepClock:
    """A clock that a wait moves on."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.waits: list[float] = []

    def now_ms(self) -> int:
        """Return the test's time."""
        return int(self.now_s * 1000)

    def monotonic_s(self) -> float:
        """Return the test's time."""
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        """Move on."""
        self.waits.append(seconds)
        self.now_s += seconds
        await asyncio.sleep(0)


@given(amounts=st.lists(st.floats(0, 50), max_size=40), pause=st.floats(0, 2))
@settings(max_examples=100, deadline=None)
def test_rate_is_never_exceeded_over_any_length(amounts: list[float], pause: float) -> None:
    """What passed is at most what could gather and what came back meanwhile."""
    bucket = Bucket(rate=10, most=20, now_s=0)
    now = 0.0
    passed = 0.0
    for amount in amounts:
        now += pause
        now += bucket.take(amount, now)
        passed += amount
        assert passed <= 20 + 10 * now + 1e-6


@scenario
async def test_burst_passes_at_once_then_frames_wait_for_their_turn() -> None:
    """Catch-up after an outage is a burst, a flood is not."""
    clock = StepClock()
    account = PeerAccount(PeerLimits(frames_per_s=10, frame_burst=5), clock)
    for _ in range(5):
        await account.pay(100, frames=1)
    assert clock.waits == []
    await account.pay(100, frames=1)
    assert clock.waits == [0.1]


@scenario
async def test_bytes_count_for_frames_and_blobs_together() -> None:
    """A blob cannot be used to get around the rate."""
    clock = StepClock()
    account = PeerAccount(PeerLimits(bytes_per_s=1000), clock)
    await account.pay(1000, frames=0)
    await account.pay(500, frames=1)
    assert clock.waits == [0.5]


def test_proving_nothing_is_forgiven_after_a_minute() -> None:
    """A fault that was mended must not shut a peer out."""
    clock = StepClock()
    account = PeerAccount(PeerLimits(unproven_per_minute=3), clock)
    for _ in range(3):
        account.unproven()
    assert not account.is_muted()
    account.unproven()
    assert account.is_muted()
    clock.now_s += 60
    assert not account.is_muted()


def test_accounts_are_apart_and_strangers_share_one() -> None:
    """One peer's use is no other's, and strangers cannot multiply."""
    accounts = Accounts(PeerLimits(connections=1), StepClock())
    accounts.of(FR).connections += 1
    assert not accounts.of(FR).has_room()
    assert accounts.of(RO).has_room()
    assert accounts.of(None) is accounts.of(None)


@scenario
async def test_what_would_wait_long_is_refused_with_the_time_to_come_back() -> None:
    """A connection that waits costs us too; nothing is taken of the share for a refusal."""
    clock = StepClock()
    account = PeerAccount(PeerLimits(frames_per_s=10, frame_burst=10, patience_s=0.5), clock)
    await account.pay(0, frames=10)
    with pytest.raises(OverShareError) as refused:
        await account.pay(0, frames=8)
    assert (refused.value.code, refused.value.retry_ms) == (Code.QUOTA, 800)
    assert clock.waits == []
    clock.now_s += 1
    await account.pay(0, frames=8)
    assert clock.waits == []


def test_flooding_peer_slows_itself_and_nobody_else() -> None:
    """Ten thousand frames of one peer and five a second of another, in virtual time."""
    clock = StepClock()
    accounts = Accounts(PeerLimits(), clock)

    async def offer(peer: NodeId, taken: Counter[NodeId], waited: Counter[NodeId]) -> None:
        before = clock.now_s
        try:
            await accounts.of(peer).pay(4096, frames=1)
        except OverShareError:
            return
        waited[peer] += round((clock.now_s - before) * 1000)
        clock.now_s = before
        taken[peer] += 1

    async def play() -> tuple[Counter[NodeId], Counter[NodeId]]:
        taken: Counter[NodeId] = Counter()
        waited: Counter[NodeId] = Counter()
        for tenth in range(200):
            for _ in range(50):
                await offer(FR, taken, waited)
            if tenth % 2 == 0:
                await offer(RO, taken, waited)
            clock.now_s += 0.1
        return taken, waited

    taken, waited = asyncio.run(play())
    assert (taken[RO], waited[RO]) == (100, 0)
    limits = PeerLimits()
    assert taken[FR] <= limits.frame_burst + limits.frames_per_s * 21


def test_peer_is_alone_until_another_one_calls() -> None:
    """A share is kept for the others; who has not called for a while needs none."""
    clock = StepClock()
    accounts = Accounts(PeerLimits(), clock)
    assert accounts.is_alone(FR)
    for _ in range(2):
        accounts.of(FR)
    assert accounts.is_alone(FR)
    assert not accounts.is_alone(RO)
    accounts.of(RO)
    accounts.of(RO)
    accounts.of(FR)
    assert not accounts.is_alone(FR)
    clock.now_s += ALONE_S + 0.1
    assert accounts.is_alone(FR)
    accounts.of(None)
    assert not accounts.is_alone(FR)
