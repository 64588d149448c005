"""Messages that nobody answered in time: stages told once, copies, withdrawals, places."""

from dataclasses import replace

import pytest

from gateway.errors import NoInputError
from gateway.lateness import CopyRow, Escalation, Order, Rival, Unasked
from gateway.store import Store
from keys.digest import new_salt
from protocol.cases.ladder import MessageState
from protocol.delivery.escalation import Stage, Step, Told
from protocol.delivery.reference import bounds_of, code_of
from protocol.delivery.urgency import Urgency
from protocol.identifiers import MessageId
from protocol.log.deed import Silence
from protocol.log.statement import StatementKind, silence
from protocol.receipt import Stage as ReceiptStage
from tests.gateway.storage.material import (
    DAY_MS,
    NOW_MS,
    ORIGIN,
    OTHER,
    OWN,
    PEER,
    admission,
    incoming,
    mid,
    peer_checkpoint,
    received,
    submission,
)
from tests.gateway.storage.scenario import Contract, claim, defer


def stage_of(number: int, stage: Stage = Stage.HASTEN, step: Step = Step.ACCEPTED) -> Escalation:
    """Return a stage of a message; silence with its evidence."""
    evidence = None
    if stage is Stage.SILENCE:
        stated = Silence(
            mid=mid(number),
            header_digest=bytes(32),
            step=step.value,
            due_ms=NOW_MS,
            tries=(),
            t_ms=NOW_MS,
        )
        evidence = silence(stated.encode(), new_salt())
    return Escalation(
        mid=mid(number), told=Told(step=step, stage=stage), due_ms=NOW_MS, evidence=evidence
    )


async def take(store: Store, number: int, stage: ReceiptStage) -> None:
    """Let a receipt for a message of ours come in."""
    await store.take_receipts(PEER, [received(number, stage)], peer_checkpoint(), now_ms=NOW_MS)


class LatenessContract(Contract):  # noqa: PLR0904  one case for each promise
    """Escalation, copies, and where webhooks are."""

    def test_awaited_are_our_messages_of_which_a_step_is_missing(self) -> None:
        """Bulk, what came in, what was answered or has expired: nobody waits for these."""

        async def scenario(store: Store) -> None:
            for number in (1, 2, 3):
                await store.submit(submission(number), now_ms=NOW_MS)
            await store.submit(submission(4, cls=Urgency.P3), now_ms=NOW_MS)
            await store.submit(submission(5, exp_ms=NOW_MS + 1), now_ms=NOW_MS)
            await store.admit(admission(incoming(9)), now_ms=NOW_MS)
            await take(store, 2, ReceiptStage.ACKNOWLEDGED)
            found = await store.awaited(after=0, now_ms=NOW_MS + 1, limit=9)
            rows = [await store.numbered(each.number) for each in found]
            assert [row.mid for row in rows if row is not None] == [mid(1), mid(3)]
            assert [each.t_ms for each in found] == [NOW_MS + 1, NOW_MS + 3]
            later = await store.awaited(after=found[0].number, now_ms=NOW_MS, limit=1)
            assert [each.t_ms for each in later] == [NOW_MS + 3]
            assert await store.numbered(99) is None

        self.run(scenario)

    def test_stage_is_told_once_and_stands_in_the_timeline(self) -> None:
        """A restart, or a clock that went back, repeats no alarm."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            assert await store.escalate(stage_of(1), now_ms=NOW_MS)
            assert not await store.escalate(stage_of(1), now_ms=NOW_MS - DAY_MS)
            (told,) = await store.escalations([mid(1), mid(2)])
            assert (told.told, told.at_ms, told.index) == (stage_of(1).told, NOW_MS, None)
            event = (await store.timeline(OWN, mid(1)))[-1]
            assert (event.kind, event.what) == ("message.escalated", "hasten_accepted")
            assert event.by == str(OWN)

        self.run(scenario)

    @pytest.mark.parametrize(
        ("step", "kind"),
        [(Step.ACCEPTED, "non_delivery_notice"), (Step.ACKNOWLEDGED, "silence_notice")],
    )
    def test_silence_is_a_leaf_that_the_timeline_names(self, step: Step, kind: str) -> None:
        """Evidence is worth nothing if it cannot be found again."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            assert await store.escalate(stage_of(1, Stage.SILENCE, step), now_ms=NOW_MS)
            (told,) = await store.escalations([mid(1)])
            assert (told.origin, told.asked) == (str(ORIGIN), False)
            assert told.index is not None
            (leaf,) = await store.leaves(told.index, told.index + 1)
            assert leaf.kind == StatementKind.SILENCE.value
            assert leaf.preimage is not None
            assert Silence.decode(leaf.preimage).step == step.value
            event = (await store.timeline(OWN, mid(1)))[-1]
            assert (event.kind, event.index) == (kind, told.index)

        self.run(scenario)

    def test_step_taken_meanwhile_is_not_told_as_missing(self) -> None:
        """The receipt came between the look and the commit: there is no silence."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            await take(store, 1, ReceiptStage.ACCEPTED)
            assert not await store.escalate(stage_of(1, Stage.SILENCE), now_ms=NOW_MS)
            late = stage_of(1, Stage.SILENCE, Step.ACKNOWLEDGED)
            assert await store.escalate(late, now_ms=NOW_MS)
            assert [each.step for each in await store.escalations([mid(1)])] == [Step.ACKNOWLEDGED]
            with pytest.raises(NoInputError):
                await store.escalate(stage_of(7), now_ms=NOW_MS)

        self.run(scenario)

    def test_receipts_are_asked_for_until_they_were_asked_for_once_or_are_here(self) -> None:
        """Rule 22: before and after stating silence, also over a restart in between."""

        async def scenario(store: Store) -> None:
            for number in (1, 2):
                await store.submit(submission(number), now_ms=NOW_MS)
                await store.escalate(stage_of(number, Stage.SILENCE), now_ms=NOW_MS)
            assert await store.unasked(besides=(), limit=9) == (
                Unasked(mid=mid(1), node=PEER),
                Unasked(mid=mid(2), node=PEER),
            )
            assert len(await store.unasked(besides=[OTHER], limit=1)) == 1
            assert await store.unasked(besides=[PEER], limit=9) == ()
            await store.note_asked(mid(1))
            await take(store, 2, ReceiptStage.ACCEPTED)
            assert await store.unasked(besides=(), limit=9) == ()

        self.run(scenario)

    def test_node_is_silent_since_the_first_step_that_it_still_owes(self) -> None:
        """A late receipt ends it; the evidence stays."""

        async def scenario(store: Store) -> None:
            for number in (1, 2):
                await store.submit(submission(number), now_ms=NOW_MS)
                late = replace(stage_of(number, Stage.SILENCE), due_ms=NOW_MS + number)
                await store.escalate(late, now_ms=NOW_MS)
            assert await store.silences() == ((PEER, NOW_MS + 1),)
            await take(store, 1, ReceiptStage.ACCEPTED)
            assert await store.silences() == ((PEER, NOW_MS + 2),)
            await take(store, 2, ReceiptStage.ACCEPTED)
            assert await store.silences() == ()
            assert len(await store.escalations([mid(1), mid(2)])) == 2

        self.run(scenario)

    def test_copy_is_queued_once_for_a_message(self) -> None:
        """A second one would be a third request for the same thing."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            first = submission(2, to=OTHER)
            queued = await store.order(first, Order.COPY, of=mid(1), now_ms=NOW_MS)
            assert queued is not None
            again = submission(3, to=OTHER)
            assert await store.order(again, Order.COPY, of=mid(1), now_ms=NOW_MS) is None
            assert await store.order(again, Order.COPY, of=mid(2), now_ms=NOW_MS) is None
            assert await store.message(mid(3)) == ()
            pair = CopyRow(
                original=mid(1), original_to=PEER, copy=mid(2), copy_to=OTHER, withdrawal=None
            )
            assert await store.copies(mid(1)) == await store.copies(mid(2)) == (pair,)
            assert await store.copies(mid(9)) == ()
            assert (await store.timeline(OWN, mid(1)))[-1].what == "copied"

        self.run(scenario)

    def test_other_one_is_withdrawn_once_when_the_case_was_taken(self) -> None:
        """Two desks must not work on one request."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1, to=OTHER), now_ms=NOW_MS)
            await store.order(submission(2), Order.COPY, of=mid(1), now_ms=NOW_MS)
            assert await store.rivals() == ()
            await take(store, 2, ReceiptStage.ACKNOWLEDGED)
            assert await store.rivals() == (Rival(mid=mid(1), taken=mid(2), taken_by=PEER),)
            queued = await store.order(
                submission(3, to=OTHER), Order.WITHDRAWAL, of=mid(1), now_ms=NOW_MS
            )
            assert queued is not None
            assert await store.rivals() == ()
            again = await store.order(
                submission(4, to=OTHER), Order.WITHDRAWAL, of=mid(1), now_ms=NOW_MS
            )
            assert again is None
            assert (await store.copies(mid(1)))[0].withdrawal == mid(3)

        self.run(scenario)

    def test_who_acknowledged_first_has_the_case(self) -> None:
        """Both desks took it before they could hear of each other."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            await store.order(submission(2), Order.COPY, of=mid(1), now_ms=NOW_MS)
            await take(store, 2, ReceiptStage.DECLINED)
            await take(store, 1, ReceiptStage.ACKNOWLEDGED)
            (rival,) = await store.rivals()
            assert (rival.mid, rival.taken) == (mid(1), mid(2))

        self.run(scenario)

    def test_original_that_is_acknowledged_takes_the_copy_back(self) -> None:
        """The first desk answered after all."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            await store.order(submission(2, to=OTHER), Order.COPY, of=mid(1), now_ms=NOW_MS)
            await take(store, 1, ReceiptStage.ACKNOWLEDGED)
            assert await store.rivals() == (Rival(mid=mid(2), taken=mid(1), taken_by=PEER),)

        self.run(scenario)

    def test_message_is_found_by_the_code_that_is_read_out(self) -> None:
        """Sent or received: both sides look for the same."""

        async def scenario(store: Store) -> None:
            far = MessageId(bytes.fromhex("ff" * 16))
            await store.submit(replace(submission(1), mid=far), now_ms=NOW_MS)
            await store.admit(admission(incoming(9)), now_ms=NOW_MS)
            assert [row.mid for row in await store.coded(*bounds_of(code_of(far)))] == [far]
            found = await store.coded(*bounds_of(code_of(mid(9))))
            assert [(row.mid, row.state) for row in found] == [(mid(9), MessageState.ACCEPTED)]

        self.run(scenario)

    def test_old_attempts_are_dropped_and_newer_ones_stay(self) -> None:
        """Rule 20: a node that is away for a month must not fill the disk."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            for _ in range(3):
                (item,) = await claim(store)
                await defer(store, item)
            assert await store.forget_attempts(before_ms=NOW_MS) == 0
            assert len(await store.attempts(mid(1))) == 3
            assert await store.forget_attempts(before_ms=NOW_MS + 1) == 3
            assert await store.attempts(mid(1)) == ()

        self.run(scenario)

    def test_place_of_a_webhook_is_kept(self) -> None:
        """A restart loses no event and repeats at most one."""

        async def scenario(store: Store) -> None:
            assert await store.cursor("a") is None
            await store.save_cursor("a", 7)
            await store.save_cursor("b", 1)
            await store.save_cursor("a", 9)
            assert (await store.cursor("a"), await store.cursor("b")) == (9, 1)

        self.run(scenario)
