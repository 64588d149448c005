"""Key change quarantine: new keys of a Party wait a day if its former signers did not sign them.

A Party's own keys sign its entry, and the authority says which keys those are. If other keys sign
from now on and none of the former ones vouches for the change, it may be the Party's, or a theft
of the authority's keys: nobody can tell from the files. So keys that this node did not know before
are held back for 24 hours, in which people telephone; two of them may end the wait. A former
signer's signature vouches for the keys that it stands under, never for the new signers: anybody may
add another signature beside it. These are trusted after their 24 hours, each set after its own.
What is listed no more stops counting at once, in any case. A Party that is met for the first time
has no past to hold against, and is believed.

Does: what is trusted of each Party, in one file beside the copy; which keys wait. Leaves to
gateway.directory.view that they are nowhere found, to gateway.service.keychange the word of people.

Source: docs/wire-format.md, rule 29; docs/adr/0022-who-vouches-for-new-keys.md.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from json import dumps, loads
from pathlib import Path
from typing import Any, Final

from securesystemslib.exceptions import UnverifiedSignatureError, VerificationError
from tuf.api.metadata import (  # type: ignore[attr-defined]  # public, but not marked so
    Key,
    Metadata,
    Targets,
)

from gateway.directory.chain import VerifiedDirectory, delegations
from gateway.directory.files import read_bounded, write_whole
from gateway.directory.layout import TARGETS, party_role
from gateway.errors import StorageError
from keys.digest import sha256
from protocol.directory import KemKey, LogKey, NodeEntry, PartyEntry, WitnessKey
from protocol.directory_values import key_bytes

HELD_MS: Final = 24 * 3600 * 1000
"""How long keys wait that no former signer vouched for."""

_MAX_BYTES: Final = 16 * 1024 * 1024

Signers = Mapping[str, Any]
"""{"threshold": n, "keys": {id: key as TUF writes it}}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What is trusted of one Party.

    Attributes:
        signers: Who may vouch for a change of its keys.
        known: Its keys that count, by name.
        since_ms: When another set of signers was met; None if none.
        claimed: That set: who is trusted when its day is over.
    """

    signers: Signers
    known: frozenset[str]
    since_ms: int | None = None
    claimed: Signers | None = None


class Quarantine:
    """What is trusted of all Parties, and which keys wait.

    Args:
        file: Where it is kept; read with the first use.

    Attributes:
        held: By Party for which others sign now than before, its keys that wait, by name: none if
            it lists no other keys yet, or the former signers vouched for them.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._trust: dict[str, Trust] | None = None
        self.held: Mapping[str, frozenset[str]] = {}

    def weigh(self, verified: VerifiedDirectory, *, now_ms: int) -> frozenset[str]:
        """Say which keys of a state wait.

        Args:
            verified: The state that is to be used.
            now_ms: Milliseconds since 1970, UTC.

        Returns:
            Their names.

        Raises:
            StorageError: What is trusted cannot be read or written; nothing new is trusted.
        """
        trust = self._read()
        targets = _targets_of(verified)
        after, held = dict(trust), {}
        for country, entry in verified.entries.items():
            signers = _signers_of(targets, country)
            former = trust.get(country)
            following = _following(former, signers, entry, verified, now_ms=now_ms)
            after[country] = following
            if following.since_ms is not None:
                held[country] = key_names(entry.nodes) - following.known
        self._save(trust, after)
        self.held = held
        return frozenset(name for waiting in held.values() for name in waiting)

    def accept(self, country: str, verified: VerifiedDirectory) -> None:
        """Trust a Party's present signers and keys, by the word of people.

        Args:
            country: The Party.
            verified: The state in use.

        Raises:
            StorageError: It cannot be kept; nothing is trusted.
        """
        trust = self._read()
        signers = _signers_of(_targets_of(verified), country)
        known = key_names(verified.entries[country].nodes)
        self._save(trust, {**trust, country: Trust(signers=signers, known=known)})

    def signers(self, country: str) -> Signers | None:
        """Return who is trusted to speak for a Party; None for one that was never met.

        Raises:
            StorageError: What is trusted cannot be read.
        """
        trust = self._read().get(country)
        return None if trust is None else trust.signers

    def _read(self) -> dict[str, Trust]:
        if self._trust is None:
            self._trust = _load(self._file)
        return self._trust

    def _save(self, before: Mapping[str, Trust], after: dict[str, Trust]) -> None:
        if before == after:
            return
        data = {
            country: {
                "signers": one.signers,
                "known": sorted(one.known),
                "since_ms": one.since_ms,
                "claimed": one.claimed,
            }
            for country, one in after.items()
        }
        write_whole(self._file, dumps(data, sort_keys=True).encode("ascii"), mode=0o600)
        self._trust = after


def key_names(nodes: Iterable[NodeEntry]) -> frozenset[str]:
    """Return the name of every key of some nodes: node, kind, and what people compare of it."""
    names: set[str] = set()
    for node in nodes:
        names |= {_log_name(node, key) for key in node.logs}
        names |= {_kem_name(node, key) for key in node.kem}
        names |= {_tls_name(node, pin) for pin in node.tls_spki}
        names |= {_witness_name(node, key) for key in node.witness or ()}
    return frozenset(names)


def counting(node: NodeEntry, held: frozenset[str]) -> NodeEntry | None:
    """Return what of a node's entry counts while some keys wait.

    Args:
        node: As its Party signed it.
        held: Names of keys that wait.

    Returns:
        The entry without them; None if a kind of key that no node lacks is left with none.
    """
    if not key_names((node,)) & held:
        return node
    logs = tuple(key for key in node.logs if _log_name(node, key) not in held)
    kem = tuple(key for key in node.kem if _kem_name(node, key) not in held)
    shown = [
        (pin, der)
        for pin, der in zip(node.tls_spki, node.tls_certificates, strict=True)
        if _tls_name(node, pin) not in held
    ]
    if not (logs and kem and shown):
        return None
    witness = tuple(key for key in node.witness or () if _witness_name(node, key) not in held)
    return node.model_copy(
        update={
            "logs": logs,
            "kem": kem,
            "witness": witness or None,
            "tls_spki": tuple(pin for pin, _ in shown),
            "tls_certificates": tuple(der for _, der in shown),
        }
    )


def _log_name(node: NodeEntry, key: LogKey) -> str:
    return f"{node.id} log {sha256(key.verifier.ed25519 + key.verifier.mldsa44).hex()}"


def _kem_name(node: NodeEntry, key: KemKey) -> str:
    return f"{node.id} kem {sha256(key.recipient.public).hex()}"


def _witness_name(node: NodeEntry, key: WitnessKey) -> str:
    return f"{node.id} witness {sha256(key_bytes(key.mldsa44)).hex()}"


def _tls_name(node: NodeEntry, pin: str) -> str:
    return f"{node.id} tls {pin}"


def _following(
    former: Trust | None,
    signers: Signers,
    entry: PartyEntry,
    verified: VerifiedDirectory,
    *,
    now_ms: int,
) -> Trust:
    """Return what is trusted of a Party after a state."""
    believed = Trust(signers=signers, known=key_names(entry.nodes))
    if former is None or former.signers == signers:
        return believed
    begun_ms = former.since_ms if former.claimed == signers else None
    since_ms = now_ms if begun_ms is None else begun_ms
    if now_ms - since_ms >= HELD_MS:
        return believed
    is_vouched = _is_vouched(former.signers, verified, entry)
    return Trust(
        signers=former.signers,
        known=believed.known if is_vouched else former.known,
        since_ms=since_ms,
        claimed=signers,
    )


def _is_vouched(signers: Signers, verified: VerifiedDirectory, entry: PartyEntry) -> bool:
    """Tell whether as many of these signers as must have signed the Party's newest entry."""
    data = _role_file(verified, party_role(entry.party))
    metadata = Metadata[Targets].from_bytes(data)
    vouched = set()
    for key_id, fields in signers["keys"].items():
        signature = metadata.signatures.get(key_id)
        if signature is None:
            continue
        with suppress(UnverifiedSignatureError, VerificationError):
            Key.from_dict(key_id, dict(fields)).verify_signature(signature, metadata.signed_bytes)
            vouched.add(dumps(fields["keyval"], sort_keys=True))
    return len(vouched) >= int(signers["threshold"])


def _targets_of(verified: VerifiedDirectory) -> Targets:
    return Metadata[Targets].from_bytes(_role_file(verified, TARGETS)).signed


def _signers_of(targets: Targets, country: str) -> Signers:
    delegation = next(each for each in delegations(targets) if each.country == country)
    keys = {key_id: targets.get_key(key_id).to_dict() for key_id in delegation.key_ids}
    return {"threshold": delegation.threshold, "keys": keys}


def _role_file(verified: VerifiedDirectory, role: str) -> bytes:
    return next(data for name, data in verified.files.items() if name.endswith(f".{role}.json"))


def _load(file: Path) -> dict[str, Trust]:
    """Read what is trusted; a Party that is not in it is believed as at first contact.

    Raises:
        StorageError: The file is damaged: to go on without it would be to trust anybody.
    """
    try:
        data = loads(read_bounded(file, _MAX_BYTES))
        return {
            country: Trust(
                signers=one["signers"],
                known=frozenset(one["known"]),
                since_ms=one["since_ms"],
                claimed=one.get("claimed"),  # absent where an earlier version wrote it
            )
            for country, one in data.items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StorageError(
            "what is trusted of the Parties cannot be read", hint=f"check {file}"
        ) from error
