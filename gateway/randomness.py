"""Chance that is not secret: message ids and jitter. Keys, nonces and salts come from keys/.

Implements gateway.ports.Randomness with the system's generator. Message ids must not be
guessable, since the pair (sender, id) names a message for ever; jitter only must differ.
"""

from random import SystemRandom
from secrets import token_bytes

from protocol.identifiers import MESSAGE_ID_BYTES, MessageId


class SystemRandomness:
    """Draws from the operating system."""

    __slots__ = ("_source",)

    def __init__(self) -> None:
        self._source = SystemRandom()

    def message_id(self) -> MessageId:
        """Return 16 fresh random bytes as an id."""
        return MessageId(token_bytes(MESSAGE_ID_BYTES))

    def between(self, low: float, high: float) -> float:
        """Return a number drawn evenly between the two, both included."""
        return self._source.uniform(low, high)
