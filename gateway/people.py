"""The people of one desk: who they are, which roles they hold, and by what they came in.

Values only. Leaves to others: which role may do what (`gateway.officer.access`), how somebody
shows who they are (`gateway.service.signin`), where it is kept (`gateway.storage.people`).

Source: docs/desk.md, "People".
"""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person is for at this desk; several may be held, except operator with the others."""

    OFFICER = "officer"
    APPROVER = "approver"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    OPERATOR = "operator"


class Way(StrEnum):
    """By what a caller showed who they are."""

    SOCKET = "socket"
    """Opened the control socket of the home: the account that runs the node."""
    SESSION = "session"
    """Signed in on the page."""
    TOKEN = "token"  # noqa: S105  the word, not a secret
    """A program with a bearer token; never more than its owner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks, as every handler sees it.

    Attributes:
        person: The person's number on this node, from 1; None for the control socket.
        name: As the desk calls them; never leaves this node.
        who: As logs and peers see them: "RO/1 officer 3", "RO/1 desk".
        roles: What they may act as now.
        way: How they came in.
        session: Names their session on this node (not its secret); None without one.
        token: Names the token that they showed; None without one.
        csrf: What a form of theirs must carry; None without a session.
        language: Of the pages: en, fr or ar.
        is_program: Whether it is nobody's: a program with an account of its own.
    """

    person: int | None
    name: str
    who: str
    roles: frozenset[Role]
    way: Way
    session: int | None = None
    token: int | None = None
    csrf: str | None = None
    language: str = "en"
    is_program: bool = False
