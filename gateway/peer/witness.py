"""The way to witnesses: nodes over the pinned transport, others by HTTPS as C2SP has it.

For a witness outside the network certificates are checked against the system's authorities; no
redirect is followed and no proxy used. What it answers is believed by its signature alone.

Source: C2SP tlog-witness, section add-checkpoint.
"""

from types import TracebackType
from typing import Final, Self

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

from gateway.errors import TransportError
from gateway.peer.transport import HttpTransport
from gateway.witnessing import Outsider
from protocol.identifiers import NodeId
from protocol.limits import MAX_NOTE_BYTES
from protocol.witness.answer import RawAnswer

CALL_S: Final = 20.0


class WitnessCaller:
    """Implements gateway.witnessing.WitnessLine, for the time of an `async with`.

    Args:
        nodes: The way to nodes.
    """

    def __init__(self, nodes: HttpTransport) -> None:
        self._nodes = nodes
        self._session: ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Make the pool; connects at the first call."""
        self._session = ClientSession(
            connector=TCPConnector(limit=8, limit_per_host=1),
            timeout=ClientTimeout(total=CALL_S),
            trust_env=False,
            auto_decompress=False,
            cookie_jar=DummyCookieJar(),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def add_checkpoint(self, witness: NodeId | Outsider, body: bytes) -> RawAnswer:
        """POST a request; return the answer as HTTP carried it.

        Args:
            witness: Who is asked.
            body: Of C2SP tlog-witness, `add-checkpoint`.

        Raises:
            TransportError: It was not reached, or its answer is longer than any.
        """
        if isinstance(witness, NodeId):
            return await self._nodes.add_checkpoint(witness, body)
        if self._session is None:
            raise TransportError("the caller is closed", code="closed")
        try:
            async with self._session.post(
                f"{witness.url.rstrip('/')}/add-checkpoint", data=body, allow_redirects=False
            ) as response:
                parts = bytearray()
                while part := await response.content.readany():
                    parts += part
                    if len(parts) > MAX_NOTE_BYTES:
                        raise TransportError("an answer above its limit", code="not_ours")
                return RawAnswer(
                    status=response.status,
                    content_type=response.headers.get("Content-Type"),
                    body=bytes(parts),
                )
        except (ClientError, TimeoutError, OSError, UnicodeError) as error:  # no name of a host
            raise TransportError("a witness was not reached") from error
