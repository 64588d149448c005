"""The authorities of the settings as the use case asks them: read once, then by HTTP.

One POST to one authority at a time, no redirect, no proxy, thirty seconds. Plain HTTP will do:
what an answer is worth is in its signature.

Source: RFC 3161 section 3.4; docs/evidence.md, "Stamps".
"""

from collections.abc import Sequence
from typing import Final

from gateway.outside import OutsideCalls
from gateway.stamping import Asked, Given
from gateway.timestamp.authority import Authority
from gateway.timestamp.obtain import Post, Reply, obtain_stamp

CALL_S: Final = 30.0


class HttpPost(OutsideCalls):
    """The wire to authorities, for the time of an `async with`."""

    def __init__(self) -> None:
        super().__init__("a time stamping authority", wait_s=CALL_S)

    async def __call__(self, url: str, body: bytes, *, content_type: str, max_bytes: int) -> Reply:
        """Send a body and return the reply.

        Raises:
            TransportError: No reply in time, or one that is longer.
        """
        headers = {"Content-Type": content_type}
        found = await self.send(url, body, headers=headers, max_bytes=max_bytes)
        return Reply(status=found.status, content_type=found.content_type, body=found.body)


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
