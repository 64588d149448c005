"""The people of the desk: added, given roles, locked, let in by a link that counts once.

Taking a right away ends every session, link and token of theirs in the same commit. Each change
is an act in the log, which names people by number.

Source: docs/desk.md, "People".
"""

import re
from dataclasses import dataclass
from typing import Final

from gateway.accounts import Accounts, Person, PersonChange, Settings
from gateway.errors import DataError, NoInputError
from gateway.people import Caller, Role
from gateway.ports import Clock
from gateway.service.deeds import Deed, deed, who_of, words_of
from keys.bearer import new_code
from keys.digest import sha256
from protocol.identifiers import NodeId

LINK_MS: Final = 10 * 60 * 1000
"""How long a one-time link counts."""

_NAME: Final = re.compile(r"[^\x00-\x1f\x7f\u0080-\u009f\u2028\u2029]{1,60}\Z")
_CONTENT: Final = frozenset({Role.OFFICER, Role.APPROVER, Role.SUPERVISOR})
_LANGUAGES: Final = frozenset({"", "en", "fr", "ar"})
_THEMES: Final = frozenset({"", "light", "dark"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A one-time link, as the person who asked for it is told once.

    Attributes:
        person: Whose.
        code: Goes into the fragment of the address; kept nowhere.
        ends_ms: Until when it counts.
    """

    person: Person
    code: str
    ends_ms: int


class People:
    """The use case.

    Args:
        store: Where people are kept.
        node: Of the desk.
        clock: Time.
        may_combine: Whether this desk lets one person be operator and see content.

    Attributes:
        may_combine: The same, for whoever shows it.
    """

    def __init__(
        self, *, store: Accounts, node: NodeId, clock: Clock, may_combine: bool = False
    ) -> None:
        self._store = store
        self._node = node
        self._clock = clock
        self.may_combine = may_combine

    async def exist(self) -> bool:
        """Tell whether anybody was ever added: before, the control socket is the whole desk."""
        return await self._store.has_people()

    async def all(self) -> tuple[Person, ...]:
        """Return everybody, in order of their numbers."""
        return await self._store.people()

    async def holding(self, role: Role) -> tuple[Person, ...]:
        """Return the people, not the programs, who hold a role and are not locked."""
        return tuple(
            one
            for one in await self._store.people()
            if role in one.roles and not one.is_locked and not one.is_service
        )

    async def get(self, number: int) -> Person:
        """Return one person.

        Raises:
            NoInputError: There is none of this number.
        """
        person = await self._store.person(number)
        if person is None:
            raise NoInputError("there is no such person at this desk", hint="see: a35 user list")
        return person

    async def named(self, name: str) -> Person:
        """Return the person who is called so, or has this number.

        Raises:
            NoInputError: Nobody is called so.
        """
        for person in await self._store.people():
            if name in {person.name, str(person.number)}:
                return person
        raise NoInputError("nobody at this desk is called so", hint="see: a35 user list")

    def who(self, person: Person) -> str:
        """Return a person as logs and other Parties see them."""
        return who_of(self._node, person)

    async def add(
        self, name: str, roles: frozenset[Role], *, by: Caller, is_service: bool = False
    ) -> Person:
        """Add a person.

        Args:
            name: As the desk calls them, 1 to 60 characters; another one than everybody's.
            roles: One at least.
            by: Who adds them.
            is_service: A program, which never approves and never signs in on a page.

        Raises:
            DataError: A name or roles that cannot be, or the name is taken.
            StorageError: Nobody was added.
        """
        if _NAME.match(name) is None or name != name.strip() or name.isdecimal():
            raise DataError(
                "a name has 1 to 60 characters, no control characters, and is no number",
                code="invalid_request",
            )
        self._check(roles, is_service=is_service)
        now_ms = self._clock.now_ms()
        why = f"{'program' if is_service else 'person'}: {words_of(roles)}"
        person = await self._store.add_person(
            name,
            roles,
            deed(Deed.PERSON_ADDED, who=by.who, why=why, now_ms=now_ms),
            is_service=is_service,
            now_ms=now_ms,
        )
        await self._note_combined(person, by)
        return person

    async def set_roles(
        self, number: int, roles: frozenset[Role], *, by: Caller, version: int | None = None
    ) -> Person:
        """Give a person other roles; whatever they have open ends.

        Raises:
            DataError: Roles that cannot be, or somebody changed the person meanwhile.
            NoInputError: There is no such person.
            StorageError: Nothing was changed.
        """
        held = await self.get(number)
        self._check(roles, is_service=held.is_service)
        why = f"{self.who(held)}: {words_of(roles)}"
        act = deed(Deed.ROLES_CHANGED, who=by.who, why=why, now_ms=self._clock.now_ms())
        person = await self._store.change_person(
            PersonChange(number=number, roles=roles, version=version, act=act),
            now_ms=self._clock.now_ms(),
        )
        await self._note_combined(person, by)
        return person

    async def set_locked(
        self, number: int, *, on: bool, by: Caller, version: int | None = None
    ) -> Person:
        """Let a person in no more, or again; whatever they have open ends.

        Raises:
            NoInputError: There is no such person.
            DataError: Somebody changed the person meanwhile.
            StorageError: Nothing was changed.
        """
        held = await self.get(number)
        what = Deed.PERSON_LOCKED if on else Deed.PERSON_UNLOCKED
        now_ms = self._clock.now_ms()
        act = deed(what, who=by.who, why=self.who(held), now_ms=now_ms)
        return await self._store.change_person(
            PersonChange(number=number, is_locked=on, version=version, act=act), now_ms=now_ms
        )

    async def link(self, number: int, *, by: Caller) -> Link:
        """Make a link by which a person signs in once.

        Raises:
            NoInputError: There is no such person.
            DataError: They are locked, or a program.
            StorageError: None was made.
        """
        person = await self.get(number)
        if person.is_service or person.is_locked:
            raise DataError(
                "this account signs in on no page", code="not_allowed", hint="see: a35 user list"
            )
        now_ms = self._clock.now_ms()
        code = new_code()
        act = deed(Deed.LINK_MADE, who=by.who, why=self.who(person), now_ms=now_ms)
        await self._store.keep_link(
            sha256(code.encode()), number, ends_ms=now_ms + LINK_MS, act=act
        )
        return Link(person=person, code=code, ends_ms=now_ms + LINK_MS)

    async def save_settings(self, number: int, settings: Settings) -> None:
        """Keep what somebody chose for their pages.

        Raises:
            DataError: A language or a theme that there is not.
            StorageError: It was not kept.
        """
        if settings.language not in _LANGUAGES or settings.theme not in _THEMES:
            raise DataError("there is no such language or theme", code="invalid_request")
        await self._store.save_settings(number, settings)

    def _check(self, roles: frozenset[Role], *, is_service: bool) -> None:
        """Refuse roles that nobody may hold together.

        Raises:
            DataError: None, operator with content, or a program that would approve.
        """
        if not roles:
            raise DataError("a person holds one role at least", code="invalid_request")
        if is_service and Role.APPROVER in roles:
            raise DataError("a program never approves", code="invalid_request")
        if Role.OPERATOR in roles and roles & _CONTENT and not self.may_combine:
            raise DataError(
                "an operator may not hold a role that sees content",
                code="invalid_request",
                hint="a small desk may permit it: desk.combined_roles = true in node.toml",
            )

    async def _note_combined(self, person: Person, by: Caller) -> None:
        """State that the permission for small desks was used."""
        if Role.OPERATOR in person.roles and person.roles & _CONTENT:
            now_ms = self._clock.now_ms()
            await self._store.note_act(
                deed(Deed.COMBINED_ROLES, who=by.who, why=self.who(person), now_ms=now_ms)
            )
