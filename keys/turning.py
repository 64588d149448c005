"""Second keys of a node, while new ones take the place of old ones.

The former pair of log keys signs along with the new one, and the former last-resort key opens
beside the new one, until the directory lists them no more. A new certificate waits until the
directory lists it. What has had its time is erased.

Source:
    docs/wire-format.md, section 8, "Rotation".
"""

import json
from dataclasses import dataclass, field
from typing import Any, Final, Self, cast

from nacl.utils import random as draw

from keys.certificate import TlsIdentity, read_identity
from keys.errors import KeyFileError, KeyFileReason, UnknownSuiteError
from keys.suite import SEED_BYTES, XWING_SEED_BYTES

TURNING_KIND: Final = "turning"
"""Kind of the key file that holds them."""

_VERSION: Final = 1
_KEYS: Final = frozenset({"v", "node", "generation", "log", "tls", "last_resort"})
_PAIR: Final = frozenset({"ed25519", "mldsa44"})
_TLS: Final = frozenset({"certificate", "key"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPair:
    """Two keys that sign one log together. The repr shows nothing secret.

    Attributes:
        ed25519_seed: 32 bytes.
        mldsa44_seed: 32 bytes.

    Raises:
        UnknownSuiteError: A seed of another length.
    """

    ed25519_seed: bytes = field(repr=False)
    mldsa44_seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if {len(self.ed25519_seed), len(self.mldsa44_seed)} != {SEED_BYTES}:
            raise UnknownSuiteError("both seeds of a log have 32 bytes")

    @classmethod
    def generate(cls) -> Self:
        """Draw a pair from the system."""
        return cls(ed25519_seed=draw(SEED_BYTES), mldsa44_seed=draw(SEED_BYTES))


@dataclass(frozen=True, slots=True, kw_only=True)
class TurningKeys:
    """The second keys of a node, of each kind at most one. The repr shows nothing secret.

    Attributes:
        log: The former pair: signs along with the first, the log that is written now.
        tls: The next certificate: shown once the directory lists it.
        last_resort_seed: The former one: opens beside the first, 32 bytes.

    Raises:
        UnknownSuiteError: A seed of another length.
    """

    log: LogPair | None = None
    tls: TlsIdentity | None = field(default=None, repr=False)
    last_resort_seed: bytes | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.last_resort_seed is not None and len(self.last_resort_seed) != XWING_SEED_BYTES:
            raise UnknownSuiteError("an X-Wing seed has 32 bytes")

    def is_within(self, other: Self) -> bool:
        """Tell whether these are second keys of another value, all or some of them."""
        return all(
            mine is None or mine == theirs
            for mine, theirs in (
                (self.log, other.log),
                (self.tls, other.tls),
                (self.last_resort_seed, other.last_resort_seed),
            )
        )


def encode_turning_part(turning: TurningKeys, *, node: str, generation: int) -> bytes:
    """Write what the key file holds.

    Args:
        turning: The second keys.
        node: CC/n.
        generation: Of the log that the second pair signs.

    Returns:
        JSON in UTF-8; secret, for `keys.keyfile.encode_key_file` with `TURNING_KIND`.
    """
    log, tls, seed = turning.log, turning.tls, turning.last_resort_seed
    value = {
        "v": _VERSION,
        "node": node,
        "generation": generation,
        "log": None
        if log is None
        else {"ed25519": log.ed25519_seed.hex(), "mldsa44": log.mldsa44_seed.hex()},
        "tls": None
        if tls is None
        else {"certificate": tls.certificate_pem.decode(), "key": tls.key_pem.decode()},
        "last_resort": None if seed is None else seed.hex(),
    }
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def decode_turning_part(data: bytes, *, node: str, generation: int) -> TurningKeys:
    """Read what the key file holds.

    Args:
        data: Its content, decrypted.
        node: Whose it must be.
        generation: Of the log that is written now; a pair for another one is left out.

    Returns:
        The second keys.

    Raises:
        KeyFileError: With reason NEWER (of a later version), MISMATCH (of another node) or
            CONTENT (anything else that is not what was written).
    """
    try:
        return _read(data, node, generation)
    except KeyFileError:
        raise
    except Exception:  # noqa: BLE001, S110 - the decoder's one edge
        pass
    # Raised out here, without the cause: a JSON error carries the document, which is secret.
    raise KeyFileError("a key file does not hold what it must", reason=KeyFileReason.CONTENT)


def _read(data: bytes, node: str, generation: int) -> TurningKeys:
    value = _map(json.loads(data))
    version = value.get("v")
    if isinstance(version, int) and version > _VERSION:
        raise KeyFileError("a later version wrote this key file", reason=KeyFileReason.NEWER)
    if version != _VERSION or value.keys() != _KEYS:
        raise TypeError
    if value["node"] != node:
        raise KeyFileError("the key files are of two nodes", reason=KeyFileReason.MISMATCH)
    seed = value["last_resort"]
    return TurningKeys(
        log=_pair(value["log"]) if value["generation"] == generation else None,
        tls=_identity(value["tls"]),
        last_resort_seed=None if seed is None else bytes.fromhex(seed),
    )


def _pair(value: object) -> LogPair | None:
    if value is None:
        return None
    fields = _map(value)
    if fields.keys() != _PAIR:
        raise TypeError
    return LogPair(
        ed25519_seed=bytes.fromhex(fields["ed25519"]),
        mldsa44_seed=bytes.fromhex(fields["mldsa44"]),
    )


def _identity(value: object) -> TlsIdentity | None:
    if value is None:
        return None
    fields = _map(value)
    if fields.keys() != _TLS:
        raise TypeError
    return read_identity(fields["certificate"].encode(), fields["key"].encode())


def _map(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError
    return cast("dict[str, Any]", value)
