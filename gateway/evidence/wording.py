"""Sentences about one statement: what is proven, and what is not.

Source: docs/evidence.md, "Verdicts" and "Time".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, assert_never

from gateway.evidence.moment import moment
from protocol.evidence.bounds import SaidTime
from protocol.evidence.ladder import Rung
from protocol.evidence.reading import OBTAINED, Approved, Said
from protocol.evidence.verdict import Assessment, Verdict
from protocol.identifiers import LogOrigin, NodeId

_MS_PER_S: Final = 1000
_WORDS: Final = MappingProxyType({
    Rung.SUBMITTED.value: ("sent", "it sealed and sent the message"),
    Rung.RELAY_ACCEPTED.value: ("accepted", "it stored the message with its sender's proof"),
    Rung.CONSIGNED.value: ("consigned", "it decrypted the message into its duty inbox"),
    Rung.OFFICER_ALERTED.value: ("alerted", "it told the programs of its desk of the message"),
    Rung.OPENED.value: ("opened", "a person opened the message"),
    Rung.ACKNOWLEDGED.value: ("acknowledged", "a person took the matter on"),
    Rung.DECLINED.value: ("declined", "a person's first answer grants nothing"),
    Rung.REJECTED.value: ("rejected", "it could not read the message"),
    Rung.EXPIRED.value: ("expired", "nobody opened the message before it expired"),
    Rung.NOT_ACCEPTED.value: ("not accepted", "no receipt of acceptance came in time"),
    Rung.NOT_ACKNOWLEDGED.value: ("not acknowledged", "no acknowledgement came in time"),
    OBTAINED: ("obtained", "it holds the other side's receipt with its proof"),
})  # fmt: skip
_OTHER: Final = ("done", "an officer of it, or it by itself, did what the act says")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Who says something, and where.

    Attributes:
        by: Whose word it is.
        other: The other side of the exchange.
        origin: The log.
        index: The leaf.
        content: Officer digest of the content, if it is disclosed.
    """

    by: NodeId
    other: NodeId
    origin: LogOrigin
    index: int
    content: bytes | None = None


def _approval(approved: Approved, content: bytes | None) -> str:
    """Return who approved what: a name is the node's own text, and comes harmless to people."""
    done = "confirmed after the sending" if approved.is_late else "approved"
    by = f"{done} by {approved.who}"
    how = "with a passkey" if approved.is_signed else "by password, the node's own word alone"
    if content == approved.content:
        return f"{by} {how}: these bytes"
    return f"{by} {how}: the content of digest {approved.content.hex()}, which is not disclosed"


def proven(said: Said, assessment: Assessment, place: Place) -> Iterator[str]:
    """Yield what is proven of a statement.

    Args:
        said: What it says.
        assessment: What it is worth.
        place: Who says it.
    """
    if assessment.verdict is None:
        yield "nothing any more: the keys of this log have ended, and nobody saw it before"
        return
    _, meaning = _WORDS.get(said.what, _OTHER)
    if said.approved is not None:
        meaning = _approval(said.approved, place.content)
    yield f"{place.by} stated in its own log, leaf {place.index}: {meaning}"
    for node in dict.fromkeys(answer.by for answer in assessment.answered):
        yield f"{node} stated in its own log that it has this statement"
    if assessment.verdict is Verdict.WITNESSED:
        yield f"{', '.join(assessment.witnesses)} saw the log with it"
    bounds = assessment.bounds
    if bounds.before_s is not None:
        yield f"it stood in the log before {moment(bounds.before_s * _MS_PER_S)}"
    if bounds.after_s is not None:
        yield f"the log was shown without it at {moment(bounds.after_s * _MS_PER_S)}"
    if assessment.stamped_s is not None:
        yield f"by a time stamp it existed before {moment(assessment.stamped_s * _MS_PER_S)}"


def unproven(said: Said, assessment: Assessment, place: Place) -> Iterator[str]:
    """Yield what is not proven of a statement.

    Args:
        said: What it says.
        assessment: What it is worth.
        place: Who says it.
    """
    if said.at_ms is not None:
        yield from _of_time(said, assessment, place)
    match assessment.verdict:
        case Verdict.STATED:
            yield f"that {place.by} alone did not make this up later, or keep a second log"
        case Verdict.ANSWERED:
            yield f"that {place.by} and {place.other} did not make this up together later"
        case Verdict.WITNESSED:
            yield "that what it says is true, or who sat at the desk"
        case None:
            yield f"that whoever holds the ended keys of {place.origin} did not make this up since"
        case _:
            assert_never(assessment.verdict)
    if assessment.unjoined:
        yield f"{assessment.unjoined} sightings or stamps: nothing joins them to this statement"


def _of_time(said: Said, assessment: Assessment, place: Place) -> Iterator[str]:
    verb, _ = _WORDS.get(said.what, _OTHER)
    at = f"'{verb} at {moment(said.at_ms or 0)}'"
    judged = assessment.bounds.judge(said.at_ms or 0)
    match judged:
        case SaidTime.OWN_WORD:
            yield f"{at} is {place.by}'s own word"
        case SaidTime.BACKDATED:
            yield f"{at} is backdated: later than that the log was shown without it"
        case SaidTime.POSTDATED:
            yield f"{at} is postdated: before that the log was seen with it"
        case SaidTime.WITHIN:
            return
        case _:
            assert_never(judged)
