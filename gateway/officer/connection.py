"""HTTP to one node over its control socket: bodies typed, refusals as errors of our family."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from errno import EACCES, EPERM
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final, TypeVar
from urllib.parse import urlsplit

from aiohttp import (
    ClientError,
    ClientOSError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    UnixConnector,
)
from pydantic import BaseModel, ValidationError

from gateway.errors import AccessDeniedError, ConfigError, UnavailableError
from gateway.officer.shapes.problems import Problem, error_of

BASE: Final = "/api/v1"
MAX_SOCKET_BYTES: Final = 107
"""Longest path of a unix socket on Linux."""

MAX_ANSWER_BYTES: Final = 16 * 1024 * 1024
"""Four times the largest content; lists are far below."""

PIECE_BYTES: Final = 64 * 1024
_ERROR_STATUS: Final = 400
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_TIMEOUT: Final = ClientTimeout(total=None, connect=10, sock_connect=10, sock_read=120)

Answer = TypeVar("Answer", bound=BaseModel)


class Connection:
    """A pool of connections to one node.

    Args:
        place: The node's control socket, or the address of its desk as http://localhost:8035.
        token: The bearer token that each call carries; None for whoever the socket stands for.
    """

    __slots__ = ("_base", "_session", "_socket", "_token")

    def __init__(self, place: Path | str, *, token: str | None = None) -> None:
        self._socket = place if isinstance(place, Path) else None
        self._base = "http://localhost" if isinstance(place, Path) else place.rstrip("/")
        self._token = token
        self._session: ClientSession | None = None

    def start(self) -> None:
        """Make the pool; nothing is connected before the first call.

        Raises:
            UnavailableError: The path is too long for a socket.
            ConfigError: A token would cross a network in clear.
        """
        if self._token is not None and self._socket is None and not _is_private(self._base):
            raise ConfigError(
                "a token is sent by https, or to a desk on this machine",
                hint="name the desk as https://..., or forward its port: ssh -L",
            )
        if self._socket is not None and len(str(self._socket).encode()) > MAX_SOCKET_BYTES:
            raise UnavailableError(
                f"the path of the control socket is longer than {MAX_SOCKET_BYTES} bytes",
                code="node_not_running",
                hint="name the home by a shorter path, for example a relative one",
            )
        self._session = ClientSession(
            connector=None if self._socket is None else UnixConnector(path=str(self._socket)),
            headers={} if self._token is None else {"Authorization": f"Bearer {self._token}"},
            timeout=_TIMEOUT,
            trust_env=False,
            auto_decompress=False,
        )

    async def close(self) -> None:
        """Close every connection."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def get(self, path: str, shape: type[Answer]) -> Answer:
        """Ask for a body of one shape.

        Raises:
            GatewayError: What the node refused with, of its family.
        """
        async with self.call("GET", path) as response:
            return await read(response, shape)

    async def post(
        self,
        path: str,
        body: BaseModel | None,
        shape: type[Answer],
        *,
        key: str | None = None,
    ) -> Answer:
        """Send a body and read one.

        Args:
            path: Below the API's base.
            body: What to send, None for nothing.
            shape: What comes back.
            key: Makes a repetition of the same call harmless.

        Raises:
            GatewayError: What the node refused with, of its family.
        """
        data = b"" if body is None else body.model_dump_json().encode()
        async with self.call("POST", path, data=data, key=key) as response:
            return await read(response, shape)

    @asynccontextmanager
    async def call(
        self,
        method: str,
        path: str,
        *,
        data: bytes | AsyncIterator[bytes] | None = None,
        key: str | None = None,
        base: str = BASE,
        accept_refusal: bool = False,
        accept: str | None = None,
        named: Mapping[str, str] | None = None,
    ) -> AsyncIterator[ClientResponse]:
        """Make one call.

        Args:
            method: The HTTP method.
            path: Below `base`.
            data: A JSON body, or the bytes of a file.
            key: The Idempotency-Key.
            base: Where the path begins.
            accept_refusal: Whether an error status is an answer like any other.
            accept: The media type that is asked for, where there are several.
            named: Further header fields.

        Yields:
            The answer, its body not yet read.

        Raises:
            UnavailableError: Nobody answers on the socket, or the connection broke.
            AccessDeniedError: The socket is not ours to use.
            GatewayError: What the node refused with, of its family.
        """
        if self._session is None:
            raise UnavailableError("the client is not open", code="node_not_running")
        headers: dict[str, str] = {} if key is None else {"Idempotency-Key": key}
        headers |= named or {}
        if accept is not None:
            headers["Accept"] = accept
        body: BytesIO | AsyncIterator[bytes] | None
        if isinstance(data, bytes):
            headers["Content-Type"] = "application/json"
            body = BytesIO(data)  # sent in pieces: a document may have a megabyte
        else:
            body = data
        try:
            async with self._session.request(
                method, f"{self._base}{base}{path}", data=body, headers=headers
            ) as response:
                if response.status >= _ERROR_STATUS and not accept_refusal:
                    refused = error_of(await read(response, Problem))
                    raise refused
                yield response
        except (ClientError, OSError, TimeoutError) as error:
            if isinstance(error, PermissionError) or _is_denied(error):
                raise AccessDeniedError(
                    "this account may not use the node's control socket",
                    hint="run the command as the account that runs the node",
                ) from error
            raise UnavailableError(
                "no node answers on the control socket of this home",
                code="node_not_running",
                hint="start it with: a35 run --home DIR",
            ) from error


async def read(response: ClientResponse, shape: type[Answer]) -> Answer:
    """Read a body of one shape.

    Raises:
        UnavailableError: Something else than our node, or another version of it, answers.
    """
    return parse(await read_bytes(response), shape)


def parse(data: bytes, shape: type[Answer]) -> Answer:
    """Read the bytes of a body of one shape.

    Raises:
        UnavailableError: Something else than our node, or another version of it, wrote them.
    """
    try:
        return shape.model_validate_json(data)
    except ValidationError as error:
        raise UnavailableError(
            "the answer is not of the form that this version knows",
            hint="use the a35 of the same version as the node",
        ) from error


async def read_bytes(response: ClientResponse) -> bytes:
    """Read a body up to the limit.

    Raises:
        UnavailableError: It is larger.
    """
    pieces: list[bytes] = []
    held = 0
    async for piece in response.content.iter_chunked(PIECE_BYTES):
        held += len(piece)
        if held > MAX_ANSWER_BYTES:
            raise UnavailableError("the answer is larger than any that this program expects")
        pieces.append(piece)
    return b"".join(pieces)


async def pieces_of(source: BinaryIO) -> AsyncIterator[bytes]:  # noqa: RUF029 - as aiohttp asks
    """Yield a file in pieces, read where they are sent: a thread for each would cost more.

    Args:
        source: Read from where it stands to its end.
    """
    while piece := source.read(PIECE_BYTES):
        yield piece


def _is_denied(error: Exception) -> bool:
    """Tell whether a connection failed for lack of a right; aiohttp wraps the system's error."""
    return isinstance(error, ClientOSError) and error.errno in {EACCES, EPERM}


def _is_private(base: str) -> bool:
    """Tell whether nobody on a network reads what is sent to an address."""
    try:
        parts = urlsplit(base)
    except ValueError:
        return False
    return parts.scheme == "https" or parts.hostname in _LOCAL
