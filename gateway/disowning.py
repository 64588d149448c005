"""What of a running node has to do with revoked keys, wired.

Source: docs/wire-format.md, rule 32.
"""

from functools import partial

from gateway.directory.revocations import RevocableDirectory
from gateway.directory.trusted import TrustedDirectory
from gateway.journal import get_journal
from gateway.operator.orders import RevokeOrders
from gateway.operator.start import RunOptions
from gateway.outfit import Ports
from gateway.peer.transport import HttpTransport
from gateway.runtime import Runtime
from gateway.service.revocations import Revoking


async def make_revoking(
    options: RunOptions,
    ports: Ports,
    runtime: Runtime,
    directory: TrustedDirectory,
    *,
    line: HttpTransport,
) -> Revoking:
    """Return what takes and tells revocations; those that were kept count when this returns.

    Raises:
        StorageError: They cannot be read.
    """
    revoking = Revoking(
        node=options.config.node_id,
        book=ports.store,
        listings=RevocableDirectory(directory),
        directory=directory,
        line=line,
        orders=RevokeOrders(options.home),
        changed=partial(runtime.adopt.take, again=True),
        clock=ports.clock,
        journal=get_journal("keys"),
        metrics=ports.metrics,
    )
    await revoking.load()
    runtime.health.add(revoking.check)
    return revoking
