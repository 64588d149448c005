"""What is stated in our own log of people: who did what at the desk, never by name.

Source: docs/desk.md, "Acts".
"""

from enum import StrEnum

from gateway.accounts import Person
from gateway.people import Role
from keys.digest import new_salt
from protocol.identifiers import NodeId
from protocol.log.statement import Act, Statement, officer_act


class Deed(StrEnum):
    """What becomes of people and of what they come in by."""

    PERSON_ADDED = "person_added"
    ROLES_CHANGED = "roles_changed"
    COMBINED_ROLES = "combined_roles"
    PERSON_LOCKED = "person_locked"
    PERSON_UNLOCKED = "person_unlocked"
    LINK_MADE = "link_made"
    BREAK_GLASS = "break_glass"
    PASSWORD_SET = "password_set"  # noqa: S105  the word, not a secret
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    TOKEN_MADE = "token_made"  # noqa: S105  the word, not a secret
    TOKEN_REMOVED = "token_removed"  # noqa: S105  the word, not a secret


def who_of(node: NodeId, person: Person) -> str:
    """Return a person as logs and other Parties see them: "RO/1 officer 3".

    Args:
        node: Of the desk.
        person: Called by the first role of theirs in the order of the list.
    """
    role = next((role for role in Role if role in person.roles), Role.OFFICER)
    return f"{node} {role.value} {person.number}"


def words_of(roles: frozenset[Role]) -> str:
    """Return roles as a reason names them."""
    return ", ".join(role.value for role in Role if role in roles)


def deed(what: Deed, *, who: str, why: str, now_ms: int) -> Statement:
    """Return the statement of an act at the desk.

    Args:
        what: The act.
        who: Who did it.
        why: Of whom or of what, in our own words: numbers and roles, no names.
        now_ms: Milliseconds since 1970, UTC.
    """
    act = Act(act=what.value, who=who, ref=None, subject=None, why=why, t_ms=now_ms)
    return officer_act(act.encode(), new_salt())
