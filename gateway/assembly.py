"""Assembles a running node: chooses the real ports, opens each part, closes them in reverse.

SQLite, HTTP, TUF and the system's clock are chosen here and nowhere else. Each part is opened
when what it relies on is there; the ports for peers and officers last.
"""

import asyncio
import gc
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from functools import lru_cache, partial
from typing import Final

from gateway.chores import make_nightly, make_webhooks, work
from gateway.clock import SystemClock
from gateway.cosigning import make_cosign, make_witnesses, read_policy
from gateway.deskroom import Beside, listen, open_desk
from gateway.directory.sources import PeerAccess
from gateway.directory.trusted import TrustedDirectory, file_of, made_ms_of
from gateway.disowning import make_revoking
from gateway.errors import ConfigError
from gateway.evidence.states import export_over
from gateway.journal import configure_journal, get_journal
from gateway.locksmith import Locksmith, make_keychange
from gateway.metrics import Metrics
from gateway.notary import make_stamping
from gateway.operator.keyroom import KeyRoom
from gateway.operator.start import RunOptions
from gateway.outfit import Ports
from gateway.peer.neighbour import ask_peer
from gateway.peer.server import PeerServer, PeerServices
from gateway.peer.transport import HttpTransport
from gateway.ports import Clock
from gateway.randomness import SystemRandomness
from gateway.runtime import Runtime
from gateway.service.history import PartyHistory
from gateway.storage.backups import HomeBackups
from gateway.storage.blobs import FileBlobs
from gateway.storage.space import DiskSpace
from gateway.storage.sqlite import SqliteStore
from keys.nodekeys import NodeKeys
from protocol.identifiers import LogOrigin
from protocol.log.checkpoint import Checkpoint, TreeHead
from protocol.log.signing import sign_head

_SEARCH_AFTER: Final = 10_000
"""Objects more than before after which cycles are looked for; the interpreter's own is 700."""


def run(options: RunOptions, *, clock: Clock | None = None) -> int:
    """Run one node until it is told to stop.

    Args:
        options: Home, settings and unlocked keys.
        clock: The system's clock unless given.

    Returns:
        0 after SIGTERM or SIGINT.

    Raises:
        ConfigError: A setting is missing, or the store is of a newer release.
        UnavailableError: A port is taken.
        StorageError: The store cannot be opened, or failed while running.
        LogDamagedError: The log does not verify.
    """
    configure_journal(sys.stderr, json=options.json_journal)
    asyncio.run(serve(options, SystemClock() if clock is None else clock))
    return 0


async def serve(
    options: RunOptions, clock: Clock, *, met: Callable[[Runtime, Ports], None] | None = None
) -> None:
    """Run one node until SIGTERM or SIGINT.

    Args:
        options: Home, settings and unlocked keys.
        clock: Time.
        met: Is given the node's services and ports once it serves, for a program that has it in
            its own process.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        directory = await _directory(options, clock, stack)
        metrics = Metrics()
        room = KeyRoom(options.home.keys, options.keys, options.secret)
        store = await _store(options, room, clock, stack, metrics=metrics)
        transport = HttpTransport(
            options.keys.tls,
            directory,
            clock=clock,
            metrics=metrics,
            journal=get_journal("transport"),
        )
        await transport.start()
        stack.push_async_callback(transport.close)
        directory.peers = PeerAccess(me=options.config.node_id, ask=partial(ask_peer, transport))
        blobs = FileBlobs(options.home.blobs, node=options.config.node_id)
        ports = Ports(
            clock=clock,
            randomness=SystemRandomness(),
            transport=transport,
            store=store,
            blobs=blobs,
            directory=directory,
            metrics=metrics,
            journal=get_journal("service"),
            measure=DiskSpace(options.home.path),
            floor=options.config.disk.floor,
            budgets=options.config.escalation.budgets,
            copies=options.config.escalation.second_contact_point,
            workers=options.config.delivery.workers,
            keep=options.config.retention.keep,
            directory_made_ms=partial(made_ms_of, directory),
            directory_heard=directory.rumours.hear,
            ages=options.config.directory.ages,
        )
        await _run(
            options,
            ports,
            directory,
            blobs=blobs,
            locksmith=Locksmith(options, ports, room, transport),
            transport=transport,
            stop=stop,
            stack=stack,
            met=met,
        )
    get_journal("node").info("stopped")


async def _run(
    options: RunOptions,
    ports: Ports,
    directory: TrustedDirectory,
    *,
    blobs: FileBlobs,
    locksmith: Locksmith,
    transport: HttpTransport,
    stop: asyncio.Event,
    stack: AsyncExitStack,
    met: Callable[[Runtime, Ports], None] | None,
) -> None:
    server: PeerServer | None = None

    async def renew() -> None:
        if server is not None:
            await server.reload_trust()
            await locksmith.turning.look()

    runtime = Runtime(
        node=options.config.node_id,
        ports=ports,
        secrets=locksmith.room.secrets,
        accepts=locksmith.renewal.accepts,
        directory_changed=renew,
        why_no_directory=lambda: directory.why,
        own=locksmith.room.keys.signer().verifiers,
    )
    await runtime.load()
    revoking = await make_revoking(options, ports, runtime, directory, line=transport)
    services = PeerServices(
        reception=runtime.reception,
        directory=directory,
        blobs=blobs,
        clock=ports.clock,
        metrics=ports.metrics,
        journal=get_journal("peer"),
        witness=await make_cosign(options, ports, runtime),
        mirror=partial(file_of, directory),
        revocations=revoking,
    )
    server = PeerServer(services, options.keys.tls, trusted_certificates=directory.certificates)
    locksmith.server = server
    peer_port = await listen(
        server.start(options.config.peer.host, options.config.peer.port), "peer.listen"
    )
    stack.push_async_callback(server.stop)
    backups = HomeBackups(
        options.home, store_key=options.keys.store_key, head=ports.store.head, clock=ports.clock
    )
    webhooks = await make_webhooks(options, ports, runtime, stack)
    evidence = export_over(directory, ports, policy=read_policy(options.home, options.config))
    witnesses = await make_witnesses(options, ports, runtime, line=transport, stack=stack)
    desk_port = await open_desk(
        options,
        ports,
        runtime,
        stack,
        beside=Beside(
            backups=backups,
            evidence=evidence,
            witnesses=witnesses,
            keychange=make_keychange(directory, ports, runtime),
            revoking=revoking,
            history=PartyHistory(partial(_entries, directory)),
        ),
    )
    listening = {"peer": peer_port, "desk": desk_port, "pid": os.getpid()}
    options.home.ports_file.write_text(json.dumps(listening), encoding="utf-8")
    runtime.health.add(locksmith.renewal.check)
    runtime.health.add(locksmith.turning.check)
    runtime.health.serving(now=True)
    get_journal("node").info("serving", node=options.config.node, **listening)
    nightly = make_nightly(options, ports, backups, runtime)
    stamping = await make_stamping(options, ports, runtime, stack)
    working = asyncio.create_task(
        work(
            runtime,
            nightly,
            webhooks,
            locksmith,
            stamping=stamping,
            witnesses=witnesses,
            rumours=directory.rumours,
            revoking=revoking,
        )
    )
    if met is not None:
        met(runtime, ports)
    await _until(stop, working)


async def _entries(directory: TrustedDirectory, country: str) -> Sequence[tuple[int, bytes | None]]:
    """Return what was kept of a Party's entry; many small files, hence not in the loop."""
    return await asyncio.to_thread(directory.archive.entries, country)


def _settle_memory() -> None:
    """Let the search for cycles pass over what stays for the life of the process.

    Modules, forms and keys are most of what is in memory, and are looked through again and again
    for nothing. What a message leaves behind is freed without any search, so searches can be rare.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_SEARCH_AFTER)


async def _until(stop: asyncio.Event, working: asyncio.Task[None]) -> None:
    """Wait until the node is told to stop; what ended its work before ends the node."""
    _settle_memory()  # everything that stays is there
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if working.done():
        await working  # nothing may go on half
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


async def _directory(options: RunOptions, clock: Clock, stack: AsyncExitStack) -> TrustedDirectory:
    """Load the directory held; fetching it is the business of gateway.service.adopt.

    Raises:
        ConfigError: None is named, or its root cannot be read.
    """
    section = options.config.directory
    if section.url is None or section.root is None:
        raise ConfigError(
            "no directory is named in node.toml",
            hint="set directory.url and directory.root, as the directory's authority gave them",
        )
    try:
        root = options.home.path_of(section.root).read_bytes()
    except OSError as error:
        raise ConfigError(
            "the directory's root cannot be read", hint="check directory.root in node.toml"
        ) from error
    directory = TrustedDirectory(
        options.home.directory,
        url=section.url,
        root=root,
        clock=clock,
        journal=get_journal("directory"),
        mirrors=section.mirrors,
    )
    await directory.start()
    stack.push_async_callback(directory.close)
    return directory


async def _store(
    options: RunOptions, room: KeyRoom, clock: Clock, stack: AsyncExitStack, *, metrics: Metrics
) -> SqliteStore:
    signer_of = lru_cache(maxsize=1)(NodeKeys.signer)  # made anew when the keys have changed

    def sign(head: TreeHead) -> Checkpoint:
        return sign_head(signer_of(room.keys), head, timestamp_s=clock.now_ms() // 1000)

    store = SqliteStore.open(
        options.home.store,
        origin=LogOrigin.parse(options.keys.origin),
        store_key=options.keys.store_key,
        head_signer=sign,
        clock=clock,
        anchor=options.home.anchor,
        metrics=metrics,
    )
    await store.start()
    stack.push_async_callback(store.close)
    return store
