"""Vectors of others, as tables: the cryptography-vectors package, tests/vectors/keys/external."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

from cryptography_vectors import open_vector_file

EXTERNAL: Final = Path(__file__).parents[1] / "vectors" / "keys" / "external"

Case = dict[str, Any]


def own_copy(name: str) -> Case:
    """Read a file of tests/vectors/keys/external, which names its source and licence."""
    text = (EXTERNAL / f"{name}.json").read_text(encoding="utf-8")
    return cast("Case", json.loads(text))


def packaged_json(path: str) -> Any:  # noqa: ANN401 - each file has its own shape
    """Read a JSON file of the cryptography-vectors package (Apache-2.0 or BSD-3-Clause)."""
    with open_vector_file(path, "r") as file:
        return json.load(file)


def ed25519_signatures() -> Iterator[tuple[bytes, bytes, bytes, bytes]]:
    """Give seed, public key, message and signature of the 1024 original Ed25519 vectors."""
    with open_vector_file("asymmetric/Ed25519/sign.input", "r") as file:
        for line in file:
            secret, public, message, signed, _ = str(line).split(":")
            raw = bytes.fromhex(signed)
            yield (
                bytes.fromhex(secret)[:32],
                bytes.fromhex(public),
                bytes.fromhex(message),
                raw[:64],
            )


def mldsa44_keys() -> Iterator[tuple[bytes, bytes]]:
    """Give seed and public key of the 100 known answers for ML-DSA-44."""
    with open_vector_file("asymmetric/MLDSA/kat_MLDSA_44_det_pure.rsp", "r") as file:
        fields = [str(line).split(" = ") for line in file if " = " in line]
    seeds = [value for name, value in fields if name == "xi"]
    publics = [value for name, value in fields if name == "pk"]
    for seed, public in zip(seeds, publics, strict=True):
        yield bytes.fromhex(seed), bytes.fromhex(public)


def xwing_exchanges() -> list[Case]:
    """Give the HPKE vectors with X-Wing (KEM 0x647a) and HKDF-SHA256."""
    vectors = packaged_json("HPKE/hpke-pq-test-vectors.json")
    return [v for v in vectors if v["kem_id"] == 0x647A and v["kdf_id"] == 1]
