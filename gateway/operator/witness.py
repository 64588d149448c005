"""Makes the witness key of a node that has none, or a new one in the place of the one it has.

Nodes get theirs with `a35 init`. One that was made before there were such keys has none, nor has
one that was restored: what it cosigned after the backup was made is forgotten there, so that the
old key must never sign again (docs/evidence.md, "Witnesses"). The new key counts once the
directory lists it: the node's part of its entry, with its proof, is written anew for that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.config import NodeConfig
from gateway.directory.files import write_whole
from gateway.errors import ConfigError, DataError
from gateway.home import Home
from gateway.operator.listing import ROTATE_FILE, entry_to_change
from gateway.operator.node import DAY_MS, JOIN_FILE, LISTED_DAYS
from gateway.operator.recover import RENEW_FILE
from gateway.operator.start import refused_keys, unlock
from gateway.ports import Clock
from keys.cosigner import Cosigner
from keys.errors import KeyFileError
from keys.keyfile import Secret
from keys.keystore import KeyStore
from protocol.directory import MAX_WITNESS_KEYS, NodeEntry, WitnessKey, fingerprints
from protocol.directory_values import key_text, time_text
from protocol.errors import MalformedError
from protocol.joining import JoinRequest, encode_join_request, parse_join_request


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWitness:
    """A witness key that was made.

    Attributes:
        key: As policies of C2SP list it.
        request: The file for the authority of the directory.
        fingerprints: SHA-256 in hex of each public key of the node, by name.
    """

    key: str
    request: Path
    fingerprints: Mapping[str, str]


def new_witness(home: Home, config: NodeConfig, secret: Secret, *, clock: Clock) -> NewWitness:
    """Make a witness key and the request to list it; the caller holds the home's lock.

    Args:
        home: The node's folder.
        config: Its settings.
        secret: What opens its key files.
        clock: The present time.

    Returns:
        What was made.

    Raises:
        ConfigError: The home has no part of a directory entry to add it to; nothing was changed.
        AccessDeniedError: A wrong secret; nothing was changed.
        StorageError: The disk refused; the request can be made by calling again.
    """
    base = newest_request(home)
    keys = unlock(home, secret).with_new_witness()
    try:
        KeyStore(home.keys).update_witness(keys, secret)
    except KeyFileError as error:
        refused = refused_keys(error)
        raise refused from error
    if keys.witness is None:
        raise ConfigError("no witness key was made")
    cosigner = keys.witness.signer().cosigner
    before = entry_to_change(home, config, clock, made=base.node)
    entry = _with(before, cosigner, clock.now_ms())
    file = home.path / ROTATE_FILE  # with other keys that wait to be listed, in one request
    replace_file(file, encode_join_request(base.model_copy(update={"node": entry})))
    return NewWitness(key=str(cosigner.key), request=file, fingerprints=fingerprints(entry))


def newest_request(home: Home) -> JoinRequest:
    """Return the newest request of a home: that of the log that is written now.

    Args:
        home: The node's folder.

    Raises:
        ConfigError: There is none.
        DataError: It does not read.
    """
    for name in (RENEW_FILE, JOIN_FILE):
        try:
            return parse_join_request((home.path / name).read_bytes())
        except OSError:
            continue
        except MalformedError as error:
            raise DataError(f"{name} in this home does not read") from error
    raise ConfigError(
        f"there is no {JOIN_FILE} in this home",
        code="no_home",
        hint="take it from the backup of this node",
    )


def _with(entry: NodeEntry, cosigner: Cosigner, now_ms: int) -> NodeEntry:
    """Return the entry with the key; earlier ones end now, so that what they signed stands."""
    key = WitnessKey(
        mldsa44=key_text(cosigner.key.public),
        not_before=time_text(now_ms),
        not_after=time_text(now_ms + LISTED_DAYS * DAY_MS),
    )
    ended = [
        each if each.not_after_ms <= now_ms else _ended(each, now_ms)
        for each in entry.witness or ()
    ]
    held = [each for each in ended if each is not None]
    return entry.model_copy(update={"witness": (key, *held)[:MAX_WITNESS_KEYS]})


def _ended(key: WitnessKey, now_ms: int) -> WitnessKey | None:
    """Return a key that ends now; None for one that never counted."""
    if key.not_before_ms >= now_ms - now_ms % 1000:
        return None
    return key.model_copy(update={"not_after": time_text(now_ms)})


def replace_file(file: Path, data: bytes) -> None:
    """Write a file of the home that its owner alone may read, whole or not at all.

    Args:
        file: Which one.
        data: Its bytes.

    Raises:
        StorageError: The disk refused.
    """
    write_whole(file, data, mode=0o600)
