"""`POST /v1/revocations` on the peer port, and the way there."""

from gateway.clock import SystemClock
from gateway.journal import get_journal
from gateway.metrics import Metrics
from gateway.peer.quota import PeerLimits
from gateway.peer.resources import REVOCATION_FRAMES
from gateway.peer.transport import HttpTransport
from protocol.errors import Code, MalformedError, NotProvenError, UnknownSenderError
from protocol.identifiers import NodeId
from protocol.limits import MAX_REVOCATION_BYTES
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

PATH = "/v1/revocations"


class FakeRevocations:
    """Records what it was told, and takes or refuses it."""

    def __init__(self) -> None:
        self.seen: list[tuple[NodeId | None, bytes]] = []
        self.fault: Exception | None = None

    async def take(self, body: bytes, *, by: NodeId | None) -> bytes:
        """Answer."""
        self.seen.append((by, body))
        if self.fault is not None:
            raise self.fault
        return b"taken"


@scenario
async def test_revocation_reaches_the_service_over_the_pinned_transport() -> None:
    """Both sides together; a refusal comes back with its code."""
    service = FakeRevocations()
    async with open_port(Options(revocations=service)) as port:
        transport = HttpTransport(
            identity("fr"),
            FixedDirectory(entry(RO, identity("ro"), f"https://{HOST}:{port.number}")),
            clock=SystemClock(),
            metrics=Metrics(),
            journal=get_journal("test"),
        )
        await transport.start()
        try:
            assert await transport.tell_revocation(RO, b"told") == (200, b"taken")
            assert service.seen == [(FR, b"told")]
            service.fault = UnknownSenderError("x", code=Code.KEY_UNKNOWN)
            assert (await transport.tell_revocation(RO, b"told"))[0] == 409
        finally:
            await transport.close()


@scenario
async def test_form_and_length_are_refused_before_anything_is_read() -> None:
    """By method, by media type and by Content-Length alone; and a node without it has no path."""
    service = FakeRevocations()
    async with open_port(Options(revocations=service)) as port:
        assert parts(await raw(port.number, request("GET", PATH)))[0] == 405
        assert (
            parts(await raw(port.number, request("POST", PATH, b"x", Content_Type="x")))[0] == 415
        )
        announced = request("POST", PATH, b"", Content_Length=str(MAX_REVOCATION_BYTES + 1))
        assert parts(await raw(port.number, announced))[0] == 413
        assert service.seen == []
    async with open_port() as port:
        assert parts(await raw(port.number, request("POST", PATH, b"x")))[0] == 404


@scenario
async def test_each_costs_a_share_and_what_proves_nothing_is_muted() -> None:
    """Also of a key that is not listed; refused unread after a while."""
    service = FakeRevocations()
    asked = request("POST", PATH, b"x")
    limits = PeerLimits(frames_per_s=0.01, frame_burst=2.0 * REVOCATION_FRAMES)
    async with open_port(Options(revocations=service, peer_limits=limits)) as port:
        assert [parts(await raw(port.number, asked))[0] for _ in range(3)] == [200, 200, 429]
    muting = PeerLimits(unproven_per_minute=2)
    for fault, status in (
        (UnknownSenderError("x", code=Code.KEY_UNKNOWN), 409),
        (NotProvenError("x"), 422),
        (MalformedError("x"), 400),
    ):
        service.fault = fault
        async with open_port(Options(revocations=service, peer_limits=muting)) as port:
            said = [parts(await raw(port.number, asked))[0] for _ in range(4)]
            assert said == [status, status, status, 429]
