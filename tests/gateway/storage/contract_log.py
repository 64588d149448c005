"""Our own log: what was stated is there, in order, and provable."""

import asyncio
from random import Random

import pytest

from gateway.errors import GatewayError
from gateway.store import Store
from keys.digest import leaf_hash, sha256
from keys.note import parse_note, verify_pair
from protocol.errors import NotAllowedError
from protocol.log.statement import StatementKind, cover
from protocol.log.tree import check_consistency, check_inclusion
from tests.gateway.storage.material import (
    KEY_SET,
    NOW_MS,
    ORIGIN,
    admission,
    first_statement,
    incoming,
    log_signer,
    peer_checkpoint,
    received,
    submission,
)
from tests.gateway.storage.scenario import Contract, claim, deliver


class LogContract(Contract):
    """Statements, heads, proofs."""

    def test_log_begins_with_the_signed_key_set(self) -> None:
        """Leaf 0 is what other nodes ask for first."""

        async def scenario(store: Store) -> None:
            head = store.head()
            assert head is not None
            assert (head.origin, head.size) == (ORIGIN, 1)
            assert head.root == first_statement().leaf_hash
            assert await store.key_set() == (KEY_SET, 0)
            assert store.origin == ORIGIN

        self.run(scenario)

    def test_head_carries_both_signatures(self) -> None:
        """Half a pair is nothing."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            head = store.head()
            assert head is not None
            assert verify_pair(parse_note(head.note), log_signer().verifier) == NOW_MS // 1000

        self.run(scenario)

    def test_statements_of_the_node_follow_one_another(self) -> None:
        """The caller knows the index of each from that of the first."""

        async def scenario(store: Store) -> None:
            covers = [cover(bytes([n]) * 32) for n in range(5)]
            first = await store.state(covers, must_leave=True)
            leaves = await store.leaves(first, first + 5)
            assert [leaf.digest for leaf in leaves] == [one.digest for one in covers]
            assert [leaf.kind for leaf in leaves] == [StatementKind.COVER] * 5
            head = store.head()
            assert head is not None
            assert head.size == first + 5

        self.run(scenario)

    def test_every_leaf_and_older_size_is_provable(self) -> None:
        """Peers believe nothing else."""

        async def scenario(store: Store) -> None:
            random = Random(35)  # noqa: S311  which sizes are looked at is no secret
            for number in range(40):
                covers = [cover(sha256(b"%d %d" % (number, n))) for n in range(number % 4 + 1)]
                await store.state(covers, must_leave=True)
            head = store.head()
            assert head is not None
            leaves = await store.leaves(0, head.size)
            indices = random.sample(range(head.size), 20)
            proofs = await store.prove(head.size, indices, old=head.size // 3)
            for index, path in zip(indices, proofs.inclusion, strict=True):
                leaf = leaves[index]
                value = leaf_hash(bytes((leaf.kind,)) + leaf.digest)
                check_inclusion(index, head.size, value, path, head.root)
            for _ in range(20):
                old = random.choice([1, *range(head.size)])
                held = await store.checkpoint(old)
                if held is None:
                    continue
                path = (await store.prove(head.size, [], old=old)).consistency
                check_consistency(old, head.size, held.root, head.root, path)

        self.run(scenario)

    def test_proof_between_sizes_is_the_same_from_either_end(self) -> None:
        """A peer whose head overtook a frame joins it from above."""

        async def scenario(store: Store) -> None:
            for number in range(6):
                await store.state([cover(bytes([number]) * 32)], must_leave=True)
            up = await store.prove(7, [], old=3)
            down = await store.prove(3, [], old=7)
            assert up.consistency == down.consistency

        self.run(scenario)

    def test_what_was_not_committed_is_not_proven(self) -> None:
        """A caller that asks for it has a bug."""

        async def scenario(store: Store) -> None:
            with pytest.raises(NotAllowedError):
                await store.prove(2, [], old=0)
            with pytest.raises(NotAllowedError):
                await store.prove(1, [1], old=0)
            with pytest.raises(NotAllowedError):
                await store.prove(1, [], old=2)

        self.run(scenario)

    def test_signed_heads_stay_and_no_other_size_has_one(self) -> None:
        """Frames that ride name a size that was signed."""

        async def scenario(store: Store) -> None:
            before = store.head()
            await store.state([cover(bytes(32)), cover(bytes(32))], must_leave=True)
            assert before is not None
            assert await store.checkpoint(1) == before
            assert await store.checkpoint(2) is None
            assert await store.checkpoint(3) == store.head()

        self.run(scenario)

    def test_leaf_that_nobody_waits_for_rides_with_the_next_head(self) -> None:
        """One pair of signatures a group, and none for what stays at home."""

        async def scenario(store: Store) -> None:
            index = await store.state([cover(bytes(32))], must_leave=False)
            head = store.head()
            assert head is not None
            assert head.size == index
            await store.state([cover(bytes(32))], must_leave=True)
            head = store.head()
            assert head is not None
            assert head.size == index + 2

        self.run(scenario)

    def test_obtained_receipt_is_stated_in_our_log(self) -> None:
        """Our log shows what we held, and when at the latest."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            (item,) = await claim(store)
            receipt = received(1)
            await deliver(store, item, receipt, checkpoint=peer_checkpoint(seen=False))
            leaf = (await store.leaves(2, 3))[0]
            assert leaf.kind == StatementKind.RECEIPT_OBTAINED
            assert leaf.preimage == receipt.digest
            assert leaf.salt == receipt.statement.salt

        self.run(scenario)

    def test_operations_at_the_same_time_leave_no_gap(self) -> None:
        """One writer orders them; whoever fails takes nothing with it."""

        async def scenario(store: Store) -> None:
            results = await asyncio.gather(
                *(store.submit(submission(n), now_ms=NOW_MS) for n in range(1, 8)),
                store.admit(admission(incoming(50, at=99)), now_ms=NOW_MS),
                *(store.submit(submission(n), now_ms=NOW_MS) for n in range(8, 15)),
                return_exceptions=True,
            )
            assert isinstance(results[7], GatewayError)
            assert len(await store.leaves(0, 99)) == 15
            events = await store.events(after=0, limit=99)
            assert [event.number for event in events] == list(range(1, 15))

        self.run(scenario)
