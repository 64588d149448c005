"""Documents handed over by programs in one go: checked, their files sealed as they come, queued.

Nothing of it is kept before it is queued: a node that stops forgets it, and nobody was told
otherwise. What people write, approve and come back to is a draft: gateway.officer.api.drafts.
"""

import asyncio
from collections.abc import Coroutine
from io import RawIOBase
from json import dumps
from typing import Any, BinaryIO, Final, Protocol, cast

from aiohttp.web import Request, Response, RouteDef, post, put
from typing_extensions import override

from gateway.errors import DataError
from gateway.officer.access import May, caller_of, may
from gateway.officer.api.reply import BASE, answer, index_of, read
from gateway.officer.services import SubmitService
from gateway.officer.shapes.models import SentAnswer, UploadAnswer, UploadRequest
from gateway.records import Submitted

IDEMPOTENCY: Final = "Idempotency-Key"
MAX_KEY_LENGTH: Final = 128
PIECE_WAIT_S: Final = 60.0
"""How long the next piece of an upload may take."""


class Body(Protocol):
    """What can be read piece by piece, as a request's body can."""

    def read(self, n: int = -1, /) -> Coroutine[Any, Any, bytes]:
        """Return up to `n` bytes, nothing at the end; all that is left if negative."""


class UploadSource(RawIOBase):
    """A request's body as a file that a worker thread reads: the plaintext never lies on disk.

    Args:
        body: The request's body; nothing else may read it.
        loop: The event loop that serves it, in another thread than the reader's.
        wait_s: How long the next piece may take; who sends nothing holds a thread.
    """

    def __init__(
        self, body: Body, loop: asyncio.AbstractEventLoop, *, wait_s: float = PIECE_WAIT_S
    ) -> None:
        super().__init__()
        self._body = body
        self._loop = loop
        self._wait_s = wait_s

    @override
    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    @override
    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes, all of them unless the body ends.

        Raises:
            DataError: The sender stopped in the middle.
        """
        if size < 0:
            return self._wait(self._body.read())
        pieces: list[bytes] = []
        while size > 0:
            piece = self._wait(self._body.read(size))
            if not piece:
                break
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    @override
    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # only memoryviews
        """Fill a buffer; fewer bytes only at the end of the body."""
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def _wait(self, piece: Coroutine[Any, Any, bytes]) -> bytes:
        waiting = asyncio.run_coroutine_threadsafe(piece, self._loop)
        try:
            return waiting.result(self._wait_s)
        except TimeoutError as error:
            waiting.cancel()
            raise DataError("the upload stopped in the middle", code="invalid_body") from error


class UploadApi:
    """The resource /uploads, and its short form for documents without attachments.

    Args:
        submit: The use case.
    """

    __slots__ = ("_submit",)

    def __init__(self, submit: SubmitService) -> None:
        self._submit = submit

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [
            post(f"{BASE}/uploads", self.begin),
            put(f"{BASE}/uploads/{{id}}/files/{{n}}", self.attach),
            post(f"{BASE}/uploads/{{id}}/send", self.send),
            post(f"{BASE}/messages", self.queue),
        ]

    @may(May.COMPOSE)
    async def begin(self, request: Request) -> Response:
        """Check a document and fix its ids."""
        asked = await read(request, UploadRequest)
        draft = await self._submit.begin(
            dumps(asked.document, ensure_ascii=False).encode(), file_sizes=asked.files
        )
        return answer(
            UploadAnswer(
                id=draft.id,
                mid=str(draft.mid),
                thread=str(draft.thread),
                to=str(draft.to),
                files=draft.files,
            ),
            status=201,
        )

    @may(May.COMPOSE)
    async def queue(self, request: Request) -> Response:
        """Check, seal and queue a document without attachments: the body is the document."""
        submitted = await self._submit.queue(
            await request.read(), request_key=request_key(request), who=caller_of(request).who
        )
        return answer(sent(submitted), status=201)

    @may(May.COMPOSE)
    async def attach(self, request: Request) -> Response:
        """Seal one file while it arrives."""
        source = UploadSource(request.content, asyncio.get_running_loop())
        await self._submit.attach(
            request.match_info["id"], index_of(request, "n"), cast("BinaryIO", source)
        )
        return Response(status=204)

    @may(May.COMPOSE)
    async def send(self, request: Request) -> Response:
        """Seal the message and queue it; the same key twice queues once."""
        submitted = await self._submit.send(
            request.match_info["id"],
            request_key=request_key(request),
            who=caller_of(request).who,
        )
        return answer(sent(submitted), status=201)


def request_key(request: Request) -> str | None:
    """Read the key that makes a repeated request harmless.

    Raises:
        DataError: It is longer than 128 characters.
    """
    key = request.headers.get(IDEMPOTENCY)
    if key is not None and len(key) > MAX_KEY_LENGTH:
        raise DataError(f"{IDEMPOTENCY} has at most {MAX_KEY_LENGTH} characters")
    return key


def sent(submitted: Submitted) -> SentAnswer:
    """Say that a message is queued."""
    return SentAnswer(
        mid=str(submitted.mid),
        thread=str(submitted.thread),
        state="queued",
        index=submitted.index,
        repeated=submitted.repeated,
    )
