"""What programs and commands do with drafts of the desk: the part of the client of that name.

An upload goes in parts, and goes on where it stopped when the node restarts meanwhile.
"""

import asyncio
from asyncio import to_thread
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

from gateway.drafting import PART_BYTES
from gateway.errors import DataError, UnavailableError
from gateway.officer.connection import Connection, read
from gateway.officer.shapes.drafts import (
    ApprovalRequest,
    DraftCheck,
    DraftFileView,
    DraftList,
    DraftRequest,
    DraftView,
    FileDone,
    FileRequest,
    OverrideRequest,
    PartList,
    PolicyView,
)
from gateway.officer.shapes.models import Json, SentAnswer
from gateway.ports import Clock
from keys.digest import Hasher, sha256

AGAIN_S: Final = 1.0
MOST_S: Final = 900.0
"""How long an upload waits for a node that does not answer."""


class FileDesk:
    """The files of drafts.

    Args:
        connection: To the node.
        clock: For the pause while a node restarts.
    """

    __slots__ = ("_clock", "_connection")

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    async def upload(
        self, draft: str, name: str, file: Path, *, told: Callable[[int, int], None] | None = None
    ) -> str:
        """Give a draft a file, in parts; go on where a break left it.

        Args:
            draft: Its id.
            name: As the document names the file.
            file: Where it lies.
            told: Called with the bytes that are there and in all.

        Returns:
            The SHA-256 of the file, in hex.

        Raises:
            UnavailableError: The node did not answer for a quarter of an hour.
            DataError: The draft holds another file of this name and size: it changed meanwhile.
            GatewayError: The node refused.
        """
        since_s = self._clock.monotonic_s()
        while True:
            try:
                return await self._uploaded(draft, name, file, told=told)
            except UnavailableError:
                if self._clock.monotonic_s() - since_s > MOST_S:
                    raise
                await self._clock.sleep(AGAIN_S)

    async def _uploaded(
        self, draft: str, name: str, file: Path, *, told: Callable[[int, int], None] | None
    ) -> str:
        size = await to_thread(lambda: file.stat().st_size)
        asked = FileRequest(name=name, size_bytes=size)
        begun = await self._connection.post(f"/drafts/{draft}/files", asked, DraftFileView)
        path = f"/drafts/{draft}/files/{begun.n}"
        held = set((await self._connection.get(path, PartList)).parts)
        hasher, putting = Hasher(), asyncio.ensure_future(_nothing())
        try:
            with file.open("rb") as source:
                for k in range(begun.parts):
                    # While the node takes a part the next one is read.
                    part, digest = await to_thread(_read, source, hasher)
                    await putting
                    if told is not None:
                        told(k * PART_BYTES, size)
                    if k not in held:
                        putting = asyncio.ensure_future(
                            self._put(f"{path}/parts/{k}", part, digest)
                        )
            await putting
        finally:
            putting.cancel()
        if told is not None:
            told(size, size)
        done = await self._connection.post(f"{path}/complete", None, FileDone)
        if done.sha256 != hasher.digest().hex():
            raise DataError(
                "the draft holds another file of this name and size",
                code="digest_mismatch",
                hint="remove the file from the draft, then send it as it is now",
            )
        return done.sha256

    async def _put(self, path: str, part: bytes, digest: bytes) -> None:
        named = {"Content-Digest": f"sha-256=:{b64encode(digest).decode()}:"}
        async with self._connection.call("PUT", path, data=part, named=named):
            pass


class DraftDesk(FileDesk):
    """The drafts of the desk."""

    __slots__ = ()

    async def all(self) -> DraftList:
        """List the drafts, the newest change first."""
        return await self._connection.get("/drafts", DraftList)

    async def show(self, draft: str) -> DraftView:
        """Show one draft with its text."""
        return await self._connection.get(f"/drafts/{draft}", DraftView)

    async def new(self, document: Json, *, key: str | None = None) -> DraftView:
        """Begin a draft; the same key again gives the one that it began."""
        return await self._connection.post(
            "/drafts", DraftRequest(document=document), DraftView, key=key
        )

    async def save(self, draft: str, change: Json, *, version: int) -> DraftView:
        """Merge changes into a draft's text (RFC 7396).

        Args:
            draft: Its id.
            change: Fields; None takes one away.
            version: That the changes were made from.

        Raises:
            DataError: Somebody changed it since (`draft_changed`).
        """
        data = DraftRequest(document=change).model_dump_json().encode()
        named = {"If-Match": f'"{version}"'}
        async with self._connection.call(
            "PATCH", f"/drafts/{draft}", data=data, named=named
        ) as response:
            return await read(response, DraftView)

    async def check(self, draft: str) -> DraftCheck:
        """Check a draft's text."""
        return await self._connection.post(f"/drafts/{draft}/check", None, DraftCheck)

    async def submit(self, draft: str) -> DraftView:
        """Freeze a draft."""
        return await self._connection.post(f"/drafts/{draft}/submit", None, DraftView)

    async def take_back(self, draft: str) -> DraftView:
        """Make a submitted draft editable again."""
        return await self._connection.post(f"/drafts/{draft}/take-back", None, DraftView)

    async def give_back(self, draft: str, comment: str) -> DraftView:
        """Return a draft to its author."""
        asked = ApprovalRequest(decision="return", comment=comment)
        return await self._connection.post(f"/drafts/{draft}/approvals", asked, DraftView)

    async def override(self, draft: str, reason: str) -> SentAnswer:
        """Send an emergency without a second person."""
        asked = OverrideRequest(reason=reason)
        return await self._connection.post(f"/drafts/{draft}/override", asked, SentAnswer)

    async def send(self, draft: str) -> SentAnswer:
        """Seal and queue the frozen bytes; again gives the same answer."""
        return await self._connection.post(f"/drafts/{draft}/send", None, SentAnswer)

    async def remove(self, draft: str) -> None:
        """Forget a draft."""
        async with self._connection.call("DELETE", f"/drafts/{draft}"):
            pass

    async def policy(self) -> PolicyView:
        """Show when a second person must approve."""
        return await self._connection.get("/policies", PolicyView)


async def unfinished(desk: DraftDesk, document: Json) -> DraftView | None:
    """Return the newest draft of exactly this text whose files are not all there.

    So that whoever says the same again, after a pause, goes on and does not begin anew.

    Args:
        desk: Where to look.
        document: With its attachments.
    """
    for one in (await desk.all()).items:
        if one.state == "editing" and (one.type, one.to) == _heading(document):
            shown = await desk.show(one.id)
            whole = {file.name for file in shown.files if file.sha256}
            if shown.document == document and not whole.issuperset(attachment_paths(document)):
                return shown
    return None


def attachment_paths(document: Json) -> list[str]:
    """Return the paths that a document names as attachments, in order; faults are left out."""
    attachments = document.get("attachments")
    if not isinstance(attachments, list):
        return []
    paths = [each.get("path") for each in attachments if isinstance(each, dict)]
    return [path for path in paths if isinstance(path, str)]


def _heading(document: Json) -> tuple[object, object]:
    return document.get("type", ""), document.get("to", "")


def _read(source: BinaryIO, whole: Hasher) -> tuple[bytes, bytes]:
    """Return the next part with its SHA-256; the digest of the whole goes on."""
    part = source.read(PART_BYTES)
    whole.update(part)
    return part, sha256(part)


async def _nothing() -> None:
    pass
