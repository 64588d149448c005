"""The officers' side as aiohttp applications: the API on the control socket, health on loopback.

Opens nothing: the runtime serves `build_officer_app` on the home's control socket (mode 0600, so
whoever may open it is the desk) and `build_health_app` on localhost.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from aiohttp.web import Application, RouteDef

from gateway.journal import get_journal
from gateway.officer.acknowledging import Acknowledger
from gateway.officer.api.approvals import ApprovalApi, PolicyApi
from gateway.officer.api.backups import BackupApi
from gateway.officer.api.cancel import CancelApi
from gateway.officer.api.casework import CaseworkApi
from gateway.officer.api.comparisons import ComparisonApi
from gateway.officer.api.draftfiles import DraftFileApi
from gateway.officer.api.drafts import DraftApi
from gateway.officer.api.duty import DutyApi
from gateway.officer.api.entries import EntryApi
from gateway.officer.api.events import EventApi, still_seated
from gateway.officer.api.evidence import EvidenceApi
from gateway.officer.api.exports import ExportApi
from gateway.officer.api.finding import FindingApi
from gateway.officer.api.health import HealthApi, health_app
from gateway.officer.api.hold import HoldApi
from gateway.officer.api.keychange import KeyChangeApi
from gateway.officer.api.log import LogApi
from gateway.officer.api.me import MeApi
from gateway.officer.api.messages import MessageApi
from gateway.officer.api.openapi import OpenApi
from gateway.officer.api.operations import OperationApi
from gateway.officer.api.paper import PaperApi
from gateway.officer.api.parties import PartyApi
from gateway.officer.api.peers import PeersApi
from gateway.officer.api.pings import PingApi
from gateway.officer.api.recovery import RecoveryApi
from gateway.officer.api.refer import ReferApi
from gateway.officer.api.reference import ReferenceApi
from gateway.officer.api.reply import MAX_BODY_BYTES, problems
from gateway.officer.api.revocations import RevocationApi
from gateway.officer.api.searches import SearchApi
from gateway.officer.api.statistics import StatisticsApi
from gateway.officer.api.tokens import TokensApi
from gateway.officer.api.uploads import UploadApi
from gateway.officer.api.users import UsersApi
from gateway.officer.api.witnesses import WitnessApi
from gateway.officer.guards import by_socket
from gateway.officer.services import HealthService, MetricsService, OfficerServices
from gateway.service.hold import Holding
from gateway.service.listing import Listing

API_VERSION: Final = "1"


def build_officer_app(services: OfficerServices) -> Application:
    """Build the officers' API with health beside it, for the control socket.

    Args:
        services: What it is built of.
    """
    app = Application(
        middlewares=[
            problems(get_journal("officer")),
            by_socket(services.config.node, services.door),
        ],
        client_max_size=MAX_BODY_BYTES,
    )
    app.add_routes(api_routes(services))
    return app


def api_routes(services: OfficerServices, *, beside: Sequence[RouteDef] = ()) -> list[RouteDef]:
    """Return every address of the API; each handler carries the mark of what it needs.

    Args:
        services: What they are built of.
        beside: Addresses that are served beside them, and described with them: of browsers alone.
    """
    acknowledger = Acknowledger(
        services.consult,
        services.submit,
        services.directory,
        config=services.config,
        clock=services.clock,
    )
    routes = [
        *UploadApi(services.submit).routes(),
        *MessageApi(
            services.consult,
            services.act,
            acknowledger,
            listing=Listing(
                services.consult, services.boxes, services.clock, readings=services.casework
            ),
            casework=services.casework,
        ).routes(),
        *LogApi(services.prove, operations=services.operations).routes(),
        *WitnessApi(services.witnesses).routes(),
        *EventApi(
            services.store,
            services.clock,
            told=services.told,
            stands=None
            if services.door is None
            else still_seated(services.door.sessions, services.door.tokens),
        ).routes(),
        *ReferenceApi(services.directory, services.clock).routes(),
        *PartyApi(services.directory, services.history).routes(),
        *PeersApi(services.peers).routes(),
        *PaperApi(services).routes(),
        *HealthApi(services.health, services.metrics).routes(),
        *ReferApi(
            services.config.node_id, services.consult, services.submit, services.clock
        ).routes(),
        *(route for routes in _further(services) for route in routes),
    ]
    return [*routes, *beside, *OpenApi([*routes, *beside], API_VERSION).routes()]


def _further(services: OfficerServices) -> Iterator[Sequence[RouteDef]]:
    """Yield the addresses of what not every desk is given."""
    if services.backups is not None:
        yield BackupApi(services.backups).routes()
    if services.cancel is not None:
        yield CancelApi(services.cancel).routes()
    if services.holds is not None:
        holding = Holding(store=services.holds, clock=services.clock)
        yield HoldApi(holding).routes()
    if services.contact is not None:
        yield PingApi(services.contact, services.directory, services.clock).routes()
        yield FindingApi(services.contact.finder).routes()
    if services.evidence is not None:
        yield EvidenceApi(
            services.evidence, consult=services.consult, casework=services.casework
        ).routes()
    yield from _keys(services)
    if services.door is not None and services.enter is not None:
        yield MeApi(services.door, services.config).routes()
        yield UsersApi(services.door, services.enter).routes()
        yield TokensApi(services.door, services.enter).routes()
    yield from _work(services)
    yield from _records(services)
    if services.recovery is not None:
        operator = f"{services.config.node} operator"
        yield RecoveryApi(services.recovery, operator=operator).routes()


def _work(services: OfficerServices) -> Iterator[Sequence[RouteDef]]:
    """Yield the addresses of what a desk does beside its messages."""
    if services.casework is not None:
        yield CaseworkApi(services.casework, services.consult).routes()
    if services.drafts is not None:
        yield DraftApi(services.drafts).routes()
        yield DraftFileApi(services.drafts).routes()
        yield ApprovalApi(services.drafts).routes()
        yield PolicyApi(services.drafts).routes()
    if services.roster is not None:
        yield DutyApi(services.roster).routes()
    if services.searching is not None:
        yield SearchApi(services.searching).routes()
    if services.counting is not None:
        yield StatisticsApi(services.counting, services.clock).routes()
    if services.exporting is not None:
        yield ExportApi(services.exporting, operations=services.operations).routes()


def _records(services: OfficerServices) -> Iterator[Sequence[RouteDef]]:
    """Yield the addresses of what was done: our log leaf by leaf, and long work."""
    if services.leafing is not None:
        yield EntryApi(services.leafing).routes()
    if services.operations is not None:
        yield OperationApi(services.operations).routes()
    if services.comparing is not None:
        yield ComparisonApi(services.comparing).routes()


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
