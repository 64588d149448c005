"""The API of a real node, asked by schemathesis for each role: no 500, nothing undescribed.

Schemathesis has an environment of its own (`make api`); `A35_SCHEMATHESIS` names the program.
"""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
from aiohttp.web import Application, AppRunner, TCPSite

from gateway.journal import get_journal
from gateway.officer.adapters.passkeys import WebAuthn
from gateway.officer.api.reply import MAX_BODY_BYTES, problems
from gateway.officer.api.session import SessionApi
from gateway.officer.guards import Address
from gateway.officer.server import api_routes
from gateway.people import Role
from gateway.service.frontdoor import FrontDoor, make_front_door
from gateway.service.signin import Passwords
from protocol.cases.ladder import MessageState
from tests.gateway.network import Node, Wire, network
from tests.gateway.officer.api.test_casework import people
from tests.gateway.officer.callers import named, somebody
from tests.gateway.officer.office import services_of, with_drafts
from tests.gateway.officer.pages.world import CHEAP
from tests.gateway.service.world import request, send, until_state

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance"
)
UNWELL = "^(/readyz|/healthz|/api/v1/events|/api/v1/devices/token)$"
"""A test's node is not ready, and a login waits for a person: a 503; the events wait."""

ROOT = Path(__file__).parents[4]
TIME_S = 900


def program() -> str | None:
    """Return where schemathesis is, None if it is not installed."""
    named_one = os.environ.get("A35_SCHEMATHESIS")
    own = ROOT / ".venv-api" / "bin" / "schemathesis"
    return named_one or (str(own) if own.exists() else shutil.which("schemathesis"))


@contextmanager
def listening(folder: Path, role: Role) -> Iterator[str]:
    """Serve the API of a node that has a request to one role; yield its address."""
    ready, over = Event(), Event()
    ports: list[int] = []

    async def play() -> None:
        async with network(folder, ["FR/1", "RO/1"], Wire()) as net:
            sent = await send(net["FR/1"], request())
            await until_state(net["RO/1"], sent.mid, MessageState.CONSIGNED)
            await people(net["RO/1"], *Role)
            caller = somebody(role, person=list(Role).index(role) + 1)
            app = Application(
                middlewares=[problems(get_journal("test")), named(caller)],
                client_max_size=MAX_BODY_BYTES,
            )
            services = await with_drafts(services_of(net["RO/1"]), net["RO/1"])
            door, address = browsed(net["RO/1"]), Address()
            app.add_routes(api_routes(services, beside=SessionApi(door, address).routes()))
            runner = AppRunner(app, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            await TCPSite(runner, "127.0.0.1", 0).start()
            address.port = int(runner.addresses[0][1])
            ports.append(address.port)
            ready.set()
            await asyncio.to_thread(over.wait)
            await runner.cleanup()

    thread = Thread(target=lambda: asyncio.run(play()))
    thread.start()
    try:
        assert ready.wait(300)
        yield f"http://localhost:{ports[0]}"
    finally:
        over.set()
        thread.join(30)


def browsed(node: Node) -> FrontDoor:
    """Return a door for browsers: a password costs little, and nobody's session is ended.

    Who asks is named by the test, and holds no session: signing out, locking and unlocking are
    refused, and what signs in gets a session of its own.
    """
    passwords = Passwords(cost=CHEAP)
    return make_front_door(node.store, node.id, node.clock, rules=WebAuthn(), passwords=passwords)


@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.value)
def test_no_request_of_any_role_meets_a_bug(tmp_path: Path, role: Role) -> None:
    """D13: whatever is asked, the answer is one that the description has."""
    schemathesis = program()
    if schemathesis is None:
        pytest.skip("no schemathesis here: make api installs it in an environment of its own")
    # Officers reach most; who is refused nearly everywhere needs fewer examples.
    phases, examples = ("coverage,fuzzing", "2") if role is Role.OFFICER else ("fuzzing", "1")
    with listening(tmp_path, role) as url:
        ended = subprocess.run(  # noqa: S603  our own program
            [
                schemathesis, "run", f"{url}/openapi.json",
                "--checks", CHECKS,
                "--phases", phases,
                "--max-examples", examples,
                "--exclude-path-regex", UNWELL,
                "--continue-on-failure", "--no-color", "--warnings", "off",
                "--seed", "35",
                "--request-timeout", "20",
            ],
            cwd=tmp_path, capture_output=True, text=True, timeout=TIME_S, check=False,
        )  # fmt: skip
    assert ended.returncode == 0, ended.stdout[-6000:] + ended.stderr[-2000:]
