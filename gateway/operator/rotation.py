"""Makes a new key of one kind for a node that does not run, and the request to list it.

The new key is durable first; then the node's part of its entry, with its proof, is written for
the directory. Until the directory lists the new key the node goes on under the old one: log heads
bear the lines of both pairs, both last-resort keys open, the new certificate waits. What the
running node does after that is gateway.service.turning.

A key that was stolen is listed as ended now, and a stolen certificate no more. Until that is
published the node tells its peers itself, with its next start (gateway.operator.orders). What
stays listed as ended still verifies what was witnessed before.

Source: docs/wire-format.md, section 8, "Rotation".
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from ssl import PEM_cert_to_DER_cert
from typing import Final, TypeVar, assert_never

from gateway.config import NodeConfig
from gateway.errors import ConfigError
from gateway.home import Home
from gateway.operator.listing import ROTATE_FILE, entry_to_change
from gateway.operator.node import DAY_MS, LISTED_DAYS, tls_name
from gateway.operator.orders import RevokeOrders
from gateway.operator.start import refused_keys, unlock
from gateway.operator.witness import newest_request, replace_file
from gateway.ports import Clock
from gateway.records import SignedHead
from gateway.storage.generations import prove_leaf, survey
from keys.certificate import make_identity, spki_digest
from keys.digest import sha256
from keys.errors import KeyFileError
from keys.keyfile import Secret
from keys.keystore import KeyStore
from keys.nodekeys import TLS_DAYS, NodeKeys, new_prekey
from keys.recipient import RecipientSecret, new_seed
from keys.turning import LogPair
from protocol.directory import (
    MAX_KEM_KEYS,
    MAX_LOG_KEYS,
    KemKey,
    LogKey,
    NodeEntry,
    fingerprints,
)
from protocol.directory_values import key_bytes, key_text, time_text
from protocol.identifiers import NodeId
from protocol.joining import build_join_request, encode_join_request
from protocol.log.checkpoint import TreeHead
from protocol.log.deed import KeyKind, Revocation
from protocol.log.proof import InclusionProof
from protocol.log.recovery import Start
from protocol.log.signing import sign_head
from protocol.renewing import PREKEY_LIFE_MS

OVERLAP_DAYS: Final = 30
"""How long a former key is listed beside the new one: no directory in use is older (rule 31)."""

_Listed = TypeVar("_Listed", LogKey, KemKey)


class Kind(StrEnum):
    """Which of a node's keys is renewed."""

    LOG = "log"
    TLS = "tls"
    KEM = "kem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """A new key that waits to be listed.

    Attributes:
        kind: Which.
        request: The file for the authority of the directory.
        fingerprints: SHA-256 in hex of each public key of the node, by name.
    """

    kind: Kind
    request: Path
    fingerprints: Mapping[str, str]


def rotate(
    home: Home,
    config: NodeConfig,
    secret: Secret,
    *,
    kind: Kind,
    clock: Clock,
    is_stolen: bool = False,
) -> Rotated:
    """Make a new key of a kind, durable, and the request to list it.

    Args:
        home: The node's folder; no node may run on it.
        config: Its settings.
        secret: What opens its key files.
        kind: Which key.
        clock: The present time.
        is_stolen: Whether the old one must count no more from now on.

    Returns:
        What is to be listed.

    Raises:
        ConfigError: A rotation of this kind is under way, the log cannot simply go on, or the
            home has no part of an entry to add to; nothing was changed.
        AccessDeniedError: A wrong secret; nothing was changed.
        StorageError: A node runs on this home, or the disk refused; calling again goes on.
    """
    found = survey(home.store, anchor=home.anchor)
    if found.decision.start is not Start.ORDINARY or found.head is None:
        raise ConfigError(
            "this log cannot simply go on: see to it first",
            code="not_ordinary",
            hint="see where the node stands: a35 recover",
        )
    base = newest_request(home)
    held, now_ms = unlock(home, secret), clock.now_ms()
    before = entry_to_change(home, config, clock, made=base.node)
    keys = held
    if is_stolen or not _was_cut_short(held, before, kind):
        keys = _turned(held, config, kind, now_ms=now_ms, is_stolen=is_stolen)
    entry = _entry(before, keys, kind, now_ms=now_ms, is_stolen=is_stolen)
    try:
        if keys is not held:
            KeyStore(home.keys).turn(held, keys, secret)
    except KeyFileError as error:
        refused = refused_keys(error)
        raise refused from error
    if is_stolen:
        RevokeOrders(home).add(_revocations(held, kind, now_ms=now_ms))
    request = build_join_request(
        entry,
        name=config.name,
        key_set=key_bytes(base.key_set),
        proof=InclusionProof(index=base.index, path=prove_leaf(home.store, found.head, base.index)),
        note=_signed_again(found.head, keys, now_ms),
        profile=base.profile,
        contact_points=base.contact_points,
    )
    file = home.path / ROTATE_FILE
    replace_file(file, encode_join_request(request))
    return Rotated(kind=kind, request=file, fingerprints=fingerprints(entry))


def _was_cut_short(held: NodeKeys, before: NodeEntry, kind: Kind) -> bool:
    """Tell whether a new key is held that no request ever named: it only lacks the request."""
    turning = held.turning
    match kind:
        case Kind.LOG:
            asked = {key.verifier for key in before.logs}
            return turning.log is not None and held.signer().verifier not in asked
        case Kind.TLS:
            return turning.tls is not None and turning.tls.spki not in before.spki
        case Kind.KEM:
            newest = RecipientSecret(held.last_resort_seed).public
            listed = {key.recipient.public for key in before.kem}
            return turning.last_resort_seed is not None and newest not in listed
        case _:
            assert_never(kind)


def _turned(
    held: NodeKeys, config: NodeConfig, kind: Kind, *, now_ms: int, is_stolen: bool
) -> NodeKeys:
    """Draw the new key; the present one becomes the former, if there is not one already.

    Raises:
        ConfigError: There is one, and nothing was stolen.
    """
    turning = held.turning
    former = {Kind.LOG: turning.log, Kind.TLS: turning.tls, Kind.KEM: turning.last_resort_seed}
    if former[kind] is not None and not is_stolen:
        raise ConfigError(
            f"a rotation of {kind} keys is under way",
            code="under_way",
            hint="it ends by itself once the directory has moved on; see a35 keys list",
        )
    match kind:
        case Kind.LOG:
            new = LogPair.generate()
            old = LogPair(ed25519_seed=held.log_ed25519_seed, mldsa44_seed=held.log_mldsa44_seed)
            return replace(
                held,
                log_ed25519_seed=new.ed25519_seed,
                log_mldsa44_seed=new.mldsa44_seed,
                turning=replace(turning, log=old),
            )
        case Kind.TLS:
            name = tls_name(config.node_id, config.url)
            following = make_identity(name, now_ms=now_ms, days=TLS_DAYS, node=held.node)
            return replace(held, turning=replace(turning, tls=following))
        case Kind.KEM:
            # A fresh prekey too: senders take the newest, and what was stolen opens it no more.
            prekey = new_prekey(not_before_ms=now_ms, expires_ms=now_ms + PREKEY_LIFE_MS)
            return replace(
                held,
                last_resort_seed=new_seed(),
                turning=replace(turning, last_resort_seed=held.last_resort_seed),
            ).with_prekey(prekey)
        case _:
            assert_never(kind)


def _revocations(held: NodeKeys, kind: Kind, *, now_ms: int) -> tuple[Revocation, ...]:
    """Return what the node is to state of its stolen key, and of one that was to follow it."""
    stolen: list[tuple[KeyKind, bytes]] = []
    match kind:
        case Kind.LOG:
            pair = held.signer().verifier
            stolen.append((KeyKind.LOG, sha256(pair.ed25519 + pair.mldsa44)))
        case Kind.TLS:
            shown = (held.tls, held.turning.tls)
            stolen += [(KeyKind.TLS, each.spki) for each in shown if each is not None]
        case Kind.KEM:
            seeds = (held.last_resort_seed, held.turning.last_resort_seed)
            opened = [RecipientSecret(seed).public for seed in seeds if seed is not None]
            stolen += [(KeyKind.KEM, sha256(public)) for public in opened]
        case _:
            assert_never(kind)
    node = NodeId.parse(held.node)
    return tuple(
        Revocation(node=node, kind=each, key_digest=digest, t_ms=now_ms) for each, digest in stolen
    )


def _entry(
    entry: NodeEntry, keys: NodeKeys, kind: Kind, *, now_ms: int, is_stolen: bool
) -> NodeEntry:
    """Return the node's part with the new key of this kind."""
    end_ms = now_ms if is_stolen else now_ms + OVERLAP_DAYS * DAY_MS
    period = {
        "not_before": time_text(now_ms),
        "not_after": time_text(now_ms + LISTED_DAYS * DAY_MS),
    }
    changed: dict[str, object]
    match kind:
        case Kind.LOG:
            verifier = keys.signer().verifier
            new_log = LogKey(
                origin=verifier.name,
                ed25519=key_text(verifier.ed25519),
                mldsa44=key_text(verifier.mldsa44),
                **period,
            )
            same = [key for key in entry.logs if key.origin == verifier.name]
            others = [key for key in entry.logs if key.origin != verifier.name]
            ended = [one for key in same if (one := _ended(key, end_ms)) is not None]
            changed = {"logs": (new_log, *ended, *others)[:MAX_LOG_KEYS]}
        case Kind.KEM:
            public = RecipientSecret(keys.last_resort_seed).public
            new_kem = KemKey(public=key_text(public), **period)
            passed = [old for key in entry.kem if (old := _ended(key, end_ms)) is not None]
            changed = {"kem": (new_kem, *passed)[:MAX_KEM_KEYS]}
        case Kind.TLS:
            changed = _certificates(entry, keys, is_stolen=is_stolen)
        case _:
            assert_never(kind)
    return entry.model_copy(update=changed)


def _ended(key: _Listed, end_ms: int) -> _Listed | None:
    """Return a listed key that ends at a moment, if not before; None for one that never counted."""
    if key.not_after_ms <= end_ms:
        return key
    end = time_text(end_ms)
    return None if key.not_before >= end else key.model_copy(update={"not_after": end})


def _certificates(entry: NodeEntry, keys: NodeKeys, *, is_stolen: bool) -> dict[str, object]:
    """Return the certificates that are to be listed: those listed that are held, and the next."""
    held = [keys.tls] if keys.turning.tls is None else [keys.tls, keys.turning.tls]
    ders = [PEM_cert_to_DER_cert(each.certificate_pem.decode()) for each in held]
    before = () if is_stolen else entry.certificates
    shown = [der for der in ders[:-1] if der in before] + ders[-1:]
    return {
        "tls_spki": tuple(spki_digest(der).hex() for der in shown),
        "tls_certificates": tuple(key_text(der) for der in shown),
    }


def _signed_again(head: SignedHead, keys: NodeKeys, now_ms: int) -> bytes:
    """Sign the newest signed head once more, now by the new pair too: an equal checkpoint."""
    tree = TreeHead(origin=head.origin, size=head.size, root=head.root)
    return sign_head(keys.signer(), tree, timestamp_s=now_ms // 1000).note
