"""The authorities of the settings as the use case asks them: read once, then by HTTP.

One POST to one authority at a time, no redirect, no proxy, thirty seconds. Plain HTTP will do:
what an answer is worth is in its signature.

Source: RFC 3161 section 3.4; docs/evidence.md, "Stamps".
"""

from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar

from gateway.errors import TransportError
from gateway.stamping import Asked, Given
from gateway.timestamp.authority import Authority
from gateway.timestamp.obtain import Post, Reply, obtain_stamp

CALL_S: Final = 30.0


class HttpPost:
    """The wire to authorities, for the time of an `async with`."""

    def __init__(self) -> None:
        self._session: ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Make the pool; connects at the first call."""
        self._session = ClientSession(
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

    async def __call__(self, url: str, body: bytes, *, content_type: str, max_bytes: int) -> Reply:
        """Send a body and return the reply.

        Raises:
            TransportError: No reply in time, or one that is longer.
        """
        if self._session is None:
            raise TransportError("the wire to authorities is closed")
        headers = {"Content-Type": content_type}
        try:
            async with self._session.post(
                url, data=body, headers=headers, allow_redirects=False
            ) as response:
                found = await response.content.read(max_bytes + 1)
                while len(found) <= max_bytes and (more := await response.content.readany()):
                    found += more
                kind = response.headers.get("Content-Type")
                status = response.status
        except (ClientError, TimeoutError, OSError, UnicodeError) as error:  # no name of a host
            raise TransportError("a time stamping authority was not reached") from error
        if len(found) > max_bytes:
            raise TransportError("a reply longer than any")
        return Reply(status=status, content_type=kind, body=found)


class ConfiguredAuthorities:
    """Asks authorities in order for stamps.

    Args:
        authorities: In the order of the settings.
        post: The wire.
    """

    def __init__(self, authorities: Sequence[Authority], post: Post) -> None:
        self._authorities = tuple(authorities)
        self._post = post

    async def stamp(self, note: bytes) -> Asked:
        """Ask one after the other until one stamps a note; never raises for what they answer.

        Args:
            note: The whole signed note of a checkpoint, not empty.
        """
        obtained = await obtain_stamp(note, self._authorities, self._post)
        stamp = obtained.stamp
        given = (
            None
            if stamp is None
            else Given(authority=stamp.authority, time_ms=stamp.time_ms, answer=stamp.answer)
        )
        failures = [(name, why.value) for name, why in obtained.failures]
        return Asked(given=given, failures=failures)
