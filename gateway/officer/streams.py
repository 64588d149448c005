"""Reading a stream of server-sent events, as far as the node writes them.

Comments and fields that are not used here are passed over; an event without a number belongs to
the stream itself, and of these only `reset` is passed on.

Source: HTML living standard, "Server-sent events"; docs/desk.md, "The API".
"""

from collections.abc import AsyncGenerator, AsyncIterator
from json import loads
from typing import Final, Protocol

from pydantic import ValidationError

from gateway.errors import UnavailableError
from gateway.officer.connection import Connection
from gateway.officer.shapes.models import Event
from gateway.ports import Clock

STREAM: Final = "text/event-stream"
RESET: Final = "reset"
AGAIN_S: Final = 2.0
"""Between a cut and the next attempt, as the stream itself advises."""

_MOST_LINES: Final = 16


class Follower:
    """Follows the events of a node.

    Args:
        connection: To the node.
        clock: For the pause after a cut.
    """

    __slots__ = ("_clock", "_connection")

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    async def events(self, after: int) -> AsyncGenerator[Event, None]:
        """Yield events above a number for ever, also across cuts.

        Args:
            after: The last one seen.

        Yields:
            Each once, in order.

        Raises:
            AccessDeniedError: Whoever asks may not, or not any more.
        """
        while True:
            try:
                async for event in self._stream(after):
                    # What the stream says of itself bears no number.
                    after = event.id or after
                    yield event
            except UnavailableError:
                pass
            await self._clock.sleep(AGAIN_S)

    async def _stream(self, after: int) -> AsyncIterator[Event]:
        path = f"/events?after={after}"
        async with self._connection.call("GET", path, accept=STREAM) as response:
            async for event in events_of(response.content):
                yield event


class Lines(Protocol):
    """What gives the lines of an answer."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield each with its end."""


async def events_of(lines: Lines) -> AsyncIterator[Event]:
    """Yield the events of a stream.

    Args:
        lines: As they come.

    Yields:
        Each event; a cut in the middle of one yields nothing of it.

    Raises:
        UnavailableError: What comes is not what a node writes.
    """
    fields: dict[str, str] = {}
    async for raw in lines:
        line = raw.decode(errors="replace").rstrip("\n")
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
            if len(fields) > _MOST_LINES:
                raise UnavailableError("the node's events cannot be read")
            continue
        event = _event(fields)
        fields = {}
        if event is not None:
            yield event


def _event(fields: dict[str, str]) -> Event | None:
    kind = fields.get("event", "")
    if "id" not in fields and kind != RESET:
        return None
    try:
        data = loads(fields.get("data", "{}"))
        return Event.model_validate({**data, "id": int(fields.get("id", "0")), "event": kind})
    except (ValueError, TypeError, ValidationError) as error:
        raise UnavailableError("the node's events cannot be read") from error
