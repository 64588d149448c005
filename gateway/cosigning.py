"""What of a running node has to do with witnesses: the one that it is, and those that it asks.

Source: docs/evidence.md, "Witnesses" and "Policy".
"""

from contextlib import AsyncExitStack
from functools import partial
from re import compile as pattern
from typing import Final

from gateway.config import NodeConfig
from gateway.errors import ConfigError
from gateway.home import Home
from gateway.journal import get_journal
from gateway.operator.start import RunOptions
from gateway.outfit import Ports
from gateway.peer.transport import HttpTransport
from gateway.peer.witness import WitnessCaller
from gateway.runtime import Runtime
from gateway.service.assigned import Roster
from gateway.service.cosign import Cosign
from gateway.service.witnesses import Witnesses
from protocol.errors import MalformedError
from protocol.witness.cosigning import cosign
from protocol.witness.naming import node_of_witness
from protocol.witness.policy import Policy
from protocol.witness.policyfile import MAX_POLICY_BYTES, parse_policy

_URL: Final = pattern(
    rb"(?:https://[a-z0-9.-]+|http://(?:localhost|127\.0\.0\.1))(?::[0-9]{1,5})?(?:/[!$->@-~]*)?\Z"
)
_S_PER_MINUTE: Final = 60


def read_policy(home: Home, config: NodeConfig) -> bytes | None:
    """Read the policy file of the settings.

    Args:
        home: A relative path begins here.
        config: The settings.

    Returns:
        A policy that reads; None if none is named.

    Raises:
        ConfigError: It cannot be read, is no policy, or names a witness at an address that cannot
            be asked.
    """
    if config.witness.policy is None:
        return None
    file = home.path_of(config.witness.policy)
    try:
        with file.open("rb") as source:
            data = source.read(MAX_POLICY_BYTES + 1)
        policy = parse_policy(data)
    except OSError as error:
        raise ConfigError(
            f"the policy file {file.name} cannot be read", hint="see witness.policy in node.toml"
        ) from error
    except MalformedError as error:
        raise ConfigError(
            f"{file.name} is no policy: {error}", hint="its form is C2SP tlog-policy"
        ) from error
    for each in policy.witnesses:
        is_node = node_of_witness(each.cosigner.key.name) is not None
        if not is_node and each.url is not None and _URL.match(each.url) is None:
            raise ConfigError(
                f"{file.name} names a witness whose address cannot be asked",
                hint="an address is https://..., or http:// on this machine",
            )
    return data


async def make_cosign(options: RunOptions, ports: Ports, runtime: Runtime) -> Cosign | None:
    """Return the witness that this node is; None for a node without a witness key.

    Raises:
        StorageError: It could not be noted that its key must sign no more.
    """
    key = options.keys.witness
    if key is None:
        get_journal("witness").warning("no_witness_key")
        return None
    signer = key.signer()
    witness = Cosign(
        node=options.config.node_id,
        key_id=signer.cosigner.key.key_id,
        sign=partial(cosign, signer),
        book=ports.store,
        directory=ports.directory,
        logs=runtime.logs,
        clock=ports.clock,
        journal=get_journal("witness"),
        metrics=ports.metrics,
    )
    await witness.begin()
    runtime.health.add(witness.check)
    return witness


async def make_witnesses(
    options: RunOptions,
    ports: Ports,
    runtime: Runtime,
    *,
    line: HttpTransport,
    stack: AsyncExitStack,
) -> Witnesses:
    """Return what has our log cosigned.

    Raises:
        ConfigError: The policy file of the settings cannot be used.
    """
    data = read_policy(options.home, options.config)
    policy: Policy | None = None if data is None else parse_policy(data)
    witnesses = Witnesses(
        own=options.keys.signer().verifier,
        book=ports.store,
        line=await stack.enter_async_context(WitnessCaller(line)),
        roster=Roster(
            node=options.config.node_id,
            directory=ports.directory,
            policy=policy,
            clock=ports.clock,
        ),
        every_s=float(options.config.witness.every_minutes * _S_PER_MINUTE),
        clock=ports.clock,
        randomness=ports.randomness,
        journal=get_journal("witness"),
        metrics=ports.metrics,
    )
    runtime.health.add(witnesses.check)
    return witnesses
