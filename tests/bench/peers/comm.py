"""Packs and unpacks by didcomm, in an environment of its own: no import of this project.

One round is a message, signed and encrypted by authcrypt, and a receipt of it on the way back,
signed and encrypted too; both are unpacked. Prints one JSON line: processor time of one round,
for each size that was asked for, as often as asked for.
"""

import asyncio
import json
import sys
import time
import warnings
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # authlib's
    from didcomm.common.resolvers import ResolversConfig
    from didcomm.did_doc.did_doc import DIDDoc
    from didcomm.did_doc.did_resolver_in_memory import DIDResolverInMemory
    from didcomm.message import Message
    from didcomm.pack_encrypted import PackEncryptedConfig, pack_encrypted
    from didcomm.secrets.secrets_resolver_in_memory import SecretsResolverInMemory
    from didcomm.secrets.secrets_util import (
        generate_ed25519_keys_as_jwk_dict,
        generate_x25519_keys_as_jwk_dict,
        jwk_to_secret,
    )
    from didcomm.unpack import unpack

HERE, THERE = "did:example:here", "did:example:there"


def party(did: str) -> tuple[Any, list[Any]]:
    """Make the keys of one side and the document that lists them."""
    pairs = (generate_ed25519_keys_as_jwk_dict(), generate_x25519_keys_as_jwk_dict())
    names = [f"{did}#{number}" for number, _ in enumerate(pairs, start=1)]
    secrets = [
        jwk_to_secret({**secret, "kid": name})
        for name, (secret, _) in zip(names, pairs, strict=True)
    ]
    methods = [
        {"id": name, "type": "JsonWebKey2020", "controller": did, "publicKeyJwk": public}
        for name, (_, public) in zip(names, pairs, strict=True)
    ]
    document = DIDDoc.deserialize(
        {
            "@context": ["https://www.w3.org/ns/did/v1"],
            "id": did,
            "verificationMethod": methods,
            "authentication": names[:1],
            "keyAgreement": names[1:],
        }
    )
    return document, secrets


def config_of() -> ResolversConfig:
    """Make both sides."""
    here, mine = party(HERE)
    there, theirs = party(THERE)
    return ResolversConfig(
        secrets_resolver=SecretsResolverInMemory([*mine, *theirs]),
        did_resolver=DIDResolverInMemory([here, there]),
    )


async def one_way(config: ResolversConfig, sender: str, receiver: str, body: dict[str, str]) -> int:
    """Pack and unpack one message; return how many bytes travelled."""
    message = Message(
        id="1", type="https://example.org/bench", body=body, frm=sender, to=[receiver]
    )
    packed = await pack_encrypted(
        config,
        message,
        frm=sender,
        sign_frm=sender,
        to=receiver,
        pack_config=PackEncryptedConfig(forward=False),
    )
    opened = await unpack(config, packed.packed_msg)
    if not (opened.metadata.non_repudiation and opened.message.body == body):
        raise SystemExit("it did not come out as it went in")
    return len(packed.packed_msg)


async def main(sizes: list[int], rounds: int) -> None:
    """Measure and print."""
    config = config_of()
    found: dict[str, dict[str, float]] = {}
    for size in sizes:
        body = {"text": "x" * size}
        await one_way(config, HERE, THERE, body)
        began = time.process_time()
        wire = 0
        for _ in range(rounds):
            wire = await one_way(config, HERE, THERE, body)
            wire += await one_way(config, THERE, HERE, {"ack": "1"})
        found[str(size)] = {
            "cpu_us": (time.process_time() - began) / rounds * 1e6,
            "wire_bytes": wire,
        }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    count, *wanted = map(int, sys.argv[1:])
    asyncio.run(main(wanted, count))
