"""Stories of delivery: overtaking answers, times that pass, keys that go, logs out of reach."""

from gateway.simulator.clock import DAY_S
from gateway.simulator.faults import Fault, Weather
from gateway.simulator.staging import (
    DE,
    FR,
    RO,
    arrives,
    cut_off,
    demand,
    everybody_meets,
    exchange,
    join_up,
    send,
    starts,
    state_of,
    until,
)
from gateway.simulator.world import World
from gateway.storage.audit import audit_store
from protocol.cases.ladder import MessageState

_BUSY_REQUESTS = 40
"""Most requests for each message of a busy pair: above it, they feed on themselves."""

OVERTAKING = Weather(chances={Fault.DELAY: 0.6, Fault.REORDERING: 1.0}, quick_s=0.05, slow_s=15.0)
REPEATING = Weather(
    chances={Fault.DELAY: 0.5, Fault.DUPLICATION: 0.6, Fault.ANSWER_LOST: 0.3},
    quick_s=0.05,
    slow_s=10.0,
)


async def unreachable_for_a_day(world: World) -> None:
    """(5) A log grows where we cannot see it, gossip names its size: nobody is accused of it."""
    await everybody_meets(world)
    cut_off(world, RO, FR)
    for _ in range(4):
        await exchange(world, DE, RO)
        await exchange(world, FR, DE)
        await world.time.wait(0.4 * DAY_S)
    demand(world, holds=world.alarms["refused"] == 0, what="somebody was refused meanwhile")
    join_up(world)
    await exchange(world, FR, RO)
    await exchange(world, RO, FR)


async def answer_overtaken(world: World) -> None:
    """(11) An answer that is late names fewer numbers than a newer receipt: nothing is lost."""
    await exchange(world, FR, RO)
    world.wire.weather = OVERTAKING
    for _ in range(8):
        for _ in range(6):
            world.officers.request(FR, RO, "urgent")
        await world.time.wait(5.0)
    await world.time.wait(120.0)
    demand(
        world,
        holds=world.alarms["lost_by_peer"] == 0,
        what="a message was taken for lost that was there",
    )


async def clock_passes_expiry(world: World) -> None:
    """(13) The receiver accepts in time, the sender's clock says that it is over."""
    await exchange(world, FR, RO)
    sender, receiver = world.nodes[FR], world.nodes[RO]
    receiver.disk.plan = Fault.CRASH_AFTER_COMMIT
    mid = await send(world, FR, RO)
    await until(world, lambda: receiver.life.is_dead, within_s=60.0, what="nothing was accepted")
    demand(world, holds=state_of(receiver, mid) is not None, what="something else was committed")
    sender.set_clock(int(31 * DAY_S * 1000))
    await world.time.wait(60.0)
    expired = state_of(sender, mid)
    demand(world, holds=expired is MessageState.EXPIRED, what=f"it is {expired} at its sender")
    sender.set_clock(0)
    await starts(world, receiver)
    await arrives(world, mid, FR)


async def prekey_goes_between(world: World) -> None:
    """(14) One envelope comes in two frames; its key goes while the second is looked at."""
    await exchange(world, FR, RO)
    receiver = world.nodes[RO]
    world.wire.weather = Weather(
        chances={Fault.DUPLICATION: 1.0, Fault.ANSWER_LOST: 0.7}, quick_s=0.01, slow_s=2.0
    )
    mids = [await send(world, FR, RO, urgency="urgent") for _ in range(4)]

    def are_consigned() -> bool:
        states = [state_of(receiver, mid) for mid in mids]
        return all(state is MessageState.CONSIGNED for state in states)

    await until(world, are_consigned, within_s=120.0, what="the first frames were not opened")
    forget_prekeys(world)
    await world.time.wait(60.0)
    world.wire.weather = world.weather
    for mid in mids:
        await arrives(world, mid, FR)
    sealings = [leaf for leaf in audit_store(world.nodes[FR].home / "store.db").leaves
                if leaf.kind == 1]  # fmt: skip
    demand(world, holds=len(sealings) == 1 + len(mids), what="an accepted envelope was sealed anew")


async def busy_pair(world: World) -> None:
    """(15) Both send without pause, repeats and answers overtake each other: it comes to rest."""
    world.wire.weather = REPEATING
    for _ in range(12):
        for sender, to in ((FR, RO), (RO, FR)):
            for _ in range(5):
                world.officers.request(sender, to, "routine")
        await world.time.wait(10.0)
    world.wire.weather = world.weather
    await world.time.wait(60.0)
    most = _BUSY_REQUESTS * world.officers.sent
    demand(world, holds=world.wire.requests <= most, what=f"{world.wire.requests} requests")


def forget_prekeys(world: World) -> None:
    """Let RO/1 lose every key but the one in the directory."""
    if world.nodes[RO].forget_prekeys():
        world.tally[Fault.PREKEY_GONE] += 1
