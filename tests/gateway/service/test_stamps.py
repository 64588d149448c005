"""The log is stamped each hour, at once for an emergency, and after any outage; nothing waits."""

import asyncio
from dataclasses import dataclass, field

import pytest

from gateway.errors import StorageError
from gateway.journal import get_journal
from gateway.metrics import Metrics
from gateway.records import SignedHead
from gateway.service.stamps import EMERGENCY_S, EVERY_S, LATE_S, Stamping
from gateway.stamping import Asked, Given, KeptStamp
from protocol.identifiers import LogOrigin, NodeId
from tests.gateway.network import DAY_MS, LoopClock
from tests.gateway.service.rounds import StoppingClock
from tests.gateway.service.test_nightly import asynchronous

ORIGIN = LogOrigin(NodeId("RO", 1), 1)
MINUTE_MS = 60_000


@dataclass
class Authorities:
    """Stamps every note, or as long as a test says none."""

    clock: LoopClock
    is_away: bool = False
    asked: list[bytes] = field(default_factory=list)

    async def stamp(self, note: bytes) -> Asked:
        """Answer as the test says."""
        await asyncio.sleep(0)
        self.asked.append(note)
        if self.is_away:
            return Asked(given=None, failures=[("first", "unreached"), ("second", "refused")])
        given = Given(authority="second", time_ms=self.clock.now_ms(), answer=b"stamp of " + note)
        return Asked(given=given, failures=[("first", "unreached")])


@dataclass
class Log:
    """The port's part that stamping needs, in memory."""

    signed: int = 5
    size: int = 5
    newest_event: int = 0
    kept: list[KeptStamp] = field(default_factory=list)
    emergencies: list[int] = field(default_factory=list)
    looks: list[int] = field(default_factory=list)
    fault: StorageError | None = None

    def head(self) -> SignedHead | None:
        """Return the newest head."""
        if self.signed == 0:
            return None
        return SignedHead(
            origin=ORIGIN, size=self.signed, root=bytes(32), note=b"note %d" % self.signed
        )

    async def newest_stamp(self) -> KeptStamp | None:
        """Return what was kept last."""
        return self.kept[-1] if self.kept else None

    async def keep_stamp(self, stamp: KeptStamp) -> None:
        """Keep it, or fail."""
        if self.fault is not None:
            raise self.fault
        self.kept.append(stamp)

    async def has_emergency(self, after: int) -> bool:
        """Tell what a test put in."""
        self.looks.append(after)
        return any(number > after for number in self.emergencies)

    def grow(self, *, emergency: bool = False) -> None:
        """Let something be stated, signed and told."""
        self.signed = self.size = self.size + 1
        self.newest_event += 1
        if emergency:
            self.emergencies.append(self.newest_event)


@dataclass
class World:
    """One service with what is around it."""

    clock: LoopClock = field(default_factory=LoopClock)
    log: Log = field(default_factory=Log)
    metrics: Metrics = field(default_factory=Metrics)

    def __post_init__(self) -> None:
        self.authorities = Authorities(self.clock)
        self.stamping = self.begun()

    def begun(self) -> Stamping:
        """Return a service as after a start of the node."""
        return Stamping(
            self.authorities,
            book=self.log,
            clock=self.clock,
            journal=get_journal("test"),
            metrics=self.metrics,
        )

    async def after(self, *minutes: float) -> list[int]:
        """Look after each of these minutes; return how many were asked by then."""
        counts = []
        for each in minutes:
            self.clock.ms += round(each * MINUTE_MS)
            await self.stamping.look()
            counts.append(len(self.authorities.asked))
        return counts


@asynchronous
async def test_newest_head_is_stamped_at_once_and_then_each_hour_while_the_log_grows() -> None:
    """A log that stands still has its stamp."""
    world = World()
    assert await world.after(0, 1, 59, 60) == [1, 1, 1, 1]
    world.log.grow()
    assert await world.after(0) == [2]
    world.log.grow()
    assert await world.after(1, 58, 2) == [2, 2, 3]
    assert [stamp.size for stamp in world.log.kept] == [5, 6, 7]
    assert world.log.kept[0].answer == b"stamp of note 5"
    assert world.metrics.value("a35_stamps_total", {"outcome": "obtained"}) == 3
    assert world.metrics.value("a35_stamps_total", {"outcome": "failed"}) == 3
    assert world.stamping.check().ok
    assert world.stamping.check().detail == "newest 0 minutes old"
    await world.after(30)
    assert world.metrics.value("a35_stamp_age_seconds") == 1800


@asynchronous
async def test_log_without_a_signed_head_asks_nobody() -> None:
    """A node that recovers signs nothing."""
    world = World(log=Log(signed=0))
    assert await world.after(0, 600) == [0, 0]
    assert world.stamping.check().detail == "none yet"


@asynchronous
async def test_emergency_is_stamped_before_the_hour_but_once_a_minute() -> None:
    """Its later steps as well, each with the next head."""
    world = World()
    await world.after(0)
    world.log.grow(emergency=True)
    assert await world.after(0.5, 0.5) == [1, 2]
    world.log.grow()
    assert await world.after(1) == [2]
    for _ in range(3):
        world.log.grow(emergency=True)
        await world.after(0.25)
    assert len(world.authorities.asked) == 3
    assert await world.after(EMERGENCY_S / 60, 5) == [4, 4]


@asynchronous
async def test_emergency_that_is_not_signed_yet_is_stamped_again_when_it_is() -> None:
    """The first stamp is over a head without it."""
    world = World()
    await world.after(0)
    world.log.grow(emergency=True)
    world.log.size += 1
    assert await world.after(1, 1) == [2, 2]
    world.log.signed += 1
    assert await world.after(1, 1) == [3, 3]
    world.log.grow()
    assert await world.after(1) == [3]


@asynchronous
async def test_start_stamps_an_emergency_from_just_before_and_looks_no_further_back() -> None:
    """A whole log's events are never looked through."""
    world = World()
    await world.after(0)
    world.log.newest_event = 5000
    world.log.emergencies.append(4990)
    world.log.signed = world.log.size = 6
    again = world.begun()
    await again.load()
    await again.look()
    assert world.log.looks[-1] == 5000 - 1024
    assert len(world.log.kept) == 2


@asynchronous
async def test_outage_of_days_is_waited_out_told_of_and_made_up_for() -> None:
    """Less and less often, at least each quarter of an hour; one stamp holds all of it."""
    world = World()
    world.authorities.is_away = True
    minutes = [0, 1, 1, 1, 2, 3, 5, 10, 5]
    assert await world.after(*minutes) == [1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert world.stamping.check().ok
    assert "5 failures in a row" in world.stamping.check().detail
    for _ in range(3 * 24 * 2):
        world.log.grow()
        await world.after(30)
    check = world.stamping.check()
    assert not check.ok
    assert world.metrics.value("a35_alarms_total", {"kind": "stamps"}) == 3 * 4
    assert world.log.kept == []
    world.log.grow(emergency=True)
    assert await world.after(0.5, 0.5) == [149, 150]
    world.authorities.is_away = False
    await world.after(1)
    assert [stamp.size for stamp in world.log.kept] == [world.log.size]
    assert world.stamping.check().ok
    assert LATE_S > EVERY_S


@asynchronous
async def test_stamp_that_cannot_be_kept_is_asked_for_again() -> None:
    """A full disk delays it as an outage does, and ends nothing."""
    world = World(log=Log(fault=StorageError("full", code="disk_full")))
    assert await world.after(0, 1) == [1, 2]
    world.log.fault = None
    assert await world.after(2) == [3]
    assert len(world.log.kept) == 1


@asynchronous
async def test_clock_that_was_set_back_stamps_nothing_twice_over() -> None:
    """One stamp at the new time, then by the hour again."""
    world = World()
    await world.after(0)
    world.clock.ms -= DAY_MS
    world.log.grow()
    assert await world.after(0) == [2]
    world.log.grow()
    assert await world.after(0, 30, 30) == [2, 2, 3]


@asynchronous
async def test_service_looks_again_and_again_until_it_is_ended() -> None:
    """It knows from its store how far the log is stamped."""
    world = World()
    clock = StoppingClock(after=3, step_ms=10_000)
    world.log.kept.append(
        KeptStamp(
            origin=ORIGIN,
            size=4,
            authority="a",
            time_ms=clock.now_ms(),
            kept_ms=clock.now_ms(),
            answer=b"x",
        )
    )
    world.clock = clock
    with pytest.raises(asyncio.CancelledError):
        await world.begun().run()
    assert (len(clock.waits), world.authorities.asked) == (3, [])
