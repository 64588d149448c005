"""What was cosigned never goes back, and what others cosigned of us is found where it counts."""

from dataclasses import replace

import pytest

from gateway.records import SignedHead
from gateway.store import Store
from gateway.witnessing import KeptCosignature
from protocol.log.checkpoint import TreeHead
from protocol.witness.rule import Held
from tests.gateway.storage.contract_proof import grown
from tests.gateway.storage.material import NOW_MS, ORIGIN, PEER_ORIGIN
from tests.gateway.storage.scenario import Contract

KEY_ID = b"\x01\x02\x03\x04"
NAME = "a35/DE/1/witness"


def held(size: int, *, at_s: int = 100, root: bytes = b"r" * 32) -> Held:
    """Return a head of the peer's log as the rule grants it."""
    head = TreeHead(origin=PEER_ORIGIN, size=size, root=root)
    return Held(head=head, note=b"note %d" % size, cosigned_s=at_s)


def by(head: SignedHead, name: str = NAME, *, at_s: int = 100) -> KeptCosignature:
    """Return a cosignature; the store believes that it was believed."""
    return KeptCosignature(
        origin=head.origin,
        size=head.size,
        witness=name,
        key_id=KEY_ID,
        cosigned_s=at_s,
        line=b"%s %d %d\n" % (name.encode(), head.size, at_s),
    )


class WitnessContract(Contract):
    """Cosigning."""

    def test_what_was_cosigned_moves_by_compare_and_swap(self) -> None:
        """Of two grants over the same one, one fails."""

        async def scenario(store: Store) -> None:
            assert await store.witnessed(PEER_ORIGIN) is None
            first, second = held(5), held(9, at_s=101)
            assert await store.keep_witnessed(None, first)
            assert not await store.keep_witnessed(None, second)
            assert await store.witnessed(PEER_ORIGIN) == first
            assert not await store.keep_witnessed(replace(first, cosigned_s=99), second)
            assert await store.keep_witnessed(first, second)
            assert not await store.keep_witnessed(first, held(7, at_s=102))
            assert await store.witnessed(PEER_ORIGIN) == second

        self.run(scenario)

    @pytest.mark.parametrize(
        "later", [held(4), held(5, root=b"x" * 32), held(5, at_s=99)], ids=["size", "root", "time"]
    )
    def test_what_was_cosigned_never_goes_back(self, later: Held) -> None:
        """Whoever asks for it: the database itself refuses."""

        async def scenario(store: Store) -> None:
            first = held(5)
            await store.keep_witnessed(None, first)
            with pytest.raises(Exception, match=r"."):
                await store.keep_witnessed(first, later)
            assert await store.witnessed(PEER_ORIGIN) == first

        self.run(scenario)

    def test_ended_key_stays_ended(self) -> None:
        """A second note of it changes nothing."""

        async def scenario(store: Store) -> None:
            assert not await store.has_ended(KEY_ID)
            for _ in range(2):
                await store.end_witness_key(KEY_ID, now_ms=NOW_MS)
            assert await store.has_ended(KEY_ID)
            assert not await store.has_ended(b"else")

        self.run(scenario)

    def test_places_get_the_heads_that_bound_them(self) -> None:
        """The first head with a leaf by its first line, the last without by its latest."""

        async def scenario(store: Store) -> None:
            heads = [await grown(store, number) for number in range(1, 5)]
            for head in heads[:3]:
                for at_s in (100, 90, 120):
                    await store.keep_cosignatures([by(head, at_s=head.size * 1000 + at_s)])
            await store.keep_cosignatures([by(heads[3], "other", at_s=5)])
            newest, size = heads[3].size, heads[1].size
            found = await store.cosigned_around(ORIGIN, newest, [size - 1])
            assert [one.joined for one in found] == [None] * 3
            assert [(one.note, one.lines) for one in found] == [
                (heads[0].note, by(heads[0], at_s=heads[0].size * 1000 + 120).line),
                (heads[1].note, by(heads[1], at_s=size * 1000 + 100).line),
                (heads[3].note, by(heads[3], "other", at_s=5).line),
            ]
            assert await store.cosigned_around(PEER_ORIGIN, newest, [0]) == ()
            assert await store.cosigned_around(ORIGIN, newest, []) == ()

        self.run(scenario)

    def test_newest_cosignature_of_each_witness_is_known(self) -> None:
        """What the operator sees, and from where a witness is asked again."""

        async def scenario(store: Store) -> None:
            assert await store.newest_cosignatures() == ()
            heads = [await grown(store, number) for number in range(1, 3)]
            await store.keep_cosignatures([by(head, at_s=50 + head.size) for head in heads])
            await store.keep_cosignatures([by(heads[0], "other", at_s=40)])
            assert await store.newest_cosignatures() == (
                by(heads[1], at_s=50 + heads[1].size),
                by(heads[0], "other", at_s=40),
            )

        self.run(scenario)
