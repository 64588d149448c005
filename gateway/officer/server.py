"""The officers' side as aiohttp applications: the API on the control socket, health on loopback.

Opens nothing: the runtime serves `build_officer_app` on the home's control socket (mode 0600, so
whoever may open it is the desk) and `build_health_app` on localhost.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aiohttp.web import Application, RouteDef

from gateway.config import NodeConfig
from gateway.journal import get_journal
from gateway.officer.api.acknowledge import Acknowledger
from gateway.officer.api.backups import BackupApi, BackupService
from gateway.officer.api.cancel import CancelApi, CancelService
from gateway.officer.api.drafts import DraftApi
from gateway.officer.api.events import EventApi, Told
from gateway.officer.api.evidence import EvidenceApi, EvidenceService
from gateway.officer.api.finding import FindingApi
from gateway.officer.api.health import HealthApi, health_app
from gateway.officer.api.hold import HoldApi
from gateway.officer.api.keychange import KeyChangeApi, KeyChangeService
from gateway.officer.api.log import LogApi
from gateway.officer.api.messages import MessageApi
from gateway.officer.api.peers import PeersApi
from gateway.officer.api.pings import PingApi
from gateway.officer.api.recovery import RecoveryApi
from gateway.officer.api.refer import ReferApi
from gateway.officer.api.reference import ReferenceApi
from gateway.officer.api.reply import MAX_BODY_BYTES, problems
from gateway.officer.api.revocations import RevocationApi, RevocationService
from gateway.officer.api.witnesses import WitnessApi
from gateway.officer.services import (
    ActService,
    HealthService,
    MetricsService,
    PeersService,
    ProveService,
    RecoveryService,
    SubmitService,
    WitnessesService,
)
from gateway.ports import Clock, Directory
from gateway.retaining import Holds
from gateway.service.consult import Consult
from gateway.service.contact import Contact
from gateway.service.hold import Holding
from gateway.store import Casebook


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficerServices:
    """Everything that the officers' side is built of."""

    submit: SubmitService
    act: ActService
    consult: Consult
    prove: ProveService
    health: HealthService
    peers: PeersService
    store: Casebook
    directory: Directory
    config: NodeConfig
    clock: Clock
    metrics: MetricsService
    backups: BackupService | None = None
    recovery: RecoveryService | None = None
    cancel: CancelService | None = None
    evidence: EvidenceService | None = None
    holds: Holds | None = None
    contact: Contact | None = None
    told: Told | None = None
    witnesses: WitnessesService | None = None
    keychange: KeyChangeService | None = None
    revocations: RevocationService | None = None


def build_officer_app(services: OfficerServices) -> Application:
    """Build the officers' API with health beside it.

    Args:
        services: What it is built of.
    """
    acknowledger = Acknowledger(
        services.consult,
        services.submit,
        services.directory,
        config=services.config,
        clock=services.clock,
    )
    # Until people sign in, whoever may open the control socket acts for the desk as a whole.
    who = f"{services.config.node} desk"
    app = Application(
        middlewares=[problems(get_journal("officer"))], client_max_size=MAX_BODY_BYTES
    )
    for routes in (
        DraftApi(services.submit).routes(),
        MessageApi(services.consult, services.act, acknowledger, who=who).routes(),
        LogApi(services.prove).routes(),
        WitnessApi(services.witnesses).routes(),
        EventApi(services.store, services.clock, told=services.told).routes(),
        ReferenceApi(services.directory, services.clock).routes(),
        PeersApi(services.peers).routes(),
        HealthApi(services.health, services.metrics).routes(),
        ReferApi(
            services.config.node_id, services.consult, services.submit, services.clock
        ).routes(),
        *_further(services, who),
    ):
        app.add_routes(routes)
    return app


def _further(services: OfficerServices, who: str) -> Iterator[Sequence[RouteDef]]:
    """Yield the addresses of what not every desk is given."""
    if services.backups is not None:
        yield BackupApi(services.backups).routes()
    if services.cancel is not None:
        yield CancelApi(services.cancel, who=who).routes()
    if services.holds is not None:
        holding = Holding(store=services.holds, clock=services.clock)
        yield HoldApi(holding, who=who).routes()
    if services.contact is not None:
        yield PingApi(services.contact, services.directory, services.clock, who=who).routes()
        yield FindingApi(services.contact.finder).routes()
    if services.evidence is not None:
        yield EvidenceApi(services.evidence, who=who).routes()
    yield from _keys(services)
    if services.recovery is not None:
        operator = f"{services.config.node} operator"
        yield RecoveryApi(services.recovery, who=operator).routes()


def _keys(services: OfficerServices) -> Iterator[Sequence[RouteDef]]:
    """Yield the addresses of what is told of keys of other Parties."""
    if services.keychange is not None:
        yield KeyChangeApi(services.keychange).routes()
    if services.revocations is not None:
        yield RevocationApi(services.revocations).routes()


def build_health_app(health: HealthService, metrics: MetricsService) -> Application:
    """Build what is served on `http://localhost:PORT`: /healthz, /readyz, /metrics.

    Args:
        health: Whether the node lives and works.
        metrics: Its counters.
    """
    return health_app(health, metrics)
