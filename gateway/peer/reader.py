"""Reads the body of one request: exactly as long as it said, not slower than we wait.

Does: hands out the next so many bytes; measures pace. Leaves to its callers: what the bytes mean
and which length is allowed. At most what was asked for and one receive buffer are in memory.

Source: docs/wire-format.md, rule 27.
"""

from asyncio import timeout
from dataclasses import dataclass
from typing import ClassVar, Final, Protocol

from aiohttp import ClientError, StreamReader
from aiohttp.web import RequestPayloadError

from gateway.errors import GatewayError

SLOW_STATUS: Final = 408
"""HTTP status told to a sender who is too slow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How slow a sender may be.

    Args:
        read_timeout_s: Longest wait for the next byte.
        window_s: Time over which the rate is measured.
        floor_bytes_per_s: Least rate within a window.
    """

    read_timeout_s: float = 10.0
    window_s: float = 30.0
    floor_bytes_per_s: int = 16 * 1024


class BodyError(GatewayError):
    """A body did not come as it was announced; nothing of it may be used."""

    default_code: ClassVar[str] = "body"


class SlowBodyError(BodyError):
    """Nothing came within the read time-out, or too little within a window."""


class ShortBodyError(BodyError):
    """The connection ended before the announced length."""


class Monotonic(Protocol):
    """The part of the clock that measures pace."""

    def monotonic_s(self) -> float:
        """Return seconds that never jump."""


class BodyReader:
    """The body of one request, read from front to back.

    Args:
        content: aiohttp's stream of the request.
        length: What Content-Length says; aiohttp ends the stream there.
        pace: How slow it may come.
        clock: Measures it.
    """

    __slots__ = ("_clock", "_content", "_pace", "_window_bytes", "_window_s", "left", "length")

    def __init__(self, content: StreamReader, *, length: int, pace: Pace, clock: Monotonic) -> None:
        self._content = content
        self._pace = pace
        self._clock = clock
        self._window_s = clock.monotonic_s()
        self._window_bytes = 0
        self.length = length
        self.left = length

    async def take(self, size: int) -> bytes:
        """Return exactly the next bytes.

        Args:
            size: How many; at most `left`, which the caller has compared.

        Raises:
            SlowBodyError: Too slow; the connection is of no further use.
            ShortBodyError: The other side went away, or announced more than it sent.
        """
        parts: list[bytes] = []
        missing = size
        while missing:
            part = await self._some(missing)
            parts.append(part)
            missing -= len(part)
        self.left -= size
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def _some(self, size: int) -> bytes:
        content = self._content
        try:
            part = content.read_nowait(size)
            if not part:
                self._check_pace()
                async with timeout(self._pace.read_timeout_s):
                    part = await content.read(size)
        except TimeoutError as error:
            raise SlowBodyError("nothing came within the read time-out") from error
        except (OSError, ClientError, RequestPayloadError, RuntimeError) as error:
            # RuntimeError: what aiohttp raises on reading a connection that is closed already.
            raise ShortBodyError("the connection ended within a body") from error
        if not part:
            raise ShortBodyError("a body ended before its length")
        self._window_bytes += len(part)
        return part

    def _check_pace(self) -> None:
        """End a window that is over, only when there is nothing to read: waiting costs anyway.

        Raises:
            SlowBodyError: Less came in it than the floor.
        """
        now = self._clock.monotonic_s()
        passed = now - self._window_s
        if passed < self._pace.window_s:
            return
        if self._window_bytes < self._pace.floor_bytes_per_s * passed:
            raise SlowBodyError("slower than the least rate")
        self._window_s = now
        self._window_bytes = 0
