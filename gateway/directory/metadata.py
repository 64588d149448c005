"""Build and sign the roles of a directory; no folder, no rules.

Source: TUF specification, sections 4.3 to 4.6.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from securesystemslib.signer import (  # type: ignore[attr-defined]  # public, but not marked so
    CryptoSigner,
    Key,
)
from tuf.api.metadata import (  # type: ignore[attr-defined]  # public, but not marked so
    Delegations,
    Metadata,
    MetaFile,
    Role,
    Root,
    Snapshot,
    Targets,
    Timestamp,
)

ROOT_LIFE: Final = timedelta(days=730)
TARGETS_LIFE: Final = timedelta(days=365)
PARTY_LIFE: Final = timedelta(days=365)
SNAPSHOT_LIFE: Final = timedelta(days=30)
TIMESTAMP_LIFE: Final = timedelta(days=7)
"""Rule 31: nodes warn after a day, and after these seven send only what is urgent."""

_Signed = TypeVar("_Signed", Root, Timestamp, Snapshot, Targets)


def after(now_ms: int, life: timedelta) -> datetime:
    """Return when something signed now expires, in whole seconds UTC."""
    return datetime.fromtimestamp(now_ms // 1000, UTC) + life


def sign(signed: _Signed, signers: Sequence[CryptoSigner]) -> bytes:
    """Sign a role with every key given.

    Args:
        signed: The role.
        signers: The keys, each once.

    Returns:
        The file's bytes: the same for the same role, keys and order, because Ed25519 draws
        nothing.
    """
    metadata = Metadata(signed)
    for signer in signers:
        metadata.sign(signer, append=True)
    return metadata.to_bytes()


def keys_by_id(*signers: CryptoSigner) -> dict[str, Key]:
    """Return the public keys as roles list them."""
    return {signer.public_key.keyid: signer.public_key for signer in signers}


def role_of(signers: Sequence[CryptoSigner], threshold: int) -> Role:
    """Return a top-level role held by these keys."""
    return Role([signer.public_key.keyid for signer in signers], threshold)


def pin(version: int, data: bytes) -> MetaFile:
    """Return the reference to one version of a role: number, length and SHA-256."""
    return MetaFile.from_data(version, data, ["sha256"])


def next_snapshot(
    former: Snapshot | None, pins: Mapping[str, MetaFile], *, now_ms: int
) -> Snapshot:
    """Return the snapshot that lists these roles.

    Args:
        former: The newest one, None if there is none.
        pins: Every role but root, snapshot and timestamp, by its name.
        now_ms: Milliseconds since 1970 UTC.

    Returns:
        The former one if it lists the same and has half its life before it; else a new one.
    """
    meta = {f"{role}.json": pins[role] for role in sorted(pins)}
    if former is not None:
        half = after(now_ms, SNAPSHOT_LIFE / 2)
        if former.meta == meta and former.expires > half:
            return former
    version = 1 if former is None else former.version + 1
    return Snapshot(version=version, expires=after(now_ms, SNAPSHOT_LIFE), meta=meta)


def next_targets(former: Targets, *, now_ms: int, delegations: Delegations | None) -> Targets:
    """Return the next version of the authority's targets role, with these delegations."""
    return Targets(
        version=former.version + 1,
        expires=after(now_ms, TARGETS_LIFE),
        delegations=delegations,
    )
