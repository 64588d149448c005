"""Health on loopback: for supervisors of this machine, and for nobody behind another name."""

import asyncio
import json

import pytest
from aiohttp.test_utils import TestClient, TestServer

from gateway.officer.server import build_health_app
from tests.gateway.officer.world import Healthy


@pytest.mark.parametrize(("ready", "status"), [(True, 200), (False, 503)])
def test_ready_answers_as_the_node_is(*, ready: bool, status: int) -> None:
    """Supervisors and `a35 doctor` read it."""
    answered, body = asyncio.run(ask("/readyz", ready=ready))
    assert answered == status
    shown = json.loads(body)
    assert (shown["ok"], shown["checks"][0]["name"]) == (ready, "log")


def test_live_node_that_is_not_ready_is_not_restarted() -> None:
    """Restarting it would only begin its start anew."""
    assert asyncio.run(ask("/healthz", ready=False))[0] == 200


def test_counters_are_prometheus_text() -> None:
    """Operators graph them."""
    status, body = asyncio.run(ask("/metrics", ready=True))
    assert (status, body) == (200, b"a35_leaves_total 9\n")


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "10.0.0.1"])
def test_request_by_another_name_is_refused(host: str) -> None:
    """A web page must not read it through a name that resolves to this machine."""
    status, body = asyncio.run(ask("/readyz", ready=True, host=host))
    assert (status, json.loads(body)["code"]) == (421, "bad_host")


@pytest.mark.parametrize("host", ["localhost:8035", "127.0.0.1:1", "[::1]:8035"])
def test_request_by_a_name_of_this_machine_is_answered(host: str) -> None:
    """People type any of them."""
    assert asyncio.run(ask("/readyz", ready=True, host=host))[0] == 200


def test_nothing_else_is_served_there() -> None:
    """Content must not be reachable without the socket's mode."""
    assert asyncio.run(ask("/api/v1/messages", ready=True))[0] == 404


async def ask(path: str, *, ready: bool, host: str = "localhost:8035") -> tuple[int, bytes]:
    """Make one request."""
    health = Healthy()
    health.ready = ready
    async with (
        TestClient(TestServer(build_health_app(health, health))) as client,
        client.get(path, headers={"Host": host}) as response,
    ):
        return response.status, await response.read()
