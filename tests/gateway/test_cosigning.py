"""What a node is given of witnesses: a policy that reads, a key if it has one, whom to ask."""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from gateway.clock import SystemClock
from gateway.config import NodeConfig, WitnessSection
from gateway.cosigning import make_cosign, make_witnesses, read_policy
from gateway.errors import ConfigError
from gateway.home import Home
from gateway.journal import get_journal
from gateway.metrics import Metrics
from gateway.operator.start import RunOptions
from gateway.peer.transport import HttpTransport
from keys.keyfile import Credential
from protocol.witness.policy import NONE, Policy, PolicyWitness
from protocol.witness.policyfile import MAX_POLICY_BYTES, format_policy
from tests.gateway.network import Node, Wire, network
from tests.gateway.service.witness_world import list_witness, signer_of
from tests.gateway.service.world import scenario


def settings(policy: str | None = "policy.txt") -> NodeConfig:
    """Return settings that name a policy file."""
    witness = WitnessSection(policy=policy)
    return NodeConfig(node="FR/1", name="FR", url="https://localhost", witness=witness)


def written(url: bytes | None, name: str = "example.org/w") -> bytes:
    """Return a policy with one witness."""
    witness = PolicyWitness(name=b"w", cosigner=signer_of(name).cosigner, url=url)
    return format_policy(Policy(logs=(), witnesses=(witness,), groups=(), quorum=NONE))


@pytest.mark.parametrize(
    "data",
    [
        written(b"https://example.org:8443/w"),
        written(b"http://127.0.0.1:80/"),
        written(None),
        written(b"anything", "a35/DE/1/witness"),
    ],
)
def test_policy_of_the_settings_is_read(tmp_path: Path, data: bytes) -> None:
    """A node is asked over the peer port, whatever address its line has."""
    (tmp_path / "policy.txt").write_bytes(data)
    assert read_policy(Home(tmp_path), settings()) == data
    assert read_policy(Home(tmp_path), settings(None)) is None


@pytest.mark.parametrize(
    "data",
    [
        None,
        b"quorum",
        b"#" * (MAX_POLICY_BYTES + 1),
        written(b"http://example.org/w"),
        written(b"https://user@example.org/w"),
        written(b"file:///etc/passwd"),
        written(b"https://example.org/\xe9"),
        written(b"https://example.org/w?x"),
    ],
)
def test_policy_that_cannot_be_used_is_named(tmp_path: Path, data: bytes | None) -> None:
    """Before anything starts: missing, no policy, or an address that is not asked."""
    if data is not None:
        (tmp_path / "policy.txt").write_bytes(data)
    with pytest.raises(ConfigError, match=r"policy\.txt"):
        read_policy(Home(tmp_path), settings())


def options(node: Node, home: Path, *, witnessing: bool) -> RunOptions:
    """Return a node that may be started."""
    return RunOptions(
        home=Home(home),
        config=settings(),
        keys=node.keys.with_new_witness() if witnessing else node.keys,
        secret=Credential(b"s" * 32),
        json_journal=False,
    )


@scenario
async def test_node_is_a_witness_if_it_has_a_key_and_asks_those_of_its_policy(
    tmp_path: Path,
) -> None:
    """Both are shown by the doctor."""
    async with network(tmp_path, ["DE/1", "FR/1"], Wire(), run=[]) as net:
        node = net["FR/1"]
        runtime, ports = node.runtime, node.runtime._ports
        witness = PolicyWitness(name=b"de", cosigner=list_witness(net, "DE/1").cosigner)
        policy = Policy(logs=(), witnesses=(witness,), groups=(), quorum=b"de")
        (tmp_path / "policy.txt").write_bytes(format_policy(policy))
        assert await make_cosign(options(node, tmp_path, witnessing=False), ports, runtime) is None
        chosen = options(node, tmp_path, witnessing=True)
        made = await make_cosign(chosen, ports, runtime)
        assert made is not None
        assert made.check().ok
        line = HttpTransport(
            node.keys.tls,
            node.directory,
            clock=SystemClock(),
            metrics=Metrics(),
            journal=get_journal("test"),
        )
        async with AsyncExitStack() as stack:
            asking = await make_witnesses(chosen, ports, runtime, line=line, stack=stack)
            assert [each.witness for each in await asking.states()] == ["a35/DE/1/witness"]
        names = [each.name for each in runtime.health.report()]
        assert names[-2:] == ["witness", "witnesses"]
