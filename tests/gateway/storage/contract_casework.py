"""What a desk notes beside its cases: kept, sealed, given back; gone with the case's contents."""

from dataclasses import replace

import pytest

from gateway.casework import Hand, NoteKind, SealedNote, Shift
from gateway.errors import NoInputError
from gateway.store import Store
from keys.digest import new_salt
from protocol.log.erasure import Erasure
from protocol.log.statement import Act, officer_act
from tests.gateway.storage.contract_retention import LATER_MS, name
from tests.gateway.storage.material import (
    NOW_MS,
    ORIGIN,
    OWN,
    admission,
    incoming,
    mid,
    submission,
)
from tests.gateway.storage.scenario import Contract

POP = Hand(person=3, who="RO/1 officer 3", name="Officer 3")
STAN = Hand(person=4, who="RO/1 supervisor 4", name="D. Stan")
NOBODY = mid(999)
MINUTE_MS = 60_000


def note_of(text: str, kind: NoteKind = NoteKind.NOTE) -> SealedNote:
    """Return a note beside the first case."""
    return SealedNote(thread=mid(1), kind=kind, text=text, by=POP)


class CaseworkContract(Contract):
    """Notes, readings, who has a case, duty."""

    def test_readings_keep_the_first_and_the_last_of_each_person(self) -> None:
        """A list shows who saw a message, and shows the same after every repeat."""

        async def scenario(store: Store) -> None:
            await store.admit(admission(incoming(7)), now_ms=NOW_MS)
            for by, at in ((POP, 0), (STAN, 1), (POP, 2), (POP, 5 * MINUTE_MS)):
                await store.saw(mid(7), by, now_ms=NOW_MS + at)
            await store.saw(NOBODY, by, now_ms=NOW_MS)
            found = await store.seen_by([mid(7), NOBODY])
            assert list(found) == [mid(7)]
            assert [
                (one.by, one.at_ms - NOW_MS, one.last_ms - NOW_MS) for one in found[mid(7)]
            ] == [
                (POP, 0, 5 * MINUTE_MS),
                (STAN, 1, 1),
            ]
            assert await store.seen_by([]) == {}

        self.run(scenario)

    def test_notes_come_back_as_they_were_written(self) -> None:
        """In order, with their kind and author; none without a case."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            first = await store.add_note(note_of("ask \u202e again"), now_ms=NOW_MS)
            second = await store.add_note(note_of("called", NoteKind.CALL), now_ms=NOW_MS + 1)
            assert await store.notes(mid(1)) == (first, second)
            assert (first.text, second.kind, second.by) == ("ask \u202e again", NoteKind.CALL, POP)
            assert second.number > first.number
            assert await store.notes(NOBODY) == ()
            lost = SealedNote(thread=NOBODY, kind=NoteKind.NOTE, text="x", by=POP)
            with pytest.raises(NoInputError):
                await store.add_note(lost, now_ms=NOW_MS)

        self.run(scenario)

    def test_note_that_is_asked_for_again_is_the_one_that_is_there(self) -> None:
        """A program that lost the answer repeats its request."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            keyed = replace(note_of("called"), request=bytes(32))
            first = await store.add_note(keyed, now_ms=NOW_MS)
            again = await store.add_note(replace(keyed, text="other"), now_ms=NOW_MS + 5)
            assert again == first
            other = await store.add_note(replace(keyed, request=b"1" * 32), now_ms=NOW_MS)
            assert await store.notes(mid(1)) == (first, other)

        self.run(scenario)

    def test_colleagues_are_told_that_a_note_was_made_and_not_what_it_says(self) -> None:
        """Who looks at the case must not telephone a second time."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            before = store.newest_event
            note = replace(note_of("They look into it.", NoteKind.CALL), request=bytes(32))
            for _ in range(2):  # the same again: told once
                await store.add_note(note, now_ms=NOW_MS)
            told = await store.events(after=before, limit=9)
            assert [(one.kind, one.what, one.thread, one.by) for one in told] == [
                ("thread.noted", "call", mid(1), POP.who)
            ]

        self.run(scenario)

    def test_case_is_given_to_one_and_the_desk_is_told(self) -> None:
        """Pages of colleagues change by the event, which names ids alone."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            assert await store.assignment(mid(1)) is None
            before = store.newest_event
            given = await store.assign(mid(1), 4, POP, now_ms=NOW_MS)
            assert await store.assignment(mid(1)) == given
            back = await store.assign(mid(1), None, STAN, now_ms=NOW_MS + 1)
            assert await store.assignment(mid(1)) == back
            told = await store.events(after=before, limit=9)
            assert [(one.kind, one.what, one.thread, one.by) for one in told] == [
                ("thread.assigned", "assigned", mid(1), POP.who),
                ("thread.assigned", "returned", mid(1), STAN.who),
            ]
            with pytest.raises(NoInputError):
                await store.assign(NOBODY, 4, POP, now_ms=NOW_MS)

        self.run(scenario)

    def test_case_that_was_put_away_comes_back_with_its_next_message(self) -> None:
        """Nobody may miss an answer because a colleague had closed the case."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            assert await store.filed(mid(1)) is None
            await store.file_case(mid(1), POP, on=True, now_ms=NOW_MS)
            held = await store.filed(mid(1))
            assert held is not None
            assert (held.is_closed, held.by, held.at_ms) == (True, POP, NOW_MS)
            await store.submit(submission(2, thread=mid(1)), now_ms=NOW_MS)
            again = await store.filed(mid(1))
            assert again is not None
            assert not again.is_closed
            await store.file_case(mid(1), POP, on=True, now_ms=NOW_MS)
            await store.file_case(mid(1), STAN, on=False, now_ms=NOW_MS + 1)
            taken = await store.filed(mid(1))
            assert taken is not None
            assert (taken.is_closed, taken.by) == (False, STAN)
            with pytest.raises(NoInputError):
                await store.file_case(NOBODY, POP, on=True, now_ms=NOW_MS)

        self.run(scenario)

    def test_access_record_has_acts_with_their_leaf_and_readings(self) -> None:
        """Acts on other cases are not in it."""

        async def scenario(store: Store) -> None:
            for number in (1, 2):
                await store.submit(submission(number), now_ms=NOW_MS)
            leaves = {}
            for ref in (mid(1), mid(2), None):
                act = Act(
                    act="exported", who=POP.who, ref=ref, subject=None, why="", t_ms=NOW_MS + 5
                )
                stated = officer_act(act.encode(), new_salt())
                leaves[ref] = await store.state([stated], must_leave=False)
            await store.saw(mid(1), STAN, now_ms=NOW_MS)
            record = await store.access_record(mid(1))
            assert [(one.who, one.what, one.origin, one.index) for one in record] == [
                (STAN.who, "read", None, None),
                (POP.who, "exported", ORIGIN, leaves[mid(1)]),
            ]

        self.run(scenario)

    def test_duty_roster_is_replaced_from_now_on(self) -> None:
        """Shifts that ended stay what they were, and are not shown."""

        async def scenario(store: Store) -> None:
            hour = 60 * MINUTE_MS
            shifts = [
                Shift(
                    number=0,
                    person=number,
                    name=f"P{number}",
                    from_ms=NOW_MS + number * hour,
                    until_ms=NOW_MS + (number + 1) * hour,
                )
                for number in (3, 1)
            ]
            await store.set_shifts(shifts, now_ms=NOW_MS)
            kept = await store.shifts(now_ms=NOW_MS)
            assert [(one.person, one.name) for one in kept] == [(1, "P1"), (3, "P3")]
            assert len(await store.shifts(now_ms=NOW_MS + 2 * hour)) == 1
            await store.set_shifts([], now_ms=NOW_MS + 2 * hour)
            assert [one.person for one in await store.shifts(now_ms=NOW_MS)] == [1]

        self.run(scenario)

    def test_newest_hand_over_note_is_shown(self) -> None:
        """What earlier shifts left is forgotten after a while."""

        async def scenario(store: Store) -> None:
            assert await store.handover() is None
            for number in range(12):
                await store.add_handover(f"note {number}", POP, now_ms=NOW_MS + number)
            newest = await store.handover()
            assert newest is not None
            assert (newest.text, newest.by, newest.at_ms) == ("note 11", POP, NOW_MS + 11)

        self.run(scenario)

    def test_notes_go_with_the_last_content_of_their_case(self) -> None:
        """Else a desk's notes would outlive what the law lets it keep; their month goes too."""

        async def scenario(store: Store) -> None:
            for number in (1, 2):
                await store.submit(submission(number, thread=mid(1)), now_ms=NOW_MS)
            await store.add_note(note_of("kept a while"), now_ms=NOW_MS)
            await name(store, Erasure(generation=1, messages=((OWN, mid(1)),)))
            await store.erase_named()
            assert len(await store.notes(mid(1))) == 1
            await name(store, Erasure(generation=1, messages=((OWN, mid(2)),)))
            await store.erase_named()
            assert await store.notes(mid(1)) == ()
            await store.add_handover("x", POP, now_ms=NOW_MS)
            assert await store.destroy_months(now_ms=LATER_MS) == 0

        self.run(scenario)
