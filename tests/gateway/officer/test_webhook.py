"""Calls over real HTTP on loopback: what is sent, and what is not followed."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp.web import Application, AppRunner, Request, Response, TCPSite

from gateway.errors import AccessDeniedError, ConfigError, TransportError
from gateway.officer.webhook import HttpCaller, read_secrets
from keys.webhook import WebhookSecret

ONE = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TWO = "whsec_" + "QUFB" * 8


class Desk:
    """A program that is called; keeps what came."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, bytes]] = []
        self.status = 204

    async def take(self, request: Request) -> Response:
        """Answer with the status of the test."""
        name = request.headers.get("webhook-id", "")
        self.seen.append((request.path, name, await request.read()))
        headers = {"Location": "/elsewhere"} if 300 <= self.status < 400 else {}
        return Response(status=self.status, headers=headers, body=b"x" * 100_000)


def called(desk: Desk, work: Callable[[HttpCaller, str], Awaitable[None]]) -> None:
    """Serve a desk, and do something with its address."""

    async def run() -> None:
        app = Application()
        app.router.add_route("*", "/{name:.*}", desk.take)
        runner = AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await TCPSite(runner, "127.0.0.1", 0).start()
            async with HttpCaller() as caller:
                await work(caller, f"http://127.0.0.1:{runner.addresses[0][1]}/hook")
        finally:
            await runner.cleanup()

    asyncio.run(run())


def test_body_and_headers_arrive_as_they_were_signed() -> None:
    """A byte more or less, and the receiver's library refuses it."""
    desk = Desk()

    async def work(caller: HttpCaller, url: str) -> None:
        assert await caller.post(url, {"webhook-id": "a"}, b'{"x": 1}') == 204

    called(desk, work)
    assert desk.seen == [("/hook", "a", b'{"x": 1}')]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_is_not_followed(status: int) -> None:
    """Somebody else must not be told because a server said so."""
    desk = Desk()
    desk.status = status

    async def work(caller: HttpCaller, url: str) -> None:
        assert await caller.post(url, {}, b"{}") == status

    called(desk, work)
    assert len(desk.seen) == 1


def test_receiver_that_is_away_is_a_fault_of_the_way() -> None:
    """Refused connection, and a caller that is closed."""

    async def run() -> None:
        caller = HttpCaller()
        with pytest.raises(TransportError):
            await caller.post("http://127.0.0.1:9/", {}, b"")
        async with caller:
            for url in ("http://127.0.0.1:1/", "https://desk..example/"):
                with pytest.raises(TransportError):
                    await caller.post(url, {}, b"")

    asyncio.run(run())


def secret_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    """Write a file of secrets."""
    file = folder / "hook.secret"
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return file


def test_one_secret_or_two_are_read(tmp_path: Path) -> None:
    """Two overlap while one is replaced."""
    assert read_secrets(secret_file(tmp_path, f"{ONE}\n")) == (WebhookSecret.parse(ONE),)
    both = read_secrets(secret_file(tmp_path, f"{ONE}\n{TWO}\n"))
    assert both == (WebhookSecret.parse(ONE), WebhookSecret.parse(TWO))


@pytest.mark.parametrize("text", ["", "secret", f"{ONE}\n{ONE}\n{TWO}", "é", "whsec_AAAA"])
def test_other_files_are_refused_without_showing_what_is_in_them(tmp_path: Path, text: str) -> None:
    """The wrong file must not end up in a journal."""
    with pytest.raises(ConfigError) as caught:
        read_secrets(secret_file(tmp_path, text))
    assert "MfKQ" not in str(caught.value)


def test_secret_that_others_may_read_is_not_used(tmp_path: Path) -> None:
    """As with the keys of the node."""
    with pytest.raises(AccessDeniedError) as caught:
        read_secrets(secret_file(tmp_path, ONE, 0o640))
    assert caught.value.code == "not_private"
    with pytest.raises(ConfigError, match="cannot be read"):
        read_secrets(tmp_path / "none")
