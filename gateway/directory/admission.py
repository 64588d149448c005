"""Admit a node: check its join request and put its part into its Party's draft.

What people decide stays with them: the fingerprints are shown, to be compared by telephone
before the draft is published. Nothing is signed here.

Source: docs/wire-format.md, rules 8 and 29.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.directory.chain import delegations
from gateway.directory.draft import Drafts
from gateway.directory.repository import Repository
from gateway.errors import ConfigError, DataError, ProofError
from protocol.directory import NodeEntry, NodeState, PartyEntry, parse_entry
from protocol.errors import MalformedError, RemoteProtocolError
from protocol.joining import CheckedJoin, JoinRequest, parse_join_request, verify_join_request


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A node that stands in its Party's draft now.

    Attributes:
        node: Its part of the entry, as the draft has it.
        entry: The Party's draft as a whole.
        fingerprints: Name to SHA-256 in hex, to be compared before publishing.
        is_new: False if it takes the place of an earlier part of the same node.
    """

    node: NodeEntry
    entry: PartyEntry
    fingerprints: Mapping[str, str]
    is_new: bool


def admit(
    folder: Path,
    request: JoinRequest | bytes,
    *,
    now_ms: int,
    state: NodeState = NodeState.ACTIVE,
    replace: bool = False,
) -> Admitted:
    """Check a join request and put the node into its Party's draft.

    Args:
        folder: The published folder; the Party must have a delegation.
        request: The join request, or its file's bytes.
        now_ms: Milliseconds since 1970 UTC.
        state: What the node becomes with the next publication; one that is suspended stays so.
        replace: Whether a node that is listed with other log keys may be replaced.

    Returns:
        The node, the draft, and the fingerprints to compare.

    Raises:
        NoInputError: There is no directory here.
        DataError: Not a join request, or no delegation for its Party, or it takes the TLS key of
            another node; the draft is as before.
        ProofError: A signature or the proof does not hold; likewise.
        ConfigError: The node is listed with other keys and `replace` is not set; likewise.
        StorageError: The disk refused.
    """
    repository = Repository(folder)
    drafts = Drafts(folder)
    checked = _check(request, now_ms=now_ms)
    country = checked.request.party
    if all(each.country != country for each in delegations(repository.targets())):
        raise DataError(
            f"nothing is delegated to {country}", hint=f"a35 directory delegate {country}"
        )
    entry = _entry(repository, drafts, checked.request)
    listed = checked.request.node
    former = next((each for each in entry.nodes if each.id == listed.id), None)
    if former is not None and former.state is NodeState.SUSPENDED:
        state = NodeState.SUSPENDED  # a new key brings back nobody
    node = listed.model_copy(update={"state": state})
    if former is not None and former.logs != node.logs and not replace:
        raise ConfigError(
            f"{node.id} is listed with other keys",
            hint="if its keys were really replaced, say so with --replace",
        )
    _check_pins(repository, drafts, node)
    others = tuple(each for each in entry.nodes if each.id != node.id)
    nodes = sorted((*others, node), key=lambda each: each.node_id)
    draft = _remade(entry, tuple(nodes))
    drafts.save(draft)
    return Admitted(
        node=node, entry=draft, fingerprints=checked.fingerprints, is_new=former is None
    )


def _check(request: JoinRequest | bytes, *, now_ms: int) -> CheckedJoin:
    try:
        read = parse_join_request(request) if isinstance(request, bytes) else request
        return verify_join_request(read, now_ms=now_ms)
    except MalformedError as error:
        raise DataError(
            f"the join request is refused: {error}",
            hint="have it made again with: a35 join request",
        ) from error
    except RemoteProtocolError as error:
        raise ProofError(
            f"the join request does not prove its keys: {error}",
            hint="have it made again on the node itself; check both clocks",
        ) from error


def _entry(repository: Repository, drafts: Drafts, request: JoinRequest) -> PartyEntry:
    """Return what the node is added to: the draft, else the published entry, else a new one."""
    known = _known(repository, drafts, request.party)
    if known is not None:
        return known
    return PartyEntry(
        party=request.party,
        name=request.name,
        profile=request.profile,
        contact_points=request.contact_points,
    )


def _known(repository: Repository, drafts: Drafts, country: str) -> PartyEntry | None:
    draft = drafts.load(country)
    if draft is not None:
        return draft
    published = repository.entry(country)
    try:
        return None if published is None else parse_entry(published)
    except MalformedError as error:
        raise DataError(f"the published entry of {country} is refused: {error}") from error


def _check_pins(repository: Repository, drafts: Drafts, node: NodeEntry) -> None:
    for delegation in delegations(repository.targets()):
        entry = _known(repository, drafts, delegation.country)
        for other in () if entry is None else entry.nodes:
            if other.id != node.id and other.spki & node.spki:
                raise DataError(f"the TLS key belongs to {other.id}")


def _remade(entry: PartyEntry, nodes: tuple[NodeEntry, ...]) -> PartyEntry:
    """Return the entry with these nodes, checked anew as a whole.

    Raises:
        DataError: Too many nodes, or one that the entry may not hold.
    """
    try:
        return PartyEntry(
            party=entry.party,
            name=entry.name,
            profile=entry.profile,
            contact_points=entry.contact_points,
            nodes=nodes,
        )
    except ValueError as error:
        raise DataError("the Party's entry cannot hold this node") from error
