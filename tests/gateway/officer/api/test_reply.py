"""Every refusal of the API is problem+json from the one table."""

import asyncio
import json
from io import BytesIO
from pathlib import Path

import pytest
from aiohttp import ClientSession, UnixConnector

from gateway.errors import StorageError
from tests.gateway.officer.world import World, mid, served

SPLIT = "/api/v1/uploads"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/api/v1/nothing", b"", 404, "not_found"),
        ("DELETE", SPLIT, b"", 405, "wrong_method"),
        ("POST", SPLIT, b"not json", 400, "invalid_body"),
        ("POST", SPLIT, b'{"document": {}, "extra": 1}', 400, "invalid_body"),
        ("POST", SPLIT, b'{"document": {}}', 422, "invalid_request"),
        ("POST", SPLIT, b" " * 3_000_000, 413, "too_large"),
        ("GET", "/api/v1/messages/xyz", b"", 404, "not_found"),
        ("GET", f"/api/v1/messages/{mid(9)}", b"", 404, "not_found"),
        ("GET", f"/api/v1/messages/{mid(9)}/files/one", b"", 404, "not_found"),
        ("GET", "/api/v1/messages?box=up", b"", 400, "invalid_body"),
        ("GET", "/api/v1/messages?limit=-1", b"", 400, "invalid_body"),
        ("GET", "/api/v1/types/none/schema", b"", 404, "not_found"),
        ("POST", "/api/v1/uploads/none/send", b"", 404, "not_found"),
    ],
)
def test_refusal_is_a_problem(
    *, method: str, path: str, body: bytes, status: int, code: str
) -> None:
    """Programs read the code, officers the hint; both are always there."""
    answered, kind, problem = asyncio.run(ask(World(), method, path, body))
    assert (answered, problem["code"], problem["status"]) == (status, code, status)
    assert kind == "application/problem+json"
    assert problem["type"] == f"urn:a35:problem:{code}"
    assert str(problem["request_id"]).startswith("r")


def test_bug_tells_nothing_of_what_it_met() -> None:
    """An exception's text may quote a document."""
    world = World()
    world.submit.failure = RuntimeError("canary-4711")
    status, _kind, problem = asyncio.run(ask(world, "POST", SPLIT, b'{"document": {"type": "x"}}'))
    assert (status, problem["code"]) == (500, "bug")
    assert "canary" not in json.dumps(problem)


def test_failure_of_the_disk_is_ours() -> None:
    """The operator's journal says more than the officer sees."""
    world = World()
    world.submit.failure = StorageError("no space")
    status, _kind, problem = asyncio.run(ask(world, "POST", SPLIT, b'{"document": {"type": "x"}}'))
    assert (status, problem["code"]) == (500, "storage")


def test_key_that_is_too_long_is_refused() -> None:
    """It is stored; its length must be bounded."""
    status, _kind, problem = asyncio.run(
        ask(World(), "POST", f"{SPLIT}/d/send", b"", key="k" * 129)
    )
    assert (status, problem["code"]) == (422, "invalid_request")


def test_schema_of_a_type_is_json_schema() -> None:
    """Other programs build their forms from it."""
    status, kind, schema = asyncio.run(
        ask(World(), "GET", "/api/v1/types/acknowledgement/schema", b"")
    )
    assert (status, kind) == (200, "application/json")
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


async def ask(
    world: World, method: str, path: str, body: bytes, *, key: str | None = None
) -> tuple[int, str, dict[str, object]]:
    """Make one raw call."""
    async with served(world) as folder, connected(folder) as session:
        url = f"http://localhost{path}"
        headers = {} if key is None else {"Idempotency-Key": key}
        async with session.request(method, url, data=BytesIO(body), headers=headers) as response:
            return response.status, response.content_type, json.loads(await response.read())


def connected(folder: Path) -> ClientSession:
    """Return a session on a desk's socket."""
    return ClientSession(connector=UnixConnector(path=str(folder / "control")))
