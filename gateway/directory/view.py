"""The directory as a node looks things up in it: one immutable view for each verified state.

Does: maps by node, Party and TLS pin, made once when a state is adopted. Leaves signatures to
gateway.directory.chain and times of keys to protocol.directory.

Rule kept: a pin names one node. If a Party copies the pin of another Party's node, the node that
held it before keeps it; where nobody held it before, nobody has it, and the view says so.

Source: docs/wire-format.md, rules 26 and 29.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.directory.chain import VerifiedDirectory
from gateway.directory.ending import after_revocations
from gateway.directory.metadata import TIMESTAMP_LIFE
from gateway.directory.quarantine import counting
from protocol.directory import NodeEntry, PartyEntry
from protocol.identifiers import NodeId
from protocol.revoking import RevokedKey


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryView:
    """What one verified state of the directory says.

    Attributes:
        verified: The state.
        nodes: Every node by its id, whatever its state.
        active: The active ones, in order of id.
        pins: The active node of each TLS pin (SHA-256 of the SPKI).
        disputed: Pins that several active nodes list.
        held: Names of keys that wait (gateway.directory.quarantine): they stand in no entry here.
        ended: When each key was revoked that its node told of, or its Party (rule 32).
        changed: Entries of Parties some of whose keys wait or were revoked, without these keys.
    """

    verified: VerifiedDirectory
    nodes: Mapping[NodeId, NodeEntry]
    active: tuple[NodeEntry, ...]
    pins: Mapping[bytes, NodeId]
    disputed: frozenset[bytes]
    held: frozenset[str] = frozenset()
    ended: Mapping[RevokedKey, int] = field(default_factory=dict)
    changed: Mapping[str, PartyEntry] = field(default_factory=dict)

    def party(self, country: str) -> PartyEntry | None:
        """Return a Party's entry."""
        return self.changed.get(country) or self.verified.entries.get(country)

    @property
    def made_ms(self) -> int:
        """When the timestamp was made, ms since 1970 UTC."""
        return self.verified.expires_ms - int(TIMESTAMP_LIFE.total_seconds() * 1000)

    def file(self, name: str) -> bytes | None:
        """Return a file of the state by its published name: every node is a mirror."""
        return self.verified.files.get(name)

    def parties(self) -> tuple[PartyEntry, ...]:
        """Return every Party's entry, in order of the codes."""
        entries = {**self.verified.entries, **self.changed}
        return tuple(entries[country] for country in sorted(entries))

    def says_the_same(
        self,
        verified: VerifiedDirectory,
        held: frozenset[str] = frozenset(),
        ended: Mapping[RevokedKey, int] | None = None,
    ) -> bool:
        """Tell whether a state differs in nothing: a lapse or a wait needs no new version."""
        mine = self.verified
        is_same = mine.stamp == verified.stamp and mine.left_out == verified.left_out
        return is_same and self.held == held and self.ended == (ended or {})


def make_view(
    verified: VerifiedDirectory,
    former: DirectoryView | None,
    held: frozenset[str] = frozenset(),
    ended: Mapping[RevokedKey, int] | None = None,
) -> DirectoryView:
    """Make the view of a state.

    Args:
        verified: The state.
        former: The view in use before, which decides who keeps a disputed pin.
        held: Names of keys that wait.
        ended: When each key was revoked.

    Returns:
        The view.
    """
    ended = dict(ended or {})
    changed = _revoked(verified, _without(verified, held), ended)
    entries = {**verified.entries, **changed}
    nodes = {node.node_id: node for entry in entries.values() for node in entry.nodes}
    active = tuple(nodes[node] for node in sorted(nodes) if nodes[node].is_active)
    claims: dict[bytes, list[NodeId]] = {}
    for node in active:
        for pin in node.spki:
            claims.setdefault(pin, []).append(node.node_id)
    before: Mapping[bytes, NodeId] = {} if former is None else former.pins
    pins = {pin: holder for pin, claim in claims.items() if (holder := _holder(pin, claim, before))}
    return DirectoryView(
        verified=verified,
        nodes=nodes,
        active=active,
        pins=pins,
        disputed=frozenset(pin for pin, claim in claims.items() if len(claim) > 1),
        held=held,
        ended=ended,
        changed=changed,
    )


def _without(verified: VerifiedDirectory, held: frozenset[str]) -> dict[str, PartyEntry]:
    """Return the entries that list keys which wait, without these keys."""
    parties = {name[:2] for name in held} & verified.entries.keys()
    return {
        country: entry.model_copy(
            update={
                "nodes": tuple(
                    shown for node in entry.nodes if (shown := counting(node, held)) is not None
                )
            }
        )
        for country, entry in verified.entries.items()
        if country in parties
    }


def _revoked(
    verified: VerifiedDirectory,
    changed: Mapping[str, PartyEntry],
    ended: Mapping[RevokedKey, int],
) -> dict[str, PartyEntry]:
    """Return the entries that differ from what was signed, by keys that wait or were revoked."""
    entries = {**verified.entries, **changed}
    parties = {key.node.country for key in ended} & entries.keys()
    return {
        **changed,
        **{country: after_revocations(entries[country], ended) for country in parties},
    }


def _holder(pin: bytes, claim: list[NodeId], held: Mapping[bytes, NodeId]) -> NodeId | None:
    if len(claim) == 1:
        return claim[0]
    former = held.get(pin)
    return former if former in claim else None
