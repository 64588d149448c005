"""What the online key signs: the snapshot of all roles and the timestamp over it, nothing else.

Does: the next snapshot and timestamp over what is published and what is new. The online key touches
no other file: an entry comes into the snapshot as its Party signed it. Leaves to its callers: what
is new, and verifying the whole before it is written.

Rules kept: a role that was ever listed stays listed, because a client takes a snapshot without it
for a rollback; a snapshot that the root's online key did not sign is made anew, also when it lists
the same.

Source: docs/wire-format.md, rules 28 and 31; TUF specification, sections 4.4 and 4.6.
"""

from collections.abc import Sequence

from securesystemslib.signer import (  # type: ignore[attr-defined]  # public, but not marked so
    CryptoSigner,
)
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import (  # type: ignore[attr-defined]  # public, but not marked so
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    Targets,
    Timestamp,
)

from gateway.directory.chain import VerifiedDirectory, delegations
from gateway.directory.layout import (
    ROOT,
    SNAPSHOT,
    TARGETS,
    TIMESTAMP_FILE,
    party_role,
    role_file,
)
from gateway.directory.metadata import TIMESTAMP_LIFE, after, next_snapshot, pin, sign
from gateway.directory.repository import Repository
from gateway.directory.view import make_view
from gateway.errors import DataError


def add_online(
    repository: Repository, online: Sequence[CryptoSigner], new: dict[str, bytes], *, now_ms: int
) -> None:
    """Add snapshot and timestamp over what is published and what is new.

    Args:
        repository: What is published.
        online: The online key.
        new: New files by published name; gets the two.
        now_ms: Milliseconds since 1970 UTC.
    """
    state = Repository(repository.folder, over=new)
    former = repository.newest(Snapshot, SNAPSHOT)
    pins = {} if former is None else _listed(former[0].signed)
    for role in (TARGETS, *(party_role(each.country) for each in delegations(state.targets()))):
        if (newest := state.newest(Targets, role)) is not None:
            pins[role] = pin(newest[0].signed.version, newest[1])
    kept = former[0].signed if former is not None and _counts(state, former[0]) else None
    snapshot = next_snapshot(kept, pins, now_ms=now_ms)
    if kept is None and former is not None:
        snapshot.version = former[0].signed.version + 1
    if former is None or snapshot.version != former[0].signed.version:
        new[role_file(SNAPSHOT, snapshot.version)] = sign(snapshot, online)
    timestamp = repository.timestamp()
    snapshot_bytes = state.files[role_file(SNAPSHOT, snapshot.version)]
    new[TIMESTAMP_FILE] = sign(
        Timestamp(
            version=1 if timestamp is None else timestamp.version + 1,
            expires=after(now_ms, TIMESTAMP_LIFE),
            snapshot_meta=pin(snapshot.version, snapshot_bytes),
        ),
        online,
    )


def check_pins(verified: VerifiedDirectory) -> None:
    """Refuse to publish a TLS key that two nodes list: one would take the other's name.

    Raises:
        DataError: There is such a key.
    """
    if make_view(verified, None).disputed:
        raise DataError("two nodes list one TLS key", hint="take it out of the draft that is wrong")


def _listed(snapshot: Snapshot) -> dict[str, MetaFile]:
    return {name.removesuffix(".json"): meta for name, meta in snapshot.meta.items()}


def _counts(state: Repository, former: Metadata[Snapshot]) -> bool:
    """Tell whether the newest root still takes a snapshot's signature."""
    found = state.newest(Root, ROOT)
    if found is None:
        return False
    try:
        found[0].signed.verify_delegate(SNAPSHOT, former.signed_bytes, former.signatures)
    except RepositoryError:
        return False
    return True
