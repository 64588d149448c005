"""Rules of people and of coming in that no page leads to."""

import asyncio
from dataclasses import replace

import pytest

from gateway.accounts import Means
from gateway.errors import (
    AccessDeniedError,
    DataError,
    NoInputError,
    NotYetError,
)
from gateway.people import Role
from gateway.service.devices import MOST as MOST_DEVICES
from gateway.service.devices import SOCKET
from gateway.service.frontdoor import make_front_door
from gateway.service.passkeys import LIFE_MS, MOST, Site
from gateway.service.sessions import IDLE_MS
from gateway.service.tokens import LIFE_MS as TOKEN_MS
from gateway.service.tokens import MOST as MOST_TOKENS
from tests.gateway.officer.pages.world import DeskWorld, desk_test

SITE = Site(host="localhost", origin="http://localhost:1")


@desk_test
async def test_roles_that_do_not_go_together_are_refused(desk: DeskWorld) -> None:
    """No role, a program that approves, an operator who reads cases; and names that mislead."""
    people = desk.door.people
    for roles in (frozenset[Role](), frozenset({Role.OPERATOR, Role.OFFICER})):
        with pytest.raises(DataError):
            await people.add("duty1", roles, by=desk.operator)
    with pytest.raises(DataError):
        await people.add("robot", frozenset({Role.APPROVER}), by=desk.operator, is_service=True)
    for name in ("", " x", "7", "a\nb", "x" * 61, "a\u2028b"):
        with pytest.raises(DataError):
            await people.add(name, frozenset({Role.OFFICER}), by=desk.operator)
    assert await people.all() == ()
    assert not await people.exist()


@desk_test
async def test_people_are_found_by_name_number_and_role(desk: DeskWorld) -> None:
    """Programs and the locked hold no role that somebody could be asked for."""
    people, roles = desk.door.people, frozenset({Role.OFFICER})
    person = await desk.person(Role.OFFICER, name="duty1")
    locked = await desk.person(Role.OFFICER, name="duty2")
    await people.set_locked(locked.number, on=True, by=desk.operator)
    robot = await people.add("robot", roles, by=desk.operator, is_service=True)
    assert await people.holding(Role.OFFICER) == (person,)
    assert await people.named("duty1") == await people.named("1") == person
    with pytest.raises(NoInputError):
        await people.named("nobody")
    with pytest.raises(DataError):
        await desk.door.signin.set_password(robot, "violet tractor under rain", by=desk.operator)
    with pytest.raises(DataError):
        await people.save_settings(1, replace(person.settings, theme="pink"))


@desk_test
async def test_what_a_locked_person_still_holds_counts_nothing(desk: DeskWorld) -> None:
    """Also what was made in the moment of the lock."""
    door, person = desk.door, await desk.person(Role.OFFICER)
    await door.people.set_locked(person.number, on=True, by=desk.operator)
    secret, _ = await door.sessions.begin(person, Means.LINK, agent="x" * 300)
    assert await door.sessions.seat(secret) is None
    token, _ = await door.tokens.make(person, "t", by="RO/1 operator")
    assert await door.tokens.caller(token) is None
    with pytest.raises(DataError):
        await door.tokens.make(await door.people.get(person.number), "t", by="RO/1 operator")
    asked, waiting = door.devices.begin("\n")
    assert waiting.name == "a program"
    door.devices.confirm(waiting.code, person)
    with pytest.raises(DataError):
        await door.devices.take(asked)


@desk_test
async def test_whoever_lets_many_programs_wait_keeps_none_from_waiting(desk: DeskWorld) -> None:
    """The oldest of the same source goes that nobody let in; each waits ten minutes at most."""
    devices, person = desk.door.devices, await desk.person(Role.OFFICER)
    by_socket, _ = devices.begin("mine", source=SOCKET)
    first, waiting = devices.begin("let in")
    devices.confirm(waiting.code, person)
    asked = [devices.begin("x")[0] for _ in range(MOST_DEVICES)]
    for secret in (by_socket, asked[1], asked[-1]):
        with pytest.raises(NotYetError):
            await devices.take(secret)
    with pytest.raises(NoInputError):
        await devices.take(asked[0])
    assert (await devices.take(first)).startswith("a35t_")
    desk.net.clock.ms += 10 * 60 * 1000
    for secret in (asked[-1], by_socket, "é", ""):
        with pytest.raises(NoInputError):
            await devices.take(secret)
    devices.begin("x")


@desk_test
async def test_use_of_a_session_and_a_token_is_written_now_and_then(desk: DeskWorld) -> None:
    """Not with each request: one commit a minute, and what lies between is known."""
    person, door, clock = await desk.person(Role.OFFICER), desk.door, desk.net.clock
    secret, seat = await door.sessions.begin(person, Means.LINK, agent="a")
    clock.ms += 30_000
    assert await door.sessions.seat(secret) is not None
    (row,) = await door.sessions.of(person.number)
    assert row.seen_ms == seat.session.seen_ms
    clock.ms += 30_000
    used = await door.sessions.seat(secret)
    assert used is not None
    assert used.lock_ms == clock.ms + IDLE_MS
    (row,) = await door.sessions.of(person.number)
    assert row.seen_ms == clock.ms
    looked = await door.sessions.seat(secret, is_use=False)
    assert looked is not None
    token, _ = await door.tokens.make(person, "t", by="RO/1 operator")
    for _ in range(2):
        assert await door.tokens.caller(token) is not None
    for _ in range(MOST_TOKENS - 1):
        await door.tokens.make(person, "t", by="RO/1 operator")
    with pytest.raises(DataError):
        await door.tokens.make(person, "t", by="RO/1 operator")
    clock.ms += TOKEN_MS
    assert await door.tokens.of(person.number) == ()
    assert await door.sessions.of(person.number) == ()


@desk_test
async def test_challenges_are_few_and_live_for_minutes(desk: DeskWorld) -> None:
    """Whoever asks for thousands drives out the oldest, and fills nothing."""
    passkeys = desk.door.passkeys
    for number in range(520):
        await passkeys.options(f"visit {number}", SITE)
    assert len(passkeys._waiting) == 500
    desk.net.clock.ms += LIFE_MS
    await passkeys.options("one more", SITE)
    assert len(passkeys._waiting) == 1


@desk_test
async def test_a_person_has_so_many_passkeys_and_none_without_the_library(
    desk: DeskWorld,
) -> None:
    """The refusal says what to install."""
    person, store = await desk.person(Role.OFFICER), desk.node.store
    _, seat = await desk.door.sessions.begin(person, Means.LINK, agent="a")
    without = make_front_door(store, desk.node.id, desk.node.clock)
    with pytest.raises(DataError, match="not installed"):
        await without.passkeys.enrol_options(seat, SITE)
    with pytest.raises(AccessDeniedError):
        await desk.door.passkeys.enrol(seat, SITE, "{}", name="")
    assert await without.signatories.passkeys(person.number) == ()
    assert MOST == 20
    without.signin._sound("RO/1 officer 1")
    assert [each.who for each in without.signin.broken_since(0)] == ["RO/1 officer 1"]


@desk_test
async def test_a_lock_is_not_undone_by_what_was_under_way(desk: DeskWorld) -> None:
    """Whoever leaves and locks is not overtaken by a request of their own."""
    person, door, clock = await desk.person(Role.OFFICER), desk.door, desk.net.clock
    secret, seat = await door.sessions.begin(person, Means.LINK, agent="a")
    clock.ms += 2 * 60_000
    _, under_way = await asyncio.gather(door.sessions.lock(seat), door.sessions.seat(secret))
    assert under_way is not None
    found = await door.sessions.seat(secret)
    assert found is not None
    assert found.is_locked


@desk_test
async def test_program_that_asks_twice_at_once_gets_one_token(desk: DeskWorld) -> None:
    """And one that could not be made is waited for still."""
    door, person = desk.door, await desk.person(Role.OFFICER)
    asked, waiting = door.devices.begin("x")
    door.devices.confirm(waiting.code, person)
    made = [await door.tokens.make(person, "t", by="RO/1 operator") for _ in range(MOST_TOKENS)]
    with pytest.raises(DataError):
        await door.devices.take(asked)
    await door.tokens.revoke(made[0][1].number, person=person.number, by="RO/1 operator")
    await door.tokens.revoke(made[1][1].number, person=person.number, by="RO/1 operator")
    found = await asyncio.gather(
        door.devices.take(asked), door.devices.take(asked), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in found) == ["NoInputError", "str"]
    assert len(await door.tokens.of(person.number)) == MOST_TOKENS - 1
