"""A received file is never shown, and its name is only text."""

import asyncio

import pytest

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
        ('a".html\r\nX: 1', "a%22.html%0D%0AX%3A%201"),
        ("../../etc/passwd", "..%2F..%2Fetc%2Fpasswd"),
        ("\u202egnp.exe", "%E2%80%AEgnp.exe"),
    ],
)
def test_hostile_name_cannot_leave_its_field(name: str, shown: str) -> None:
    """The sender chose it."""
    world = World()
    world.act.name = name
    headers = asyncio.run(headers_of(world))
    assert headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{shown}"
    assert "X" not in headers


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
