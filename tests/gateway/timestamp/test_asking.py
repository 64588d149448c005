"""Authorities over real HTTP on loopback: what is sent, what is read, what is not followed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp.web import Application, AppRunner, Request, Response, TCPSite

from gateway.errors import ConfigError, TransportError
from gateway.home import Home
from gateway.notary import read_authority
from gateway.sections import TimestampSection
from gateway.stamping import Asked
from gateway.timestamp.asking import ConfiguredAuthorities, HttpPost
from gateway.timestamp.authority import split_certificates
from gateway.timestamp.obtain import QUERY_TYPE, REPLY_TYPE
from gateway.timestamp.stamp import verify_stamp
from tests.gateway.timestamp.local import LocalAuthority, needs_openssl
from tests.protocol.witness.samples import signed

NOTE = signed(5).note


class Served:
    """An authority behind HTTP; answers as a test says."""

    def __init__(self, authority: LocalAuthority | None = None) -> None:
        self.authority = authority
        self.asked: list[tuple[str, str]] = []
        self.body = b"x" * 100
        self.status = 200

    async def take(self, request: Request) -> Response:
        """Answer one request."""
        query = await request.read()
        self.asked.append((request.path, request.content_type))
        body = self.body if self.authority is None else self.authority.answer(query)
        headers = {"Content-Type": REPLY_TYPE}
        if self.status >= 300:
            headers["Location"] = "/elsewhere"
        return Response(status=self.status, body=body, headers=headers)


@asynccontextmanager
async def serving(served: Served) -> AsyncIterator[str]:
    """Serve an authority until the block ends; give its address."""
    app = Application()
    app.router.add_route("*", "/{name:.*}", served.take)
    runner = AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/tsa"
    finally:
        await runner.cleanup()


def reached(served: Served, work: Callable[[HttpPost, str], Awaitable[None]]) -> None:
    """Serve an authority, and do something with its address."""

    async def run() -> None:
        async with serving(served) as url, HttpPost() as post:
            await work(post, url)

    asyncio.run(run())


@needs_openssl
def test_stamp_comes_over_http_after_an_authority_that_is_away(first: LocalAuthority) -> None:
    """The second is asked at once, and what it gave verifies later."""
    served = Served(first)

    async def work(post: HttpPost, url: str) -> None:
        away = replace(first.trusted, name="away", url="http://127.0.0.1:9/tsa")
        there = replace(first.trusted, url=url)
        asked: Asked = await ConfiguredAuthorities([away, there], post).stamp(NOTE)
        assert asked.failures == [("away", "unreached")]
        assert asked.given is not None
        stamp = verify_stamp(NOTE, asked.given.answer, [first.trusted])
        assert (stamp.time_ms, stamp.authority) == (asked.given.time_ms, "first")

    reached(served, work)
    assert served.asked == [("/tsa", QUERY_TYPE)]


def test_nobody_who_stamps_is_no_error() -> None:
    """It is asked again later."""

    async def work(post: HttpPost, url: str) -> None:
        del url
        assert await ConfiguredAuthorities([], post).stamp(NOTE) == Asked(given=None, failures=[])

    reached(Served(), work)


def test_redirect_is_not_followed_and_its_status_is_given() -> None:
    """What follows of it is not the wire's to say."""
    served = Served()
    served.status = 302

    async def work(post: HttpPost, url: str) -> None:
        reply = await post(url, b"q", content_type=QUERY_TYPE, max_bytes=1000)
        assert (reply.status, reply.content_type, reply.body) == (302, REPLY_TYPE, b"x" * 100)

    reached(served, work)
    assert len(served.asked) == 1


@pytest.mark.parametrize("most", [99, 0])
def test_longer_reply_than_asked_for_is_refused(most: int) -> None:
    """However long it would have become."""

    async def work(post: HttpPost, url: str) -> None:
        with pytest.raises(TransportError, match="longer"):
            await post(url, b"q", content_type=QUERY_TYPE, max_bytes=most)
        reply = await post(url, b"q", content_type=QUERY_TYPE, max_bytes=100)
        assert len(reply.body) == 100

    reached(Served(), work)


def test_reply_that_comes_in_pieces_is_read_whole() -> None:
    """A stamp with a long chain is larger than what one read gives."""
    served = Served()
    served.body = bytes(range(256)) * 4096

    async def work(post: HttpPost, url: str) -> None:
        reply = await post(url, b"q", content_type=QUERY_TYPE, max_bytes=1 << 20)
        assert reply.body == served.body

    reached(served, work)


def test_host_that_no_resolver_takes_is_not_reached() -> None:
    """A slip in the settings delays stamps; it does not end the node."""

    async def run() -> None:
        async with HttpPost() as post:
            for host in ("tsa..example", "a" * 64 + ".example"):
                with pytest.raises(TransportError):
                    await post(f"http://{host}/", b"", content_type=QUERY_TYPE, max_bytes=1)

    asyncio.run(run())


def test_closed_wire_reaches_nobody() -> None:
    """Nor is a session made that nobody closes."""

    async def run() -> None:
        with pytest.raises(TransportError):
            await HttpPost()("http://127.0.0.1:9", b"", content_type=QUERY_TYPE, max_bytes=1)

    asyncio.run(run())


def test_file_of_certificates_may_hold_roots_and_what_lies_between(
    tmp_path: Path, first: LocalAuthority
) -> None:
    """Only what names itself is trusted, unless nothing in the file does."""
    assert split_certificates([first.root, first.middle]) == ((first.root,), (first.middle,))
    assert split_certificates([first.middle]) == ((first.middle,), ())
    folder = first._folder
    both = (folder / "middle.pem").read_bytes() + (folder / "root.pem").read_bytes()
    (tmp_path / "tsa.pem").write_bytes(both)
    section = TimestampSection(
        name="first", url="http://tsa.example/x?y", certificates="tsa.pem", policy="1.2.3.4.1"
    )
    found = read_authority(Home(tmp_path), section)
    assert (found.roots, found.intermediates) == ((first.root,), (first.middle,))
    assert (found.name, found.url, found.policy) == ("first", "http://tsa.example/x?y", "1.2.3.4.1")
    missing = section.model_copy(update={"certificates": "nowhere.pem"})
    with pytest.raises(ConfigError, match="first"):
        read_authority(Home(tmp_path), missing)
