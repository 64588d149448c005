"""The part of the store that keeps revocations, for ever and each once.

Source: docs/wire-format.md, rule 32.
"""

from gateway.revoking import KeptRevocation
from gateway.storage.core import StorePart
from gateway.storage.session import Session
from protocol.revoking import ToldRevocation


class RevocationPart(StorePart):
    """Implements revoking.Revocations."""

    async def keep_revocation(self, kept: KeptRevocation) -> bool:
        """Keep one for ever; return whether that key had none.

        Raises:
            StorageError: It is not kept.
        """
        key = kept.told.key

        def keep(session: Session) -> bool:
            done = session.execute(
                "INSERT INTO revocation (node, kind, digest, told, kept_ms, is_ours)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (node, kind, digest) DO NOTHING",
                (
                    str(key.node),
                    key.kind.value,
                    key.digest,
                    kept.told.encode(),
                    kept.kept_ms,
                    int(kept.is_ours),
                ),
            )
            return done.rowcount == 1

        return await self._core.writer.run(keep)

    async def revocations(self) -> tuple[KeptRevocation, ...]:
        """Return all, in the order in which they were kept."""
        rows = self._core.reader.execute(
            "SELECT told, kept_ms, is_ours FROM revocation ORDER BY id"
        ).fetchall()
        return tuple(
            KeptRevocation(told=ToldRevocation.decode(told), kept_ms=kept_ms, is_ours=bool(is_ours))
            for told, kept_ms, is_ours in rows
        )
