"""Refusals as pages: sign in, unlock, or what happened and what to do now.

Never content, never what was sent: a page of a refusal shows its code, our own words, a number.
"""

from itertools import count
from typing import Final
from urllib.parse import quote

from aiohttp.typedefs import Handler, Middleware
from aiohttp.web import HTTPException, Request, Response, StreamResponse, middleware

from gateway.errors import RateLimitedError
from gateway.journal import Journal
from gateway.officer.pages.desk import NEWEST, Desk
from gateway.officer.pages.refusals import TITLES
from gateway.officer.shapes.problems import Problem, problem_of, problem_of_error

_BY_STATUS: Final = {404: "not_found", 405: "wrong_method", 413: "too_large"}
_OURS: Final = 500
_QUIET: Final = frozenset({"not_found", "invalid_request", "invalid_body", "wrong_method"})


def errors_as_pages(desk: Desk, journal: Journal) -> Middleware:
    """Return the outermost layer of the pages.

    Args:
        desk: Renders.
        journal: Told the code of each refusal, and of bugs.
    """
    numbers = count(1)

    @middleware
    async def catch(request: Request, handler: Handler) -> StreamResponse:
        request[NEWEST] = desk.services.store.newest_event
        try:
            return await handler(request)
        except HTTPException as error:
            problem = problem_of(_BY_STATUS.get(error.status, "invalid_body"), error.reason)
            return await _page(desk, request, problem)
        except Exception as error:  # noqa: BLE001  the outermost loop of this interface
            problem = problem_of_error(error).model_copy(update={"request_id": f"p{next(numbers)}"})
            _note(journal, problem, error)
            answer = await _answer(desk, request, problem)
            if isinstance(error, RateLimitedError):
                answer.headers["Retry-After"] = str(error.retry_s)
            return answer

    return catch


async def _answer(desk: Desk, request: Request, problem: Problem) -> Response:
    """Send whoever has not signed in to where they can; show every other refusal."""
    if problem.code == "not_signed_in":
        return desk.redirect(f"/sign-in{_back(request)}")
    if problem.code == "session_locked":
        return desk.redirect(f"/locked{_back(request)}")
    return await _page(desk, request, problem)


async def _page(desk: Desk, request: Request, problem: Problem) -> Response:
    return await desk.show(
        request,
        "problem.html",
        status=problem.status,
        problem=problem,
        title=TITLES.get(problem.code, problem.title),
    )


def _back(request: Request) -> str:
    """Return the query by which signing in leads back; nothing after a POST."""
    if request.method != "GET" or request.path == "/":
        return ""
    return f"?next={quote(request.path, safe='/')}"


def _note(journal: Journal, problem: Problem, error: Exception) -> None:
    if problem.code == "bug":
        journal.bug("request_failed", error, request=problem.request_id)
    elif problem.code not in _QUIET:
        journal.warning("request_refused", request=problem.request_id, code=problem.code)
