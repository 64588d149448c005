"""People and by what they come in: each change with its act, and what ends with it."""

import pytest

from gateway.accounts import (
    Means,
    NewPasskey,
    NewSession,
    NewToken,
    Person,
    PersonChange,
    Settings,
)
from gateway.errors import DataError, NoInputError
from gateway.people import Role
from gateway.store import Store
from keys.digest import new_salt
from protocol.log.statement import Act, Statement, officer_act
from tests.gateway.storage.material import NOW_MS
from tests.gateway.storage.scenario import Contract

OFFICER = frozenset({Role.OFFICER})
END_MS = NOW_MS + 1_000


def act(word: str = "person_added") -> Statement:
    """Return an act of the operator."""
    deed = Act(act=word, who="RO/1 operator", ref=None, subject=None, why="x", t_ms=NOW_MS)
    return officer_act(deed.encode(), new_salt())


def digest(number: int) -> bytes:
    """Return what is kept of a secret."""
    return bytes([number]) * 32


async def added(store: Store, name: str = "duty1") -> Person:
    """Add a person."""
    return await store.add_person(name, OFFICER, act(), is_service=False, now_ms=NOW_MS)


async def begun(store: Store, number: int, *, person: int = 1, now_ms: int = NOW_MS) -> int:
    """Begin a session; return its number."""
    new = NewSession(
        digest=digest(number), person=person, means=Means.LINK, agent="a", ends_ms=END_MS
    )
    return (await store.begin_session(new, most=2, act=None, now_ms=now_ms)).number


class PeopleContract(Contract):
    """The people of a desk."""

    def test_a_person_is_added_once_and_stated(self) -> None:
        """A name is one person's; a number is never given twice."""

        async def scenario(store: Store) -> None:
            assert not await store.has_people()
            size = store.size
            person = await added(store)
            assert (person.number, person.name, person.roles) == (1, "duty1", OFFICER)
            assert (person.is_locked, person.version, person.settings) == (False, 1, Settings())
            assert store.size == size + 1
            with pytest.raises(DataError):
                await added(store)
            assert store.size == size + 1
            assert await store.people() == (person,)
            assert await store.person(1) == person
            assert await store.person(2) is None
            assert await store.has_people()

        self.run(scenario)

    def test_a_change_of_rights_ends_all_that_is_open(self) -> None:
        """Sessions, links and tokens, in the commit of the act; nobody else's."""

        async def scenario(store: Store) -> None:
            await added(store)
            await added(store, "duty2")
            await begun(store, 1)
            await begun(store, 2, person=2)
            await store.keep_link(digest(3), 1, ends_ms=END_MS, act=act())
            await store.keep_token(
                NewToken(digest=digest(4), person=1, name="t", roles=OFFICER, ends_ms=END_MS),
                act(),
                now_ms=NOW_MS,
            )
            change = PersonChange(
                number=1, roles=frozenset({Role.AUDITOR}), version=1, act=act("roles_changed")
            )
            size = store.size
            person = await store.change_person(change, now_ms=NOW_MS)
            assert (person.roles, person.version) == (frozenset({Role.AUDITOR}), 2)
            assert store.size == size + 1
            assert await store.session(digest(1)) is None
            assert await store.use_link(digest(3), now_ms=NOW_MS) is None
            assert await store.token(digest(4)) is None
            assert await store.session(digest(2)) is not None
            with pytest.raises(DataError):
                await store.change_person(change, now_ms=NOW_MS)
            locked = PersonChange(number=1, is_locked=True, act=act("person_locked"))
            assert (await store.change_person(locked, now_ms=NOW_MS)).is_locked
            with pytest.raises(NoInputError):
                await store.change_person(PersonChange(number=9, act=act()), now_ms=NOW_MS)
            assert store.size == size + 2

        self.run(scenario)

    def test_a_link_counts_once_and_in_time(self) -> None:
        """It is gone with the first try, also with one that came too late."""

        async def scenario(store: Store) -> None:
            await added(store)
            for number in (1, 2):
                await store.keep_link(digest(number), 1, ends_ms=END_MS, act=act("link_made"))
            assert await store.use_link(digest(1), now_ms=NOW_MS) == 1
            assert await store.use_link(digest(1), now_ms=NOW_MS) is None
            assert await store.use_link(digest(2), now_ms=END_MS) is None
            assert await store.use_link(digest(2), now_ms=NOW_MS) is None

        self.run(scenario)

    def test_sessions_of_a_person_are_so_many_and_end(self) -> None:
        """The one longest unused makes room; what ended is forgotten."""

        async def scenario(store: Store) -> None:
            await added(store)
            first, second = await begun(store, 1), await begun(store, 2)
            await store.touch_session(first, seen_ms=NOW_MS + 5, is_locked=True)
            third = await begun(store, 3, now_ms=NOW_MS + 6)
            held = await store.sessions(1)
            assert [row.number for row in held] == [third, first]
            assert (held[1].seen_ms, held[1].is_locked, held[1].agent) == (NOW_MS + 5, True, "a")
            assert await store.session(digest(2)) is None
            assert not await store.end_session(second, person=1)
            assert not await store.end_session(third, person=2)
            assert await store.end_session(third, person=1)
            assert await store.end_sessions(before_ms=END_MS - 1) == 0
            assert await store.end_sessions(before_ms=END_MS) == 1
            with_act = NewSession(
                digest=digest(4), person=1, means=Means.PASSWORD, agent="", ends_ms=END_MS
            )
            size = store.size
            await store.begin_session(with_act, most=2, act=act("break_glass"), now_ms=NOW_MS)
            assert store.size == size + 1

        self.run(scenario)

    def test_settings_and_password_are_kept(self) -> None:
        """And taken away."""

        async def scenario(store: Store) -> None:
            await added(store)
            chosen = Settings(language="fr", theme="dark", sound=False, shortcuts=False)
            await store.save_settings(1, chosen)
            assert await store.password(1) is None
            await store.save_password(1, "$argon2id$x", act("password_set"))
            assert await store.password(1) == "$argon2id$x"
            person = await store.person(1)
            assert person is not None
            assert (person.settings, person.has_password) == (chosen, True)
            await store.save_password(1, None, act("password_set"))
            assert await store.password(1) is None
            assert await store.password(9) is None

        self.run(scenario)

    def test_passkeys_and_tokens_belong_to_one_person(self) -> None:
        """Nobody drops another's; a device's key is enrolled once."""

        async def scenario(store: Store) -> None:
            await added(store)
            new = NewPasskey(person=1, credential=b"c", public_key=b"k", sign_count=0, name="desk")
            row = await store.keep_passkey(new, act("passkey_added"), now_ms=NOW_MS)
            with pytest.raises(DataError):
                await store.keep_passkey(new, act("passkey_added"), now_ms=NOW_MS)
            await store.use_passkey(row.number, sign_count=7, now_ms=NOW_MS + 1)
            (held,) = await store.passkeys(1)
            assert (held.sign_count, held.used_ms, held.name) == (7, NOW_MS + 1, "desk")
            assert await store.passkey(b"c") == held
            assert await store.passkey(b"d") is None
            size = store.size
            assert not await store.drop_passkey(row.number, act("passkey_removed"), person=2)
            assert store.size == size
            assert await store.drop_passkey(row.number, act("passkey_removed"), person=1)
            token = await store.keep_token(
                NewToken(digest=digest(1), person=1, name="t", roles=OFFICER, ends_ms=END_MS),
                act("token_made"),
                now_ms=NOW_MS,
            )
            await store.use_token(token.number, now_ms=NOW_MS + 2)
            (kept,) = await store.tokens(1)
            assert (kept.used_ms, kept.roles) == (NOW_MS + 2, OFFICER)
            assert await store.drop_token(token.number, act("token_removed"), person=1)
            assert not await store.drop_token(token.number, act("token_removed"), person=1)
            await store.note_act(act("combined_roles"))
            assert store.size == size + 4

        self.run(scenario)
