"""Nodes that are witnesses of each other's logs, and a line between them that a test holds."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from gateway.errors import TransportError
from gateway.journal import get_journal
from gateway.service.assigned import Roster
from gateway.service.cosign import Cosign
from gateway.service.witnesses import Witnesses
from gateway.witnessing import Outsider
from keys.witnesskey import WitnessKey, WitnessSigner
from protocol.directory import WitnessKey as ListedKey
from protocol.directory_values import key_text, time_text
from protocol.identifiers import NodeId
from protocol.witness.answer import RawAnswer
from protocol.witness.cosigning import cosign
from protocol.witness.policy import Policy
from tests.gateway.network import DAY_MS, START_MS, Network, Node


@dataclass(slots=True)
class Line:
    """The way to witnesses: calls theirs, or does what a test says instead."""

    asker: NodeId
    witnesses: dict[NodeId | Outsider, Cosign]
    asked: list[tuple[NodeId | Outsider, bytes]] = field(default_factory=list)
    instead: Callable[[bytes], RawAnswer] | None = None

    async def add_checkpoint(self, witness: NodeId | Outsider, body: bytes) -> RawAnswer:
        """Ask."""
        self.asked.append((witness, body))
        if self.instead is not None:
            return self.instead(body)
        if witness not in self.witnesses:
            raise TransportError("not reached")
        return await self.witnesses[witness].add_checkpoint(self.asker, body)


class Evenly:
    """Chance that always says the middle."""

    def between(self, low: float, high: float) -> float:
        """Return the middle."""
        return (low + high) / 2


def signer_of(name: str) -> WitnessSigner:
    """Return the witness signer of a node or of a witness outside, the same each time."""
    return WitnessSigner(name, name.encode().ljust(32, b".")[:32])


def list_witness(net: Network, name: str) -> WitnessSigner:
    """Let the directory list a witness key for a node."""
    node = NodeId.parse(name)
    signer = WitnessKey(node=name, seed=name.encode().ljust(32, b".")).signer()
    key = ListedKey(
        mldsa44=key_text(signer.cosigner.key.public),
        not_before=time_text(START_MS - DAY_MS),
        not_after=time_text(START_MS + 365 * DAY_MS),
    )
    net.entries[node] = net.entries[node].model_copy(update={"witness": (key,)})
    return signer


async def witness_at(node: Node, signer: WitnessSigner) -> Cosign:
    """Return the witness of a node, begun."""
    made = Cosign(
        node=node.id,
        key_id=signer.cosigner.key.key_id,
        sign=partial(cosign, signer),
        book=node.store,
        directory=node.directory,
        logs=node.runtime.logs,
        clock=node.clock,
        journal=get_journal("test"),
        metrics=node.metrics,
    )
    await made.begin()
    return made


def asking(node: Node, line: Line, *, policy: Policy | None = None) -> Witnesses:
    """Return what has a node's log cosigned, each hour."""
    return Witnesses(
        own=node.keys.signer().verifier,
        book=node.store,
        line=line,
        roster=Roster(node=node.id, directory=node.directory, policy=policy, clock=node.clock),
        every_s=3600.0,
        clock=node.clock,
        randomness=Evenly(),  # type: ignore[arg-type]  # ids are never drawn here
        journal=get_journal("test"),
        metrics=node.metrics,
    )
