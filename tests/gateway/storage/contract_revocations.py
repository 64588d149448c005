"""Revocations: each key once, for ever, as they came."""

from dataclasses import replace

from gateway.revoking import KeptRevocation
from gateway.store import Store
from protocol.log.deed import KeyKind, Revocation
from protocol.log.proof import InclusionProof
from protocol.revoking import ByLog, ByRole, ToldRevocation
from tests.gateway.storage.material import NOW_MS, PEER
from tests.gateway.storage.scenario import Contract


def kept(kind: KeyKind, *, by_log: bool = False) -> KeptRevocation:
    """Return a revocation; the store believes that it was believed."""
    deed = Revocation(node=PEER, kind=kind, key_digest=b"k" * 32, t_ms=NOW_MS).encode()
    word = (
        ByLog(proof=InclusionProof(index=3, path=(bytes(32),)), note=b"note\n")
        if by_log
        else ByRole(key_id="id", signature=bytes(64))
    )
    told = ToldRevocation(deed=deed, word=word)
    return KeptRevocation(told=told, kept_ms=NOW_MS + 1, is_ours=by_log)


class RevocationContract(Contract):
    """Keys that count no more."""

    def test_a_revocation_is_kept_once_and_read_as_it_came(self) -> None:
        """A second word for the same key changes nothing, not even the time."""

        async def scenario(store: Store) -> None:
            assert await store.revocations() == ()
            first, second = kept(KeyKind.TLS, by_log=True), kept(KeyKind.LOG)
            assert await store.keep_revocation(first)
            assert await store.keep_revocation(second)
            again = replace(kept(KeyKind.TLS), kept_ms=NOW_MS + 9)
            assert not await store.keep_revocation(again)
            assert await store.revocations() == (first, second)

        self.run(scenario)
