"""Authorities are asked in order; what fails is named, and nobody waits for it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from gateway.errors import ProofError, TransportError
from gateway.timestamp.obtain import (
    QUERY_TYPE,
    REPLY_TYPE,
    Failure,
    Obtained,
    Reply,
    obtain_stamp,
)
from gateway.timestamp.stamp import MAX_ANSWER_BYTES, verify_stamp
from tests.gateway.timestamp.local import LocalAuthority, needs_openssl
from tests.protocol.witness.samples import signed

NOTE = signed(5).note
Answering = Callable[[bytes], Reply]


@dataclass
class Wire:
    """A wire to authorities that behave as a test says, by the first word of their address."""

    answers: dict[str, Answering]
    asked: list[str] = field(default_factory=list)
    queries: list[bytes] = field(default_factory=list)

    async def __call__(self, url: str, body: bytes, *, content_type: str, max_bytes: int) -> Reply:
        """Hand the request to whoever is behind the address."""
        await asyncio.sleep(0)
        assert (content_type, max_bytes) == (QUERY_TYPE, MAX_ANSWER_BYTES)
        name = url.removeprefix("http://").partition(".")[0]
        self.asked.append(name)
        self.queries.append(body)
        return self.answers[name](body)


def ok(body: bytes) -> Reply:
    """Return a reply that carries this."""
    return Reply(status=200, content_type=REPLY_TYPE, body=body)


def silent(_query: bytes) -> Reply:
    """Do what a wire does when nobody answers."""
    raise TransportError("nobody")


def honest(authority: LocalAuthority) -> Answering:
    """Return what an authority answers."""
    return lambda query: ok(authority.answer(query))


def obtained(wire: Wire, *authorities: LocalAuthority) -> Obtained:
    """Ask these in order."""
    return asyncio.run(obtain_stamp(NOTE, [each.trusted for each in authorities], wire))


@needs_openssl
def test_first_authority_that_answers_is_enough(
    first: LocalAuthority, second: LocalAuthority
) -> None:
    """The second is not asked."""
    wire = Wire({"first": honest(first), "second": honest(second)})
    done = obtained(wire, first, second)
    assert (wire.asked, done.failures) == (["first"], ())
    assert done.stamp is not None
    assert verify_stamp(NOTE, done.stamp.answer, [first.trusted]) == done.stamp


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (silent, Failure.UNREACHED),
        (lambda _: Reply(status=503, content_type=REPLY_TYPE, body=b""), Failure.REFUSED),
        (lambda _: Reply(status=200, content_type="text/html", body=b"hello"), Failure.REFUSED),
        (lambda _: Reply(status=200, content_type=None, body=b"hello"), Failure.REFUSED),
        (lambda _: ok(b"hello"), Failure.UNPROVEN),
    ],
)
@needs_openssl
def test_next_authority_is_asked_when_one_fails(
    first: LocalAuthority, second: LocalAuthority, fault: Answering, why: Failure
) -> None:
    """Unreached, refused, unproven: each is named."""
    wire = Wire({"first": fault, "second": honest(second)})
    done = obtained(wire, first, second)
    assert done.failures == (("first", why),)
    assert done.stamp is not None
    assert done.stamp.authority == "second"


@needs_openssl
def test_answer_of_one_authority_does_not_pass_for_anothers(
    first: LocalAuthority, second: LocalAuthority
) -> None:
    """Each request has a nonce of its own, and each authority its roots."""
    wire = Wire({"first": honest(second), "second": honest(second)})
    done = obtained(wire, first, second)
    assert done.failures == (("first", Failure.UNPROVEN),)
    assert len(set(wire.queries)) == 2


def test_nobody_there_gives_no_stamp_and_no_error(
    first: LocalAuthority, second: LocalAuthority
) -> None:
    """An outage of days delays stamps and nothing else."""
    done = obtained(Wire({"first": silent, "second": silent}), first, second)
    assert done == Obtained(
        stamp=None, failures=(("first", Failure.UNREACHED), ("second", Failure.UNREACHED))
    )
    assert obtained(Wire({})) == Obtained(stamp=None, failures=())


@needs_openssl
def test_content_type_is_compared_as_http_does(first: LocalAuthority) -> None:
    """Case and parameters mean nothing."""

    def odd(query: bytes) -> Reply:
        kind = "Application/Timestamp-Reply; a=b"
        return Reply(status=200, content_type=kind, body=first.answer(query))

    assert obtained(Wire({"first": odd}), first).stamp is not None


def test_empty_note_is_nothing_to_ask_for(first: LocalAuthority) -> None:
    """Nobody is asked."""
    wire = Wire({})
    with pytest.raises(ProofError):
        asyncio.run(obtain_stamp(b"", [first.trusted], wire))
    assert wire.asked == []
