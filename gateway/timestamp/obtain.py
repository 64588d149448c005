"""Obtains a stamp over a note from the first of several authorities that gives one that holds.

Does: order, what counts as a reply, and why each authority before failed. Has no clock, no retry
and no wire: the caller brings a `Post`, and asks again later if nobody answered. Stamps are late
then, and nothing else waits for them.

Source: RFC 3161 section 3.4; docs/evidence.md, "Stamps".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from gateway.errors import ProofError, TransportError
from gateway.timestamp.authority import Authority
from gateway.timestamp.stamp import MAX_ANSWER_BYTES, Stamp, ask, read_answer

QUERY_TYPE: Final = "application/timestamp-query"
REPLY_TYPE: Final = "application/timestamp-reply"

_OK: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A reply of HTTP.

    Attributes:
        status: Of HTTP; redirects were not followed.
        content_type: As it stands in the header; None if there is none.
        body: At most as many bytes as were asked for.
    """

    status: int
    content_type: str | None
    body: bytes


class Post(Protocol):
    """The wire to authorities: one POST, with a time limit of its own."""

    async def __call__(self, url: str, body: bytes, *, content_type: str, max_bytes: int) -> Reply:
        """Send a body and return the reply.

        Args:
            url: Of the authority.
            body: The request.
            content_type: Of the request.
            max_bytes: Longest reply that is read.

        Returns:
            The reply.

        Raises:
            TransportError: No reply in time, or one that is longer.
        """


class Failure(StrEnum):
    """Why an authority gave no stamp."""

    UNREACHED = "unreached"
    """No reply."""
    REFUSED = "refused"
    """A reply that is no answer of RFC 3161."""
    UNPROVEN = "unproven"
    """An answer that is no stamp over this note, or whose signature or chain does not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Obtained:
    """What came of asking.

    Attributes:
        stamp: None if no authority gave one.
        failures: Those asked before, by name and why, in order.
    """

    stamp: Stamp | None
    failures: tuple[tuple[str, Failure], ...]


async def obtain_stamp(note: bytes, authorities: Sequence[Authority], post: Post) -> Obtained:
    """Ask authorities in order until one gives a stamp that holds.

    Args:
        note: The whole signed note of a checkpoint, not empty.
        authorities: In the order in which they are asked.
        post: The wire.

    Returns:
        The first stamp that verifies, and what became of those asked before.

    Raises:
        ProofError: An empty note; nobody was asked.
    """
    failures = []
    for authority in authorities:
        question = ask(note)  # a nonce for each: no answer passes for another's
        try:
            reply = await post(
                authority.url,
                question.data,
                content_type=QUERY_TYPE,
                max_bytes=MAX_ANSWER_BYTES,
            )
        except TransportError:
            failures.append((authority.name, Failure.UNREACHED))
            continue
        if reply.status != _OK or not _is_answer(reply.content_type):
            failures.append((authority.name, Failure.REFUSED))
            continue
        try:
            stamp = read_answer(question, reply.body, authority)
        except ProofError:
            failures.append((authority.name, Failure.UNPROVEN))
            continue
        return Obtained(stamp=stamp, failures=tuple(failures))
    return Obtained(stamp=None, failures=tuple(failures))


def _is_answer(content_type: str | None) -> bool:
    return content_type is not None and content_type.split(";")[0].strip().lower() == REPLY_TYPE
