"""Static files: found by their hash, kept for ever, and nothing else is served."""

import asyncio

import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application

from gateway.officer.pages.statics import Statics


async def fetch(statics: Statics, *paths: str) -> list[tuple[int, bytes, dict[str, str]]]:
    """Ask a server that serves nothing else."""
    app = Application()
    app.add_routes(statics.routes())
    async with TestClient(TestServer(app)) as client:
        answers = []
        for path in paths:
            async with client.get(path) as answer:
                answers.append((answer.status, await answer.read(), dict(answer.headers)))
        return answers


def test_files_of_the_package_are_served_with_their_types() -> None:
    """A browser refuses style and script of a wrong type (nosniff)."""
    statics = Statics.load()
    names = ("desk.css", "desk.js", "icon.svg", "vendor/govuk/rtl.css", "vendor/govuk/LICENSE.txt")
    answers = asyncio.run(fetch(statics, *map(statics.address, names)))
    types = ("text/css", "text/javascript", "image/svg+xml", "text/css", "text/plain")
    for (status, body, headers), kind in zip(answers, types, strict=True):
        assert (status, headers["Content-Type"]) == (200, f"{kind}; charset=utf-8")
        assert "immutable" in headers["Cache-Control"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert body


def test_what_is_not_there_is_not_served() -> None:
    """An address is looked up, never turned into a path."""
    statics = Statics({"a.css": b"a"})
    address = statics.address("a.css")
    folder = address.removesuffix("a.css")
    answers = asyncio.run(
        fetch(
            statics, address, f"{folder}b.css", f"{folder}../a.css", f"{folder}%2e%2e/a.css",
            "/static/0000000000000000/a.css",
        )
    )  # fmt: skip
    assert [status for status, _, _ in answers] == [200, 404, 404, 404, 404]


def test_any_change_gives_every_file_a_new_address() -> None:
    """Files name each other: no page may mix two versions."""
    before = Statics({"a.css": b"a", "b.js": b"b"})
    after = Statics({"a.css": b"a", "b.js": b"c"})
    moved = Statics({"a.css": b"b", "b.js": b"a"})
    assert len({each.address("a.css") for each in (before, after, moved)}) == 3


def test_page_cannot_name_a_file_that_is_not_there() -> None:
    """It would show without its style, on the day of an upgrade."""
    with pytest.raises(KeyError):
        Statics({}).address("desk.css")
