"""The keys of a running node: what is held now, changed on the disk before it counts.

One change at a time, each in a worker thread, since a passphrase is slow on purpose. The secret
of the key files stays in memory beside the keys that it opens, because prekeys come and go
without anybody at the keyboard.
"""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

from gateway.operator.start import refused_keys
from keys.errors import KeyFileError
from keys.keyfile import Secret
from keys.keystore import KeyStore
from keys.nodekeys import NodeKeys, Prekey
from keys.recipient import RecipientSecret


class KeyRoom:
    """The keys of one running node, for gateway.service.renewal and gateway.service.turning.

    Args:
        folder: Of its key files.
        keys: As they were unlocked.
        secret: What opens the files.
    """

    def __init__(self, folder: Path, keys: NodeKeys, secret: Secret) -> None:
        self._store = KeyStore(folder)
        self._keys = keys
        self._secret = secret
        self._secrets = keys.secrets()
        self._one = asyncio.Lock()

    @property
    def keys(self) -> NodeKeys:
        """What is held now."""
        return self._keys

    def prekeys(self) -> tuple[Prekey, ...]:
        """Return the prekeys held, in the order in which they came."""
        return self._keys.prekeys

    def secrets(self) -> Mapping[bytes, RecipientSecret]:
        """Return everything that opens wraps, by key id."""
        return self._secrets

    async def keep(self, prekeys: tuple[Prekey, ...]) -> None:
        """Hold exactly these prekeys; those left out are erased when this returns.

        Raises:
            GatewayError: The files cannot be written, or are not those that were unlocked;
                nothing was changed.
        """
        await self._change(lambda keys: keys.with_prekeys(prekeys), KeyStore.update_prekeys)

    async def turn(self, change: Callable[[NodeKeys], NodeKeys]) -> None:
        """Replace keys within this generation of the log; see KeyStore.turn.

        Args:
            change: Gives the keys that follow.

        Raises:
            GatewayError: The files cannot be written, or are not those that were unlocked;
                nothing was changed.
        """
        await self._change(change, lambda store, keys, secret: store.turn(self._keys, keys, secret))

    async def _change(
        self,
        change: Callable[[NodeKeys], NodeKeys],
        save: Callable[[KeyStore, NodeKeys, Secret], None],
    ) -> None:
        async with self._one:
            changed = change(self._keys)
            try:
                await asyncio.to_thread(save, self._store, changed, self._secret)
            except KeyFileError as error:
                refused = refused_keys(error)
                raise refused from error
            self._keys = changed
            self._secrets = changed.secrets()
