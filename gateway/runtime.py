"""Wires given ports into services and engine: the same for a node and for a simulated one.

Knows ports only; gateway.assembly chooses the real ones, and opens the servers on top.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from gateway.delivery.engine import Engine
from gateway.outfit import Ports
from gateway.service.act import Act
from gateway.service.adopt import Adopt
from gateway.service.alarms import Alarms
from gateway.service.answers import Answers
from gateway.service.case import Cases
from gateway.service.consign import Consign
from gateway.service.contact import make_contact
from gateway.service.continuing import Continuing
from gateway.service.dispatch import Dispatch
from gateway.service.draft import Drafts
from gateway.service.gossip import Gossip
from gateway.service.guard import DiskGuard
from gateway.service.health import Health, Offsets
from gateway.service.inquire import Inquire
from gateway.service.judge import Judge
from gateway.service.keyring import Keyring
from gateway.service.link import PeerLogs
from gateway.service.patience import PatientTransport
from gateway.service.peers import Peers
from gateway.service.receive import Receive
from gateway.service.reception import Reception
from gateway.service.reclaim import Reclaim
from gateway.service.recover import Recovery
from gateway.service.remedies import Remedies
from gateway.service.resources import Resources
from gateway.service.sealings import Sealings
from gateway.service.settle import Settle
from gateway.service.shortfall import Shortfall
from gateway.service.standings import Standings
from gateway.service.submit import Submit
from gateway.service.tend import make_tend
from gateway.service.unheeded import Unheeded
from gateway.service.unjoined import OpenHeads
from gateway.service.vigil import make_escalate, make_gossip, make_open_heads, make_receipting
from gateway.service.watch import Watch
from gateway.service.ways import Ways
from keys.note import LogVerifier
from keys.recipient import RecipientSecret
from protocol.delivery.slots import Pool
from protocol.identifiers import NodeId


class Runtime:
    """The services of one node.

    Args:
        node: This node.
        ports: Everything it may touch.
        secrets: Gives the content keys held now, by key id.
        accepts: Gives those that new envelopes may be sealed for, if not all.
        directory_changed: Called after a new directory was adopted.
        why_no_directory: Gives the sentence of the last failed refresh.
        own: Our log's public keys, all pairs; without them those that the directory lists.
    """

    def __init__(
        self,
        *,
        node: NodeId,
        ports: Ports,
        secrets: Callable[[], Mapping[bytes, RecipientSecret]],
        accepts: Callable[[], Mapping[bytes, RecipientSecret]] | None = None,
        directory_changed: Callable[[], Awaitable[None]],
        why_no_directory: Callable[[], str | None],
        own: Sequence[LogVerifier] = (),
    ) -> None:
        ports = replace(ports, transport=PatientTransport(ports.transport, ports.clock))
        self._ports = ports
        self._node = node
        self._directory_changed = directory_changed
        self._guard = DiskGuard(
            ports.measure, floor=ports.floor, journal=ports.journal, metrics=ports.metrics
        )
        self.recovery = Recovery(
            node=node,
            store=ports.store,
            directory=ports.directory,
            transport=ports.transport,
            clock=ports.clock,
            journal=ports.journal,
            metrics=ports.metrics,
            own=own,
        )
        self._alarms = Alarms(
            clock=ports.clock,
            journal=ports.journal,
            metrics=ports.metrics,
            doubt=self.recovery.doubt,
        )
        self._logs = PeerLogs(
            store=ports.store,
            directory=ports.directory,
            transport=ports.transport,
            clock=ports.clock,
            closed=self._alarms.closed,
            chance=ports.randomness.between,
        )
        self._standings = Standings(
            ports.store, agreed=self.recovery.agreed, doubted=self.recovery.doubt
        )
        self._offsets = Offsets(ports.clock)
        self._keyring = Keyring(
            store=ports.store,
            directory=ports.directory,
            transport=ports.transport,
            logs=self._logs,
            clock=ports.clock,
        )
        self._receipting, self._fresh = make_receipting(node, ports)
        self._judge = self._make_judge(accepts or secrets)
        self.dispatch = self._make_dispatch()
        self.engine = Engine(
            store=ports.store,
            dispatch=self.dispatch,
            directory=ports.directory,
            clock=ports.clock,
            randomness=ports.randomness,
            journal=ports.journal,
            metrics=ports.metrics,
            pool=Pool(workers=ports.workers),
            gather_s=ports.gather_s,
        )
        self.consign = Consign(
            node=node,
            store=ports.store,
            receipting=self._receipting,
            clock=ports.clock,
            secrets=secrets,
            alarm=self._alarms.parked,
            metrics=ports.metrics,
        )
        self.unheeded = Unheeded(
            store=ports.store,
            receipting=self._receipting,
            clock=ports.clock,
            metrics=ports.metrics,
        )
        self._answers = Answers(
            log=ports.store, logs=self._logs, clock=ports.clock, shown=self._standings.show
        )
        self.reception = Reception(
            self._make_receive(),
            Resources(store=ports.store, logs=self._logs, answers=self._answers),
        )
        self.cases = Cases(node=node, casebook=ports.store, clock=ports.clock)
        self.watch = Watch(
            store=ports.store, cases=self.cases, clock=ports.clock, journal=ports.journal
        )
        self.submit = self._make_submit()
        self.escalate, silences = make_escalate(
            node,
            ports,
            keyring=self._keyring,
            cases=self.cases,
            logs=self._logs,
            judge=self._judge,
            hasten=self.engine.hasten,
        )
        self.act = Act(
            store=ports.store, blobs=ports.blobs, receipting=self._receipting, clock=ports.clock
        )
        self.health = Health(
            log=ports.store,
            directory=ports.directory,
            logs=self._logs,
            offsets=self._offsets,
            failing=self.engine.waiting_since_failure,
            why_no_directory=why_no_directory,
            guard=self._guard,
            recovery=self.recovery,
        )
        self.health.add(silences.check, self._fresh.check)
        self.ways, self.peers = self._make_overview()
        self.adopt = Adopt(
            directory=ports.directory,
            store=ports.store,
            clock=ports.clock,
            randomness=ports.randomness,
            journal=ports.journal,
            changed=self._adopted,
            why=why_no_directory,
        )
        self._tend = make_tend(
            node, ports, cases=self.cases, directory_age_s=self.adopt.age_s, guard=self._guard
        )
        self.contact = make_contact(
            node, ports, lanes=self.engine, keyring=self._keyring, ways=self.ways
        )

    @property
    def logs(self) -> PeerLogs:
        """Where this node stands in the logs of others."""
        return self._logs

    @property
    def continuing(self) -> Continuing:
        """What the operator sees and says of logs that cannot simply go on."""
        return Continuing(log=self._ports.store, recovery=self.recovery, logs=self._logs)

    async def load(self) -> None:
        """Read what must be known before the first frame.

        Raises:
            StorageError: The store cannot be read.
        """
        await self._logs.load()
        await self.open_heads.load()
        self.gossip.load()

    async def run(self) -> None:
        """Deliver, open, refresh, greet, tend and watch until cancelled; one owner awaits it.

        Raises:
            ExceptionGroup: What ended one of them; the node must stop.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self.recovery.run())
            group.create_task(self.open_heads.run())
            group.create_task(self.gossip.run())
            group.create_task(self.reclaim.run())
            group.create_task(self.engine.run())
            group.create_task(self.consign.run())
            group.create_task(self.unheeded.run())
            group.create_task(self.adopt.run())
            group.create_task(self.contact.run())
            group.create_task(self._tend.run())
            group.create_task(self.watch.run())
            group.create_task(self.escalate.run())

    # ------------------------------------------------------------------ parts

    @cached_property
    def _sealings(self) -> Sealings:
        ports = self._ports
        return Sealings(
            node=self._node,
            store=ports.store,
            directory=ports.directory,
            transport=ports.transport,
        )

    @cached_property
    def reclaim(self) -> Reclaim:
        """Fetches receipts back after a loss."""
        ports = self._ports
        inquire = Inquire(
            store=ports.store,
            transport=ports.transport,
            logs=self._logs,
            judge=self._judge,
            clock=ports.clock,
        )
        return Reclaim(
            store=ports.store,
            directory=ports.directory,
            inquire=inquire,
            clock=ports.clock,
            journal=ports.journal,
        )

    @cached_property
    def open_heads(self) -> OpenHeads:
        """Heads of peers' logs that no proof has joined yet."""
        return make_open_heads(self._ports, self._logs)

    @cached_property
    def gossip(self) -> Gossip:
        """Examines what is heard of third logs."""
        return make_gossip(self._node, self._ports, logs=self._logs, open_heads=self.open_heads)

    def _make_dispatch(self) -> Dispatch:
        ports = self._ports
        shortfall = Shortfall(
            store=ports.store, clock=ports.clock, metrics=ports.metrics, lost=self._alarms.lost
        )
        settle = Settle(
            store=ports.store,
            logs=self._logs,
            standings=self._standings,
            clock=ports.clock,
            offsets=self._offsets,
            metrics=ports.metrics,
            shortfall=shortfall,
            sealings=self._sealings,
        )
        remedies = Remedies(
            node=self._node,
            store=ports.store,
            blobs=ports.blobs,
            transport=ports.transport,
            directory=ports.directory,
            keyring=self._keyring,
            clock=ports.clock,
            carries=self._fresh.carries,
        )
        return Dispatch(
            store=ports.store,
            transport=ports.transport,
            logs=self._logs,
            standings=self._standings,
            settle=settle,
            shortfall=shortfall,
            remedies=remedies,
            clock=ports.clock,
            metrics=ports.metrics,
            alarm=self._alarms.refused,
        )

    def _make_judge(self, secrets: Callable[[], Mapping[bytes, RecipientSecret]]) -> Judge:
        ports = self._ports
        return Judge(
            node=self._node,
            store=ports.store,
            blobs=ports.blobs,
            receipting=self._receipting,
            logs=self._logs,
            clock=ports.clock,
            secrets=secrets,
            guard=self._guard,
            sealings=self._sealings,
            carries=self._fresh.carries,
            heard=ports.directory_heard,
        )

    def _make_overview(self) -> tuple[Ways, Peers]:
        ports = self._ports
        ways = Ways(book=ports.store, standings=self.engine.views, contacts=self.engine.contacts)
        return ways, Peers(
            node=self._node,
            book=ports.store,
            directory=ports.directory,
            logs=self._logs,
            standings=self._standings,
            offsets=self._offsets,
            ways=ways,
        )

    def _make_receive(self) -> Receive:
        ports = self._ports
        return Receive(
            store=ports.store,
            directory=ports.directory,
            logs=self._logs,
            standings=self._standings,
            judge=self._judge,
            answers=self._answers,
            clock=ports.clock,
            accepted=self.consign.wake,
            contacted=self._contacted,
            alarm=self._alarms.refused,
            metrics=ports.metrics,
            guard=self._guard,
        )

    def _make_submit(self) -> Submit:
        ports = self._ports
        drafts = Drafts(
            node=self._node,
            store=ports.store,
            blobs=ports.blobs,
            directory=ports.directory,
            clock=ports.clock,
            randomness=ports.randomness,
            cases=self.cases,
        )
        return Submit(
            node=self._node,
            drafts=drafts,
            store=ports.store,
            directory=ports.directory,
            keyring=self._keyring,
            receipting=self._receipting,
            clock=ports.clock,
            metrics=ports.metrics,
            guard=self._guard,
        )

    async def _adopted(self) -> None:
        """Renew what rests on the directory: without one nothing could be receipted."""
        self.consign.wake()
        self.recovery.adopted()
        await self._directory_changed()
        await self.engine.directory_changed()

    def _contacted(self, node: NodeId) -> None:
        self.engine.contacted(node)
        self.recovery.contacted(node)
        self.escalate.contacted(node)
