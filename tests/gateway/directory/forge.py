"""What thieves do: re-sign a published folder with the keys that they have, and only with those."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tuf.api.metadata import (  # type: ignore[attr-defined]  # public, but not marked so
    MetaFile,
    Root,
    Snapshot,
    Targets,
    Timestamp,
)

from gateway.directory.layout import (
    SNAPSHOT,
    TIMESTAMP_FILE,
    party_role,
    role_file,
)
from gateway.directory.metadata import pin, sign
from gateway.directory.repository import Repository
from gateway.directory.signers import ONLINE, KeyFolder

_Signed = TypeVar("_Signed", Root, Timestamp, Snapshot, Targets)


class Forger:
    """Somebody who can write to the published folder.

    Args:
        folder: The published folder.
        keys: All keys there are; each act says which of them it uses.
    """

    def __init__(self, folder: Path, keys: KeyFolder) -> None:
        self.folder = folder
        self.keys = keys
        self.repository = Repository(folder)

    def newest(self, kind: type[_Signed], role: str) -> _Signed:
        """Return the newest version of a role, to be changed."""
        found = self.repository.newest(kind, role)
        assert found is not None
        return found[0].signed

    def role(
        self,
        role: str,
        change: Callable[[Targets], None],
        *,
        signed_by: str | None = None,
        signatures: int | None = None,
    ) -> None:
        """Write the next version of a targets role, signed with some role's keys."""
        targets = self.newest(Targets, role)
        targets.version += 1
        change(targets)
        signers = self.keys.load(role if signed_by is None else signed_by)
        self.write(role_file(role, targets.version), sign(targets, signers[:signatures]))

    def party(
        self,
        country: str,
        change: Callable[[Targets], None],
        *,
        signed_by: str | None = None,
        signatures: int | None = None,
    ) -> None:
        """Write the next version of a Party's role."""
        by = None if signed_by is None else party_role(signed_by)
        self.role(party_role(country), change, signed_by=by, signatures=signatures)

    def online(self, *roles: str, change: Callable[[Snapshot], None] | None = None) -> None:
        """Use the online key: list the newest version of some roles, and sign a new timestamp."""
        online = self.keys.load(ONLINE)
        snapshot = self.newest(Snapshot, SNAPSHOT)
        snapshot.version += 1
        for role in roles:
            newest = self.repository.newest(Targets, role)
            assert newest is not None
            snapshot.meta[f"{role}.json"] = pin(newest[0].signed.version, newest[1])
        if change is not None:
            change(snapshot)
        data = sign(snapshot, online)
        self.write(role_file(SNAPSHOT, snapshot.version), data)
        self.timestamp(lambda stamp: _point(stamp, pin(snapshot.version, data)))

    def timestamp(self, change: Callable[[Timestamp], None]) -> None:
        """Sign the next timestamp with the online key."""
        found = self.repository.timestamp()
        assert found is not None
        found.version += 1
        change(found)
        self.write(TIMESTAMP_FILE, sign(found, self.keys.load(ONLINE)))

    def write(self, name: str, data: bytes) -> None:
        """Put a file into the published folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _point(timestamp: Timestamp, meta: MetaFile) -> None:
    timestamp.snapshot_meta = meta
