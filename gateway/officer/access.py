"""The one table of what each role may do, and the mark that every handler carries.

`may` marks a handler with what it needs and refuses callers without it; a handler without the
mark fails a test. Who the caller is was put into the request before, by the layer that reads
the session, the token or the socket.

Source: docs/desk.md, "People".
"""

from collections.abc import Callable, Coroutine, Mapping
from enum import StrEnum
from functools import wraps
from typing import Any, Final, TypeVar

from aiohttp.web import Request, RequestKey, StreamResponse

from gateway.errors import AccessDeniedError
from gateway.people import Caller, Role
from gateway.service.sessions import Seat

Answer = TypeVar("Answer", bound=StreamResponse)

CALLER: Final = RequestKey("a35.caller", Caller)
"""Where the caller stands in a request."""

SEAT: Final = RequestKey("a35.seat", Seat)
"""Where the session stands, also a locked one, whose person counts as no caller."""

MARK: Final = "__may__"


class May(StrEnum):
    """What a handler needs."""

    ANYBODY = "anybody"
    """Also who has not signed in: sign-in itself, health, static files."""
    SELF = "self"
    """Whoever signed in: what is theirs alone."""
    SEE_LISTS = "see_lists"
    """Ids, states, clocks, timelines; subjects only with READ_CONTENT."""
    READ_CONTENT = "read_content"
    COMPOSE = "compose"
    """Draft, check, submit; open, acknowledge, answer, close."""
    APPROVE = "approve"
    """Approve or return a draft of somebody else."""
    CONFIRM_KEYS = "confirm_keys"
    """Confirm that new keys of a Party count, which somebody else proposed."""
    SUPERVISE = "supervise"
    """Reassign, duty, hand-over note, policy, retention hold."""
    SEE_STATISTICS = "see_statistics"
    START_CAMPAIGN = "start_campaign"
    SEE_LOG = "see_log"
    """Head, proofs, verification."""
    TAKE_EVIDENCE = "take_evidence"
    """Bundles of a message, as files."""
    AUDIT = "audit"
    """Acts and the access record of every case."""
    SEE_ADMINISTRATION = "see_administration"
    ADMINISTER = "administer"
    """People, tokens, keys, directory, peers, webhooks, backup."""


_CONTENT: Final = frozenset({Role.OFFICER, Role.APPROVER, Role.SUPERVISOR})
_ALL: Final = frozenset(Role)

ALLOWED: Final[Mapping[May, frozenset[Role]]] = {
    May.ANYBODY: _ALL,
    May.SELF: _ALL,
    May.SEE_LISTS: _ALL,
    May.READ_CONTENT: _CONTENT,
    May.COMPOSE: frozenset({Role.OFFICER}),
    May.APPROVE: frozenset({Role.APPROVER}),
    May.CONFIRM_KEYS: frozenset({Role.APPROVER, Role.OPERATOR}),
    May.SUPERVISE: frozenset({Role.SUPERVISOR}),
    May.SEE_STATISTICS: _ALL,
    May.START_CAMPAIGN: frozenset({Role.SUPERVISOR, Role.OPERATOR}),
    May.SEE_LOG: _ALL,
    May.TAKE_EVIDENCE: _CONTENT | {Role.AUDITOR},
    May.AUDIT: frozenset({Role.SUPERVISOR, Role.AUDITOR}),
    May.SEE_ADMINISTRATION: frozenset({Role.OPERATOR, Role.AUDITOR}),
    May.ADMINISTER: frozenset({Role.OPERATOR}),
}


def allows(caller: Caller, need: May) -> bool:
    """Tell whether somebody may do a thing."""
    return need is May.ANYBODY or not caller.roles.isdisjoint(ALLOWED[need])


def may(
    need: May,
) -> Callable[
    [Callable[[Any, Request], Coroutine[Any, Any, Answer]]],
    Callable[[Any, Request], Coroutine[Any, Any, Answer]],
]:
    """Mark a handler, a method that takes a request, with what it needs.

    Args:
        need: What a caller must be allowed to do; the handler does not run without it.
    """

    def marked(
        handler: Callable[[Any, Request], Coroutine[Any, Any, Answer]],
    ) -> Callable[[Any, Request], Coroutine[Any, Any, Answer]]:
        @wraps(handler)
        async def checked(self: Any, request: Request) -> Answer:  # noqa: ANN401  any class of handlers
            if need is not May.ANYBODY:
                require(request, need)
            return await handler(self, request)

        setattr(checked, MARK, need)
        return checked

    return marked


def require(request: Request, need: May) -> Caller:
    """Return who asks, if they may do a thing.

    Raises:
        AccessDeniedError: Nobody signed in (`not_signed_in`), or their roles do not allow it
            (`forbidden_role`).
    """
    caller = caller_of(request)
    if not allows(caller, need):
        raise AccessDeniedError(
            "your role does not allow this",
            code="forbidden_role",
            hint="ask the operator of this node which role may do it",
        )
    return caller


def caller_of(request: Request) -> Caller:
    """Return who asks.

    Raises:
        AccessDeniedError: Nobody signed in (`not_signed_in`), or the screen is locked
            (`session_locked`).
    """
    caller = request.get(CALLER)
    if caller is None and request.get(SEAT) is not None:
        raise AccessDeniedError(
            "the screen is locked", code="session_locked", hint="unlock it, then try again"
        )
    if not isinstance(caller, Caller):
        raise AccessDeniedError(
            "nobody has signed in here", code="not_signed_in", hint="sign in, then try again"
        )
    return caller


def is_renewal(request: Request) -> bool:
    """Tell whether the script of a page fetches it for its live parts: a browser says `empty` then.

    Nobody looks at such an answer as a whole: it has no content, and counts as no reading.
    """
    return request.headers.get("Sec-Fetch-Dest") == "empty"


def need_of(handler: object) -> May | None:
    """Return the mark of a handler, None if it has none."""
    need = getattr(handler, MARK, None)
    return need if isinstance(need, May) else None
