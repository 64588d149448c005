"""What happens to preserved data next: held for the MLA request that follows, or released.

Source: docs/domain.md, sections 6.1 and 7; Convention on Cybercrime, Article 29(7).
"""

from typing import Final

from protocol.requests.kinds import Direction, DocumentType, Family, LadderEffect, Thread
from protocol.requests.part import Many, Yes
from protocol.requests.parts import Channel
from protocol.requests.people import Authority
from protocol.requests.replies import AboutItem, ByItem, OnItems
from protocol.requests.text import Ref, Text
from protocol.requests.times import Date


class MlaFollowupNotice(OnItems):
    """Tells that the request for disclosure is on its way, so that the data are kept."""

    preservation_reference: Ref
    mla_reference: Ref
    sent_on: Date
    channel: Channel
    sending_authority: Authority
    receiving_authority: Authority | None = None


class MlaReceivedConfirmation(OnItems):
    """Confirms that the request for disclosure is there, and that the data are held for it."""

    mla_reference: Ref
    received_on: Date
    authority: Authority
    hold_until_decision: Yes


class ReleasedItem(AboutItem):
    """From which day the data of one item are no longer preserved."""

    released_on: Date


class ReleaseNotice(ByItem):
    """Tells that preservation ended, or may end."""

    items: Many[ReleasedItem]
    reason: Text


MLA_FOLLOWUP_NOTICE: Final = DocumentType(
    name="mla_followup_notice",
    direction=Direction.TO_REQUESTED,
    family=Family.ANSWER,
    one_line="Tells that the request for mutual assistance on preserved data was sent",
    article="29(7)",
    model=MlaFollowupNotice,
    thread=Thread.JOINS,
)

MLA_RECEIVED_CONFIRMATION: Final = DocumentType(
    name="mla_received_confirmation",
    direction=Direction.TO_REQUESTING,
    family=Family.ANSWER,
    one_line="Confirms that the request arrived, and that the data are held until its decision",
    article="29(7)",
    model=MlaReceivedConfirmation,
    thread=Thread.JOINS,
    ladder_effect=LadderEffect.ACKNOWLEDGED,
)

RELEASE_NOTICE: Final = DocumentType(
    name="release_notice",
    direction=Direction.EITHER,
    family=Family.ANSWER,
    one_line="Tells that data are no longer preserved, or no longer need to be",
    article="29",
    model=ReleaseNotice,
    thread=Thread.JOINS,
)
