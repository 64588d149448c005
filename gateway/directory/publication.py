"""Publish: sign the drafts with their Parties' keys, snapshot and timestamp with the online key.

Does: decides what must be signed, verifies the result as a node would before anything is
written, and writes the timestamp last. Leaves the keys to gateway.directory.signers, the folder
to gateway.directory.repository.

Source: docs/wire-format.md, rules 28 to 31; TUF specification, section 6.
"""

from dataclasses import dataclass
from pathlib import Path

from tuf.api.metadata import (  # type: ignore[attr-defined]  # public, but not marked so
    TargetFile,
    Targets,
)

from gateway.directory.chain import VerifiedDirectory, delegations, verify_chain
from gateway.directory.draft import Drafts
from gateway.directory.layout import (
    TARGETS,
    entry_file,
    entry_target,
    party_role,
    role_file,
)
from gateway.directory.metadata import PARTY_LIFE, after, next_targets, sign
from gateway.directory.online import add_online, check_pins
from gateway.directory.repository import FolderFiles, Repository
from gateway.directory.signers import ONLINE, KeyFolder
from gateway.errors import DataError
from keys.digest import sha256
from protocol.directory import encode_entry
from protocol.envelope.header import DirectoryStamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a publication changed.

    Attributes:
        signed: Parties whose entry was signed anew.
        verified: The state as a node will see it.
    """

    signed: tuple[str, ...]
    verified: VerifiedDirectory

    @property
    def stamp(self) -> DirectoryStamp:
        """Its version."""
        return self.verified.stamp


def publish(folder: Path, keys: KeyFolder, *, now_ms: int, renew: bool = False) -> Published:
    """Sign what changed and make it the newest state.

    A Party's keys are needed only if its draft differs from what is published; otherwise the
    online key is enough, and the publication says that nothing changed since. Published drafts
    are removed.

    Args:
        folder: The published folder.
        keys: Holds the online key, and the keys of Parties with a new draft.
        now_ms: Milliseconds since 1970 UTC.
        renew: Sign also what did not change, with all offline keys that are here: the
            authority's targets and every Party's entry begin their year anew.

    Returns:
        What changed.

    Raises:
        NoInputError: There is no directory here, or a key that is needed.
        DataError: A draft is no entry of its Party, its Party has no delegation, or it takes a
            TLS key of another node; nothing was written.
        AccessDeniedError: The secret does not open a key.
        ProofError: What would be published does not verify; nothing was written.
        StorageError: The disk refused; what was published before still is.
    """
    repository = Repository(folder)
    drafts = Drafts(folder)
    new: dict[str, bytes] = {}
    if renew and keys.has(TARGETS):
        targets = repository.targets()
        renewed = next_targets(targets, now_ms=now_ms, delegations=targets.delegations)
        new[role_file(TARGETS, renewed.version)] = sign(renewed, keys.load(TARGETS))
    signed: list[str] = []
    for country, entry in _to_sign(repository, drafts, keys if renew else None).items():
        new.update(_sign_party(repository, keys, country, entry, now_ms=now_ms))
        signed.append(country)
    add_online(repository, keys.load(ONLINE), new, now_ms=now_ms)
    state = FolderFiles(folder, over=new)
    verified = verify_chain(repository.anchor(), state, at_ms=now_ms)
    check_pins(verified)
    repository.write(new)
    for country in drafts.parties():
        drafts.drop(country)
    return Published(signed=tuple(signed), verified=verified)


def _to_sign(
    repository: Repository, drafts: Drafts, renewing: KeyFolder | None
) -> dict[str, bytes]:
    """Return the entries that must be signed, by Party in order.

    Args:
        repository: What is published.
        drafts: What may be new.
        renewing: The keys with which unchanged entries are signed again, None for none.

    Raises:
        DataError: A draft is damaged, or nothing is delegated to its Party.
    """
    entries: dict[str, bytes] = {}
    known = sorted(each.country for each in delegations(repository.targets()))
    for country in drafts.parties():
        if country not in known:
            raise DataError(
                f"nothing is delegated to {country}", hint=f"a35 directory delegate {country}"
            )
    for country in known:
        published = repository.entry(country)
        draft = drafts.load(country)
        entry = published if draft is None else encode_entry(draft)
        again = renewing is not None and renewing.has(party_role(country))
        if entry is not None and (again or entry != published):
            entries[country] = entry
    return entries


def _sign_party(
    repository: Repository, keys: KeyFolder, country: str, entry: bytes, *, now_ms: int
) -> dict[str, bytes]:
    """Return the files of the next version of a Party's role, which lists this entry."""
    role = party_role(country)
    former = repository.newest(Targets, role)
    target = TargetFile.from_data(entry_target(country), entry, ["sha256"])
    new = Targets(
        version=1 if former is None else former[0].signed.version + 1,
        expires=after(now_ms, PARTY_LIFE),
        targets={target.path: target},
    )
    return {
        entry_file(country, sha256(entry).hex()): entry,
        role_file(role, new.version): sign(new, keys.load(role)),
    }
