"""A received file is never shown, and its name is only text."""

import asyncio

import pytest

from gateway.officer.download import safe_name
from tests.gateway.officer.api.test_reply import connected
from tests.gateway.officer.world import World, mid, served


def test_file_is_a_download_whatever_it_is() -> None:
    """A received file may be a page with a script."""
    headers = asyncio.run(headers_of(World()))
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Security-Policy"] == "sandbox"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Length"] == "5"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("court order.txt", "court%20order.txt"),
        ('a".html\r\nX: 1', "a_.html_X_%201"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\temp\\a.pdf", "C__temp_a.pdf"),
        ("\u202egnp.exe", "%5BU%2B202E%5Dgnp.exe"),
        (".htaccess", "htaccess"),
        ("a\x00b.pdf", "a%5BU%2B0000%5Db.pdf"),
        ("...", "file"),
        ("\u041e\u0440\u0434\u0435\u0440.pdf", "%D0%9E%D1%80%D0%B4%D0%B5%D1%80.pdf"),
    ],
)
def test_hostile_name_cannot_leave_its_field(name: str, shown: str) -> None:
    """The sender chose it."""
    world = World()
    world.act.name = name
    headers = asyncio.run(headers_of(world))
    assert headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{shown}"
    assert "X" not in headers


def test_long_name_keeps_its_suffix() -> None:
    """The officer's program is chosen by it, and a folder takes no ten thousand signs."""
    assert safe_name("x" * 10_000 + ".pdf") == "x" * 146 + ".pdf"
    assert safe_name("a." + "y" * 10_000) == "a." + "y" * 148
    assert safe_name("z" * 10_000) == "z" * 150


@pytest.mark.parametrize(
    ("headers", "status", "body", "part"),
    [
        ({}, 200, b"order", None),
        ({"Range": "bytes=2-"}, 206, b"der", "bytes 2-4/5"),
        ({"Range": "bytes=0-1"}, 206, b"or", "bytes 0-1/5"),
        ({"Range": "bytes=-2"}, 206, b"er", "bytes 3-4/5"),
        ({"Range": "bytes=0-"}, 200, b"order", None),
        ({"Range": "bytes=-90"}, 200, b"order", None),
        ({"Range": "bytes=5-"}, 416, b"", "bytes */5"),
        ({"Range": "lines=1-2"}, 200, b"order", None),
        ({"Range": "bytes=2-", "If-Range": '"another"'}, 200, b"order", None),
        ({"Range": "bytes=2-", "If-Range": f'"{mid(1)}-0"'}, 206, b"der", "bytes 2-4/5"),
    ],
)
def test_download_goes_on_where_it_stopped(
    headers: dict[str, str], status: int, body: bytes, part: str | None
) -> None:
    """Half a gigabyte over a poor line is not fetched twice."""

    async def fetch() -> tuple[int, bytes, str | None]:
        url = f"http://localhost/api/v1/messages/{mid(1)}/files/0"
        async with (
            served(World()) as folder,
            connected(folder) as session,
            session.get(url, headers=headers) as response,
        ):
            return response.status, await response.read(), response.headers.get("Content-Range")

    assert asyncio.run(fetch()) == (status, body, part)


async def headers_of(world: World) -> dict[str, str]:
    """Fetch file 0 and return the headers."""
    url = f"http://localhost/api/v1/messages/{mid(1)}/files/0"
    async with (
        served(world) as folder,
        connected(folder) as session,
        session.get(url) as response,
    ):
        assert await response.read() == b"order"
        return dict(response.headers)
