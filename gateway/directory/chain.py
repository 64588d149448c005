"""Verify a whole directory offline: from the trusted root down to every Party's entry.

Does: every signature, version, length and digest of a set of files that claim to be one state of
the directory, without a network and whatever the time: at start from the copy a node keeps, after
a download once more beside python-tuf's own checks, before publishing, and for evidence. Leaves
to gateway.directory.client: freshness and rollback, which only python-tuf's update decides.

Rules kept beyond TUF's: the entry of CC counts only from the role `party-CC`, delegated for
`parties/CC/*` alone; every file is pinned by its SHA-256, so that the digest of the timestamp
stands for all; one public key counts once towards a threshold, under however many ids.

Source: docs/wire-format.md, rules 28 to 30; TUF specification, section 5.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, TypeVar

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import (  # type: ignore[attr-defined]  # public, but not marked so
    DelegatedRole,
    Key,
    Metadata,
    MetaFile,
    Role,
    Root,
    Snapshot,
    Targets,
    Timestamp,
)

from gateway.directory.layout import (
    MAX_PARTIES,
    MAX_ROOT_ROTATIONS,
    ROOT,
    SNAPSHOT,
    TARGETS,
    TIMESTAMP,
    TIMESTAMP_FILE,
    entry_file,
    entry_target,
    is_published,
    party_of_role,
    party_paths,
    party_role,
    role_file,
)
from gateway.errors import DataError, ProofError
from keys.digest import sha256
from protocol.directory import PartyEntry, parse_entry
from protocol.envelope.header import DirectoryStamp
from protocol.errors import MalformedError

_Signed = TypeVar("_Signed", Root, Timestamp, Snapshot, Targets)
_SHA256: Final = "sha256"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedDirectory:
    """One state of the directory in which every signature holds.

    Attributes:
        stamp: Its version, as envelopes and receipts carry it.
        expires_ms: When its timestamp expires, ms since 1970 UTC; it may have passed.
        entries: Entry of each Party by its code.
        left_out: Parties that are delegated but have no usable entry, with the reason.
        files: The published files it consists of, by relative name; any folder or server that
            holds them is a mirror.
        lapses: When the signatures of each Party expire that has an entry, ms since 1970 UTC:
            its keys speak for no later moment.
    """

    stamp: DirectoryStamp
    expires_ms: int
    entries: Mapping[str, PartyEntry]
    left_out: Mapping[str, str]
    files: Mapping[str, bytes]
    lapses: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """One Party's role as the authority delegated it.

    Attributes:
        country: The Party's code.
        key_ids: Ids of the keys that may sign its entry.
        threshold: How many of them must.
    """

    country: str
    key_ids: tuple[str, ...]
    threshold: int


class _LeftOutError(Exception):
    """One Party has no usable entry, and nobody else is at fault."""


def verify_chain(anchor: bytes, files: Mapping[str, bytes], *, at_ms: int) -> VerifiedDirectory:
    """Verify one state of the directory.

    Args:
        anchor: The root that is trusted: the ROOT.json that the node was given.
        files: Published names (gateway.directory.layout) with the bytes found there; more than
            belong to the state is ignored.
        at_ms: Milliseconds since 1970 UTC; a Party whose own role has expired by then is left
            out. No other expiry is looked at.

    Returns:
        The state, with only the files that belong to it.

    Raises:
        ProofError: A file is missing, or a signature, version, length or digest does not hold.
    """
    try:
        return _Chain(files, at_ms).verify(anchor)
    except ProofError:
        raise
    except RepositoryError as error:
        raise ProofError("the directory's files do not verify") from error
    except Exception as error:  # the one edge at which foreign bytes are parsed
        raise ProofError("the directory's files are not well formed") from error


def delegations(targets: Targets) -> tuple[Delegation, ...]:
    """Return the Parties that a targets role delegates to, in order of their codes.

    Roles that are not a Party's, or are given any other path than that Party's own, count for
    nothing here.

    Raises:
        ProofError: More Parties than there are countries.
    """
    if targets.delegations is None or targets.delegations.roles is None:
        return ()
    found = [
        Delegation(country=country, key_ids=tuple(role.keyids), threshold=role.threshold)
        for role in targets.delegations.roles.values()
        if (country := _party_of(role)) is not None
    ]
    if len(found) > MAX_PARTIES:
        raise ProofError("the directory delegates to more Parties than there are")
    return tuple(sorted(found, key=lambda each: each.country))


def check_parties_only(targets: Targets) -> None:
    """Refuse a list of Parties that gives away anything but Parties' own entries.

    Raises:
        DataError: It lists files of its own, or a role that is not a Party's, or other paths.
    """
    given = targets.delegations
    roles = {} if given is None else given.roles
    if targets.targets or roles is None or len(delegations(targets)) != len(roles):
        raise DataError("the list of Parties gives away more than Parties' own entries")


def entry_digest(role: Targets, country: str) -> str | None:
    """Return the SHA-256 under which a Party's role lists its entry, None if it lists none.

    Raises:
        ProofError: The entry is listed in another way than by its SHA-256 alone.
    """
    info = role.targets.get(entry_target(country))
    if info is None:
        return None
    digest = info.hashes.get(_SHA256, "")
    if len(info.hashes) != 1 or not is_published(entry_file(country, digest)):
        raise ProofError("an entry is not listed by its SHA-256")
    return digest


def expiry_ms(signed: Root | Timestamp | Snapshot | Targets) -> int:
    """Return when a role's metadata expires, ms since 1970 UTC."""
    return int(signed.expires.timestamp()) * 1000


class _Chain:
    """One verification; `used` collects the files that turned out to belong to the state."""

    def __init__(self, files: Mapping[str, bytes], at_ms: int) -> None:
        self._files = files
        self._at = datetime.fromtimestamp(at_ms / 1000, UTC)
        self._used: dict[str, bytes] = {}
        self._lapses: dict[str, int] = {}

    def verify(self, anchor: bytes) -> VerifiedDirectory:
        root = self._root(anchor)
        timestamp_bytes = self._take(TIMESTAMP_FILE)
        timestamp = _read(Timestamp, timestamp_bytes, root, TIMESTAMP)
        snapshot = self._pinned(Snapshot, timestamp.snapshot_meta, root, SNAPSHOT)
        targets = self._pinned(Targets, _meta_of(snapshot, TARGETS), root, TARGETS)
        entries: dict[str, PartyEntry] = {}
        left_out: dict[str, str] = {}
        for delegation in delegations(targets):
            try:
                entries[delegation.country] = self._entry(snapshot, targets, delegation.country)
            except _LeftOutError as reason:
                left_out[delegation.country] = str(reason)
        return VerifiedDirectory(
            stamp=DirectoryStamp(
                root_version=root.version,
                timestamp_version=timestamp.version,
                digest=sha256(timestamp_bytes),
            ),
            expires_ms=expiry_ms(timestamp),
            entries=entries,
            left_out=left_out,
            files=self._used,
            lapses=self._lapses,
        )

    def _root(self, anchor: bytes) -> Root:
        """Follow the roots: each is signed by the one before and by itself."""
        root = _read_root(anchor, None)
        self._used[role_file(ROOT, root.version)] = anchor
        for _ in range(MAX_ROOT_ROTATIONS):
            name = role_file(ROOT, root.version + 1)
            data = self._files.get(name)
            if data is None:
                break
            root = _read_root(data, root)
            self._used[name] = data
        return root

    def _entry(self, snapshot: Snapshot, targets: Targets, country: str) -> PartyEntry:
        name = party_role(country)
        if f"{name}.json" not in snapshot.meta:
            raise _LeftOutError("delegated, but nothing published yet")
        role = self._pinned(Targets, _meta_of(snapshot, name), targets, name)
        digest = entry_digest(role, country)
        if role.is_expired(self._at):
            self._keep(country, digest)
            raise _LeftOutError("the Party's signatures have expired")
        if digest is None:
            raise _LeftOutError("the Party lists no entry")
        data = self._take(entry_file(country, digest))
        role.targets[entry_target(country)].verify_length_and_hashes(data)
        try:
            entry = parse_entry(data)
        except MalformedError as error:
            raise _LeftOutError(f"the Party's entry is refused: {error}") from error
        if entry.party != country:
            raise _LeftOutError("the Party signed an entry of another Party")
        self._lapses[country] = expiry_ms(role)
        return entry

    def _pinned(
        self, kind: type[_Signed], meta: MetaFile, delegator: Root | Targets, role: str
    ) -> _Signed:
        """Read one version of a role, as the metadata above pins it.

        Raises:
            ProofError: Missing, not pinned by its SHA-256, or of another version.
        """
        data = self._take(role_file(role, meta.version))
        if meta.hashes is None or _SHA256 not in meta.hashes:
            raise ProofError("a file of the directory is not pinned by its SHA-256")
        meta.verify_length_and_hashes(data)
        signed = _read(kind, data, delegator, role)
        if signed.version != meta.version:
            raise ProofError("a file of the directory has another version than its name")
        return signed

    def _keep(self, country: str, digest: str | None) -> None:
        """Let an entry belong to the state that counts no more: it did when evidence was made."""
        if digest is not None and (name := entry_file(country, digest)) in self._files:
            self._used[name] = self._files[name]

    def _take(self, name: str) -> bytes:
        data = self._files.get(name) if is_published(name) else None
        if data is None:
            raise ProofError("a file of the directory is missing")
        self._used[name] = data
        return data


def _read(kind: type[_Signed], data: bytes, delegator: Root | Targets, role: str) -> _Signed:
    metadata = Metadata[_Signed].from_bytes(data)
    if not isinstance(metadata.signed, kind):
        raise ProofError("a file of the directory is of another kind than its name")
    _check_keys(delegator.get_delegated_role(role), delegator)
    delegator.verify_delegate(role, metadata.signed_bytes, metadata.signatures)
    return metadata.signed


def _read_root(data: bytes, former: Root | None) -> Root:
    metadata = Metadata[Root].from_bytes(data)
    root = metadata.signed
    if not isinstance(root, Root):
        raise ProofError("the root of the directory is something else")
    if former is not None:
        former.verify_delegate(ROOT, metadata.signed_bytes, metadata.signatures)
        if root.version != former.version + 1:
            raise ProofError("the roots of the directory do not follow each other")
    _check_keys(root.get_delegated_role(ROOT), root)
    root.verify_delegate(ROOT, metadata.signed_bytes, metadata.signatures)
    if not root.consistent_snapshot:
        raise ProofError("the directory's files are not named by their versions")
    return root


def _check_keys(role: Role, delegator: Root | Targets) -> None:
    """Refuse one public key under two ids: it would count twice towards the threshold.

    Raises:
        ProofError: There is such a key.
    """
    keys: list[Key] = [delegator.get_key(key_id) for key_id in role.keyids]
    if len({repr(sorted(key.keyval.items())) for key in keys}) != len(keys):
        raise ProofError("one key stands twice in a role of the directory")


def _meta_of(snapshot: Snapshot, role: str) -> MetaFile:
    meta = snapshot.meta.get(f"{role}.json")
    if meta is None:
        raise ProofError("the directory's snapshot does not list a role")
    return meta


def _party_of(role: DelegatedRole) -> str | None:
    country = party_of_role(role.name)
    if country is None or role.paths != party_paths(country) or not role.terminating:
        return None
    return country
