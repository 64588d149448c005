"""Contexts: what they demand, and what happens to an identity that cannot be used."""

import ssl
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from gateway.errors import ConfigError
from gateway.peer.tls import client_context, require_native_parser, server_context, shown_spki
from tests.gateway.peer.port import connect, der, identity, open_port, scenario


def test_contexts_know_one_version_and_demand_a_certificate() -> None:
    """No flag weakens them."""
    server = server_context(identity("ro"), [der(identity("fr"))])
    client = client_context(identity("ro"), [der(identity("fr"))], frozenset())
    for context in (server, client):
        assert context.minimum_version is ssl.TLSVersion.TLSv1_3
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert len(context.get_ca_certs(binary_form=True)) <= 1
    assert server.num_tickets == 0


def test_certificate_that_cannot_be_read_costs_its_own_node_only() -> None:
    """One broken entry must not close the port for all."""
    good = [der(identity("fr")), der(identity("jp"))]
    context = server_context(identity("ro"), [good[0], b"", b"junk", good[1], good[0]])
    assert context.cert_store_stats()["x509"] == 2


@pytest.mark.parametrize("field", ["certificate_pem", "key_pem"])
def test_identity_that_cannot_be_used_is_a_configuration_error(field: str) -> None:
    """Before anything listens."""
    broken: dict[str, Any] = {field: getattr(identity("jp"), field)}
    with pytest.raises(ConfigError):
        server_context(replace(identity("ro"), **broken), [])
    broken = {field: b"canary"}
    with pytest.raises(ConfigError) as caught:
        client_context(replace(identity("ro"), **broken), [], frozenset())
    assert "canary" not in str(caught.value)


@scenario
async def test_shown_key_is_that_of_the_other_side() -> None:
    """The pin is taken from the handshake, not from a name."""
    async with open_port() as port:
        stream = await connect(port.number)
        assert shown_spki(stream[1].transport) == identity("ro").spki
        stream[1].close()


def test_no_transport_shows_no_key() -> None:
    """A connection that is gone belongs to nobody."""
    assert shown_spki(None) is None


def test_compiled_parser_is_demanded() -> None:
    """The one in Python is where the smuggling faults were."""
    require_native_parser()
    program = (
        "from gateway.errors import ConfigError\n"
        "from gateway.peer.tls import require_native_parser\n"
        "try:\n    require_native_parser()\n"
        "except ConfigError as error:\n    print(error.exit_code)\n"
    )
    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program],
        env={"AIOHTTP_NO_EXTENSIONS": "1", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        check=True,
        text=True,
    )
    assert ended.stdout == "78\n"
