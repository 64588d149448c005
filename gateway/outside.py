"""Calls to who is no node of the network: webhooks, time stamping authorities, outside witnesses.

One POST, no redirect, no proxy, no cookie, an end to every wait; certificates are checked against
the system's authorities. What an answer is worth is for the caller to find out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

from gateway.errors import TransportError


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideAnswer:
    """What came back.

    Attributes:
        status: Of HTTP.
        content_type: The header, None if there was none.
        body: As it came, at most as long as was allowed; empty if it was not asked for.
    """

    status: int
    content_type: str | None
    body: bytes = field(repr=False)


class OutsideCalls:
    """A pool of connections to one kind of stranger, for the time of an `async with`.

    Args:
        whom: Who is called, as an error names it: "a webhook".
        wait_s: For one call as a whole, seconds.
        at_once: Calls at a time; to one host there is one.
    """

    def __init__(self, whom: str, *, wait_s: float, at_once: int = 8) -> None:
        self._whom = whom
        self._wait_s = wait_s
        self._at_once = at_once
        self._session: ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Make the pool; connects at the first call."""
        self._session = ClientSession(
            connector=TCPConnector(limit=self._at_once, limit_per_host=1),
            timeout=ClientTimeout(total=self._wait_s),
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

    async def send(
        self, url: str, body: bytes, *, headers: Mapping[str, str], max_bytes: int | None
    ) -> OutsideAnswer:
        """Send a body and return the answer.

        Args:
            url: Where.
            body: What.
            headers: Besides those of HTTP itself.
            max_bytes: At most so many are read of the answer; None: none of it is looked at.

        Raises:
            TransportError: Nobody was reached in time, what came is longer (`not_ours`), or the
                pool is closed (`closed`).
        """
        if self._session is None:
            raise TransportError(f"the way to {self._whom} is closed", code="closed")
        try:
            async with self._session.post(
                url, data=body, headers=dict(headers), allow_redirects=False
            ) as response:
                parts = bytearray()
                while max_bytes is not None and (part := await response.content.readany()):
                    parts += part
                    if len(parts) > max_bytes:
                        raise TransportError("an answer longer than any", code="not_ours")
                return OutsideAnswer(
                    status=response.status,
                    content_type=response.headers.get("Content-Type"),
                    body=bytes(parts),
                )
        except (ClientError, TimeoutError, OSError, UnicodeError) as error:  # no name of a host
            raise TransportError(f"{self._whom} was not reached") from error
