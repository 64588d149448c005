"""What a published folder holds, verified as a node would verify it: for people and programs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tuf.api.metadata import (  # type: ignore[attr-defined]  # public, but not marked so
    Metadata,
    Root,
    Snapshot,
    Targets,
    Timestamp,
)

from gateway.directory.chain import VerifiedDirectory, delegations, expiry_ms, verify_chain
from gateway.directory.draft import Drafts
from gateway.directory.layout import ROOT, SNAPSHOT, TARGETS, TIMESTAMP, party_role
from gateway.directory.repository import Repository
from protocol.directory import PartyEntry

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
        verified=verified, roles=_roles(repository), parties=_parties(repository, verified)
    )


def _roles(repository: Repository) -> dict[str, RoleSummary]:
    root = repository.newest(Root, ROOT)
    targets = repository.newest(Targets, TARGETS)
    snapshot = repository.newest(Snapshot, SNAPSHOT)
    timestamp = repository.timestamp()
    if root is None or targets is None or snapshot is None or timestamp is None:
        return {}  # verified before: cannot be
    held = root[0].signed.roles
    counts = {name: (len(role.keyids), role.threshold) for name, role in held.items()}
    return {
        ROOT: _role(root[0], *counts[ROOT]),
        TARGETS: _role(targets[0], *counts[TARGETS]),
        SNAPSHOT: _role(snapshot[0], *counts[SNAPSHOT]),
        TIMESTAMP: _role(timestamp, *counts[TIMESTAMP]),
    }


def _parties(repository: Repository, verified: VerifiedDirectory) -> tuple[PartySummary, ...]:
    drafts = Drafts(repository.folder).parties()
    found = []
    for delegation in delegations(repository.targets()):
        country = delegation.country
        newest = repository.newest(Targets, party_role(country))
        found.append(
            PartySummary(
                country=country,
                role=None
                if newest is None
                else _role(newest[0], len(delegation.key_ids), delegation.threshold),
                entry=verified.entries.get(country),
                left_out=verified.left_out.get(country),
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
