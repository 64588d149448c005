"""Pages of our own log: its head, what its leaves say, proofs, verifying it, who has seen it.

Verifying runs beside the page: whoever asked is shown how far it is, and its result stays until
the next one. It changes nothing; a log that does not verify is told to every role.

Source: docs/desk.md, "The house"; docs/wire-format.md, rules 6 to 9.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Final

from aiohttp.web import Request, Response, RouteDef, get, post

from gateway.errors import DataError, GatewayError, NoInputError, UnavailableError
from gateway.officer.access import May, caller_of, may
from gateway.officer.adapters.languages import message
from gateway.officer.pages.desk import Desk
from gateway.officer.pages.files import download
from gateway.officer.pages.forks import forks_of
from gateway.officer.pages.forms_in import form_of
from gateway.officer.pages.standing import Verified
from gateway.officer.pages.timewords import LOGGED
from gateway.officer.pages.wording import said
from gateway.service.comparing import LogComparison, Verdict
from gateway.service.leafing import MOST, Leafing
from protocol.errors import MalformedError
from protocol.identifiers import NodeId
from protocol.log.statement import StatementKind

KINDS: Final[Mapping[StatementKind, str]] = MappingProxyType({
    StatementKind.COVER: message("cover: says nothing"),
    StatementKind.ENVELOPE_SENT: message("message sealed and sent"),
    StatementKind.RECEIPT_GIVEN: message("receipt given"),
    StatementKind.RECEIPT_OBTAINED: message("receipt obtained"),
    StatementKind.KEY_SET: message("our keys published"),
    StatementKind.CHECKPOINT_SEEN: message("log of another node seen"),
    StatementKind.DIRECTORY_ADOPTED: message("directory adopted"),
    StatementKind.KEY_REVOKED: message("key revoked"),
    StatementKind.EPOCH: message("new log begun"),
    StatementKind.ACT: message("act of this desk"),
    StatementKind.SILENCE: message("silence of the other side"),
})  # fmt: skip
"""What each kind of leaf says."""

VERDICTS: Final[Mapping[Verdict, tuple[str, str]]] = MappingProxyType({
    Verdict.CONSISTENT: (message("both logs fit together"), "done"),
    Verdict.UNJOINED: (message("a head of its log waits for its proof"), "late"),
    Verdict.FORKED: (message("its log has two histories"), "emergency"),
    Verdict.UNREACHED: (message("it did not answer: this is from before"), "wait"),
})  # fmt: skip
"""What a comparison with another node came to, and the tag that says it."""

_PAGE: Final = 50
_MOST_DIGITS: Final = 16
_PATIENCE_S: Final = 2.0
"""A verification that ends within this time is shown at once."""

_BAD_NOTE: Final = message("This is no checkpoint of our log. Paste the whole signed note.")
_NOT_DONE: Final = message("The log could not be verified. Ask the operator to look at it.")


class LogPages:
    """The pages below /log.

    Args:
        desk: What pages are built with.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._ended = asyncio.Event()
        self._ended.set()
        self._tasks: set[asyncio.Task[None]] = set()

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [
            get("/log", self.show),
            get("/log/proof/{index:[0-9]{1,16}}", self.proof),
            post("/log/verifications", self.verify),
            post("/log/comparisons", self.compare),
            post("/log/peers", self.compare_peer),
        ]

    @may(May.SEE_LOG)
    async def show(self, request: Request) -> Response:
        """Show the head, who has seen it, and the newest leaves."""
        return await self._show(request, {})

    @may(May.SEE_LOG)
    async def proof(self, request: Request) -> Response:
        """Give the proof of one leaf, for anybody to verify."""
        index = int(request.match_info["index"])
        text = await self._desk.services.prove.proof(index)
        node = self._desk.services.config.node.replace("/", "-")
        return download(text.encode(), f"{node}-log-{index}.tlog-proof", "text/plain")

    @may(May.SEE_LOG)
    async def verify(self, request: Request) -> Response:
        """Compute the whole log anew, unless that is being done.

        It is long work as the API's is: its events renew this page, and the foot of every page.

        Raises:
            DataError: Too much long work runs already.
        """
        if self._ended.is_set():
            await self._begin(request)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), _PATIENCE_S)
        return self._desk.redirect("/log#verification")

    async def _begin(self, request: Request) -> None:
        operations = self._desk.services.operations
        self._ended.clear()
        self._verified.begin()
        if operations is None:
            task = asyncio.create_task(self._run(self._verified.tell))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return

        async def work(progress: Callable[[int, int], None]) -> None:
            def tell(done: int, total: int) -> None:
                self._verified.tell(done, total)
                progress(done, total)

            await self._run(tell)

        try:
            await operations.begin("verify", "leaves", work, by=caller_of(request))
        except GatewayError:
            self._verified.end(None, at_ms=self._desk.clock.now_ms(), fault=_NOT_DONE)
            self._ended.set()
            raise

    @may(May.SEE_LOG)
    async def compare(self, request: Request) -> Response:
        """Compute the log anew up to a checkpoint that somebody else holds."""
        note = (await form_of(request)).get("note", "").replace("\r\n", "\n").strip() + "\n"
        try:
            result = await self._desk.services.prove.verify(
                self._verified.tell, against=note.encode("utf-8", "replace")
            )
        except DataError:
            return await self._show(request, {"note": _BAD_NOTE})
        self._verified.end(result, at_ms=self._desk.clock.now_ms())
        return self._desk.redirect("/log#verification")

    @may(May.SEE_LOG)
    async def compare_peer(self, request: Request) -> Response:
        """Call a node, and show how its log and ours stand to each other then.

        Raises:
            NoInputError: There is no such active node.
            UnavailableError: This desk was built without it.
        """
        comparing = self._desk.services.comparing
        if comparing is None:
            raise UnavailableError("this desk cannot call other nodes")
        try:
            node = NodeId.parse((await form_of(request)).get("node", ""))
        except MalformedError as error:
            raise NoInputError("there is no such active node") from error
        return await self._show(request, {}, await comparing.compare(node))

    async def _run(self, tell: Callable[[int, int], None]) -> None:
        result, fault = None, ""
        try:
            result = await self._desk.services.prove.verify(tell)
        except GatewayError:
            fault = _NOT_DONE
        finally:
            self._verified.end(result, at_ms=self._desk.clock.now_ms(), fault=fault)
            self._ended.set()

    async def _show(
        self,
        request: Request,
        faults: Mapping[str, str],
        compared: LogComparison | None = None,
    ) -> Response:
        services = self._desk.services
        before = place_of(request, "before")
        at = place_of(request, "at")
        leaves = await self._leafing().page(
            before=before if at is None else at + 1, limit=min(_PAGE, MOST)
        )
        witnesses = services.witnesses
        return await self._desk.show(
            request,
            "log.html",
            status=422 if faults else 200,
            view=await services.prove.show(),
            leaves=leaves,
            kinds=KINDS,
            logged=LOGGED,
            peers=await services.peers.table(),
            compared=compared,
            verdict=None if compared is None else VERDICTS[compared.verdict],
            can_call=services.comparing is not None,
            witnesses=() if witnesses is None else await witnesses.states(),
            forks=await forks_of(self._desk),
            verifying=self._verified,
            errors=said(self._desk, request, faults),
            is_first=before is None and at is None,
        )

    @property
    def _verified(self) -> Verified:
        return self._desk.verified

    def _leafing(self) -> Leafing:
        return leafing_of(self._desk)


def leafing_of(desk: Desk) -> Leafing:
    """Return what reads our log leaf by leaf.

    Raises:
        UnavailableError: This desk was built without it.
    """
    if desk.services.leafing is None:
        raise UnavailableError("this desk cannot read its log")
    return desk.services.leafing


def place_of(request: Request, name: str) -> int | None:
    """Return a place in the log that the address names, None if it names none.

    Args:
        request: What is answered.
        name: Of the parameter.
    """
    text = request.query.get(name, "")
    is_number = text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
    return int(text) if is_number else None
