"""Any TUF repository, in a folder: what a thief with some of its keys may publish."""

from collections.abc import Sequence
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from securesystemslib.signer import (  # type: ignore[attr-defined]  # public, but not marked so
    CryptoSigner,
)
from tuf.api.metadata import (  # type: ignore[attr-defined]  # public, but not marked so
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

LATER = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
TOP = ("root", "timestamp", "snapshot", "targets")
_Signed = TypeVar("_Signed", Root, Timestamp, Snapshot, Targets)


class AnyRepository:
    """A repository with one key a role to begin with; `publish` signs what was changed.

    Args:
        folder: Gets metadata/ and targets/.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.metadata = folder / "metadata"
        self.targets_folder = folder / "targets"
        self.signers: dict[str, list[CryptoSigner]] = {name: [] for name in TOP}
        self.root = Root(expires=LATER)
        self.timestamp = Timestamp(expires=LATER)
        self.snapshot = Snapshot(expires=LATER)
        self.roles: dict[str, Targets] = {"targets": Targets(expires=LATER)}
        for name in TOP:
            self.add_key(name)
        self.sign_root()
        self.publish()

    @property
    def anchor(self) -> Path:
        """The first root."""
        return self.metadata / "1.root.json"

    def add_key(self, role: str, *, delegator: str | None = None) -> CryptoSigner:
        """Give a role one more key."""
        signer = CryptoSigner.generate_ed25519()
        self.signers.setdefault(role, []).append(signer)
        above = self.root if delegator is None else self.roles[delegator]
        above.add_key(signer.public_key, role)
        return signer

    def delegate(self, delegator: str, role: str, paths: Sequence[str]) -> Targets:
        """Give paths to a role with one key of its own."""
        above = self.roles[delegator]
        if above.delegations is None:
            above.delegations = Delegations({}, {})
        assert above.delegations.roles is not None
        above.delegations.roles[role] = DelegatedRole(role, [], 1, False, list(paths))
        self.add_key(role, delegator=delegator)
        return self.roles.setdefault(role, Targets(expires=LATER))

    def target(self, role: str, name: str, data: bytes) -> None:
        """List a target, and put it where a client looks for it if that is inside the folder."""
        info = TargetFile.from_data(name, data, ["sha256"])
        self.roles[role].targets[name] = info
        head, slash, tail = name.rpartition("/")
        path = self.targets_folder / f"{head}{slash}{info.hashes['sha256']}.{tail}"
        if path.resolve().is_relative_to(self.targets_folder.resolve()):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def sign_root(self, *also: CryptoSigner) -> None:
        """Write this version of the root."""
        self._write(f"{self.root.version}.root", self.root, [*self.signers["root"], *also])

    def next_root(self, *also: CryptoSigner) -> None:
        """Write the next version of the root, signed by the new keys and some of the old."""
        self.root.version += 1
        self.sign_root(*also)

    def publish(self, *, signers: dict[str, list[CryptoSigner]] | None = None) -> None:
        """Sign every role anew below the root, and write it.

        Args:
            signers: Who signs, where it is not who should.
        """
        by = self.signers | (signers or {})
        for name, role in self.roles.items():
            role.version += 1
            data = self._write(f"{role.version}.{quote(name, '')}", role, by[name])
            self.snapshot.meta[f"{name}.json"] = MetaFile.from_data(role.version, data, ["sha256"])
        self.snapshot.version += 1
        data = self._write(f"{self.snapshot.version}.snapshot", self.snapshot, by["snapshot"])
        self.timestamp.version += 1
        self.timestamp.snapshot_meta = MetaFile.from_data(self.snapshot.version, data, ["sha256"])
        self._write("timestamp", self.timestamp, by["timestamp"])

    def timestamp_bytes(self) -> bytes:
        """Return the timestamp as it is published now."""
        return (self.metadata / "timestamp.json").read_bytes()

    def serve_timestamp(self, data: bytes) -> None:
        """Put another timestamp in its place."""
        (self.metadata / "timestamp.json").write_bytes(data)

    def _write(self, name: str, signed: _Signed, signers: Sequence[CryptoSigner]) -> bytes:
        metadata = Metadata(deepcopy(signed))
        for signer in signers:
            metadata.sign(signer, append=True)
        self.metadata.mkdir(parents=True, exist_ok=True)
        data = metadata.to_bytes()
        (self.metadata / f"{name}.json").write_bytes(data)
        return data
