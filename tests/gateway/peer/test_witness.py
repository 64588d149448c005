"""`add-checkpoint` on the peer port, and the way to witnesses in this network and outside it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp.web import Application, AppRunner, Request, Response, TCPSite, post

from gateway.clock import SystemClock
from gateway.errors import TransportError
from gateway.journal import get_journal
from gateway.metrics import Metrics
from gateway.peer.quota import PeerLimits
from gateway.peer.resources import WITNESS_FRAMES
from gateway.peer.transport import HttpTransport
from gateway.peer.witness import WitnessCaller
from gateway.witnessing import Outsider
from protocol.identifiers import NodeId
from protocol.limits import MAX_NOTE_BYTES
from protocol.witness.answer import RawAnswer
from protocol.witness.request import MAX_ADD_BYTES
from tests.gateway.peer.port import (
    FR,
    HOST,
    RO,
    FixedDirectory,
    Options,
    entry,
    identity,
    open_port,
    parts,
    raw,
    request,
    scenario,
)

PATH = "/v1/witness/add-checkpoint"
STANDING = RawAnswer(status=409, content_type="text/x.tlog.size", body=b"7\n")


class FakeWitness:
    """Records what it was asked, and says what a test wants."""

    def __init__(self, answer: RawAnswer = STANDING) -> None:
        self.answer = answer
        self.seen: list[tuple[NodeId, bytes]] = []

    async def add_checkpoint(self, peer: NodeId, body: bytes) -> RawAnswer:
        """Answer."""
        self.seen.append((peer, body))
        return self.answer


@asynccontextmanager
async def caller(number: int) -> AsyncIterator[WitnessCaller]:
    """Open the way of FR/1 to RO/1 at a port."""
    transport = HttpTransport(
        identity("fr"),
        FixedDirectory(entry(RO, identity("ro"), f"https://{HOST}:{number}")),
        clock=SystemClock(),
        metrics=Metrics(),
        journal=get_journal("test"),
    )
    await transport.start()
    try:
        async with WitnessCaller(transport) as made:
            yield made
    finally:
        await transport.close()


@asynccontextmanager
async def outsider(answer: Response) -> AsyncIterator[tuple[Outsider, list[bytes]]]:
    """Serve a witness outside the network."""
    bodies: list[bytes] = []

    async def take(asked: Request) -> Response:
        bodies.append(await asked.read())
        return answer

    app = Application()
    app.add_routes([post("/w/add-checkpoint", take)])
    runner = AppRunner(app, access_log=None)
    await runner.setup()
    await TCPSite(runner, HOST, 0).start()
    try:
        yield Outsider(url=f"http://{HOST}:{runner.addresses[0][1]}/w/"), bodies
    finally:
        await runner.cleanup()


@scenario
async def test_node_is_asked_over_the_pinned_transport() -> None:
    """Both sides together: body, status and the type by which C2SP tells a position."""
    witness = FakeWitness()
    async with open_port(Options(witness=witness)) as port, caller(port.number) as line:
        assert await line.add_checkpoint(RO, b"old 0\n\n") == STANDING
        assert witness.seen == [(FR, b"old 0\n\n")]
        witness.answer = RawAnswer(status=404, content_type=None, body=b"")
        assert (await line.add_checkpoint(RO, b"x")).status == 404
        long = b"x" * (MAX_NOTE_BYTES + 1)
        witness.answer = RawAnswer(status=200, content_type="text/plain", body=long)
        with pytest.raises(TransportError):
            await line.add_checkpoint(RO, b"x")


@scenario
async def test_node_without_a_witness_key_has_no_such_path() -> None:
    """As before there were witnesses."""
    async with open_port() as port:
        assert parts(await raw(port.number, request("POST", PATH, b"old 0\n\n")))[0] == 404


@scenario
async def test_form_and_length_are_refused_before_the_witness_is_asked() -> None:
    """By method and by Content-Length alone."""
    witness = FakeWitness()
    async with open_port(Options(witness=witness)) as port:
        assert parts(await raw(port.number, request("GET", PATH)))[0] == 405
        announced = request("POST", PATH, b"", Content_Length=str(MAX_ADD_BYTES + 1))
        assert parts(await raw(port.number, announced))[0] == 413
        port.reception.busy = True
        assert parts(await raw(port.number, request("POST", PATH, b"x")))[0] == 503
        assert witness.seen == []


@scenario
async def test_cosigning_costs_a_share_and_nonsense_is_muted() -> None:
    """A signature costs more than a frame; what proves nothing is refused unread after a while."""
    witness = FakeWitness()
    limits = PeerLimits(frames_per_s=0.01, frame_burst=2.0 * WITNESS_FRAMES)
    async with open_port(Options(witness=witness, peer_limits=limits)) as port:
        asked = [parts(await raw(port.number, request("POST", PATH, b"x"))) for _ in range(3)]
        assert [status for status, _, _ in asked] == [409, 409, 429]
    witness.answer = RawAnswer(status=403, content_type=None, body=b"")
    muting = PeerLimits(unproven_per_minute=2)
    async with open_port(Options(witness=witness, peer_limits=muting)) as port:
        asked = [parts(await raw(port.number, request("POST", PATH, b"x"))) for _ in range(4)]
        assert [status for status, _, _ in asked] == [403, 403, 403, 429]


@scenario
async def test_witness_outside_is_asked_as_c2sp_says() -> None:
    """Below its address, redirects not followed, its answer bounded."""
    said = Response(status=409, body=b"7\n", headers={"Content-Type": "text/x.tlog.size"})
    async with caller(1) as line, outsider(said) as (there, bodies):
        assert await line.add_checkpoint(there, b"old 0\n\n") == STANDING
        assert bodies == [b"old 0\n\n"]
    moved = Response(status=302, headers={"Location": "/elsewhere"})
    async with caller(1) as line, outsider(moved) as (there, _):
        assert (await line.add_checkpoint(there, b"x")).status == 302
    async with caller(1) as line, outsider(Response(body=b"x" * 40_000)) as (there, _):
        with pytest.raises(TransportError):
            await line.add_checkpoint(there, b"x")


@scenario
async def test_witness_that_is_not_there_is_not_reached() -> None:
    """Nobody listens; or the node ends."""
    async with caller(1) as line:
        nowhere = Outsider(url="https://witness..example")
        for place in (Outsider(url=f"http://{HOST}:1"), nowhere, RO):
            with pytest.raises(TransportError):
                await line.add_checkpoint(place, b"x")
    with pytest.raises(TransportError):
        await line.add_checkpoint(Outsider(url=f"http://{HOST}:1"), b"x")
    await asyncio.sleep(0)
