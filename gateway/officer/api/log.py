"""Our own log: its head, proofs of single leaves, and computing it anew."""

from asyncio import Queue, create_task, gather, get_running_loop
from contextlib import suppress
from typing import Final

from aiohttp.web import Request, Response, RouteDef, StreamResponse, get, post

from gateway.errors import NoInputError
from gateway.officer.access import May, caller_of, may
from gateway.officer.api.operations import begun, wants_operation
from gateway.officer.api.reply import BASE, answer, index_of
from gateway.officer.api.views import log_view
from gateway.officer.services import ProveService
from gateway.officer.shapes.models import VerificationStep
from gateway.officer.shapes.problems import problem_of_error
from gateway.officer.shapes.verifying import verification_view
from gateway.service.operations import Operations, Progress
from protocol.errors import MalformedError
from protocol.identifiers import LogOrigin

STREAM: Final = "application/x-ndjson"
_QUEUED: Final = 16


class LogApi:
    """The resource /log.

    Args:
        prove: The use case.
        operations: Runs what nobody waits for; None where everybody waits.
    """

    __slots__ = ("_operations", "_prove")

    def __init__(self, prove: ProveService, *, operations: Operations | None = None) -> None:
        self._prove = prove
        self._operations = operations

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [
            get(f"{BASE}/log", self.show),
            get(f"{BASE}/log/proof/{{i}}", self.proof),
            post(f"{BASE}/log/verifications", self.verify),
        ]

    @may(May.SEE_LOG)
    async def show(self, _request: Request) -> Response:
        """Show the newest head."""
        return answer(log_view(await self._prove.show()))

    @may(May.SEE_LOG)
    async def proof(self, request: Request) -> Response:
        """Give a C2SP tlog-proof of one leaf as text."""
        return Response(text=await self._prove.proof(index_of(request, "i")))

    @may(May.SEE_LOG)
    async def verify(self, request: Request) -> StreamResponse:
        """Compute the log anew: a stream of JSON objects, the last one is result or problem.

        The body is empty, or a checkpoint of that log which somebody else holds. With `Prefer:
        respond-async` the answer is 202, and where to look for the result.
        """
        named = request.query.get("origin")
        origin = None if named is None else _origin(named)
        against = await request.read() or None
        if self._operations is not None and wants_operation(request):
            return await self._begin(self._operations, request, origin, against)
        response = StreamResponse(headers={"Content-Type": STREAM, "Cache-Control": "no-store"})
        await response.prepare(request)
        news: Queue[VerificationStep] = Queue(_QUEUED)
        working = create_task(self._verify(news, origin, against))
        try:
            with suppress(ConnectionResetError):  # whoever asked may leave at any moment
                await _stream(response, news)
        finally:
            working.cancel()
            await gather(working, return_exceptions=True)
        return response

    async def _begin(
        self,
        operations: Operations,
        request: Request,
        origin: LogOrigin | None,
        against: bytes | None,
    ) -> Response:
        async def work(progress: Progress) -> str:
            found = await self._prove.verify(progress, origin=origin, against=against)
            return verification_view(found).model_dump_json()

        return begun(await operations.begin("verify", "leaves", work, by=caller_of(request)))

    async def _verify(
        self, news: Queue[VerificationStep], origin: LogOrigin | None, against: bytes | None
    ) -> None:
        loop = get_running_loop()

        def tell(done: int, total: int) -> None:
            # May be called from the database's thread.
            loop.call_soon_threadsafe(_offer, news, VerificationStep(progress=(done, total)))

        try:
            found = await self._prove.verify(tell, origin=origin, against=against)
            result = verification_view(found)
        except Exception as error:  # noqa: BLE001  the stream has begun: it carries the problem
            await news.put(VerificationStep(problem=problem_of_error(error)))
            return
        await news.put(VerificationStep(result=result))


async def _stream(response: StreamResponse, news: Queue[VerificationStep]) -> None:
    """Write every step as a line, to the last."""
    while True:
        step = await news.get()
        await response.write(step.model_dump_json().encode() + b"\n")
        if step.progress is None:
            break
    await response.write_eof()


def _origin(text: str) -> LogOrigin:
    """Read the name of a log.

    Raises:
        NoInputError: Not a name, so there is no such log.
    """
    try:
        return LogOrigin.parse(text)
    except MalformedError as error:
        raise NoInputError(
            "no log is called so", hint="a log is named as a35/RO/1/log/1; see: a35 log show"
        ) from error


def _offer(news: Queue[VerificationStep], step: VerificationStep) -> None:
    """Pass progress on unless the reader is slow; the next one says more anyway."""
    if news.qsize() < _QUEUED - 1:
        news.put_nowait(step)
