"""What the two key files hold, as bytes: NodeKeys to JSON and back.

`node.key` holds what a node needs to speak at all: log seeds and TLS identity. `content.key`
holds what opens contents: store key and recipients' seeds. Both name the node, so that files
of two nodes cannot be mixed. The bytes are secret; keys.keyfile encrypts them.
"""

import json
from typing import Any, Final, cast

from keys.certificate import read_identity
from keys.errors import KeyFileError, KeyFileReason
from keys.nodekeys import LogKeys, NodeKeys, Prekey

_VERSION: Final = 1
_NODE_KEYS: Final = frozenset(
    {"v", "node", "generation", "log_ed25519", "log_mldsa44", "tls_certificate", "tls_key"}
)
_CONTENT_KEYS: Final = frozenset({"v", "node", "store_key", "last_resort", "prekeys"})
_SPARE_KEYS: Final = frozenset({"v", "node", "generation", "log_ed25519", "log_mldsa44"})
_PREKEY_KEYS: Final = frozenset({"seed", "not_before_ms", "expires_ms"})


def encode_node_part(keys: NodeKeys) -> bytes:
    """Write what `node.key` holds.

    Args:
        keys: The keys of a node.

    Returns:
        JSON in UTF-8; secret.
    """
    return _dump(
        {
            "v": _VERSION,
            "node": keys.node,
            "generation": keys.generation,
            "log_ed25519": keys.log_ed25519_seed.hex(),
            "log_mldsa44": keys.log_mldsa44_seed.hex(),
            "tls_certificate": keys.tls.certificate_pem.decode(),
            "tls_key": keys.tls.key_pem.decode(),
        }
    )


def encode_content_part(keys: NodeKeys) -> bytes:
    """Write what `content.key` holds.

    Args:
        keys: The keys of a node.

    Returns:
        JSON in UTF-8; secret.
    """
    return _dump(
        {
            "v": _VERSION,
            "node": keys.node,
            "store_key": keys.store_key.hex(),
            "last_resort": keys.last_resort_seed.hex(),
            "prekeys": [
                {
                    "seed": prekey.seed.hex(),
                    "not_before_ms": prekey.not_before_ms,
                    "expires_ms": prekey.expires_ms,
                }
                for prekey in keys.prekeys
            ],
        }
    )


def encode_spare(log: LogKeys) -> bytes:
    """Write what a file with spare log keys holds.

    Args:
        log: Both keys of a later generation.

    Returns:
        JSON in UTF-8; secret.
    """
    return _dump(
        {
            "v": _VERSION,
            "node": log.node,
            "generation": log.generation,
            "log_ed25519": log.ed25519_seed.hex(),
            "log_mldsa44": log.mldsa44_seed.hex(),
        }
    )


def decode_spare(data: bytes) -> LogKeys:
    """Read spare log keys.

    Args:
        data: What the file holds, decrypted.

    Raises:
        KeyFileError: With reason NEWER, or CONTENT (not what was written).
    """
    try:
        fields = _load(data, _SPARE_KEYS)
        log = LogKeys(
            node=_text(fields["node"]),
            generation=_count(fields["generation"]),
            ed25519_seed=_raw(fields["log_ed25519"]),
            mldsa44_seed=_raw(fields["log_mldsa44"]),
        )
    except KeyFileError:
        raise
    except Exception:  # noqa: BLE001 - the decoder's one edge
        log = None
    if log is None:  # raised out here, without the cause: it carries what is secret
        raise KeyFileError("a key file does not hold what it must", reason=KeyFileReason.CONTENT)
    return log


def decode_keys(node_part: bytes, content_part: bytes) -> NodeKeys:
    """Put the two parts together again.

    Args:
        node_part: What `node.key` holds, decrypted.
        content_part: What `content.key` holds, decrypted.

    Returns:
        The keys that were written.

    Raises:
        KeyFileError: With reason NEWER (a part of a later version), MISMATCH (two nodes) or
            CONTENT (anything else that is not what was written).
    """
    try:
        keys = _join(_load(node_part, _NODE_KEYS), _load(content_part, _CONTENT_KEYS))
    except KeyFileError:
        raise
    except Exception:  # noqa: BLE001 - the decoder's one edge
        keys = None
    # Raised out here, without the cause: a JSON error carries the document, which is secret.
    if keys is None:
        raise KeyFileError("a key file does not hold what it must", reason=KeyFileReason.CONTENT)
    return keys


def _dump(value: dict[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _load(data: bytes, expected: frozenset[str]) -> dict[str, object]:
    value = _map(json.loads(data))
    version = value.get("v")
    if isinstance(version, int) and version > _VERSION:
        raise KeyFileError("a later version wrote this key file", reason=KeyFileReason.NEWER)
    if version != _VERSION or value.keys() != expected:
        raise TypeError
    return value


def _join(node: dict[str, object], content: dict[str, object]) -> NodeKeys:
    if node["node"] != content["node"]:
        raise KeyFileError("the key files are of two nodes", reason=KeyFileReason.MISMATCH)
    certificate, key = _text(node["tls_certificate"]), _text(node["tls_key"])
    return NodeKeys(
        node=_text(node["node"]),
        generation=_count(node["generation"]),
        log_ed25519_seed=_raw(node["log_ed25519"]),
        log_mldsa44_seed=_raw(node["log_mldsa44"]),
        tls=read_identity(certificate.encode(), key.encode()),
        store_key=_raw(content["store_key"]),
        last_resort_seed=_raw(content["last_resort"]),
        prekeys=tuple(_prekey(item) for item in _items(content["prekeys"])),
    )


def _prekey(value: object) -> Prekey:
    fields = _map(value)
    if fields.keys() != _PREKEY_KEYS:
        raise TypeError
    return Prekey(
        seed=_raw(fields["seed"]),
        not_before_ms=_count(fields["not_before_ms"]),
        expires_ms=_count(fields["expires_ms"]),
    )


def _map(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TypeError
    return cast("dict[str, object]", value)


def _items(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError
    return cast("list[object]", value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return value


def _raw(value: object) -> bytes:
    return bytes.fromhex(_text(value))
