"""What a statement is worth to somebody who trusts neither side: stated, answered, witnessed.

Does: one pure function over what was proven before. Nothing that is passed in is believed for its
place in a bundle: a `ProvenStatement`, an `Answer`, a `Sighting` and a `Joined` each exist only
because their proof held.

Three verdicts, of which the last that applies is given:

* stated: it stands in the log of its speaker, which the speaker alone could make up later;
* answered: the other side stated, in its own log, that it has it;
* witnessed: third parties saw the log with it. A third is of neither State: another node of the
  same Party is the same word.

A sighting counts only if it is of the same history as the statement. History is followed through
consistency proofs, upwards from the statement's head and down again from there: all that is a
beginning of something that contains the statement at its place either contains it there or is
too small to. Two heads that merely share a beginning prove nothing for each other.

Source: docs/evidence.md, "Verdicts" and "Time"; docs/wire-format.md, rule 33.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import itemgetter

from keys.vkey import VerifierKey
from protocol.errors import NotAllowedError
from protocol.evidence.answering import Answer
from protocol.evidence.bounds import TimeBounds
from protocol.evidence.ladder import Exchange
from protocol.evidence.sighting import Joined, Sighting, Stamped
from protocol.log.checkpoint import Checkpoint, TreeHead
from protocol.log.proof import ProvenStatement
from protocol.witness.policy import Policy
from protocol.witness.rule import Fork


class Verdict(StrEnum):
    """What is proven of a statement, in rising order."""

    STATED = "stated"
    ANSWERED = "answered"
    WITNESSED = "witnessed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """Everything that speaks for one statement, proven piece by piece.

    Attributes:
        statement: Whose worth is asked.
        checkpoint: In which it is proven, verified under the keys of its log.
        exchange: Sender and receiver of the message that it is about.
        answers: Of the other side.
        sightings: Of checkpoints of its log, by anybody.
        stamps: Over notes of its log.
        joins: Between heads of its log.
    """

    statement: ProvenStatement
    checkpoint: Checkpoint
    exchange: Exchange
    answers: Sequence[Answer] = ()
    sightings: Sequence[Sighting] = ()
    stamps: Sequence[Stamped] = ()
    joins: Sequence[Joined] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What follows.

    Attributes:
        verdict: None if nothing of it stands: the key of its log was revoked or has expired, and
            nobody else saw the statement before.
        answered: Those of the answers that count.
        witnesses: Names of the third parties that saw the log with it, in order, none twice; too
            few for the policy if the verdict is not `witnessed`.
        bounds: When it came into the log, as enough witnesses for the policy saw it.
        stamped_s: Earliest stamp over a note with it, seconds since 1970; None if there is none.
        forks: Two signed notes of its log of one size and two roots, if the grounds hold such.
        unjoined: How many sightings and stamps were left out, since nothing joins them to it.
    """

    verdict: Verdict | None
    answered: tuple[Answer, ...]
    witnesses: tuple[str, ...]
    bounds: TimeBounds
    stamped_s: int | None
    forks: tuple[Fork, ...]
    unjoined: int


def assess(grounds: Grounds, *, policy: Policy | None, key_end_s: int | None) -> Assessment:
    """Say what a statement is worth.

    The caller has seen to it that the statement may be said by its node (`ladder.may_say`), that
    the policy accepts the log (`Policy.accepts`), and that each answer stands by itself: an
    answer's own log may have lost its key too.

    Args:
        grounds: What was proven.
        policy: Which witnesses are enough; a leaf 0x05 of a node counts as its witness key's
            cosignature. None asks for one node of a third State. `quorum none` still asks for one
            witness that the policy names: what nobody saw is not witnessed.
        key_end_s: When the keys of the statement's log ended, by revocation or expiry: seconds
            since 1970. None while they count.

    Returns:
        The assessment.

    Raises:
        NotAllowedError: A checkpoint that is not the statement's, or anything of another log.

    Source:
        docs/wire-format.md, rule 33.
    """
    _check_log(grounds)
    statement = grounds.statement
    history = _history(statement.head, grounds.joins)
    joined = [each for each in grounds.sightings if each.checkpoint.head in history]
    stamps = [each for each in grounds.stamps if each.checkpoint.head in history]
    thirds = [each for each in joined if _is_third(each, grounds)]
    seen = [each for each in thirds if each.checkpoint.head.size > statement.index]
    without = [each for each in thirds if each.checkpoint.head.size <= statement.index]
    bounds = TimeBounds(after_s=_last_enough(without, policy), before_s=_first_enough(seen, policy))
    answered = tuple(each for each in grounds.answers if _answers(each, grounds))
    given = len(grounds.sightings) + len(grounds.stamps)
    return Assessment(
        verdict=_verdict(bounds.before_s, answered=bool(answered), key_end_s=key_end_s),
        answered=answered,
        witnesses=tuple(sorted({each.name for each in seen})),
        bounds=bounds,
        stamped_s=min(
            (x.stamped_s for x in stamps if x.checkpoint.head.size > statement.index),
            default=None,
        ),
        forks=_forks(_checkpoints(grounds)),
        unjoined=given - len(joined) - len(stamps),
    )


def _verdict(before_s: int | None, *, answered: bool, key_end_s: int | None) -> Verdict | None:
    if key_end_s is not None and (before_s is None or before_s > key_end_s):
        return None  # whoever holds the key now could have made all of it since
    if before_s is not None:
        return Verdict.WITNESSED
    return Verdict.ANSWERED if answered else Verdict.STATED


def _check_log(grounds: Grounds) -> None:
    """Refuse what is not about the statement's log.

    Raises:
        NotAllowedError: Something is not.
    """
    if grounds.checkpoint.head != grounds.statement.head:
        raise NotAllowedError("a statement is proven in its own checkpoint")
    origin = grounds.statement.head.origin
    heads = [each.head for each in _checkpoints(grounds)]
    heads += [head for each in grounds.joins for head in (each.smaller, each.larger)]
    if any(head.origin != origin for head in heads):
        raise NotAllowedError("grounds of another log")


def _checkpoints(grounds: Grounds) -> list[Checkpoint]:
    return [
        grounds.checkpoint,
        *(each.checkpoint for each in grounds.sightings),
        *(each.checkpoint for each in grounds.stamps),
    ]


def _history(head: TreeHead, joins: Sequence[Joined]) -> frozenset[TreeHead]:
    """Return every head that is a beginning of one that grew out of the statement's."""
    above = _closure({head}, [(each.smaller, each.larger) for each in joins])
    return frozenset(_closure(above, [(each.larger, each.smaller) for each in joins]))


def _closure(begin: set[TreeHead], steps: Sequence[tuple[TreeHead, TreeHead]]) -> set[TreeHead]:
    ways: dict[TreeHead, list[TreeHead]] = {}
    for source, target in steps:
        ways.setdefault(source, []).append(target)
    reached = set(begin)
    waiting = list(begin)
    while waiting:
        for target in ways.get(waiting.pop(), ()):
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    return reached


def _is_third(sighting: Sighting, grounds: Grounds) -> bool:
    node = sighting.node
    if node is None:
        return True  # counts only if the reader's own policy names it
    owner = grounds.statement.head.origin.node
    return node.country != owner.country and not grounds.exchange.is_party(node)


def _answers(answer: Answer, grounds: Grounds) -> bool:
    speaker = grounds.statement.head.origin.node
    sides = {grounds.exchange.sender, grounds.exchange.receiver}
    return answer.about == grounds.statement.digest and answer.by in sides - {speaker}


def _enough(sightings: Iterable[Sighting], policy: Policy | None) -> bool:
    seen = list(sightings)
    if policy is None:
        return any(each.node is not None for each in seen)
    keys = {each.key for each in seen if each.key is not None}
    nodes = {each.name for each in seen if each.key is None}
    cosigners = [
        each.cosigner
        for each in policy.witnesses
        if each.cosigner.key in keys or each.cosigner.key.name in nodes
    ]
    return bool(cosigners) and policy.is_met(cosigners)


def _first_enough(seen: Sequence[Sighting], policy: Policy | None) -> int | None:
    """Return the first moment by which enough had seen it."""
    return _moment([(each.by_s, each) for each in seen], policy)


def _last_enough(without: Sequence[Sighting], policy: Policy | None) -> int | None:
    """Return the last moment at which enough were still shown a log without it."""
    backwards = [(-each.newest_s, each) for each in without if each.newest_s is not None]
    moment = _moment(backwards, policy)
    return None if moment is None else -moment


def _moment(timed: Sequence[tuple[int, Sighting]], policy: Policy | None) -> int | None:
    """Return the least number up to which there are enough."""
    known: dict[tuple[str, VerifierKey | None], Sighting] = {}
    for moment, each in sorted(timed, key=itemgetter(0)):
        mark = (each.name, each.key)
        if mark not in known:  # else nothing changes: witnesses are few, sightings may be many
            known[mark] = each
            if _enough(known.values(), policy):
                return moment
    return None


def _forks(checkpoints: Sequence[Checkpoint]) -> tuple[Fork, ...]:
    """Return an exhibit for each further root that the log signed at one size."""
    first: dict[int, Checkpoint] = {}
    found: dict[TreeHead, Fork] = {}
    for each in checkpoints:
        held = first.setdefault(each.head.size, each)
        if held.head != each.head:
            found.setdefault(each.head, Fork(held=held.note, offered=each.note))
    return tuple(found.values())
