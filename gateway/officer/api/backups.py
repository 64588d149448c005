"""A backup of the running node, made by the node itself: a stream of progress, then the result.

Whoever may open the control socket has the rights of the node's own user, and could copy the
files as well; the file is written with those rights.
"""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Final

from aiohttp.web import Request, RouteDef, StreamResponse, post

from gateway.officer.access import May, may
from gateway.officer.api.reply import BASE, read
from gateway.officer.services import BackupService
from gateway.officer.shapes.backup import BackupDone, BackupRequest, BackupStep
from gateway.officer.shapes.problems import problem_of_error

STREAM: Final = "application/x-ndjson"
_EVERY_S: Final = 0.5
"""Between two lines of progress."""


class BackupApi:
    """The resource /backups.

    Args:
        service: The use case.
    """

    __slots__ = ("_service",)

    def __init__(self, service: BackupService) -> None:
        self._service = service

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [post(f"{BASE}/backups", self.make)]

    @may(May.ADMINISTER)
    async def make(self, request: Request) -> StreamResponse:
        """Make a backup: a stream of JSON objects, the last one is result or problem."""
        asked = await read(request, BackupRequest)
        far = _Far()
        working = asyncio.create_task(self._made(Path(asked.file), far))
        response = StreamResponse(headers={"Content-Type": STREAM, "Cache-Control": "no-store"})
        await response.prepare(request)
        # Whoever asked may leave at any moment; the backup is made all the same.
        with suppress(ConnectionResetError):
            while not (await asyncio.wait({working}, timeout=_EVERY_S))[0]:
                await _say(response, BackupStep(progress=(far.done, far.total)))
            await _say(response, working.result())
            await response.write_eof()
        return response

    async def _made(self, target: Path, far: "_Far") -> BackupStep:
        try:
            made = await self._service.make(target, far.tell)
        except Exception as error:  # noqa: BLE001  the stream has begun: it carries the problem
            return BackupStep(problem=problem_of_error(error))
        return BackupStep(
            result=BackupDone(
                bytes=made.file_bytes,
                origin=made.origin,
                size=made.size,
                root=made.root.hex(),
                attachments=made.attachments,
            )
        )


class _Far:
    """How far a backup is: two numbers, written by its thread and read by the loop."""

    def __init__(self) -> None:
        self.done = 0
        self.total = 0

    def tell(self, done: int, total: int) -> None:
        """Take note."""
        self.done, self.total = done, total


async def _say(response: StreamResponse, step: BackupStep) -> None:
    await response.write(step.model_dump_json().encode() + b"\n")
