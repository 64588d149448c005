"""How a request goes on and ends: later, elsewhere, withdrawn, confirmed, closed.

Source: docs/domain.md, section 6.1; Convention on Cybercrime, Articles 25(3) and 27; 2AP 9.
"""

from typing import Final, Literal

from protocol.requests.kinds import Direction, DocumentType, Family, LadderEffect, Thread
from protocol.requests.part import Many, Part
from protocol.requests.parts import Channel
from protocol.requests.people import Authority
from protocol.requests.replies import AboutItem, ByItem, OnItems
from protocol.requests.text import Ref, Text
from protocol.requests.times import Date, When


class DelayNotice(OnItems):
    """Tells that the answer comes later, and when."""

    reason: Text
    new_expected_date: Date


class ReferralNotice(OnItems):
    """Tells which authority has the request now, for what, and until when."""

    referred_to: Authority
    referred_on: Date
    scope: Text | None = None
    expected_decision_by: When | None = None
    their_reference: Ref | None = None
    reason: Text | None = None


class Withdrawal(OnItems):
    """Takes back a request, or some of its items."""

    reason: Text


class WithdrawnItem(AboutItem):
    """What the withdrawal of one item found."""

    state: Literal["cancelled", "already_delivered", "preservation_released", "cannot_stop"]


class WithdrawalAck(ByItem):
    """Says what became of the withdrawn items."""

    items: Many[WithdrawnItem]
    note: Text | None = None


class Closure(Part):
    """The requesting side needs nothing more."""

    reason: Text


class FormalConfirmation(Part):
    """Tells that the formal request, or its confirmation, went through another channel."""

    kind: Literal["formal_25_3", "oral_9", "followup_9_5"]
    channel: Channel
    sent_on: Date
    reference: Ref | None = None
    note: Text | None = None


DELAY_NOTICE: Final = DocumentType(
    name="delay_notice",
    direction=Direction.TO_REQUESTING,
    family=Family.ANSWER,
    one_line="Tells that the answer comes later, why and when",
    article="27(7)",
    model=DelayNotice,
    thread=Thread.JOINS,
    ladder_effect=LadderEffect.ACKNOWLEDGED,
)

REFERRAL_NOTICE: Final = DocumentType(
    name="referral_notice",
    direction=Direction.TO_REQUESTING,
    family=Family.ANSWER,
    one_line="Tells to which authority the request was passed on",
    article="27(9)",
    model=ReferralNotice,
    thread=Thread.JOINS,
    ladder_effect=LadderEffect.ACKNOWLEDGED,
)

WITHDRAWAL: Final = DocumentType(
    name="withdrawal",
    direction=Direction.TO_REQUESTED,
    family=Family.ANSWER,
    one_line="Takes back a request, or some of its items",
    article="",
    model=Withdrawal,
    thread=Thread.JOINS,
)

WITHDRAWAL_ACK: Final = DocumentType(
    name="withdrawal_ack",
    direction=Direction.TO_REQUESTING,
    family=Family.ANSWER,
    one_line="Says of each withdrawn item what became of it",
    article="",
    model=WithdrawalAck,
    thread=Thread.JOINS,
    ladder_effect=LadderEffect.ACKNOWLEDGED,
)

CLOSURE: Final = DocumentType(
    name="closure",
    direction=Direction.TO_REQUESTED,
    family=Family.ANSWER,
    one_line="Closes a case: the requesting side needs nothing more",
    article="",
    model=Closure,
    thread=Thread.JOINS,
)

FORMAL_CONFIRMATION: Final = DocumentType(
    name="formal_confirmation",
    direction=Direction.TO_REQUESTED,
    family=Family.ANSWER,
    one_line="Tells that formal confirmation or follow-up was sent through another channel",
    article="25(3), 2AP 9",
    model=FormalConfirmation,
    thread=Thread.JOINS,
)
