"""A backup over the control socket: progress, then a result or a problem, in one stream."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from aiohttp.web import Application

from gateway.errors import ConfigError, GatewayError
from gateway.journal import get_journal
from gateway.officer.api.backups import BackupApi
from gateway.officer.api.reply import problems
from gateway.officer.services import BackupView
from tests.gateway.officer.callers import named, somebody


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A backup that was made."""

    file_bytes: int = 10
    origin: str = "a35/RO/1/log/1"
    size: int = 3
    root: bytes = bytes(32)
    attachments: int = 0


class Maker:
    """Makes nothing, slowly enough to be asked how far it is."""

    def __init__(self, fault: GatewayError | None = None) -> None:
        self._fault = fault
        self.targets: list[Path] = []

    async def make(self, target: Path, progress: Callable[[int, int], None]) -> BackupView:
        """Be asked."""
        self.targets.append(target)
        progress(1, 2)
        await asyncio.sleep(0)
        if self._fault is not None:
            raise self._fault
        return Made()


def asked(maker: Maker, body: object) -> tuple[int, list[dict[str, object]]]:
    """Ask for a backup; return status and lines."""

    async def work() -> tuple[int, list[dict[str, object]]]:
        app = Application(middlewares=[problems(get_journal("test")), named(somebody())])
        app.add_routes(BackupApi(maker).routes())
        async with TestServer(app) as server, ClientSession() as session:
            url = server.make_url("/api/v1/backups")
            async with session.post(url, json=body) as response:
                text = await response.text()
                return response.status, [json.loads(line) for line in text.splitlines()]

    return asyncio.run(work())


def test_result_ends_the_stream() -> None:
    """With what the command prints."""
    maker = Maker()
    status, lines = asked(maker, {"file": "/safe/ro.a35b"})
    assert (status, maker.targets) == (200, [Path("/safe/ro.a35b")])
    result = {"bytes": 10, "origin": "a35/RO/1/log/1", "size": 3, "root": "00" * 32}
    assert lines[-1]["result"] == result | {"attachments": 0}


def test_problem_ends_the_stream_with_its_code() -> None:
    """The status had left already."""
    fault = ConfigError("it is there", code="configuration", hint="another name")
    status, lines = asked(Maker(fault), {"file": "/safe/ro.a35b"})
    problem = lines[-1]["problem"]
    assert status == 200
    assert isinstance(problem, dict)
    assert (problem["code"], problem["hint"]) == ("configuration", "another name")


def test_path_that_is_not_absolute_is_refused_before_anything_begins() -> None:
    """The node's own folder is nobody's business."""
    maker = Maker()
    for body in ({"file": "ro.a35b"}, {"file": 7}, {}, {"file": "/x", "more": 1}):
        status, _ = asked(maker, body)
        assert status in {400, 422}
    assert maker.targets == []
