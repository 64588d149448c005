"""A node takes another certificate into use while it is called, and calls: nothing is refused."""

import asyncio
from ssl import PEM_cert_to_DER_cert

from gateway.clock import SystemClock
from gateway.journal import get_journal
from gateway.metrics import Metrics
from gateway.peer.transport import HttpTransport
from protocol.directory import NodeEntry
from protocol.directory_values import key_text
from tests.gateway.peer.port import (
    FR,
    HOST,
    RO,
    FixedDirectory,
    entry,
    identity,
    open_port,
    scenario,
)

CALLS = 20


def with_both(part: NodeEntry, *names: str) -> NodeEntry:
    """Return an entry that lists the certificates of these names."""
    shown = [identity(name) for name in names]
    ders = [PEM_cert_to_DER_cert(each.certificate_pem.decode()) for each in shown]
    return part.model_copy(
        update={
            "tls_spki": tuple(each.spki.hex() for each in shown),
            "tls_certificates": tuple(key_text(der) for der in ders),
        }
    )


def opened(caller: HttpTransport, count: int) -> list[asyncio.Task[tuple[int, bytes]]]:
    """Begin some calls side by side."""
    return [asyncio.create_task(caller.get(RO, "/v1/keys", max_bytes=1000)) for _ in range(count)]


@scenario
async def test_no_call_is_refused_while_both_sides_change_their_certificates() -> None:
    """The directory lists both certificates of both nodes; each changes under load."""
    async with open_port() as port:
        theirs = entry(RO, identity("ro"), f"https://{HOST}:{port.number}")
        held = FixedDirectory(with_both(theirs, "ro", "ro-next"))
        caller = HttpTransport(
            identity("fr"),
            held,
            clock=SystemClock(),
            metrics=Metrics(),
            journal=get_journal("test"),
        )
        await caller.start()
        try:
            both = with_both(entry(FR, identity("fr")), "fr", "fr-next")
            port.directory.entries[FR] = both
            await port.server.reload_trust()
            calls = opened(caller, CALLS)
            await port.server.show(identity("ro-next"))
            calls += opened(caller, CALLS)
            caller.show(identity("fr-next"))
            calls += opened(caller, CALLS)
            answers = await asyncio.gather(*calls)
            assert {status for status, _ in answers} == {200}
            # The old certificates may go now: nobody shows them any more.
            port.directory.entries[FR] = with_both(both, "fr-next")
            held.entries[RO] = with_both(theirs, "ro-next")
            await port.server.reload_trust()
            assert (await caller.get(RO, "/v1/keys", max_bytes=1000))[0] == 200
        finally:
            await caller.close()
