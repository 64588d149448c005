"""Which message is allowed in which state from which side: one row a type, and nowhere else.

A row is held against the request that a message is about: the nearest one up its chain of
replies. What the items must be like, or what must have been asked before, stands beside the
states; what a message then does is the matter of the effect that the row names.

Source: docs/domain.md, sections 5, 6 and 7.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from protocol.cases.items import DECISIONS, ItemEvent
from protocol.cases.message import Side
from protocol.cases.phases import AFTER, ANY_BUT_DRAFT, LIVE, UNDECIDED, Phase
from protocol.cases.preservation import PreservationEvent
from protocol.cases.request import Asking, WaitFor


class Effect(StrEnum):
    """What a message does to its thread; each has one function in the effects of a step."""

    OPENS = "opens a request"
    ACKNOWLEDGES = "a person has it"
    ASKS = "asks questions"
    SUPPLIES = "answers questions"
    ASKS_DETERMINATION = "asks the requesting side to decide"
    DETERMINES = "decides how to go on"
    DECIDES = "decides on items"
    REPLIES_TO_CONDITIONS = "accepts or declines conditions"
    REPORTS_PRESERVATION = "begins, extends or revives preservation"
    TELLS_PATH = "tells the path"
    ASKS_HOLD = "asks to hold the data"
    HOLDS = "holds the data"
    DELIVERS = "delivers items"
    ADVISES = "answers the request as a whole"
    REPORTS_EXECUTION = "ends items without data"
    DELAYS = "moves the expected date"
    WITHDRAWS = "withdraws what is not granted, asks to stop the rest"
    CONFIRMS_WITHDRAWAL = "says what became of withdrawn items"
    RELEASES = "releases preserved data"
    CLOSES = "closes the thread"
    CONFIRMS_FORMALLY = "formal follow-up of an emergency"
    ASKS_USE = "asks for an account, or for leave"
    ANSWERS_USE = "answers that"
    REMINDS = "counts"
    RECORDS = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRule:
    """One row: who may send it, in which states of the request, and what it does.

    Args:
        sides: Who may send it.
        phases: States of the request in which it is allowed.
        effect: What it does.
        in_emergency: Further states in which it is allowed for a disclosure under 2AP 9.
        items: At least one item must be able to take one of these events; empty for no demand.
        data: The same of preserved data, of the request or of the one it extends.
        ends_wait: It answers something that was asked and is open; None for no demand.
    """

    sides: frozenset[Side]
    phases: frozenset[Phase]
    effect: Effect
    in_emergency: frozenset[Phase] = frozenset()
    items: frozenset[ItemEvent] = frozenset()
    data: frozenset[PreservationEvent] = frozenset()
    ends_wait: WaitFor | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRule:
    """What a type that opens a request is about, and whether it may come inside a thread."""

    asking: Asking
    joins: bool = False


_P = Phase
_Q: Final = frozenset({Side.REQUESTING})
_A: Final = frozenset({Side.REQUESTED})
_EITHER: Final = _Q | _A
_EXECUTED: Final = frozenset({_P.EXECUTED})
_AFTER_AND_CLOSED: Final = AFTER | {_P.CLOSED}
_ITEM = ItemEvent
_DATA = PreservationEvent

REQUESTS: Final[dict[str, RequestRule]] = {
    "preservation_request": RequestRule(asking=Asking.PRESERVATION),
    "preservation_extension": RequestRule(asking=Asking.EXTENSION, joins=True),
    "stored_data_request": RequestRule(asking=Asking.DATA, joins=True),
    "subscriber_information_request": RequestRule(asking=Asking.DATA, joins=True),
    "realtime_traffic_request": RequestRule(asking=Asking.DATA, joins=True),
    "interception_request": RequestRule(asking=Asking.DATA, joins=True),
    "emergency_disclosure_request": RequestRule(asking=Asking.EMERGENCY),
    "emergency_mla_request": RequestRule(asking=Asking.DATA),
    "order_effect_request": RequestRule(asking=Asking.DATA),
    "technical_advice_request": RequestRule(asking=Asking.ADVICE, joins=True),
    "legal_information_request": RequestRule(asking=Asking.ADVICE, joins=True),
    "suspect_location_request": RequestRule(asking=Asking.DATA, joins=True),
    "evidence_assistance_request": RequestRule(asking=Asking.DATA, joins=True),
    "pre_consultation": RequestRule(asking=Asking.ADVICE, joins=True),
    "spontaneous_information": RequestRule(asking=Asking.NOTHING, joins=True),
    "subscriber_order_notice": RequestRule(asking=Asking.NOTHING),
}
"""Types that open a request; an offer of information asks for a reply to its conditions."""

RULES: Final[dict[str, MessageRule]] = {
    **{name: MessageRule(sides=_Q, phases=ANY_BUT_DRAFT, effect=Effect.OPENS) for name in REQUESTS},
    "acknowledgement": MessageRule(sides=_A, phases=LIVE, effect=Effect.ACKNOWLEDGES),
    "info_needed": MessageRule(sides=_A, phases=UNDECIDED, effect=Effect.ASKS),
    # The other of the two waits may have been asked for later and show as the state.
    "info_supplied": MessageRule(
        sides=_Q,
        phases=frozenset({_P.INFO_NEEDED, _P.AWAITING_DETERMINATION}),
        effect=Effect.SUPPLIES,
        ends_wait=WaitFor.INFORMATION,
    ),
    "determination_request": MessageRule(
        sides=_A,
        phases=UNDECIDED | {_P.DECIDED},
        effect=Effect.ASKS_DETERMINATION,
    ),
    "determination": MessageRule(
        sides=_Q,
        phases=frozenset({_P.AWAITING_DETERMINATION, _P.INFO_NEEDED}),
        effect=Effect.DETERMINES,
        ends_wait=WaitFor.DETERMINATION,
    ),
    # In `executed` only what was postponed, referred or offered is decided (section 7, item).
    "decision": MessageRule(
        sides=_A, phases=LIVE, effect=Effect.DECIDES, items=frozenset(DECISIONS)
    ),
    "condition_reply": MessageRule(
        sides=_EITHER,
        phases=LIVE,
        effect=Effect.REPLIES_TO_CONDITIONS,
        items=frozenset({_ITEM.TAKE_CONDITIONS}),
    ),
    "preservation_report": MessageRule(
        sides=_A,
        phases=AFTER,
        effect=Effect.REPORTS_PRESERVATION,
        data=frozenset({_DATA.REPORT}),
    ),
    "path_disclosure": MessageRule(sides=_A, phases=AFTER, effect=Effect.TELLS_PATH),
    "mla_followup_notice": MessageRule(
        sides=_Q, phases=_EXECUTED, effect=Effect.ASKS_HOLD, data=frozenset({_DATA.HOLD})
    ),
    "mla_received_confirmation": MessageRule(
        sides=_A, phases=_EXECUTED, effect=Effect.HOLDS, data=frozenset({_DATA.HOLD})
    ),
    "data_delivery": MessageRule(
        sides=_A,
        phases=AFTER,
        in_emergency=frozenset({_P.ACKNOWLEDGED}),
        effect=Effect.DELIVERS,
        items=frozenset({_ITEM.DELIVER, _ITEM.DELIVER_AT_ONCE}),
    ),
    # Advice that was granted by a decision first is still to be given.
    "advice_answer": MessageRule(
        sides=_A,
        phases=UNDECIDED | {_P.DECIDED},
        effect=Effect.ADVISES,
        items=frozenset({_ITEM.ANSWER}),
    ),
    "outcome_report": MessageRule(
        sides=_A,
        phases=AFTER,
        effect=Effect.REPORTS_EXECUTION,
        items=frozenset({_ITEM.FINISH, _ITEM.FAIL}),
    ),
    "delay_notice": MessageRule(sides=_A, phases=LIVE, effect=Effect.DELAYS),
    "referral_notice": MessageRule(sides=_A, phases=LIVE, effect=Effect.RECORDS),
    "withdrawal": MessageRule(sides=_Q, phases=LIVE, effect=Effect.WITHDRAWS),
    "withdrawal_ack": MessageRule(
        sides=_A, phases=LIVE | {_P.CLOSED}, effect=Effect.CONFIRMS_WITHDRAWAL
    ),
    "release_notice": MessageRule(
        sides=_EITHER,
        phases=LIVE | {_P.CLOSED},
        effect=Effect.RELEASES,
        data=frozenset({_DATA.RELEASE}),
    ),
    # Of the whole thread; `acknowledged` with nothing left but what is postponed.
    "closure": MessageRule(
        sides=_Q, phases=frozenset({_P.EXECUTED, _P.ACKNOWLEDGED}), effect=Effect.CLOSES
    ),
    "formal_confirmation": MessageRule(
        sides=_Q, phases=LIVE | {_P.CLOSED}, effect=Effect.CONFIRMS_FORMALLY
    ),
    "use_account_request": MessageRule(
        sides=_A,
        phases=_AFTER_AND_CLOSED,
        effect=Effect.ASKS_USE,
    ),
    "use_account": MessageRule(sides=_Q, phases=_AFTER_AND_CLOSED, effect=Effect.ANSWERS_USE),
    "onward_transfer_request": MessageRule(
        sides=_Q,
        phases=_AFTER_AND_CLOSED,
        effect=Effect.ASKS_USE,
    ),
    "judicial_use_request": MessageRule(
        sides=_Q,
        phases=_AFTER_AND_CLOSED,
        effect=Effect.ASKS_USE,
    ),
    "onward_transfer_decision": MessageRule(
        sides=_A,
        phases=_AFTER_AND_CLOSED,
        effect=Effect.ANSWERS_USE,
        ends_wait=WaitFor.ONWARD_TRANSFER,
    ),
    "judicial_use_decision": MessageRule(
        sides=_A,
        phases=_AFTER_AND_CLOSED,
        effect=Effect.ANSWERS_USE,
        ends_wait=WaitFor.JUDICIAL_USE,
    ),
    "data_incident_notice": MessageRule(sides=_EITHER, phases=ANY_BUT_DRAFT, effect=Effect.RECORDS),
    "data_correction_notice": MessageRule(
        sides=_EITHER, phases=ANY_BUT_DRAFT, effect=Effect.RECORDS
    ),
    "reminder": MessageRule(sides=_EITHER, phases=LIVE, effect=Effect.REMINDS),
    "correction": MessageRule(sides=_EITHER, phases=ANY_BUT_DRAFT, effect=Effect.RECORDS),
    "note": MessageRule(sides=_EITHER, phases=ANY_BUT_DRAFT, effect=Effect.RECORDS),
}
"""Every type of the catalogue: the table of section 6, and of 6.3."""
