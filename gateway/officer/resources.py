"""The parts of a node's local API, one class each; gateway.officer.client puts them together."""

from collections.abc import AsyncIterator, Mapping
from typing import BinaryIO, Final, Protocol
from urllib.parse import urlencode

from gateway.errors import UnavailableError
from gateway.officer.connection import PIECE_BYTES, Connection, parse, pieces_of, read, read_bytes
from gateway.officer.shapes.cancel import CancelAnswer, CancelRequest
from gateway.officer.shapes.delivery import PeerList
from gateway.officer.shapes.hold import HoldAnswer, HoldRequest
from gateway.officer.shapes.models import (
    AcknowledgeRequest,
    CheckAnswer,
    CheckRequest,
    ContentView,
    DirectoryView,
    EventList,
    HealthView,
    Json,
    LogVerification,
    LogView,
    SentAnswer,
    TypeList,
    UploadAnswer,
    UploadRequest,
    VerificationStep,
)
from gateway.officer.shapes.problems import error_of
from gateway.officer.shapes.recovery import AcceptedView, ReasonRequest, RecoveryView
from gateway.officer.shapes.refer import ReferRequest
from gateway.officer.shapes.witnesses import WitnessList

POLL_S: Final = 25
"""How long the node holds one long poll."""


class Uploads:
    """The steps of sending, one by one.

    Args:
        connection: To the node.
    """

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def begin(self, document: Json, sizes: Mapping[str, int]) -> UploadAnswer:
        """Check a document and fix its ids.

        Args:
            document: As `a35 check` reads it.
            sizes: Bytes of each attachment by its path.

        Raises:
            RefusedError: A rule is broken; carries every fault.
        """
        asked = UploadRequest(document=document, files=dict(sizes))
        return await self._connection.post("/uploads", asked, UploadAnswer)

    async def upload(self, draft_id: str, index: int, source: BinaryIO) -> None:
        """Send one attachment.

        Args:
            draft_id: The draft.
            index: Its place in the document's list, from 0.
            source: Read from where it stands to its end.
        """
        path = f"/uploads/{draft_id}/files/{index}"
        async with self._connection.call("PUT", path, data=pieces_of(source)):
            pass

    async def send(self, draft_id: str) -> SentAnswer:
        """Seal and queue; repeating it queues nothing twice."""
        return await self._connection.post(
            f"/uploads/{draft_id}/send", None, SentAnswer, key=draft_id
        )


class Sent:
    """What an officer does with a message that went out.

    Args:
        connection: To the node.
    """

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def cancel(self, mid: str, reason: str) -> CancelAnswer:
        """Take a message back; a repeat changes nothing.

        Args:
            mid: The message.
            reason: Why; stated in the log, and read by the addressee if it had arrived.

        Raises:
            NoInputError: This node sent no such message.
            DataError: Its addressee has it, or it has ended.
        """
        asked = CancelRequest(reason=reason)
        return await self._connection.post(f"/messages/{mid}/cancel", asked, CancelAnswer)


class Threads:
    """What an officer does with a case as a whole.

    Args:
        connection: To the node.
    """

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def hold(self, thread: str, *, on: bool, reason: str) -> HoldAnswer:
        """Keep everything of a case from being erased, or release it; a repeat changes nothing.

        Args:
            thread: The id of its first message.
            on: Whether it is held from now on.
            reason: Why; stated in the log.

        Raises:
            NoInputError: There is no such thread, or it was never held.
        """
        asked = HoldRequest(on=on, reason=reason)
        return await self._connection.post(f"/threads/{thread}/hold", asked, HoldAnswer)


class Target(Protocol):
    """What a download is written to: a file, or anything that takes bytes."""

    def write(self, data: bytes, /) -> int:
        """Take the next bytes, all of them."""


class Received:
    """What an officer does with a message that came in.

    Args:
        connection: To the node.
    """

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def open(self, mid: str) -> ContentView:
        """Open a message: an act in the log, and a receipt that tells its sender."""
        return await self._connection.post(f"/messages/{mid}/open", None, ContentView)

    async def content(self, mid: str) -> ContentView:
        """Read a message that was opened."""
        return await self._connection.get(f"/messages/{mid}/content", ContentView)

    async def acknowledge(self, mid: str, asked: AcknowledgeRequest, *, key: str) -> SentAnswer:
        """Send an acknowledgement in the desk's name.

        Args:
            mid: The message that is acknowledged.
            asked: What differs from the desk's proposal.
            key: Makes a repetition of the same call harmless.
        """
        return await self._connection.post(
            f"/messages/{mid}/acknowledge", asked, SentAnswer, key=key
        )

    async def refer(self, mid: str, asked: ReferRequest, *, key: str) -> SentAnswer:
        """Hand a request over inside the Party, and tell its sender.

        Args:
            mid: The request; it must have been opened.
            asked: To whom, for what, until when.
            key: Makes a repetition of the same call harmless.
        """
        return await self._connection.post(f"/messages/{mid}/refer", asked, SentAnswer, key=key)

    async def file(self, mid: str, index: int, target: Target, *, start: int = 0) -> int:
        """Download one attachment.

        Args:
            mid: The message.
            index: The attachment's place.
            target: Written to; complete only when this returns.
            start: The first byte that is wanted, below its length; 0 for the whole.

        Returns:
            Bytes written.
        """
        written = 0
        named = {"Range": f"bytes={start}-"} if start else {}
        path = f"/messages/{mid}/files/{index}"
        async with self._connection.call("GET", path, named=named) as response:
            async for piece in response.content.iter_chunked(PIECE_BYTES):
                written += target.write(piece)
        return written


class LogReader:
    """The node's own log.

    Args:
        connection: To the node.
    """

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def head(self) -> LogView:
        """Return the newest signed head."""
        return await self._connection.get("/log", LogView)

    async def witnesses(self) -> WitnessList:
        """Return who cosigned our log."""
        return await self._connection.get("/log/witnesses", WitnessList)

    async def proof(self, index: int) -> str:
        """Return a C2SP tlog-proof of one leaf."""
        async with self._connection.call("GET", f"/log/proof/{index}") as response:
            return (await read_bytes(response)).decode()

    async def verify(
        self, origin: str | None = None, *, against: bytes | None = None
    ) -> AsyncIterator[VerificationStep]:
        """Have the node compute a log of its own anew.

        Args:
            origin: Which; that of `against`, or the one that is written, if not given.
            against: A signed note of it that somebody else holds.

        Yields:
            Progress, then the result.

        Raises:
            GatewayError: What the node met with, of its family.
        """
        path = "/log/verifications"
        if origin is not None:
            path += f"?{urlencode({'origin': origin})}"
        async with self._connection.call("POST", path, data=against) as response:
            async for line in response.content:
                step = parse(line, VerificationStep)
                if step.problem is not None:
                    refused = error_of(step.problem)
                    raise refused
                yield step

    async def verified(self) -> LogVerification:
        """Have the node compute its log anew, without progress.

        Raises:
            UnavailableError: The node ended before it was done.
        """
        async for step in self.verify():
            if step.result is not None:
                return step.result
        raise UnavailableError("the node ended before its log was verified")


class NodeReader:
    """The node itself: health, events, directory, types.

    Args:
        connection: To the node.
    """

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def check(self, asked: CheckRequest) -> CheckAnswer:
        """Check a document with the profiles that the node's directory holds."""
        return await self._connection.post("/checks", asked, CheckAnswer)

    async def types(self) -> TypeList:
        """List the message types that the node knows."""
        return await self._connection.get("/types", TypeList)

    async def peers(self) -> PeerList:
        """List every other active node as this one sees it."""
        return await self._connection.get("/peers", PeerList)

    async def recovery(self) -> RecoveryView:
        """Show where the node stands with its log."""
        return await self._connection.get("/recovery", RecoveryView)

    async def accept(self, node: str, reason: str) -> AcceptedView:
        """Let a node with two histories go on in a new generation of its log.

        Args:
            node: CC/n.
            reason: Why; the node states it in its log.
        """
        asked = ReasonRequest(reason=reason)
        return await self._connection.post(f"/peers/{node}/accept", asked, AcceptedView)

    async def directory(self) -> DirectoryView:
        """Show the directory in use."""
        return await self._connection.get("/directory", DirectoryView)

    async def events(self, after: int, *, wait_s: int = POLL_S) -> EventList:
        """Return events above a number, waiting for the first one."""
        return await self._connection.get(f"/events?after={after}&wait={wait_s}", EventList)

    async def health(self) -> HealthView:
        """Return the node's checks of itself, whether it is ready or not."""
        async with self._connection.call(
            "GET", "/readyz", base="", accept_refusal=True
        ) as response:
            return await read(response, HealthView)
