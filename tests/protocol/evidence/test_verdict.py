"""Verdicts: no more than the grounds show, whatever order it comes in."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import NotAllowedError
from protocol.evidence.answering import Answer, by_obtained, by_receipt
from protocol.evidence.bounds import TimeBounds
from protocol.evidence.sighting import Sighting, Stamped
from protocol.evidence.verdict import Assessment, Grounds, Verdict, assess
from protocol.identifiers import NodeId
from protocol.log.statement import receipt_given, receipt_obtained
from protocol.witness.policy import NONE, Policy
from protocol.witness.rule import Fork
from tests.protocol.evidence.samples import (
    ENVELOPE,
    EXCHANGE,
    FR,
    RO,
    SALT,
    START_S,
    THIRDS,
    Log,
    cosigned,
    cosigner,
    noise,
    of_node,
    policy,
    receipt,
    seen,
)

SIZE = 12
INDEX = 5
LOG = Log(FR, [*noise(INDEX), ENVELOPE, *noise(SIZE - INDEX - 1, 1)])
TWIN = Log(FR, [*noise(INDEX), ENVELOPE, *noise(SIZE - INDEX - 1, 2)])
"""Another history with the same statement at the same place, parting right behind it."""
LATE_TWIN = Log(FR, [*LOG.statements[:9], *noise(SIZE - 9, 3)])
HELD = 8
JP, BR, US = THIRDS
BARE = Grounds(
    statement=LOG.proven(INDEX, HELD), checkpoint=LOG.checkpoint(HELD), exchange=EXCHANGE
)
RECEIPT = receipt().encode()
ANSWER = by_receipt(BARE.statement, RECEIPT, Log(RO, [receipt_given(RECEIPT)]).proven(0, 1))
JOINS = tuple(
    LOG.joined(min(size, HELD), max(size, HELD)) for size in range(1, SIZE + 1) if size != HELD
)


def judged(
    *sightings: Sighting, rule: Policy | None = None, end_s: int | None = None
) -> Assessment:
    """Assess with every honest join at hand."""
    grounds = replace(BARE, sightings=sightings, joins=JOINS)
    return assess(grounds, policy=rule, key_end_s=end_s)


def at(size: int, node: NodeId = JP, second: int = 0, log: Log = LOG) -> Sighting:
    """Return a cosignature of a node's witness key over a size."""
    return cosigned(log.checkpoint(size), of_node(node), START_S + second)


def test_statement_alone_is_stated() -> None:
    """Its speaker can make it up later."""
    assert assess(BARE, policy=None, key_end_s=None) == Assessment(
        verdict=Verdict.STATED,
        answered=(),
        witnesses=(),
        bounds=TimeBounds(after_s=None, before_s=None),
        stamped_s=None,
        forks=(),
        unjoined=0,
    )


def test_receipt_of_the_other_side_makes_it_answered() -> None:
    """Two logs, of two States."""
    done = assess(replace(BARE, answers=(ANSWER,)), policy=None, key_end_s=None)
    assert (done.verdict, done.answered) == (Verdict.ANSWERED, (ANSWER,))


def test_leaf_of_a_receipt_obtained_makes_the_receipt_answered() -> None:
    """The receipt is the receiver's word, the leaf the sender's."""
    log = Log(RO, [receipt_given(RECEIPT)])
    given_ = log.proven(0, 1)
    obtained = Log(FR, [receipt_obtained(given_.digest, SALT)]).proven(0, 1)
    grounds = Grounds(
        statement=given_,
        checkpoint=log.checkpoint(1),
        exchange=EXCHANGE,
        answers=(by_obtained(given_, SALT, obtained),),
    )
    assert assess(grounds, policy=None, key_end_s=None).verdict is Verdict.ANSWERED


@pytest.mark.parametrize(
    "answer",
    [replace(ANSWER, about=bytes(32)), replace(ANSWER, by=FR), replace(ANSWER, by=JP)],
)
def test_answer_to_something_else_or_of_somebody_else_is_none(answer: Answer) -> None:
    """Another statement, the speaker, a third."""
    done = assess(replace(BARE, answers=(answer,)), policy=None, key_end_s=None)
    assert (done.verdict, done.answered) == (Verdict.STATED, ())


@pytest.mark.parametrize("size", [INDEX + 1, HELD, SIZE])
def test_third_that_saw_a_tree_with_it_makes_it_witnessed(size: int) -> None:
    """The checkpoint of the proof, an earlier one with the leaf, or a later one."""
    for sighting in (at(size), seen(LOG.checkpoint(size), BR, START_S)):
        done = judged(sighting)
        assert done.verdict is Verdict.WITNESSED
        assert done.witnesses == (sighting.name,)
        assert done.bounds == TimeBounds(after_s=None, before_s=START_S)


def test_third_that_saw_a_tree_without_it_witnesses_nothing_but_the_time() -> None:
    """It came in later than that moment, as far as the log showed."""
    done = judged(at(INDEX))
    assert (done.verdict, done.witnesses) == (Verdict.STATED, ())
    assert done.bounds == TimeBounds(after_s=START_S, before_s=None)


def test_leaf_of_a_third_without_it_bounds_nothing() -> None:
    """It does not say that no newer tree had been shown."""
    assert judged(seen(LOG.checkpoint(INDEX), BR, START_S)).bounds.after_s is None


@pytest.mark.parametrize("node", [FR, RO, NodeId("FR", 7), NodeId("RO", 7)])
def test_nodes_of_the_two_states_are_no_witnesses(node: NodeId) -> None:
    """Nor do they bound the time, whatever the policy says of their keys."""
    rule = policy(1, of_node(node))
    sightings = [at(INDEX, node), at(HELD, node)]
    if node != FR:
        sightings.append(seen(LOG.checkpoint(HELD), node, START_S))
    for one in (None, rule):
        done = judged(*sightings, rule=one)
        assert (done.verdict, done.witnesses) == (Verdict.STATED, ())
        assert done.bounds == TimeBounds(after_s=None, before_s=None)


def test_receiver_of_a_third_state_in_name_only_is_still_a_party() -> None:
    """The speaker's own State never counts, even if the exchange is misstated."""
    odd = replace(BARE, exchange=replace(EXCHANGE, sender=NodeId("DE", 1)))
    done = assess(replace(odd, sightings=(at(HELD, NodeId("FR", 9)),)), policy=None, key_end_s=None)
    assert done.verdict is Verdict.STATED


def test_witness_outside_the_network_counts_if_the_policy_names_it() -> None:
    """Without a policy nobody vouches for it."""
    outside = cosigner("witness.example/w1")
    sighting = cosigned(LOG.checkpoint(HELD), outside, START_S)
    assert judged(sighting).verdict is Verdict.STATED
    assert judged(sighting, rule=policy(1, outside)).verdict is Verdict.WITNESSED
    assert judged(sighting, rule=policy(1, cosigner("other"))).verdict is Verdict.STATED


def test_quorum_is_gathered_over_one_history() -> None:
    """Different witnesses may have seen different trees of it, by key or by leaf."""
    rule = policy(2, *(of_node(node) for node in THIRDS))
    assert judged(at(HELD), rule=rule).verdict is Verdict.STATED
    done = judged(
        at(HELD, second=10),
        seen(LOG.checkpoint(SIZE), BR, START_S + 30),
        at(SIZE, US, second=20),
        rule=rule,
    )
    assert done.verdict is Verdict.WITNESSED
    assert done.bounds.before_s == START_S + 20
    assert len(done.witnesses) == 3


def test_one_witness_twice_is_one_witness() -> None:
    """A key and a leaf of the same node, or two cosignatures of it."""
    rule = policy(2, *(of_node(node) for node in THIRDS))
    twice = (at(HELD), at(SIZE), seen(LOG.checkpoint(HELD), JP, START_S))
    assert judged(*twice, rule=rule).verdict is Verdict.STATED


def test_quorum_of_nobody_still_asks_for_one_that_saw_it() -> None:
    """What nobody saw is not witnessed."""
    nobody = replace(policy(1, of_node(JP)), groups=(), quorum=NONE)
    assert judged(rule=nobody).verdict is Verdict.STATED
    assert judged(at(HELD, BR), rule=nobody).verdict is Verdict.STATED
    assert judged(at(HELD), rule=nobody).verdict is Verdict.WITNESSED


def test_time_is_between_the_last_without_it_and_the_first_with_it() -> None:
    """Of several, the tightest."""
    done = judged(
        at(2, second=0), at(INDEX, BR, 10), at(INDEX, US, 5), at(SIZE, JP, 40), at(HELD, US, 30)
    )
    assert done.bounds == TimeBounds(after_s=START_S + 10, before_s=START_S + 30)


def test_time_under_a_quorum_is_what_enough_witnesses_say() -> None:
    """One fast and one slow clock alone move neither bound."""
    rule = policy(2, *(of_node(node) for node in THIRDS))
    without = (at(INDEX, JP, 3), at(INDEX, BR, 900), at(INDEX, US, 5))
    with_ = (at(HELD, JP, 20), at(HELD, BR, -900), at(HELD, US, 22))
    done = judged(*without, *with_, rule=rule)
    assert done.bounds == TimeBounds(after_s=START_S + 5, before_s=START_S + 20)


def test_sighting_that_nothing_joins_to_the_statement_is_left_out() -> None:
    """It may be of a second history."""
    grounds = replace(BARE, sightings=(at(SIZE), at(INDEX), at(HELD)))
    done = assess(grounds, policy=None, key_end_s=None)
    assert done.unjoined == 2
    assert done.bounds == TimeBounds(after_s=None, before_s=START_S)


def test_history_is_followed_up_and_down_again_and_no_further() -> None:
    """Down from a larger tree that grew out of the statement's; never up from a smaller one."""
    down = (LOG.joined(HELD, SIZE), LOG.joined(10, SIZE), LOG.joined(2, 10))
    done = assess(replace(BARE, sightings=(at(10), at(2)), joins=down), policy=None, key_end_s=None)
    assert (done.unjoined, done.verdict) == (0, Verdict.WITNESSED)
    up = (LOG.joined(2, HELD), TWIN.joined(2, SIZE))
    done = assess(
        replace(BARE, sightings=(at(SIZE, log=TWIN),), joins=up), policy=None, key_end_s=None
    )
    assert (done.unjoined, done.verdict) == (1, Verdict.STATED)


def test_two_roots_of_one_size_are_an_exhibit() -> None:
    """Whether they are joined to the statement or not; each further root once."""
    done = judged(at(HELD, log=TWIN), at(HELD, BR, log=TWIN))
    assert done.forks == (Fork(held=LOG.checkpoint(HELD).note, offered=TWIN.checkpoint(HELD).note),)
    assert done.verdict is Verdict.STATED
    joins = (LOG.joined(HELD, SIZE), LATE_TWIN.joined(HELD, SIZE))
    both = replace(BARE, sightings=(at(SIZE), at(SIZE, BR, log=LATE_TWIN)), joins=joins)
    done = assess(both, policy=None, key_end_s=None)
    assert len(done.forks) == 1
    assert (done.verdict, done.unjoined) == (Verdict.WITNESSED, 0)


@pytest.mark.parametrize(
    ("before_s", "end_s", "verdict"),
    [
        (None, None, Verdict.ANSWERED),
        (None, START_S, None),
        (START_S, None, Verdict.WITNESSED),
        (START_S, START_S, Verdict.WITNESSED),
        (START_S, START_S - 1, None),
    ],
)
def test_of_a_key_that_ended_only_what_was_witnessed_before_stands(
    before_s: int | None, end_s: int | None, verdict: Verdict | None
) -> None:
    """Whoever holds the key afterwards could have made the rest."""
    sightings = () if before_s is None else (at(HELD),)
    grounds = replace(BARE, answers=(ANSWER,), sightings=sightings)
    assert assess(grounds, policy=None, key_end_s=end_s).verdict is verdict


def test_stamp_bounds_the_time_and_witnesses_nothing() -> None:
    """The earliest over a note with the statement; one that nothing joins is left out."""
    stamps = tuple(
        Stamped(checkpoint=log.checkpoint(size), stamped_s=START_S + second, authority="a")
        for log, size, second in (
            (LOG, SIZE, 30),
            (LOG, HELD, 20),
            (LOG, INDEX, 1),
            (TWIN, SIZE, 2),
        )
    )
    done = assess(replace(BARE, stamps=stamps, joins=JOINS), policy=None, key_end_s=None)
    assert (done.stamped_s, done.verdict, done.unjoined) == (START_S + 20, Verdict.STATED, 1)
    assert len(done.forks) == 1
    ended = assess(replace(BARE, stamps=stamps, joins=JOINS), policy=None, key_end_s=START_S + 60)
    assert ended.verdict is None


OTHER = Log(RO, noise(SIZE))


@pytest.mark.parametrize(
    "wrong",
    [
        replace(BARE, checkpoint=LOG.checkpoint(HELD + 1)),
        replace(BARE, sightings=(at(HELD, log=OTHER),)),
        replace(BARE, joins=(OTHER.joined(2, 3),)),
        replace(
            BARE,
            stamps=(Stamped(checkpoint=OTHER.checkpoint(3), stamped_s=1, authority="a"),),
        ),
    ],
)
def test_grounds_of_another_log_is_the_callers_fault(wrong: Grounds) -> None:
    """It would be counted for a statement that it says nothing of."""
    with pytest.raises(NotAllowedError):
        assess(wrong, policy=None, key_end_s=None)


# ------------------------------------------------------------------ properties

nodes = st.sampled_from((*THIRDS, FR, RO, NodeId("RO", 2)))
sightings_of = st.builds(
    lambda log, size, node, second, leaf: (
        seen(log.checkpoint(size), node, START_S + second)
        if leaf and node != FR
        else at(size, node, second, log)
    ),
    st.sampled_from((LOG, LOG, TWIN)),
    st.integers(1, SIZE),
    nodes,
    st.integers(0, 100),
    st.booleans(),
)
policies = st.sampled_from((None, *(policy(k, *map(of_node, THIRDS)) for k in (1, 2, 3))))
_RANK = {None: 0, Verdict.STATED: 1, Verdict.ANSWERED: 2, Verdict.WITNESSED: 3}


@given(st.lists(sightings_of, max_size=8), policies, st.randoms(use_true_random=False))
@settings(max_examples=120, deadline=None)
def test_order_of_grounds_does_not_matter(
    sightings: list[Sighting], rule: Policy | None, chance: object
) -> None:
    """A bundle may be written in any order."""
    shuffled = list(sightings)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = judged(*sightings, rule=rule), judged(*shuffled, rule=rule)
    assert replace(one, forks=()) == replace(other, forks=())
    assert bool(one.forks) is bool(other.forks)


@given(st.lists(sightings_of, max_size=6), sightings_of, policies, st.none() | st.integers(0, 100))
@settings(max_examples=150, deadline=None)
def test_more_grounds_never_weaken_a_verdict_nor_widen_the_bounds(
    sightings: list[Sighting], more: Sighting, rule: Policy | None, end: int | None
) -> None:
    """Leaving something out of a bundle cannot improve it."""
    end_s = None if end is None else START_S + end
    one = judged(*sightings, rule=rule, end_s=end_s)
    two = judged(*sightings, more, rule=rule, end_s=end_s)
    assert _RANK[two.verdict] >= _RANK[one.verdict]
    assert set(one.witnesses) <= set(two.witnesses)
    if one.bounds.before_s is not None:
        assert two.bounds.before_s is not None
        assert two.bounds.before_s <= one.bounds.before_s
    if one.bounds.after_s is not None:
        assert two.bounds.after_s is not None
        assert two.bounds.after_s >= one.bounds.after_s


@given(st.lists(sightings_of, max_size=8), policies)
@settings(max_examples=120, deadline=None)
def test_what_the_two_states_say_of_each_other_is_never_witnessed(
    sightings: list[Sighting], rule: Policy | None
) -> None:
    """Taking their sightings out changes nothing but the count of those left out."""
    thirds = [each for each in sightings if each.node in THIRDS]
    one, two = judged(*sightings, rule=rule), judged(*thirds, rule=rule)
    assert (one.verdict, one.witnesses, one.bounds) == (two.verdict, two.witnesses, two.bounds)


@dataclass(frozen=True)
class Visit:
    """One witness looked at the log at one moment."""

    second: int
    node: NodeId


visits = st.lists(
    st.builds(Visit, st.integers(0, 100), st.sampled_from(THIRDS)), max_size=8, unique=True
)


@given(st.lists(st.integers(0, 100), min_size=SIZE, max_size=SIZE).map(sorted), visits, policies)
@settings(max_examples=150, deadline=None)
def test_bounds_of_honest_witnesses_hold_the_truth(
    appended: Sequence[int], looked: list[Visit], rule: Policy | None
) -> None:
    """Each was shown the newest tree of its moment: the leaf came in between the bounds."""
    sightings = []
    for visit in looked:
        size = sum(moment <= visit.second for moment in appended)
        if size:
            sightings.append(at(size, visit.node, visit.second))
    done = judged(*sightings, rule=rule)
    truth = START_S + appended[INDEX]
    assert done.bounds.after_s is None or done.bounds.after_s < truth
    assert done.bounds.before_s is None or truth <= done.bounds.before_s
    assert not done.bounds.is_contradictory
