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
) -> Escalate:
    """Return the escalation of one node.

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
    return Escalate(
        store=ports.store,
        budgets=ports.budgets,
        orders=orders,
        inquire=inquire,
        evidence=Evidence(store=ports.store, clock=ports.clock),
        hasten=hasten,
        copies=ports.copies,
        clock=ports.clock,
        journal=ports.journal,
        metrics=ports.metrics,
    )
