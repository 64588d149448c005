"""Puts escalation and gossip together from a node's ports and the services that they lean on."""

from collections.abc import Callable

from gateway.outfit import Ports
from gateway.service.case import Cases
from gateway.service.currency import Freshness
from gateway.service.escalate import Escalate
from gateway.service.evidence import Evidence
from gateway.service.gossip import Gossip
from gateway.service.inquire import Inquire
from gateway.service.judge import Judge
from gateway.service.keyring import Keyring
from gateway.service.link import PeerLogs
from gateway.service.orders import Orders
from gateway.service.receipting import Receipting
from gateway.service.sealer import Sealer
from gateway.service.silences import Silences
from gateway.service.stages import Stages
from gateway.service.unjoined import OpenHeads
from protocol.identifiers import NodeId


def make_open_heads(ports: Ports, logs: PeerLogs) -> OpenHeads:
    """Return what asks about heads that no proof has joined.

    Args:
        ports: What it may touch.
        logs: Where this node stands in the logs of others.
    """
    return OpenHeads(
        store=ports.store,
        logs=logs,
        transport=ports.transport,
        clock=ports.clock,
        journal=ports.journal,
        metrics=ports.metrics,
    )


def make_gossip(node: NodeId, ports: Ports, *, logs: PeerLogs, open_heads: OpenHeads) -> Gossip:
    """Return what examines hearsay.

    Args:
        node: This node.
        ports: What it may touch.
        logs: Where this node stands in the logs of others.
        open_heads: Takes what stays open.
    """
    return Gossip(
        node=node,
        logs=logs,
        open_heads=open_heads,
        directory=ports.directory,
        transport=ports.transport,
        clock=ports.clock,
        journal=ports.journal,
        metrics=ports.metrics,
    )


def make_escalate(
    node: NodeId,
    ports: Ports,
    *,
    keyring: Keyring,
    cases: Cases,
    logs: PeerLogs,
    judge: Judge,
    hasten: Callable[[NodeId], None],
) -> tuple[Escalate, Silences]:
    """Return the escalation of one node, and what follows from silence.

    Args:
        node: This node.
        ports: What it may touch.
        keyring: Keys to seal copies under.
        cases: Say when a withdrawal is allowed.
        logs: Link the answers to its questions.
        judge: Examines receipts that it asked for.
        hasten: Called with a node whose lane should try at once.
    """
    orders = Orders(
        node=node,
        store=ports.store,
        blobs=ports.blobs,
        directory=ports.directory,
        sealer=Sealer(node=node, directory=ports.directory, keyring=keyring, clock=ports.clock),
        cases=cases,
        clock=ports.clock,
        randomness=ports.randomness,
    )
    inquire = Inquire(
        store=ports.store, transport=ports.transport, logs=logs, judge=judge, clock=ports.clock
    )
    stages = Stages(
        store=ports.store,
        budgets=ports.budgets,
        evidence=Evidence(store=ports.store, clock=ports.clock),
        clock=ports.clock,
        journal=ports.journal,
        metrics=ports.metrics,
    )
    silences = Silences(
        store=ports.store,
        stages=stages,
        orders=orders,
        inquire=inquire,
        copies=ports.copies,
        clock=ports.clock,
        journal=ports.journal,
    )
    escalate = Escalate(
        store=ports.store,
        budgets=ports.budgets,
        stages=stages,
        silences=silences,
        hasten=hasten,
        clock=ports.clock,
    )
    return escalate, silences


def make_receipting(node: NodeId, ports: Ports) -> tuple[Receipting, Freshness]:
    """Return what gives receipts in our name, and what knows how old their ground is."""
    fresh = Freshness(ports.clock, ports.directory_made_ms, ports.ages)
    receipting = Receipting(
        node=node, directory=ports.directory, clock=ports.clock, mark=fresh.mark
    )
    return receipting, fresh
