"""The keys of a running node: on the disk before they count."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.operator.keyroom import KeyRoom
from keys.keyfile import Credential
from keys.keystore import KeyStore
from keys.nodekeys import NodeKeys, new_prekey
from keys.recipient import RecipientSecret
from keys.turning import LogPair, TurningKeys

NOW_MS = 1_800_000_000_000
SECRET = Credential(b"c" * 32)
KEYS = NodeKeys.generate("RO/1", generation=1, tls_name="ro-1.example", now_ms=NOW_MS)
PREKEY = new_prekey(not_before_ms=1, expires_ms=2)


def room(folder: Path) -> KeyRoom:
    """Return the keys of a new node."""
    KeyStore(folder).create(KEYS, SECRET)
    return KeyRoom(folder, KEYS, SECRET)


def test_prekeys_come_and_go_on_the_disk_and_in_memory(tmp_path: Path) -> None:
    """A prekey that was published and not kept would lose what is sealed for it."""
    held = room(tmp_path / "keys")
    key_id = RecipientSecret(PREKEY.seed).key_id
    asyncio.run(held.keep((PREKEY,)))
    assert held.prekeys() == (PREKEY,)
    assert key_id in held.secrets()
    assert KeyStore(tmp_path / "keys").load(SECRET) == held.keys == KEYS.with_prekey(PREKEY)
    asyncio.run(held.keep(()))
    assert key_id not in held.secrets()
    assert KeyStore(tmp_path / "keys").load(SECRET) == KEYS


def test_keys_are_turned_on_the_disk_and_in_memory(tmp_path: Path) -> None:
    """What signs from now on is what the next start finds."""
    held = room(tmp_path / "keys")
    following = TurningKeys(log=LogPair.generate())
    asyncio.run(held.turn(lambda keys: replace(keys, turning=following)))
    assert KeyStore(tmp_path / "keys").load(SECRET) == held.keys
    assert len(held.keys.signer().verifiers) == 2


def test_what_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    """Else the next start would not know what peers were told."""
    held = KeyRoom(tmp_path / "none", KEYS, SECRET)
    with pytest.raises(ConfigError):
        asyncio.run(held.keep((PREKEY,)))
    assert held.keys == KEYS
