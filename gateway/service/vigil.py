"""Puts the escalation together from a node's ports and the services that it leans on."""

from collections.abc import Callable
from typing import Protocol

from gateway.journal import Journal
from gateway.metrics import Metrics
from gateway.ports import Blobs, Clock, Directory, Randomness, Transport
from gateway.service.case import Cases
from gateway.service.escalate import Escalate
from gateway.service.evidence import Evidence
from gateway.service.inquire import Inquire
from gateway.service.judge import Judge
from gateway.service.keyring import Keyring
from gateway.service.link import PeerLogs
from gateway.service.orders import Orders
from gateway.service.silences import Silences
from gateway.service.stages import Stages
from gateway.store import Store
from protocol.delivery.escalation import Budgets
from protocol.identifiers import NodeId


class VigilPorts(Protocol):
    """What the escalation may touch, and how long it waits; gateway.runtime.Ports has it all."""

    @property
    def clock(self) -> Clock:
        """Time."""

    @property
    def randomness(self) -> Randomness:
        """Message ids."""

    @property
    def transport(self) -> Transport:
        """The wire."""

    @property
    def store(self) -> Store:
        """Messages, and what was told of them."""

    @property
    def blobs(self) -> Blobs:
        """Attachments of what is copied."""

    @property
    def directory(self) -> Directory:
        """Second contact points."""

    @property
    def metrics(self) -> Metrics:
        """Counts stages."""

    @property
    def journal(self) -> Journal:
        """Tells the operator."""

    @property
    def budgets(self) -> Budgets:
        """How long each step may take."""

    @property
    def copies(self) -> bool:
        """Whether a second contact point gets a copy."""


def make_escalate(
    node: NodeId,
    ports: VigilPorts,
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
        keyring=keyring,
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
