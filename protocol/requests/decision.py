"""The decision on a request, item by item, with the grounds that the treaty admits.

Source: docs/domain.md, sections 6.2 and 8; Convention on Cybercrime, Articles 25, 27 and 29.
"""

from collections.abc import Iterator
from typing import Any, Final, Literal

from protocol.requests.conditional import Conditional
from protocol.requests.faults import UNSOUND, Fault, FaultCode
from protocol.requests.kinds import Direction, DocumentType, Family, LadderEffect, Thread
from protocol.requests.part import Many
from protocol.requests.parts import Condition, Ground
from protocol.requests.people import Authority
from protocol.requests.replies import AboutItem, ByItem
from protocol.requests.rules import rule, scene_rule
from protocol.requests.scene import Scene
from protocol.requests.text import Ref, Text
from protocol.requests.times import Date

RequestType = Literal[
    "preservation_request",
    "preservation_extension",
    "stored_data_request",
    "subscriber_information_request",
    "realtime_traffic_request",
    "interception_request",
    "emergency_disclosure_request",
    "emergency_mla_request",
    "order_effect_request",
    "technical_advice_request",
    "legal_information_request",
    "suspect_location_request",
    "evidence_assistance_request",
]
Outcome = Literal[
    "accepted",
    "accepted_with_conditions",
    "partially_accepted",
    "refused",
    "postponed",
    "referred",
    "not_possible",
]
Impossibility = Literal[
    "not_found",
    "provider_not_in_jurisdiction",
    "beyond_jurisdiction",
    "identifiers_insufficient",
    "data_expired",
    "technical",
]

_POSTPONED_FOR: Final = "prejudice_to_own_investigation"
_DUAL_CRIMINALITY: Final = "dual_criminality"
_PRESERVATION: Final = frozenset({"preservation_request", "preservation_extension"})
_EMERGENCY_DISCLOSURE: Final = "emergency_disclosure_request"

_OF_PRESERVATION: Final = frozenset({"political_offence", "essential_interests", _DUAL_CRIMINALITY})
_OF_ASSISTANCE: Final = frozenset({"domestic_law"})
GROUNDS: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys(_PRESERVATION, _OF_PRESERVATION),
    **dict.fromkeys(
        (
            "stored_data_request",
            "subscriber_information_request",
            "realtime_traffic_request",
            "interception_request",
            "order_effect_request",
            "emergency_mla_request",
        ),
        _OF_PRESERVATION | {"domestic_law"},
    ),
    _EMERGENCY_DISCLOSURE: frozenset({"domestic_law", "not_an_emergency", "subscriber_only"}),
    "technical_advice_request": _OF_ASSISTANCE,
    "legal_information_request": _OF_ASSISTANCE,
    "suspect_location_request": _OF_ASSISTANCE,
    "evidence_assistance_request": _OF_ASSISTANCE,
}
"""Grounds for refusing, or granting in part, each type of request (section 8)."""

_BY_OUTCOME: Final = Conditional(
    by="outcome",
    required={
        "accepted_with_conditions": ("conditions",),
        "partially_accepted": ("granted_scope", "reasons"),
        "refused": ("grounds", "reasons", "partial_considered"),
        "postponed": ("grounds", "reasons", "partial_considered"),
        "referred": ("referred_to",),
        "not_possible": ("not_possible_reason",),
    },
    optional={
        "accepted": ("reasons",),
        "accepted_with_conditions": ("reasons",),
        "partially_accepted": ("grounds", "conditions"),
        "postponed": ("postponed_until",),
        "referred": ("reasons",),
        "not_possible": ("reasons",),
    },
)
"""The table of section 6.2."""


class ItemDecision(AboutItem):
    """What is decided on one item."""

    outcome: Outcome
    conditions: Many[Condition] | None = None
    granted_scope: Text | None = None
    grounds: Many[Ground] | None = None
    reasons: Text | None = None
    partial_considered: bool | None = None
    postponed_until: Date | None = None
    referred_to: Authority | None = None
    not_possible_reason: Impossibility | None = None

    @rule
    def has_the_fields_of_its_outcome(self) -> Iterator[Fault]:
        """Each outcome has its own fields (table of section 6.2)."""
        return _BY_OUTCOME.faults(self)

    @rule
    def lesser_grant_was_considered(self) -> Iterator[Fault]:
        """D3: a lesser grant is considered before refusal or postponement (see Article 27(6))."""
        if self.outcome in {"refused", "postponed"} and self.partial_considered is False:
            text = "Consider a partial or conditional grant before you refuse (see Article 27(6))."
            yield Fault(("partial_considered",), FaultCode.NOT_ALLOWED_VALUE, text)

    @rule
    def postponement_has_one_ground(self) -> Iterator[Fault]:
        """Postponement has one ground: the own investigation (section 8; see Article 27(5))."""
        if self.outcome != "postponed" or self.grounds is None:
            return
        if len(self.grounds) > 1:
            text = "Postponement has one ground: prejudice to the own investigation."
            yield Fault(("grounds",), FaultCode.TOO_MANY, text)
        for index, ground in enumerate(self.grounds):
            code: Any = UNSOUND if ground is UNSOUND else ground.code
            if isinstance(code, str) and code != _POSTPONED_FOR:
                yield Fault(("grounds", index, "code"), FaultCode.GROUND_NOT_ALLOWED)


class Decision(ByItem):
    """What is decided on a request, by whom."""

    answers_type: RequestType
    deciding_authority: Authority
    decided_on: Date
    items: Many[ItemDecision]
    recipient_reference: Ref | None = None
    other_forms_of_cooperation: Text | None = None

    @scene_rule
    def answers_the_request_at_hand(self, scene: Scene) -> Iterator[Fault]:
        """D1: `answers_type` is the type of the request (section 6.2)."""
        if scene.asked is not None and self.answers_type != scene.asked.type:
            yield Fault(("answers_type",), FaultCode.WRONG_REQUEST_TYPE)

    @rule
    def grounds_are_those_of_the_article(self) -> Iterator[Fault]:
        """D2: a ground is one that the type of the request admits (section 8)."""
        for place, code in self._grounds():
            if code not in GROUNDS[self.answers_type]:
                yield Fault(place, FaultCode.GROUND_NOT_ALLOWED)

    @scene_rule
    def dual_criminality_is_reserved(self, scene: Scene) -> Iterator[Fault]:
        """D4: under Article 29 only with the reservation 29(4), outside Articles 2 to 11."""
        if self.answers_type not in _PRESERVATION:
            return
        for place, code in self._grounds():
            if code == _DUAL_CRIMINALITY:
                if _lacks(scene, "reservation_29_4"):
                    yield Fault(place, FaultCode.RESERVATION_MISSING)
                if scene.asked is not None and scene.asked.listed_offences_only:
                    yield Fault(place, FaultCode.GROUND_NOT_ALLOWED)

    @scene_rule
    def subscriber_only_is_declared(self, scene: Scene) -> Iterator[Fault]:
        """D5: only with the Party's declaration (section 6.2; see 2AP 9(1)(b))."""
        if self.answers_type != _EMERGENCY_DISCLOSURE:
            return
        for place, code in self._grounds():
            if code == "subscriber_only" and _lacks(scene, "no_subscriber_only_9_1_b"):
                yield Fault(place, FaultCode.RESERVATION_MISSING)

    @rule
    def refused_emergency_is_told_what_else_helps(self) -> Iterator[Fault]:
        """D6: a refused emergency hears which other help is open (see 2AP 9(6))."""
        if (
            self.answers_type == _EMERGENCY_DISCLOSURE
            and self.other_forms_of_cooperation is None
            and any(item is not UNSOUND and item.outcome == "refused" for item in self.items)
        ):
            text = "When an emergency disclosure is refused, say which other help is open."
            yield Fault(("other_forms_of_cooperation",), FaultCode.MISSING, text)

    def _grounds(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield the grounds of refusals and partial grants, with their places; sound ones."""
        for index, item in enumerate(self.items):
            outcome: Any = UNSOUND if item is UNSOUND else item.outcome
            if not isinstance(outcome, str) or outcome not in {"refused", "partially_accepted"}:
                continue
            grounds: Any = item.grounds
            for number, ground in enumerate(grounds if isinstance(grounds, tuple) else ()):
                code: Any = UNSOUND if ground is UNSOUND else ground.code
                if isinstance(code, str):
                    yield ("items", index, "grounds", number, "code"), code


def _lacks(scene: Scene, declaration: str) -> bool:
    return scene.declared is not None and declaration not in scene.declared


def refuses_all(decision: Decision) -> bool:
    """Tell whether a decision grants nothing.

    A postponed or referred item is not granted, but neither is it turned down: the sender is
    told that a person acknowledged it.

    Args:
        decision: A valid decision.
    """
    return all(item.outcome in {"refused", "not_possible"} for item in decision.items)


DECISION: Final = DocumentType(
    name="decision",
    direction=Direction.TO_REQUESTING,
    family=Family.ANSWER,
    one_line="Decides on a request, item by item",
    article="27",
    model=Decision,
    thread=Thread.JOINS,
    ladder_effect=LadderEffect.ANSWERED,
    only_if_asked=True,
)
