"""Shows nodes what they must refuse, when nothing else goes on: nothing may be kept of it (I8).

Frames that came before are shown again cut short, changed, and as another node's. What a repeat
is answered with is no refusal and is not looked at here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from random import Random

from gateway.simulator.clock import VirtualTime
from gateway.simulator.findings import Findings, Invariant
from gateway.simulator.node import SimulatedNode
from gateway.simulator.observer import Observer
from gateway.simulator.port import Request
from gateway.storage.audit import fingerprint
from protocol.identifiers import NodeId

_REFUSED = 400
_TRIES = 3


async def probe(
    nodes: Mapping[NodeId, SimulatedNode],
    observer: Observer,
    findings: Findings,
    *,
    time: VirtualTime,
    draw: Random,
) -> None:
    """Show every node spoilt frames.

    Args:
        nodes: Up.
        observer: Has frames that came.
        findings: Takes what is wrong.
        time: Of the world.
        draw: Decides where frames are spoilt.
    """
    names = sorted(nodes)
    for name in names:
        for peer, request in observer.captured.get(name, ()):
            strangers = [each for each in names if each not in {name, peer}]
            for shown_by, spoilt in _spoilt(peer, request, strangers, draw):
                await _show(nodes[name], shown_by, spoilt, findings, time=time)


def _spoilt(
    peer: NodeId, request: Request, strangers: list[NodeId], draw: Random
) -> Iterator[tuple[NodeId, Request]]:
    body = request.body
    yield peer, replace(request, body=body[: draw.randrange(len(body))])
    place = draw.randrange(len(body))
    flipped = bytes((body[place] ^ (1 << draw.randrange(8)),))
    yield peer, replace(request, body=body[:place] + flipped + body[place + 1 :])
    if strangers:
        yield draw.choice(strangers), request


async def _show(
    node: SimulatedNode, peer: NodeId, request: Request, findings: Findings, *, time: VirtualTime
) -> None:
    """Show one frame; a node that had something of its own to write is asked again."""
    for attempt in range(_TRIES):
        statuses: list[int] = []

        async def ask() -> None:
            statuses.append((await node.port.answer(peer, request)).status)  # noqa: B023 - awaited below

        before = fingerprint(node.home / "store.db")
        asked = node.life.spawn(ask(), name="is probed")
        while not asked.done():
            await time.wait(0.001)
        if not statuses or statuses[0] < _REFUSED:
            return
        same = fingerprint(node.home / "store.db") == before
        if same or attempt == _TRIES - 1:
            findings.hold(
                Invariant.REFUSED_WITHOUT_TRACE,
                holds=same,
                otherwise=f"{node.id} kept something of a frame that it refused ({statuses[0]})",
            )
            return
