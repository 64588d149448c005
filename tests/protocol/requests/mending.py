"""What the rules between fields ask for, done to made-up values; the rules said a second time."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from hypothesis import strategies as st

from protocol.requests.items import ACCOUNT_DETAILS
from protocol.requests.kinds import DocumentType
from protocol.requests.part import Part

Json = dict[str, Any]

ALL_TARGETS: Final = (
    "ip", "account", "email", "phone", "domain", "url", "device", "wallet", "other",
)  # fmt: skip
_PERIOD: Final = {
    "start": "2026-11-01T00:00:00Z",
    "end": "2027-11-01T00:00:00Z",
    "time_zone": "UTC",
}
_CALLABLE: Final = {"name": "Desk", "telephone": "+40215550142"}
_PRIOR: Final = {"reference": "R-1", "channel": "post"}
_CATEGORIES: Final = {
    "subscriber_information_request": ("subscriber",),
    "realtime_traffic_request": ("traffic",),
    "interception_request": ("content",),
    "order_effect_request": ("subscriber", "traffic"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a made-up body must fit."""

    kind: DocumentType
    urgency: str
    paths: tuple[str, ...] = ()
    data_paths: tuple[str, ...] = ()

    @property
    def looks_ahead(self) -> bool:
        """Tell whether periods lie ahead."""
        return self.kind.looks_ahead

    @property
    def lone_targets(self) -> bool:
        """Tell whether targets stand outside items."""
        return self.kind.name == "technical_advice_request"

    def of(self, kind: DocumentType) -> "Setting":
        """Return the setting of the draft of another type."""
        return replace(self, kind=kind)


def mend(form: type[Part], values: Json, setting: Setting, draw: st.DrawFn) -> Json:
    """Do to the values of a form what its rules ask for.

    Args:
        form: The form; rules of its bases are done first.
        values: As made up, field by field.
        setting: What they must fit.
        draw: For choices that remain.

    Returns:
        The same object.
    """
    for base in reversed(form.__mro__):
        if (step := _STEPS.get(base.__name__)) is not None:
            step(values, setting, draw)
    return values


def _only(values: Json, by: str, cases: dict[str, tuple[str, ...]], named: tuple[str, ...]) -> None:
    """Leave out the fields that do not go with a case."""
    for name in named:
        if name not in cases[values[by]]:
            values.pop(name, None)


def _needs(values: Json, **defaults: object) -> None:
    for name, value in defaults.items():
        values.setdefault(name, value)


def _ordered(first: str, last: str) -> Callable[[Json, Setting, st.DrawFn], None]:
    def step(values: Json, _: Setting, __: st.DrawFn) -> None:
        if first in values and last in values:
            values[first], values[last] = sorted((values[first], values[last]))

    return step


def _urgent(values: Json, setting: Setting, _: st.DrawFn) -> None:
    if setting.urgency != "routine":
        _needs(values, urgency_reasons=["crime_in_progress"])
    if setting.urgency == "emergency":
        _needs(values, urgency_details="At midnight.", confirmation_contact=dict(_CALLABLE))
        values["confirmation_contact"].setdefault("telephone", "+40215550142")
    if "other" in values.get("urgency_reasons", ()):
        _needs(values, urgency_details="Soon.")


def _core_a(values: Json, _: Setting, __: st.DrawFn) -> None:
    _needs(values["requesting_authority"], country="RO", telephone="+40215550142")


def _core_b(values: Json, _: Setting, __: st.DrawFn) -> None:
    if "new_request" in values["request_status"]:
        values["request_status"] = ["new_request"]
    for name in ("previous_mla", "previous_preservation"):
        if f"followup_{name}" in values["request_status"]:
            values.setdefault(name, [dict(_PRIOR)])
    if "other" in values.get("confirmations_requested", ()):
        _needs(values, confirmations_other="Whether it rains.")


def _with_items(values: Json, setting: Setting, draw: st.DrawFn) -> None:
    """Mend items in a body: categories of the type, names of providers."""
    known = [each["provider_id"] for each in values.get("providers", ())]
    for item in values.get("items", ()):
        categories = _CATEGORIES.get(setting.kind.name)
        if categories is not None:
            item["data_category"] = draw(st.sampled_from(categories))
        if setting.kind.name == "subscriber_information_request":
            _of_template(item)
        _item(item)
        item.pop("provider_ref", None)
        named = draw(st.sampled_from(["", *known]))
        if named:
            item["provider_ref"] = named


def _of_template(item: Json) -> None:
    """S2 and S3: targets of one sort, and ticks that fit them."""
    targets = item.setdefault("targets", [{"kind": "wallet", "value": "w"}])
    addresses = targets[0]["kind"] == "ip"
    item["targets"] = [each for each in targets if (each["kind"] == "ip") == addresses]
    details = [*item.get("details", ()), "user_names"]
    if addresses:
        details = [each for each in details if each not in ACCOUNT_DETAILS]
    item["details"] = list(dict.fromkeys(details))


def _data_item(values: Json, _: Setting, __: st.DrawFn) -> None:
    _item(values)


def _item(item: Json) -> None:
    targets = item.get("targets", [])
    if not targets:
        _needs(item, description="All of it.")
    if item["data_category"] != "subscriber":
        item.pop("details", None)
    if targets and all(each["kind"] == "ip" for each in targets) and "details" in item:
        item["details"] = [each for each in item["details"] if each not in ACCOUNT_DETAILS]
        if not item["details"]:
            del item["details"]
    if "access_ips" in item.get("details", ()):
        _needs(item, access_period=dict(_PERIOD))
    else:
        item.pop("access_period", None)
    bare = any(each["kind"] == "ip" and "at" not in each for each in targets)
    if bare or item["data_category"] in {"traffic", "content"}:
        _needs(item, period=dict(_PERIOD))


def _about_items(values: Json, _: Setting, draw: st.DrawFn) -> None:
    if draw(st.integers(1, 4)) == 1:
        values["items"] = [values["items"][0] | {"item_id": "*"}]


_OUTCOMES: Final[dict[str, tuple[str, ...]]] = {
    "accepted": ("reasons",),
    "accepted_with_conditions": ("conditions", "reasons"),
    "partially_accepted": ("granted_scope", "reasons", "grounds", "conditions"),
    "refused": ("grounds", "reasons", "partial_considered"),
    "postponed": ("grounds", "reasons", "partial_considered", "postponed_until"),
    "referred": ("referred_to", "reasons"),
    "not_possible": ("not_possible_reason", "reasons"),
}
_NEEDED: Final[dict[str, Json]] = {
    "accepted_with_conditions": {"conditions": [{"kind": "confidential"}]},
    "partially_accepted": {"granted_scope": "Half.", "reasons": "Enough."},
    "refused": {"grounds": [{"code": "domestic_law", "reason": "No."}], "reasons": "No."},
    "postponed": {
        "grounds": [{"code": "prejudice_to_own_investigation", "reason": "Search."}],
        "reasons": "Later.",
    },
    "referred": {"referred_to": {"organisation": "Office", "kind": "court"}},
    "not_possible": {"not_possible_reason": "technical"},
}


def _item_decision(values: Json, _: Setting, __: st.DrawFn) -> None:
    outcome = values["outcome"]
    named = tuple(dict.fromkeys(name for names in _OUTCOMES.values() for name in names))
    _only(values, "outcome", _OUTCOMES, named)
    _needs(values, **_NEEDED.get(outcome, {}))
    if outcome in {"refused", "postponed"}:
        values["partial_considered"] = True
    if outcome == "postponed":
        values["grounds"] = _NEEDED["postponed"]["grounds"]


def _decision(values: Json, _: Setting, __: st.DrawFn) -> None:
    asked = values["answers_type"]
    code = "essential_interests" if asked.startswith("preservation") else "domestic_law"
    for item in values["items"]:
        if item["outcome"] in {"refused", "partially_accepted"} and "grounds" in item:
            item["grounds"] = [{"code": code, "reason": "So it is."}]
    if asked == "emergency_disclosure_request":
        _needs(values, other_forms_of_cooperation="Call us.")


def _preserved(values: Json, _: Setting, __: st.DrawFn) -> None:
    named = ("preserved_at", "preserved_until")
    if values["result"] == "preserved":
        values |= {
            "preserved_at": "2026-11-20T10:00:00+02:00",
            "preserved_until": "2027-01-19T08:00:00Z",
        }
    else:
        _only(values, "result", dict.fromkeys([values["result"]], ()), named)


def _path_item(values: Json, _: Setting, __: st.DrawFn) -> None:
    cases = {"disclosed": ("providers", "path"), "withheld": ("grounds",), "no_other_provider": ()}
    _only(values, "result", cases, ("providers", "path", "grounds"))
    if values["result"] == "disclosed":
        _needs(values, providers=[{"name": "Transit", "country": "JP"}], path="By cable.")
    if values["result"] == "withheld":
        values["grounds"] = [{"code": "political_offence", "reason": "It is."}]


def _outcome(values: Json, _: Setting, __: st.DrawFn) -> None:
    if values["outcome"] != "executed":
        _needs(values, reason="It was gone.")


def _when(by: str, value: str, name: str, default: object) -> Callable[..., None]:
    """Return a step for a field that goes with one value of another, and only with that."""

    def step(values: Json, _: Setting, __: st.DrawFn) -> None:
        if values[by] == value:
            values.setdefault(name, default)
        else:
            values.pop(name, None)

    return step


def _both(*steps: Callable[..., None]) -> Callable[..., None]:
    def step(values: Json, setting: Setting, draw: st.DrawFn) -> None:
        for each in steps:
            each(values, setting, draw)

    return step


def _information(values: Json, _: Setting, __: st.DrawFn) -> None:
    if values["step"] == "offer":
        for name in ("facts", "items", "evaluation"):
            values.pop(name, None)
        _needs(values, conditions=[{"kind": "confidential"}])
    else:
        _needs(values, facts="It rained.")


def _oral(values: Json, _: Setting, __: st.DrawFn) -> None:
    if "oral_given_at" in values or "oral_given_to" in values:
        _needs(values, oral_given_at="2026-11-20T10:00:00Z", oral_given_to="Desk")


def _preservation(values: Json, _: Setting, __: st.DrawFn) -> None:
    if not any(item["data_category"] == "traffic" for item in values["items"]):
        values["path_disclosure_requested"] = False


def _first(name: str) -> Callable[..., None]:
    def step(values: Json, _: Setting, __: st.DrawFn) -> None:
        values[name] = values[name][:1]

    return step


def _default(**defaults: object) -> Callable[..., None]:
    """Return a step that fills in fields when all of them are absent."""

    def step(values: Json, _: Setting, __: st.DrawFn) -> None:
        if not any(name in values for name in defaults):
            values.update(defaults)

    return step


def _filled(name: str, value: object) -> Callable[..., None]:
    def step(values: Json, _: Setting, __: st.DrawFn) -> None:
        values.setdefault(name, value)

    return step


def _without(name: str) -> Callable[..., None]:
    def step(values: Json, _: Setting, __: st.DrawFn) -> None:
        values.pop(name, None)

    return step


def _proceedings(values: Json, _: Setting, __: st.DrawFn) -> None:
    if not values:
        values["court_case_number"] = "1"


_ORDERS_FIRST: Final = _both(_first("providers"), _with_items)

_STEPS: Final[dict[str, Callable[..., None]]] = {
    "Urgent": _urgent,
    "CoreA": _core_a,
    "CoreB": _core_b,
    "Contact": _default(telephone="+40215550142", email="a@b.example"),
    "Offence": _ordered("committed_from", "committed_to"),
    "Provider": _filled("name", "Example Net"),
    "DataItem": _data_item,
    "Proceedings": _proceedings,
    "LegalGround": _filled("text", "An order."),
    "Condition": _filled("text", "As agreed."),
    "Question": _without("topic"),
    "ByItem": _about_items,
    "PreservationRequest": _both(_with_items, _preservation),
    "PreservationExtension": _first("previous_preservation"),
    "StoredData": _with_items,
    "Collection": _with_items,
    "EmergencyDisclosureRequest": _both(_with_items, _oral),
    "EmergencyMlaRequest": _with_items,
    "OrderEffectRequest": _ORDERS_FIRST,
    "SuspectLocationRequest": _with_items,
    "EvidenceAssistanceRequest": _with_items,
    "SpontaneousInformation": _both(_information, _with_items),
    "ItemDecision": _item_decision,
    "Decision": _decision,
    "PreservedItem": _preserved,
    "PathItem": _path_item,
    "ItemOutcome": _outcome,
    "Determination": _when("answer", "proceed_amended", "instructions", "Otherwise."),
    "ConditionReply": _when("answer", "cannot_comply", "reasons", "We cannot."),
    "UseAccount": _ordered("from", "to"),
    "UseDecision": _both(
        _when("outcome", "refused", "reasons", "No."),
        _when("outcome", "granted_with_conditions", "conditions", [{"kind": "confidential"}]),
    ),
}
"""By the name of the form; fields of a base are mended before those of a form that adds to it."""
