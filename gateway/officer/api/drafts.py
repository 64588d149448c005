"""Drafts of the desk: written, checked, submitted, approved by somebody else, sent.

Changes name the version they were made from (`If-Match`). What is sent is what was frozen by the
submission, whoever asks for it.
"""

from collections.abc import Mapping
from json import dumps, loads
from typing import Any, Final

from aiohttp.web import Request, Response, RouteDef, delete, get, patch, post

from gateway.drafting import DeskDrafts
from gateway.errors import DataError
from gateway.officer.access import May, caller_of, may
from gateway.officer.api.draftviews import draft_item, draft_view
from gateway.officer.api.reply import BASE, answer, faults_of, read
from gateway.officer.api.uploads import request_key, sent
from gateway.officer.shapes.drafts import DraftCheck, DraftList, DraftRequest

_DRAFT: Final = f"{BASE}/drafts/{{id}}"


class DraftApi:
    """The resource /drafts.

    Args:
        drafts: The use case.
    """

    __slots__ = ("_drafts",)

    def __init__(self, drafts: DeskDrafts) -> None:
        self._drafts = drafts

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [
            get(f"{BASE}/drafts", self.all),
            post(f"{BASE}/drafts", self.create),
            get(_DRAFT, self.show),
            patch(_DRAFT, self.save),
            delete(_DRAFT, self.discard),
            post(f"{_DRAFT}/check", self.check),
            post(f"{_DRAFT}/submit", self.submit),
            post(f"{_DRAFT}/take-back", self.take_back),
            post(f"{_DRAFT}/send", self.send),
        ]

    @may(May.SEE_LISTS)
    async def all(self, request: Request) -> Response:
        """List the drafts of the desk; titles only for who may read contents."""
        rows = await self._drafts.list(caller_of(request))
        return answer(DraftList(items=tuple(map(draft_item, rows))))

    @may(May.COMPOSE)
    async def create(self, request: Request) -> Response:
        """Begin a draft; the same key twice begins one."""
        asked = await read(request, DraftRequest)
        row = await self._drafts.create(
            _bytes(asked.document), by=caller_of(request), request_key=request_key(request)
        )
        return await shown(self._drafts, row.id, status=201)

    @may(May.READ_CONTENT)
    async def show(self, request: Request) -> Response:
        """Show one draft with its text."""
        return await shown(self._drafts, request.match_info["id"])

    @may(May.COMPOSE)
    async def save(self, request: Request) -> Response:
        """Merge changes into its text (RFC 7396); `If-Match` names the version they are of."""
        draft, version = request.match_info["id"], version_of(request)
        change = await read(request, DraftRequest)
        held = await self._drafts.get(draft)
        document = merged(loads(held.document), change.document)
        await self._drafts.save(draft, _bytes(document), version=version, by=caller_of(request))
        return await shown(self._drafts, draft)

    @may(May.COMPOSE)
    async def discard(self, request: Request) -> Response:
        """Forget a draft that was not sent."""
        await self._drafts.discard(request.match_info["id"], by=caller_of(request))
        return Response(status=204)

    @may(May.READ_CONTENT)
    async def check(self, request: Request) -> Response:
        """Check its text, with the profiles of the directory."""
        found = await self._drafts.check(request.match_info["id"])
        return answer(
            DraftCheck(
                valid=not found.errors,
                errors=faults_of(found.errors),
                warnings=faults_of(found.warnings),
            )
        )

    @may(May.COMPOSE)
    async def submit(self, request: Request) -> Response:
        """Freeze it: id and content of the message are fixed for 24 hours."""
        draft, version = request.match_info["id"], version_named(request)
        await self._drafts.submit(draft, by=caller_of(request), version=version)
        return await shown(self._drafts, draft)

    @may(May.COMPOSE)
    async def take_back(self, request: Request) -> Response:
        """Make a submitted draft editable again; what was approved counts no more."""
        draft = request.match_info["id"]
        await self._drafts.take_back(draft, by=caller_of(request))
        return await shown(self._drafts, draft)

    @may(May.COMPOSE)
    async def send(self, request: Request) -> Response:
        """Seal and queue the frozen bytes; again gives the same answer."""
        submitted = await self._drafts.send(
            request.match_info["id"], by=caller_of(request), request_key=request_key(request)
        )
        return answer(sent(submitted), status=201)


async def shown(drafts: DeskDrafts, draft: str, *, status: int = 200) -> Response:
    """Answer with a draft, its version as ETag."""
    held = await drafts.get(draft)
    response = answer(draft_view(held), status=status)
    response.headers["ETag"] = f'"{held.row.version}"'
    return response


def version_of(request: Request) -> int:
    """Read the version in `If-Match`.

    Raises:
        DataError: It names none.
    """
    text = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit() and len(text) < 16):  # noqa: PLR2004  below 2^53
        raise DataError(
            'a change names the version that it was made from: If-Match: "N"', code="invalid_body"
        )
    return int(text)


def version_named(request: Request) -> int | None:
    """Read the version in `If-Match` where it may be left out; None if it is, or for any.

    Raises:
        DataError: It names none.
    """
    is_any = request.headers.get("If-Match", "*").strip() == "*"
    return None if is_any else version_of(request)


def merged(target: object, change: object) -> Any:  # noqa: ANN401  what JSON can hold
    """Merge a change into a document.

    Args:
        target: What is there.
        change: What it becomes; None takes a field away.

    Source:
        RFC 7396, section 2.
    """
    if not isinstance(change, Mapping):
        return change
    result: dict[str, object] = dict(target) if isinstance(target, Mapping) else {}
    for name, value in change.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def _bytes(document: Mapping[str, object]) -> bytes:
    return dumps(document, ensure_ascii=False).encode()
