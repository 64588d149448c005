"""The tables of docs/cases.md, drawn from the code: `python -m tests.protocol.cases.tables`."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from re import DOTALL
from re import compile as compiled
from typing import Final, TypeVar

from protocol.cases.conditions import CONDITION_STEPS
from protocol.cases.emergency import EMERGENCY_STEPS
from protocol.cases.items import ITEM_STEPS
from protocol.cases.message import Side
from protocol.cases.objection import SENTENCES
from protocol.cases.phases import AFTER, ANY_BUT_DRAFT, LIVE, LOCAL_STEPS, UNDECIDED, Phase
from protocol.cases.preservation import PRESERVATION_STEPS
from protocol.cases.rules import REQUESTS, RULES, Effect, MessageRule
from protocol.cases.terms import DEFAULT_POLICY, LEGAL_TERMS
from protocol.requests.catalogue import type_info

DOCUMENT: Final = Path(__file__).parents[3] / "docs" / "cases.md"
_PLACE: Final = compiled(r"<!-- table: ([a-z]+) -->\n(.*?)<!-- end -->", DOTALL)
_SETS: Final = (
    (ANY_BUT_DRAFT, "any but draft"),
    (LIVE | {Phase.CLOSED}, "live, closed"),
    (AFTER | {Phase.CLOSED}, "after, closed"),
    (LIVE, "live"),
    (UNDECIDED | {Phase.DECIDED}, "undecided, decided"),
    (UNDECIDED, "undecided"),
    (AFTER, "after"),
)
_MS: Final = {"d": 86_400_000, "h": 3_600_000, "min": 60_000, "s": 1_000}

State = TypeVar("State", bound=StrEnum)
Event = TypeVar("Event", bound=StrEnum)


def with_tables(text: str) -> str:
    """Return a document with its tables as the code has them.

    Args:
        text: With a marked place for each table.
    """
    return _PLACE.sub(
        lambda place: f"<!-- table: {place[1]} -->\n{TABLES[place[1]]}<!-- end -->", text
    )


def places(text: str) -> list[str]:
    """Return the names of the tables that a document has."""
    return [place[1] for place in _PLACE.finditer(text)]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _steps(
    steps: Mapping[State | None, Mapping[Event, State]] | Mapping[State, Mapping[Event, State]],
) -> str:
    return _table(
        ("from", "by", "to"),
        (
            (f"`{before}`" if before is not None else "(nothing)", str(event), f"`{after}`")
            for before, row in steps.items()
            for event, after in row.items()
        ),
    )


def _messages() -> str:
    return _table(
        ("message", "from", "state of the request", "what must be there", "effect"),
        (
            (f"`{name}`", _sides(rule), _phases(rule), _demand(rule), str(rule.effect))
            for name, rule in RULES.items()
            if rule.effect is not Effect.OPENS
        ),
    )


def _sides(rule: MessageRule) -> str:
    return "either" if rule.sides == set(Side) else "".join(rule.sides)


def _phases(rule: MessageRule) -> str:
    names = dict(_SETS)
    shown = names.get(rule.phases) or ", ".join(
        f"`{phase}`" for phase in Phase if phase in rule.phases
    )
    extra = "".join(f"; emergency disclosure also `{phase}`" for phase in rule.in_emergency)
    return shown + extra


def _demand(rule: MessageRule) -> str:
    demands = []
    if rule.items:
        demands.append("an item that can take it")
    if rule.data:
        demands.append("preserved data that can take it")
    if rule.ends_wait is not None:
        demands.append(f"an open question ({rule.ends_wait})")
    return "; ".join(demands) or "-"


def _requests() -> str:
    return _table(
        ("request", "is about", "inside a thread", "answers that its form must admit"),
        (
            (
                f"`{name}`",
                str(rule.asking),
                "yes" if rule.joins else "no",
                ", ".join(f"`{each}`" for each in _answers(name)) or "-",
            )
            for name, rule in REQUESTS.items()
        ),
    )


def _answers(name: str) -> list[str]:
    kind = type_info(name)
    admitted = () if kind is None else kind.answers
    return [each for each in admitted if (info := type_info(each)) and info.only_if_asked]


def _terms() -> str:
    return _table(
        ("term", "days", "law"),
        ((what, str(term.days), term.law.shown) for what, term in LEGAL_TERMS.items()),
    )


def _policy() -> str:
    policy = DEFAULT_POLICY
    by_class = _table(
        ("policy clock", *(cls.name for cls in policy.accepted)),
        (
            ("accepted", *map(_span, policy.accepted.values())),
            ("acknowledged", *map(_span, policy.acknowledged.values())),
        ),
    )
    by_urgency = _table(
        ("policy clock", *policy.decided),
        [("decision or status", *map(_span, policy.decided.values()))],
    )
    return f"{by_class}\n{by_urgency}"


def _span(term_ms: int) -> str:
    unit = next(name for name, size in _MS.items() if term_ms % size == 0)
    return f"{term_ms // _MS[unit]} {unit}"


def _reasons() -> str:
    return _table(
        ("reason", "what the officer reads"),
        ((f"`{reason}`", text) for reason, text in SENTENCES.items()),
    )


TABLES: Final[dict[str, str]] = {
    "messages": _messages(),
    "requests": _requests(),
    "local": _steps(LOCAL_STEPS),
    "items": _steps(ITEM_STEPS),
    "preservation": _steps(PRESERVATION_STEPS),
    "conditions": _steps(CONDITION_STEPS),
    "emergency": _steps(EMERGENCY_STEPS),
    "terms": _terms(),
    "policy": _policy(),
    "reasons": _reasons(),
}
"""Every table of the document, by its name."""

if __name__ == "__main__":
    DOCUMENT.write_text(with_tables(DOCUMENT.read_text("utf-8")), "utf-8")
