"""What a running node does beside its services: webhooks, nightly backups, keys; and its end.

Source: docs/operations.md.
"""

import asyncio
from contextlib import AsyncExitStack

from gateway.directory.rumours import Rumours
from gateway.errors import ConfigError, GatewayError
from gateway.journal import get_journal
from gateway.locksmith import Locksmith
from gateway.officer.api.reply import BASE
from gateway.officer.webhook import HttpCaller, read_secrets
from gateway.operator.start import RunOptions
from gateway.outfit import Ports
from gateway.runtime import Runtime
from gateway.service.alerting import Alerting
from gateway.service.nightly import Nightly
from gateway.service.revocations import Revoking
from gateway.service.stamps import Stamping
from gateway.service.webhooks import Receiver, Webhooks
from gateway.service.witnesses import Witnesses
from gateway.storage.backups import BackupFolder, HomeBackups


async def work(
    runtime: Runtime,
    nightly: Nightly | None,
    webhooks: Webhooks,
    locksmith: Locksmith,
    *,
    stamping: Stamping | None,
    witnesses: Witnesses,
    rumours: Rumours,
    revoking: Revoking,
) -> None:
    """Run the node with all that it does beside its services; what ends one of them ends all.

    Raises:
        GatewayError: What ended them, so that the process ends with its exit code.
        Exception: A bug did.
    """
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(runtime.run())
            group.create_task(webhooks.run())
            group.create_task(locksmith.run())
            group.create_task(witnesses.run())
            group.create_task(rumours.run(runtime.adopt.found))
            group.create_task(revoking.run())
            if nightly is not None:
                group.create_task(nightly.run())
            if stamping is not None:
                group.create_task(stamping.run())
    except ExceptionGroup as ended:
        reason = leading(ended)
        raise reason from ended


def leading(ended: ExceptionGroup[Exception]) -> Exception:
    """Return what a group of errors is about: the first that is no bug, else the first.

    Args:
        ended: What tasks ended with, however deep.
    """
    first: Exception | None = None
    for error in ended.exceptions:
        found = leading(error) if isinstance(error, ExceptionGroup) else error
        if isinstance(found, GatewayError):
            return found
        first = first or found
    return first or ended


def alerting_over(options: RunOptions, ports: Ports) -> Alerting:
    """Return what states that the desk was called."""
    return Alerting(node=options.config.node_id, book=ports.store, clock=ports.clock)


async def make_webhooks(
    options: RunOptions, ports: Ports, runtime: Runtime, stack: AsyncExitStack
) -> Webhooks:
    """Return what calls the programs of the settings, if any.

    Raises:
        ConfigError: A secret cannot be read.
        AccessDeniedError: Others may read it.
    """
    receivers = [
        Receiver(
            url=each.url,
            secrets=read_secrets(options.home.path_of(each.secret_file)),
            kinds=each.kinds,
        )
        for each in options.config.webhook
    ]
    webhooks = Webhooks(
        receivers,
        book=ports.store,
        origin=ports.store.origin,
        api=BASE,
        caller=await stack.enter_async_context(HttpCaller()),
        clock=ports.clock,
        randomness=ports.randomness,
        journal=get_journal("webhooks"),
        metrics=ports.metrics,
        told=alerting_over(options, ports).told,
    )
    if receivers:
        runtime.health.add(webhooks.check)
    return webhooks


def make_nightly(
    options: RunOptions, ports: Ports, backups: HomeBackups, runtime: Runtime
) -> Nightly | None:
    """Return what makes the nightly backups, None if none are wanted.

    Raises:
        ConfigError: The folder of the settings is not there.
    """
    section = options.config.backup
    if section.folder is None:
        return None
    place = options.home.path_of(section.folder)
    if not place.is_dir():
        raise ConfigError(
            "the folder of backup.folder is not there",
            hint="make it, writable for the node's user, or mount it before the node starts",
        )
    folder = BackupFolder(backups, place, node=options.config.node_id, keep=section.keep)
    nightly = Nightly(
        folder,
        at_minute=section.at_minute,
        clock=ports.clock,
        journal=get_journal("backup"),
        metrics=ports.metrics,
    )
    runtime.health.add(nightly.check)
    return nightly
