"""What a published folder holds, verified as a node would verify it: for people and programs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from tuf.api.metadata import (  # type: ignore[attr-defined]  # public, but not marked so
    Metadata,
    Root,
    Snapshot,
    Targets,
    Timestamp,
)

from gateway.directory.chain import VerifiedDirectory, delegations, expiry_ms, verify_chain
from gateway.directory.draft import Drafts
from gateway.directory.layout import (
    ROOT,
    SNAPSHOT,
    TARGETS,
    TIMESTAMP,
    TIMESTAMP_FILE,
    party_role,
    role_file,
)
from gateway.directory.repository import Repository
from protocol.directory import PartyEntry

_NEW: Final = "delegated, to be published"
_Signed = TypeVar("_Signed", Root, Timestamp, Snapshot, Targets)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleSummary:
    """One role: its version, who may sign it, how many did, until when it counts."""

    version: int
    keys: int
    threshold: int
    signatures: int
    expires_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PartySummary:
    """One Party to which something is delegated.

    Attributes:
        country: Its code.
        role: Its role; None if nothing is published yet.
        entry: Its published entry; None if it has none that counts.
        left_out: Why it has none, None if it has one.
        has_draft: Whether a draft waits to be published.
    """

    country: str
    role: RoleSummary | None
    entry: PartyEntry | None
    left_out: str | None
    has_draft: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A published directory.

    Attributes:
        verified: The state as a node sees it.
        roles: `root`, `targets`, `snapshot` and `timestamp`.
        parties: In order of their codes.
    """

    verified: VerifiedDirectory
    roles: Mapping[str, RoleSummary]
    parties: tuple[PartySummary, ...]


def show(folder: Path, *, now_ms: int) -> Summary:
    """Read and verify a published folder.

    Args:
        folder: Holds metadata/ and targets/.
        now_ms: Milliseconds since 1970 UTC.

    Returns:
        What it holds; expired roles are shown with their expiry, not refused.

    Raises:
        NoInputError: There is no directory here.
        ProofError: It does not verify.
        DataError: A file is damaged.
        StorageError: The disk refused.
    """
    repository = Repository(folder)
    verified = verify_chain(repository.anchor(), repository.files, at_ms=now_ms)
    return Summary(
        verified=verified, roles=_roles(verified), parties=_parties(repository, verified)
    )


def _roles(verified: VerifiedDirectory) -> dict[str, RoleSummary]:
    """Describe the published versions; all of them were verified before."""
    files = verified.files
    root = Metadata[Root].from_bytes(files[role_file(ROOT, verified.stamp.root_version)])
    timestamp = Metadata[Timestamp].from_bytes(files[TIMESTAMP_FILE])
    version = timestamp.signed.snapshot_meta.version
    snapshot = Metadata[Snapshot].from_bytes(files[role_file(SNAPSHOT, version)])
    version = snapshot.signed.meta[f"{TARGETS}.json"].version
    targets = Metadata[Targets].from_bytes(files[role_file(TARGETS, version)])
    held = root.signed.roles
    counts = {name: (len(role.keyids), role.threshold) for name, role in held.items()}
    return {
        ROOT: _role(root, *counts[ROOT]),
        TARGETS: _role(targets, *counts[TARGETS]),
        SNAPSHOT: _role(snapshot, *counts[SNAPSHOT]),
        TIMESTAMP: _role(timestamp, *counts[TIMESTAMP]),
    }


def _parties(repository: Repository, verified: VerifiedDirectory) -> tuple[PartySummary, ...]:
    drafts = Drafts(repository.folder).parties()
    found = []
    for delegation in delegations(repository.targets()):
        country = delegation.country
        newest = repository.newest(Targets, party_role(country))
        entry = verified.entries.get(country)
        why = None if entry is not None else verified.left_out.get(country, _NEW)
        found.append(
            PartySummary(
                country=country,
                role=None
                if newest is None
                else _role(newest[0], len(delegation.key_ids), delegation.threshold),
                entry=entry,
                left_out=why,
                has_draft=country in drafts,
            )
        )
    return tuple(found)


def _role(metadata: Metadata[_Signed], keys: int, threshold: int) -> RoleSummary:
    return RoleSummary(
        version=metadata.signed.version,
        keys=keys,
        threshold=threshold,
        signatures=len(metadata.signatures),
        expires_ms=expiry_ms(metadata.signed),
    )
