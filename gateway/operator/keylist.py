"""What each key of a node is for, since when and until when; nothing secret of any."""

from dataclasses import dataclass

from keys.digest import sha256
from keys.nodekeys import NodeKeys
from keys.recipient import RecipientSecret


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLine:
    """One key.

    Attributes:
        kind: Its kind, as `keys rotate` names it.
        use: What it is for.
        since_ms: When it begins to count, None if nothing here says it.
        until_ms: When it ends, likewise.
        fingerprint: SHA-256 in hex of the public key; empty for a key that has none.
    """

    kind: str
    use: str
    since_ms: int | None
    until_ms: int | None
    fingerprint: str


def describe_keys(keys: NodeKeys) -> tuple[KeyLine, ...]:
    """Describe every key of a node.

    Args:
        keys: Unlocked.
    """
    verifier = keys.signer().verifier
    return (
        KeyLine(
            kind="log",
            use=f"signs the checkpoints of {keys.origin}",
            since_ms=None,
            until_ms=None,
            fingerprint=sha256(verifier.ed25519 + verifier.mldsa44).hex(),
        ),
        KeyLine(
            kind="tls",
            use="shows other nodes who connects",
            since_ms=None,
            until_ms=keys.tls.not_after_ms,
            fingerprint=keys.tls.spki.hex(),
        ),
        KeyLine(
            kind="last-resort",
            use="opens what is sealed while no prekey of ours is known",
            since_ms=None,
            until_ms=None,
            fingerprint=_public(keys.last_resort_seed),
        ),
        *(
            KeyLine(
                kind="prekey",
                use="opens what others seal for us",
                since_ms=prekey.not_before_ms,
                until_ms=prekey.expires_ms,
                fingerprint=_public(prekey.seed),
            )
            for prekey in keys.prekeys
        ),
        *(
            KeyLine(
                kind="witness",
                use="cosigns what it saw of other nodes' logs",
                since_ms=None,
                until_ms=None,
                fingerprint=sha256(key.signer().cosigner.key.public).hex(),
            )
            for key in (keys.witness,)
            if key is not None
        ),
        *_turning(keys),
        KeyLine(
            kind="store",
            use="seals contents on this disk",
            since_ms=None,
            until_ms=None,
            fingerprint="",
        ),
    )


def _turning(keys: NodeKeys) -> tuple[KeyLine, ...]:
    """Describe the second keys of a rotation that is under way."""
    log, tls, seed = keys.turning.log, keys.turning.tls, keys.turning.last_resort_seed
    found: list[tuple[str, str, int | None, str]] = []
    if log is not None:
        verifier = keys.signer().verifiers[-1]
        digest = sha256(verifier.ed25519 + verifier.mldsa44).hex()
        found.append(("log", "former pair: signs along while it is listed", None, digest))
    if tls is not None:
        use = "next certificate: shown some hours after it is listed"
        found.append(("tls", use, tls.not_after_ms, tls.spki.hex()))
    if seed is not None:
        found.append(("last-resort", "former one: opens while it is listed", None, _public(seed)))
    return tuple(
        KeyLine(kind=kind, use=use, since_ms=None, until_ms=until_ms, fingerprint=digest)
        for kind, use, until_ms, digest in found
    )


def _public(seed: bytes) -> str:
    return sha256(RecipientSecret(seed).public).hex()
