"""Opens the officers' side of a running node: the control socket, and the desk on loopback.

Which use cases there are is chosen here, as `gateway.assembly` chooses the ports below them.
"""

import os
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeVar

from aiohttp.web import Application, AppRunner, BaseSite, TCPSite, UnixSite

from gateway.chores import alerting_over
from gateway.deskwork import begin_deskwork, make_bulletin, with_deskwork
from gateway.errors import ConfigError, UnavailableError
from gateway.evidence.export import Export
from gateway.journal import get_journal
from gateway.officer.adapters.passkeys import WebAuthn, has_passkeys
from gateway.officer.desk import DeskParts, build_desk_app, has_pages
from gateway.officer.guards import Address
from gateway.officer.server import build_officer_app
from gateway.officer.services import OfficerServices
from gateway.operator.start import RunOptions
from gateway.outfit import Ports
from gateway.runtime import Runtime
from gateway.service.boxes import Boxes
from gateway.service.cancel import Cancel
from gateway.service.comparing import Comparing
from gateway.service.consult import Consult
from gateway.service.draft_desk import DraftPorts
from gateway.service.drafting import Drafting
from gateway.service.frontdoor import FrontDoor, make_front_door
from gateway.service.history import PartyHistory
from gateway.service.keyapproval import KeyApproval
from gateway.service.keychange import KeyChange
from gateway.service.leafing import Leafing
from gateway.service.prove import Prove, listed_keys
from gateway.service.revocations import Revoking
from gateway.service.unapproved import Unapproved
from gateway.service.witnesses import Witnesses
from gateway.storage.backups import HomeBackups
from gateway.storage.draft_parts import FolderParts

_Result = TypeVar("_Result")
_SOCKET_NAME_MOST: Final = 107
"""Bytes of a socket's path on Linux (unix(7)), without the zero behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What the desk shows and others run.

    Attributes:
        backups: Makes them.
        evidence: Makes bundles.
        witnesses: Who cosign our log.
        keychange: Keys of Parties that wait.
        revoking: Keys that count no more.
        history: What became of the entries of Parties.
    """

    backups: HomeBackups
    evidence: Export
    witnesses: Witnesses
    keychange: KeyChange
    revoking: Revoking
    history: PartyHistory


async def open_desk(
    options: RunOptions, ports: Ports, runtime: Runtime, stack: AsyncExitStack, *, beside: Beside
) -> int:
    """Open the control socket in the home, and the desk on localhost; return its port.

    Raises:
        ConfigError: The system takes no socket of so long a name.
        UnavailableError: The port is taken.
    """
    address = Address(options.config.desk.origins)
    door = make_front_door(
        ports.store,
        options.config.node_id,
        ports.clock,
        may_combine=options.config.desk.combined_roles,
        is_waived=options.config.desk.one_person,
        rules=WebAuthn() if has_passkeys() else None,
        alarm=lambda who: get_journal("desk").alarm("break_glass_used", who=who),
    )
    services = with_deskwork(
        _services(options, ports, runtime, door=door, address=address, beside=beside),
        ports.store,
        runtime.cases,
        budgets=ports.budgets,
    )
    services = await _with_drafts(options, services, ports, runtime, door=door, address=address)
    begin_deskwork(
        services,
        stack,
        bulletin=make_bulletin(
            services, ports.store, runtime, budgets=ports.budgets, ages=ports.ages
        ),
        has_pages=has_pages(),
    )
    await _open_socket(options, services, stack)
    parts = DeskParts(
        services=services,
        door=door,
        address=address,
        drafts=services.drafts,
        is_demo=options.config.desk.demo,
    )
    desk = await _runner(build_desk_app(parts), stack)
    site: BaseSite = TCPSite(desk, "127.0.0.1", options.config.desk.port)
    await listen(site.start(), "desk.port")
    address.port = int(desk.addresses[0][1])
    return address.port


async def _open_socket(
    options: RunOptions, services: OfficerServices, stack: AsyncExitStack
) -> None:
    """Open the control socket.

    Raises:
        ConfigError: The system takes no socket of so long a name.
    """
    control = options.home.control
    if len(os.fsencode(control)) > _SOCKET_NAME_MOST:
        raise ConfigError(
            "the path of this home is too long for its control socket",
            hint=f"move it: a home and the word control have {_SOCKET_NAME_MOST} bytes together",
        )
    control.unlink(missing_ok=True)
    officers = await _runner(build_officer_app(services), stack)
    before = os.umask(0o177)  # the socket is 0600 from its first moment
    try:
        await UnixSite(officers, control).start()
    finally:
        os.umask(before)


async def _with_drafts(
    options: RunOptions,
    services: OfficerServices,
    ports: Ports,
    runtime: Runtime,
    *,
    door: FrontDoor,
    address: Address,
) -> OfficerServices:
    """Return the services of a desk with drafts, and nothing sent past a second person.

    Raises:
        StorageError: The disk failed.
    """
    drafts = Drafting(
        DraftPorts(
            node=options.config.node_id,
            store=ports.store,
            parts=FolderParts(options.home.path_of("drafts")),
            blobs=ports.blobs,
            submit=runtime.submit,
            people=door.signatories,
            clock=ports.clock,
            randomness=ports.randomness,
            origins=lambda: address.origins,
        )
    )
    await drafts.open()
    submit = Unapproved(runtime.submit, drafts, door.signatories)
    return replace(services, drafts=drafts, submit=submit)


def _services(
    options: RunOptions,
    ports: Ports,
    runtime: Runtime,
    *,
    door: FrontDoor,
    address: Address,
    beside: Beside,
) -> OfficerServices:
    """Build the use cases that the desk offers."""
    store = ports.store
    consult = Consult(
        store,
        ports.directory,
        ports.clock,
        cases=runtime.cases,
        late=store,
        ways=runtime.ways,
        budgets=ports.budgets,
    )
    return OfficerServices(
        submit=runtime.submit,
        act=runtime.act,
        cancel=Cancel(store=store, clock=ports.clock),
        consult=consult,
        boxes=Boxes(store, store, consult, ports.clock, budgets=ports.budgets),
        mutes=store,
        history=beside.history,
        comparing=Comparing(
            runtime.engine,
            runtime.peers,
            lambda: (each.origin.node for each in runtime.open_heads.all()),
        ),
        prove=Prove(
            store,
            *options.keys.signer().verifiers,
            listed=partial(listed_keys, ports.directory),
            held=runtime.peers.held,
        ),
        health=runtime.health,
        peers=runtime.peers,
        store=store,
        directory=ports.directory,
        directory_made_ms=ports.directory_made_ms,
        config=options.config,
        clock=ports.clock,
        recovery=runtime.continuing,
        keychange=KeyApproval(
            beside.keychange,
            log=store,
            people=door.signatories,
            clock=ports.clock,
            origins=lambda: address.origins,
        ),
        revocations=beside.revoking,
        metrics=ports.metrics,
        backups=beside.backups,
        evidence=beside.evidence,
        paper=beside.evidence,
        leafing=Leafing(store),
        witnesses=beside.witnesses,
        holds=store,
        contact=runtime.contact,
        told=alerting_over(options, ports).told,
        door=door,
        enter=address.enter,
    )


async def _runner(app: Application, stack: AsyncExitStack) -> AppRunner:
    runner = AppRunner(app, access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    return runner


async def listen(starting: Awaitable[_Result], option: str) -> _Result:
    """Start to listen, or say which setting names a port that is taken.

    Args:
        starting: What opens the port.
        option: Names it, as `desk.port`.

    Raises:
        UnavailableError: It is taken.
    """
    try:
        return await starting
    except OSError as error:
        raise UnavailableError(
            f"the port of {option} cannot be opened: {os.strerror(error.errno or 0)}",
            code="port_in_use",
            hint=f"stop what listens there, or set another {option} in node.toml",
        ) from error
