"""Fetching the evidence of a message from a node, as a program or a command does.

Apart from the other parts of the API: what comes is a file, and what is not in it stands beside it.
"""

import asyncio
from dataclasses import dataclass
from typing import BinaryIO

from gateway.errors import UnavailableError
from gateway.officer.connection import PIECE_BYTES, Connection
from gateway.officer.shapes.evidence import EvidenceRequest, ForkList
from protocol.identifiers import LogOrigin


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A bundle that was fetched.

    Attributes:
        size_bytes: Its length.
        statements: How many statements it has.
        unproven: How many more are held that no signed checkpoint covers or that were erased.
        missing_attachments: How many attachments are not in it.
        manifest: SHA-256 of its manifest in hex: it names the bundle.
    """

    size_bytes: int
    statements: int
    unproven: int
    missing_attachments: int
    manifest: str


class EvidenceReader:
    """Exports messages of a node.

    Args:
        connection: To the node.
    """

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def export(self, mid: str, asked: EvidenceRequest, target: BinaryIO) -> Fetched:
        """Export a message: an act in the node's log.

        Args:
            mid: The message.
            asked: How much of it.
            target: Written to; complete only when this returns.

        Raises:
            NoInputError: No such message, or its content was not opened and is to be disclosed.
            GatewayError: What else the node refused with.
            UnavailableError: The connection ended before the bundle did.
        """
        data = asked.model_dump_json().encode()
        return await self._fetched(f"/messages/{mid}/evidence", data, target)

    async def forks(self) -> ForkList:
        """List the logs of which two histories are known or feared."""
        return await self._connection.get("/forks", ForkList)

    async def export_fork(self, origin: LogOrigin, target: BinaryIO) -> Fetched:
        """Export the two heads of a log: an act in the node's log.

        Args:
            origin: The log.
            target: Written to; complete only when this returns.

        Raises:
            NoInputError: Nothing is held against it.
            GatewayError: What else the node refused with.
            UnavailableError: The connection ended before the exhibit did.
        """
        path = f"/forks/{origin.node}/{origin.generation}/evidence"
        return await self._fetched(path, b"{}", target)

    async def _fetched(self, path: str, data: bytes, target: BinaryIO) -> Fetched:
        written = 0
        async with self._connection.call("POST", path, data=data) as response:
            async for piece in response.content.iter_chunked(PIECE_BYTES):
                written += await asyncio.to_thread(target.write, piece)
            heads = response.headers
            if heads.get("Content-Length") != str(written):
                raise UnavailableError("the node ended before the bundle was whole")
            return Fetched(
                size_bytes=written,
                statements=int(heads.get("A35-Statements", 0)),
                unproven=int(heads.get("A35-Unproven", 0)),
                missing_attachments=int(heads.get("A35-Missing-Attachments", 0)),
                manifest=heads.get("A35-Manifest", ""),
            )
