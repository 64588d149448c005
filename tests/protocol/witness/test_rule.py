"""What a witness cosigns: one growing history of each log, whoever asks in whatever order."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.note import LogVerifier, parse_note
from protocol.errors import NotAllowedError
from protocol.identifiers import LogOrigin, NodeId
from protocol.limits import MAX_AHEAD_MS
from protocol.log.checkpoint import TreeHead
from protocol.log.linking import LinkedHead, Position
from protocol.log.signing import sign_head
from protocol.witness.answer import Declined, Standing
from protocol.witness.cosigning import cosign
from protocol.witness.request import AddCheckpoint
from protocol.witness.rule import Fork, Grant, Held, Refusal, Refuse, View, judge
from tests.protocol.log.history import NOW_MS, ORIGIN, History, signer
from tests.protocol.witness.samples import (
    FORKED,
    HONEST,
    NOW_S,
    SIZES,
    asked,
    line_of,
    signed,
    witness,
)

VERIFIERS = (signer().verifier,)
NODE = NodeId("JP", 1)


def view(
    held: Held | None = None,
    *,
    linked: Position | None = None,
    verifiers: tuple[LogVerifier, ...] = VERIFIERS,
    node: NodeId = NODE,
) -> View:
    """Return what the witness knows."""
    return View(node=node, held=held, linked=linked, verifiers=verifiers)


def held_at(size: int, history: History = HONEST, cosigned_s: int = NOW_S) -> Held:
    """Return what a witness holds that cosigned this."""
    checkpoint = signed(size, history)
    return Held(head=checkpoint.head, note=checkpoint.note, cosigned_s=cosigned_s)


def refused(request: AddCheckpoint, known: View, *, now_ms: int = NOW_MS) -> Refuse:
    """Judge what must be refused."""
    decision = judge(request, known, now_ms=now_ms)
    assert isinstance(decision, Refuse)
    return decision


def granted(request: AddCheckpoint, known: View, *, now_ms: int = NOW_MS) -> Grant:
    """Judge what must be granted."""
    decision = judge(request, known, now_ms=now_ms)
    assert isinstance(decision, Grant)
    return decision


def test_first_checkpoint_of_a_known_log_is_granted() -> None:
    """With what is to be kept before the signature is made."""
    grant = granted(asked(0, 5), view())
    assert grant.before is None
    assert grant.keep == Held(head=HONEST.head(5), note=signed(5).note, cosigned_s=NOW_S)
    assert grant.checkpoint.head == HONEST.head(5)


def test_growth_is_granted_over_exactly_what_was_held() -> None:
    """The caller swaps the one for the other, or nothing."""
    held = held_at(5)
    grant = granted(asked(5, 9), view(held))
    assert (grant.before, grant.keep.head) == (held, HONEST.head(9))


def test_same_head_is_granted_again_and_renews_the_time() -> None:
    """A log that did not grow is still seen."""
    later = NOW_MS + 3_600_000
    grant = granted(asked(5, 5), view(held_at(5)), now_ms=later)
    assert grant.keep.head == HONEST.head(5)
    assert grant.keep.cosigned_s == later // 1000


def test_line_of_a_grant_verifies_with_its_time() -> None:
    """What leaves is what was kept."""
    grant = granted(asked(0, 5), view())
    line = cosign(witness(1), grant)
    note = parse_note(grant.keep.note)
    found = witness(1).cosigner.find(replace(note, lines=(*note.lines, line)))
    assert found == grant.keep.cosigned_s


def test_grant_that_no_witness_signs_is_not_signed() -> None:
    """A head made up past the rule."""
    grant = granted(asked(0, 5), view())
    empty = replace(grant.keep, head=TreeHead(origin=ORIGIN, size=0, root=bytes(32)))
    with pytest.raises(NotAllowedError):
        cosign(witness(1), replace(grant, keep=empty))


@pytest.mark.parametrize(
    ("request_", "known", "why", "answer"),
    [
        (asked(0, 5), view(verifiers=()), Refusal.UNKNOWN_LOG, Declined(status=404)),
        (asked(0, 5), view(node=ORIGIN.node), Refusal.UNKNOWN_LOG, Declined(status=404)),
        (asked(6, 5), view(held_at(6)), Refusal.OLD_ABOVE_SIZE, Declined(status=400)),
        (asked(0, 7), view(held_at(6)), Refusal.POSITION, Standing(size=6)),
        (asked(3, 5), view(held_at(6)), Refusal.POSITION, Standing(size=6)),
        (asked(5, 6), view(), Refusal.POSITION, Standing(size=0)),
        (
            replace(asked(3, 7), proof=asked(2, 7).proof),
            view(held_at(3)),
            Refusal.INCONSISTENT,
            Declined(status=422),
        ),
        (
            replace(asked(0, 7), proof=(bytes(32),)),
            view(),
            Refusal.INCONSISTENT,
            Declined(status=422),
        ),
        (asked(6, 9, FORKED), view(held_at(6)), Refusal.INCONSISTENT, Declined(status=422)),
    ],
)
def test_request_is_refused_with_the_status_of_the_specification(
    request_: AddCheckpoint, known: View, why: Refusal, answer: Declined | Standing
) -> None:
    """In the order of C2SP."""
    refusal = refused(request_, known)
    assert (refusal.why, refusal.answer, refusal.fork) == (why, answer, None)


def test_log_of_another_network_is_unknown() -> None:
    """Whatever its checkpoint looks like."""
    note = signed(5).note.replace(b"a35/RO/1/log/1", b"example.com/log")
    request = AddCheckpoint(old=0, proof=(), note=note)
    assert refused(request, view()).why is Refusal.UNKNOWN_LOG


def _half(note: bytes) -> bytes:
    return note[: note.rindex("— ".encode())]


def _other_key(_note: bytes) -> bytes:
    return sign_head(signer(1), HONEST.head(5), timestamp_s=NOW_S).note


def _flipped(note: bytes) -> bytes:
    at = note.index(b"log/1 ") + 40
    changed = b"B" if note[at : at + 1] == b"A" else b"A"
    return note[:at] + changed + note[at + 1 :]


@pytest.mark.parametrize("spoil", [_half, _other_key, _flipped])
def test_checkpoint_without_both_signatures_is_forbidden(spoil: Callable[[bytes], bytes]) -> None:
    """One line of two, another pair, a line of a known key that does not verify."""
    request = AddCheckpoint(old=0, proof=(), note=spoil(signed(5).note))
    refusal = refused(request, view())
    assert (refusal.why, refusal.answer) == (Refusal.NOT_SIGNED, Declined(status=403))


def test_empty_tree_is_never_cosigned() -> None:
    """No log of this network signs one."""
    note = signed(5).note.replace(b"\n5\n", b"\n0\n", 1)
    refusal = refused(AddCheckpoint(old=0, proof=(), note=note), view())
    assert refusal.why is Refusal.NOT_SIGNED


def test_log_with_a_clock_far_ahead_is_forbidden() -> None:
    """Its own line would name a time that has not come."""
    refusal = refused(asked(0, 5), view(), now_ms=NOW_MS - MAX_AHEAD_MS - 1000)
    assert (refusal.why, refusal.answer) == (Refusal.CLOCK, Declined(status=403))


def test_second_root_of_the_held_size_is_an_exhibit() -> None:
    """Whether the log asked from the right size or not."""
    for old in (6, 0):
        refusal = refused(asked(old, 6, FORKED), view(held_at(6)))
        assert refusal.fork == Fork(held=signed(6).note, offered=signed(6, FORKED).note)
        assert refusal.why is (Refusal.INCONSISTENT if old else Refusal.POSITION)


def test_root_that_contradicts_what_the_node_linked_is_an_exhibit() -> None:
    """The node saw the other history in a frame."""
    row = LinkedHead(size=6, root=HONEST.head(6).root, note=signed(6).note, linked_ms=NOW_MS)
    position = Position(origin=ORIGIN, head=row, linked=(row,))
    refusal = refused(asked(0, 6, FORKED), view(linked=position))
    assert refusal.why is Refusal.INCONSISTENT
    assert refusal.fork == Fork(held=signed(6).note, offered=signed(6, FORKED).note)
    assert granted(asked(0, 6), view(linked=position)).keep.head == HONEST.head(6)
    assert granted(asked(0, 7, FORKED), view(linked=position)).before is None


@pytest.mark.parametrize("known", ["held", "linked"])
def test_view_of_another_log_is_our_own_fault(known: str) -> None:
    """Comparing with it would mean nothing."""
    other = LogOrigin.parse("a35/RO/1/log/2")
    wrong = (
        view(replace(held_at(5), head=replace(HONEST.head(5), origin=other)))
        if known == "held"
        else view(linked=Position.empty(other))
    )
    with pytest.raises(NotAllowedError):
        judge(asked(0, 5), wrong, now_ms=NOW_MS)


def test_clock_that_went_back_a_little_repeats_the_last_time() -> None:
    """Cosignatures of one log never go back in time."""
    held = held_at(5, cosigned_s=NOW_S + 600)
    assert granted(asked(5, 6), view(held)).keep.cosigned_s == NOW_S + 600


def test_clock_that_went_far_back_signs_nothing() -> None:
    """It was wrong then or is wrong now; either way the next time would be untrue."""
    held = held_at(5, cosigned_s=NOW_S + 601)
    refusal = refused(asked(5, 6), view(held))
    assert (refusal.why, refusal.answer) == (Refusal.OWN_CLOCK, Declined(status=503))


@dataclass
class Book:
    """A witness that keeps its books: what it holds, and everything it ever signed."""

    held: Held | None = None
    signed: list[Held] = field(default_factory=list)

    def ask(self, request: AddCheckpoint, now_ms: int, before: Held | None) -> None:
        """Judge by what was read before, and swap only if that is still what is held."""
        decision = judge(request, view(before), now_ms=now_ms)
        if isinstance(decision, Grant) and decision.before == self.held:
            self.held = decision.keep
            self.signed.append(decision.keep)


requests = st.builds(
    asked, st.integers(0, SIZES), st.integers(1, SIZES), st.sampled_from((HONEST, FORKED))
)


@given(st.lists(st.tuples(requests, st.integers(-900, 900), st.booleans()), max_size=40))
@settings(max_examples=150, deadline=None)
def test_witness_never_signs_two_roots_of_a_size_nor_a_smaller_tree(
    steps: list[tuple[AddCheckpoint, int, bool]],
) -> None:
    """Honest and forked requests in any order, judged by an old reading or a new one."""
    book = Book()
    stale: Held | None = None
    for request, seconds, fresh in steps:
        before = book.held if fresh else stale
        stale = book.held
        book.ask(request, NOW_MS + seconds * 1000, before)
    heads = [each.head for each in book.signed]
    assert [head.size for head in heads] == sorted(head.size for head in heads)
    assert len({head.size for head in heads}) == len(set(heads))
    assert all(head == HONEST.head(head.size) for head in heads) or all(
        head == FORKED.head(head.size) for head in heads
    )
    times = [each.cosigned_s for each in book.signed]
    assert times == sorted(times)


def test_two_requests_read_over_the_same_head_cannot_both_be_written() -> None:
    """The race of the specification: the second swap finds another head."""
    book = Book()
    book.ask(asked(0, 5), NOW_MS, None)
    before = book.held
    book.ask(asked(5, 9), NOW_MS, before)
    book.ask(asked(5, 7), NOW_MS, before)
    assert [each.head.size for each in book.signed] == [5, 9]
    assert line_of(witness(1), signed(9)).name == "a35/JP/1/witness"
