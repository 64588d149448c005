"""Stamp: take signed sheets into the directory, and say with the online key that it is as it is.

Does: holds every sheet against the directory itself (version, signatures of those who must sign,
the entry of a Party by every rule), signs snapshot and timestamp, verifies the whole as a node
would, and writes it, the timestamp last. No sheet is changed: the online key signs around it.
Leaves sheets to gateway.directory.sheet.

Rule kept: one Party's bad sheet stops nobody else: sheets that lie in an inbox are taken each for
itself, and refused with a reason; those that are named must all hold.

Source: docs/directory-ceremony.md; docs/wire-format.md, rules 28 to 31.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from securesystemslib.signer import (  # type: ignore[attr-defined]  # public, but not marked so
    CryptoSigner,
    Signature,
)
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import (  # type: ignore[attr-defined]  # public, but not marked so
    Metadata,
    Root,
    Targets,
)

from gateway.directory.chain import (
    VerifiedDirectory,
    check_parties_only,
    delegations,
    entry_digest,
    verify_chain,
)
from gateway.directory.draft import Drafts
from gateway.directory.drawing import files_of
from gateway.directory.layout import (
    MAX_PARTY_BYTES,
    ROOT,
    TARGETS,
    TIMESTAMP,
    entry_target,
    party_of_role,
)
from gateway.directory.online import add_online, check_pins
from gateway.directory.repository import FolderFiles, Repository
from gateway.directory.sheet import Sheet
from gateway.directory.signers import ONLINE, KeyFolder
from gateway.errors import DataError, GatewayError, NoInputError, ProofError
from keys.digest import sha256
from protocol.directory import NodeEntry, PartyEntry, parse_entry
from protocol.errors import MalformedError

_ORDER: Final = {ROOT: 0, TARGETS: 1}
"""A root decides whose targets count, targets whose entries do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamped:
    """What was published.

    Attributes:
        taken: Roles of which a new version was taken in, in order.
        refused: Name of each sheet of the inbox that was not, with the reason.
        verified: The state as a node will see it.
    """

    taken: tuple[str, ...]
    refused: Mapping[str, str]
    verified: VerifiedDirectory


def stamp(
    folder: Path,
    online: KeyFolder,
    *,
    now_ms: int,
    sheets: Sequence[Sheet] = (),
    inbox: Mapping[str, Sheet] | None = None,
) -> Stamped:
    """Publish signed sheets, or say that nothing changed.

    Drafts are not looked at: whoever must sign them signs a sheet. A draft that says what was
    published is removed.

    Args:
        folder: The published folder; with a root's and a targets' sheet it may be empty.
        online: Holds the online key, and needs no other.
        now_ms: Milliseconds since 1970 UTC.
        sheets: Signed sheets that must all hold.
        inbox: Sheets of Parties by the names of their files; each may be refused.

    Returns:
        What was taken in.

    Raises:
        NoInputError: There is no directory, or no online key.
        DataError: A sheet is not what comes next, or its entry is refused; nothing was written.
        ProofError: Too few of those who must sign have signed, or the whole would not verify;
            nothing was written.
        AccessDeniedError: The secret does not open the key.
        StorageError: The disk refused; what was published before still is.
    """
    new: dict[str, bytes] = {}
    state = Repository(folder, over=new)
    taken: list[str] = []
    for sheet in sorted(sheets, key=lambda each: (_ORDER.get(each.role, 2), each.role)):
        new.update(accept(state, sheet, at_ms=now_ms))
        taken.append(sheet.role)
    refused: dict[str, str] = {}
    for name, sheet in (inbox or {}).items():
        try:
            new.update(_accept_party(state, sheet, at_ms=now_ms))
            taken.append(sheet.role)
        except GatewayError as error:
            refused[name] = str(error)
    add_online(Repository(folder), _online(state, online), new, now_ms=now_ms)
    verified = verify_chain(state.anchor(), FolderFiles(folder, over=new), at_ms=now_ms)
    check_pins(verified)
    state.write(new)
    _drop_drafts(folder, verified)
    return Stamped(taken=tuple(taken), refused=refused, verified=verified)


def accept(state: Repository, sheet: Sheet, *, at_ms: int) -> dict[str, bytes]:
    """Hold a sheet against the directory.

    Args:
        state: What is there, with what was accepted before.
        sheet: As it came.
        at_ms: Milliseconds since 1970 UTC.

    Returns:
        The files that it adds.

    Raises:
        NoInputError: There is no directory yet, and this is not its root.
        DataError: It is not the next version, has expired, or its entry is refused.
        ProofError: Too few of those who must sign have signed.
    """
    _check_next(state, sheet, at_ms)
    country = party_of_role(sheet.role)
    try:
        match sheet.role:
            case "root":
                _verify_root(state, sheet)
            case "targets":
                _root(state).verify_delegate(TARGETS, *_signatures(sheet))
                check_parties_only(Metadata[Targets].from_bytes(sheet.metadata).signed)
            case _:
                _check_delegated(state, country)
                state.targets().verify_delegate(sheet.role, *_signatures(sheet))
    except RepositoryError as error:
        raise ProofError(
            f"the sheet of {sheet.role} is not signed by enough of those who must",
            hint="see who is missing with: a35 directory inspect SHEET",
        ) from error
    if country is not None:
        _check_entry(state, sheet, country)
    return files_of(sheet)


def _accept_party(state: Repository, sheet: Sheet, *, at_ms: int) -> dict[str, bytes]:
    """Accept what lay in the inbox: a Party's entry and nothing of the authority's.

    Raises:
        DataError: It is of the authority's roles.
    """
    if party_of_role(sheet.role) is None:
        raise DataError("only a Party's entry is taken from the inbox")
    return accept(state, sheet, at_ms=at_ms)


def _check_next(state: Repository, sheet: Sheet, at_ms: int) -> None:
    former: Root | Targets | None = None
    if sheet.role == ROOT:
        former = None if (root := state.newest(Root, ROOT)) is None else root[0].signed
    else:
        _root(state)
        found = state.newest(Targets, sheet.role)
        former = None if found is None else found[0].signed
    next_version = 1 if former is None else former.version + 1
    signed = sheet.signed
    if signed.version != next_version:
        raise DataError(
            f"the sheet of {sheet.role} has version {signed.version}, the next is {next_version}",
            hint="draw it up again from what is published now",
        )
    if signed.is_expired(datetime.fromtimestamp(at_ms / 1000, UTC)):
        raise DataError(f"the sheet of {sheet.role} has expired", hint="draw it up again")


def _verify_root(state: Repository, sheet: Sheet) -> None:
    """Hold a root against the former one and itself."""
    root = Metadata[Root].from_bytes(sheet.metadata).signed
    former = state.newest(Root, ROOT)
    if former is not None:
        former[0].signed.verify_delegate(ROOT, *_signatures(sheet))
    root.verify_delegate(ROOT, *_signatures(sheet))


def _signatures(sheet: Sheet) -> tuple[bytes, dict[str, Signature]]:
    if sheet.role == ROOT:
        root = Metadata[Root].from_bytes(sheet.metadata)
        return root.signed_bytes, root.signatures
    targets = Metadata[Targets].from_bytes(sheet.metadata)
    return targets.signed_bytes, targets.signatures


def _root(state: Repository) -> Root:
    found = state.newest(Root, ROOT)
    if found is None:
        raise NoInputError(
            "there is no directory in this folder", hint="give the root's sheet with it"
        )
    return found[0].signed


def _check_delegated(state: Repository, country: str | None) -> None:
    if all(each.country != country for each in delegations(state.targets())):
        raise DataError(f"nothing is delegated to {country}", hint="use: draw-targets")


def _check_entry(state: Repository, sheet: Sheet, country: str) -> None:
    """Hold the entry against what was signed and against every rule.

    What a node would refuse of one Party's file, it refuses with the whole directory: such a sheet
    must end here, and with it nobody else's day.

    Raises:
        DataError: It is another one, is refused, or takes a TLS key of another node.
    """
    entry = sheet.entry or b""
    if len(sheet.metadata) > MAX_PARTY_BYTES:
        raise DataError(f"the sheet of {sheet.role} is longer than {MAX_PARTY_BYTES} bytes")
    targets = Metadata[Targets].from_bytes(sheet.metadata).signed
    if list(targets.targets) != [entry_target(country)] or targets.delegations is not None:
        raise DataError(f"the sheet of {sheet.role} lists more than the Party's entry")
    if entry_digest(targets, country) != sha256(entry).hex():
        raise DataError(f"the sheet of {sheet.role} holds another entry than was signed")
    if targets.targets[entry_target(country)].length != len(entry):
        raise DataError(f"the sheet of {sheet.role} gives another length than its entry has")
    try:
        parsed = parse_entry(entry)
    except MalformedError as error:
        raise DataError(f"the entry of {country} is refused: {error}") from error
    if parsed.party != country:
        raise DataError(f"the entry of {country} is of another Party")
    _check_tls(state, parsed)


def _check_tls(state: Repository, entry: PartyEntry) -> None:
    mine = {pin for node in entry.nodes for pin in node.tls_spki}
    for delegation in delegations(state.targets()):
        data = None if delegation.country == entry.party else state.entry(delegation.country)
        for node in () if data is None else _nodes(data):
            if not mine.isdisjoint(node.tls_spki):
                raise DataError(f"the entry of {entry.party} takes the TLS key of {node.id}")


def _nodes(data: bytes) -> tuple[NodeEntry, ...]:
    """Return the nodes of a published entry; of one that every node refuses there are none."""
    try:
        return parse_entry(data).nodes
    except MalformedError:
        return ()


def _online(state: Repository, keys: KeyFolder) -> list[CryptoSigner]:
    """Return the online keys here that the root lists now; an old one may lie beside the new.

    Raises:
        NoInputError: None of them is here.
    """
    listed = _root(state).roles[TIMESTAMP].keyids
    able = [signer for signer in keys.load(ONLINE) if signer.public_key.keyid in listed]
    if not able:
        raise NoInputError(
            "the online key that the root lists is not here",
            hint="bring its key file, or have the root list the one that is here",
        )
    return able


def _drop_drafts(folder: Path, verified: VerifiedDirectory) -> None:
    drafts = Drafts(folder)
    for country in drafts.parties():
        entry = verified.entries.get(country)
        with suppress(DataError):  # a damaged draft is for whoever draws it up
            draft = drafts.load(country)
            if entry is not None and draft == entry:
                drafts.drop(country)
