"""How every handler of the local API reads a request and writes an answer."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import count
from typing import Final, TypeVar

from aiohttp.typedefs import Handler, Middleware
from aiohttp.web import HTTPException, Request, Response, StreamResponse, middleware
from pydantic import BaseModel, ValidationError

from gateway.errors import DataError, GatewayError, NoInputError, RateLimitedError
from gateway.journal import Journal
from gateway.officer.shapes.moments import milliseconds
from gateway.officer.shapes.problems import (
    MEDIA_TYPE,
    Fault,
    Problem,
    RefusedError,
    problem_of,
    problem_of_error,
)
from gateway.service.draft import DocumentRefusedError
from protocol.errors import MalformedError
from protocol.identifiers import MessageId
from protocol.requests.faults import Finding

JSON: Final = "application/json"
BASE: Final = "/api/v1"
MAX_BODY_BYTES: Final = 2 * 1024 * 1024
"""A document of 1 MiB, once more as what it answers, and the names around them."""

_FAR_MS: Final = 2**45
"""In the year 3084."""

_BY_STATUS: Final = {404: "not_found", 405: "wrong_method", 413: "too_large"}

_GUARDED: Final = frozenset({
    "bad_host", "csrf", "forbidden_role", "not_signed_in", "own_draft", "rate_limited",
    "session_locked",
})  # fmt: skip
"""Refusals of who may not: noted each."""

Body = TypeVar("Body", bound=BaseModel)
ApiHandler = Callable[[Request], Awaitable[StreamResponse]]


def answer(body: BaseModel, *, status: int = 200) -> Response:
    """Write one body as JSON."""
    return Response(body=body.model_dump_json().encode(), status=status, content_type=JSON)


def refuse(problem: Problem, *, headers: Mapping[str, str] | None = None) -> Response:
    """Write a refusal."""
    return Response(
        body=problem.model_dump_json().encode(),
        status=problem.status,
        content_type=MEDIA_TYPE,
        headers=headers,
    )


async def read(request: Request, shape: type[Body]) -> Body:
    """Read a JSON body.

    Raises:
        RefusedError: Not JSON, or not of this shape; names every field, never its value.
    """
    try:
        return shape.model_validate_json(await request.read())
    except ValidationError as error:
        faults = tuple(
            Fault(path=".".join(map(str, each["loc"])), code=each["type"], message=each["msg"])
            for each in error.errors(include_url=False, include_input=False, include_context=False)
        )
        raise RefusedError(
            "the request does not have the expected form", faults=faults, code="invalid_body"
        ) from error


def mid_of(request: Request, name: str = "mid") -> MessageId:
    """Read the message id in the path.

    Raises:
        NoInputError: Not a message id, so there is no such message.
    """
    try:
        return MessageId.parse(request.match_info[name])
    except MalformedError as error:
        raise NoInputError("a message id has 32 lower-case hex digits") from error


def index_of(request: Request, name: str) -> int:
    """Read a number of at most nine digits in the path.

    Raises:
        NoInputError: Not such a number.
    """
    text = request.match_info[name]
    if not (text.isascii() and text.isdigit() and len(text) < 10):  # noqa: PLR2004  said above
        raise NoInputError("a number was expected in the address")
    return int(text)


def number_of(request: Request, name: str, *, default: int, most: int) -> int:
    """Read a number in the query, cut to what is allowed.

    Raises:
        DataError: Not a decimal number.
    """
    text = request.query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 16):  # noqa: PLR2004  below 2^53
        raise DataError(f"{name} is a decimal number", code="invalid_body")
    return min(int(text), most)


def span_of(request: Request, *, now_ms: int, span_ms: int) -> tuple[int, int]:
    """Read `from` and `to` in the query: days, or times with an offset; `to` is not in the span.

    Args:
        request: What is answered.
        now_ms: The present, which a span ends with unless asked otherwise.
        span_ms: How long it is then.

    Raises:
        DataError: Not such a time.
    """
    begins, ends = request.query.get("from"), request.query.get("to")
    to_ms = now_ms + 1 if ends is None else moment_of(ends)
    return (max(to_ms - span_ms, 0) if begins is None else moment_of(begins)), to_ms


def moment_of(text: str) -> int:
    """Read a day, which begins in UTC, or a time with an offset.

    Raises:
        DataError: Neither, or far off.
    """
    try:
        found = milliseconds(f"{text}T00:00:00Z" if len(text) == len("2026-11-21") else text)
    except (ValueError, OverflowError) as error:
        raise DataError(
            "a time is written as 2026-11-21 or 2026-11-21T14:00:00Z", code="invalid_body"
        ) from error
    if not 0 <= found < _FAR_MS:
        raise DataError("this time is out of range", code="invalid_body")
    return found


def faults_of(findings: Sequence[Finding]) -> tuple[Fault, ...]:
    """Write what is wrong with a document as a problem carries it."""
    return tuple(Fault(path=one.path, code=str(one.code), message=one.message) for one in findings)


def problems(journal: Journal) -> Middleware:
    """Return the outermost layer: every error of a handler becomes a problem.

    A handler that had begun its answer cannot be answered again: its connection is closed.
    """
    numbers = count(1)

    @middleware
    async def catch(request: Request, handler: Handler) -> StreamResponse:
        number = f"r{next(numbers)}"
        wait: dict[str, str] = {}
        try:
            return await handler(request)
        except HTTPException as error:
            problem = problem_of(_BY_STATUS.get(error.status, "invalid_body"), error.reason)
        except DocumentRefusedError as error:
            problem = problem_of(
                "invalid_request", str(error), hint=error.hint, errors=faults_of(error.findings)
            )
        except Exception as error:  # noqa: BLE001  the outermost loop of this interface
            problem = problem_of_error(error)
            _note(journal, problem, error, number)
            if isinstance(error, RateLimitedError):
                wait = {"Retry-After": str(error.retry_s)}
        return refuse(problem.model_copy(update={"request_id": number}), headers=wait)

    return catch


def _note(journal: Journal, problem: Problem, error: Exception, number: str) -> None:
    if problem.code == "bug":
        journal.bug("request_failed", error, request=number)
    elif problem.code in _GUARDED or (
        isinstance(error, GatewayError) and problem.status >= 500  # noqa: PLR2004  our side
    ):
        journal.warning("request_refused", request=number, code=problem.code)
