"""Objects that several forms share: offences, periods, earlier requests, conditions, grounds.

Source: docs/domain.md, section 4.1; T-CY template of 9 July 2018, sections 8 to 12 and 17.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from protocol.requests.faults import Fault, FaultCode
from protocol.requests.part import Many, Part
from protocol.requests.people import Authority
from protocol.requests.rules import rule
from protocol.requests.text import AttachmentRef, Id, Line, Ref, Short, Text
from protocol.requests.times import Date, Instant, Zone, has_offset_of, instant_of

Channel = Literal["gateway", "email", "telephone", "fax", "post", "interpol", "other"]
Precision = Literal["second", "minute", "hour", "day"]


class Offence(Part):
    """An offence with its provisions."""

    title: Line
    provisions: Short
    penalties: Short | None = None
    conv_article: Annotated[int, Field(ge=2, le=11)] | None = None
    committed_from: Date | None = None
    committed_to: Date | None = None

    @rule
    def ends_after_it_began(self) -> Iterator[Fault]:
        """`committed_to` is not before `committed_from` (section 4.1)."""
        if (
            self.committed_from is not None
            and self.committed_to is not None
            and self.committed_to < self.committed_from
        ):
            yield Fault(("committed_to",), FaultCode.END_BEFORE_START)


class OffenceWithPenalties(Offence):
    """An offence in the types that ask for the penalty too."""

    penalties: Short


class Period(Part):
    """From one moment to another, as clocks of one zone showed them."""

    start: Instant
    end: Instant
    time_zone: Zone
    precision: Precision | None = None

    @rule
    def ends_after_it_began(self) -> Iterator[Fault]:
        """The end is not before the start, whatever their offsets (section 4.1)."""
        if instant_of(self.end) < instant_of(self.start):
            yield Fault(("end",), FaultCode.END_BEFORE_START)

    @rule
    def starts_on_the_clock_of_its_zone(self) -> Iterator[Fault]:
        """The start is in UTC, or as clocks of the zone showed it (section 4.1)."""
        return _off_the_clock(self.start, self.time_zone)

    @rule
    def ends_on_the_clock_of_its_zone(self) -> Iterator[Fault]:
        """The end is in UTC, or as clocks of the zone showed it (section 4.1)."""
        return _off_the_clock(self.end, self.time_zone)


def _off_the_clock(moment: str, zone: str) -> Iterator[Fault]:
    if not has_offset_of(moment, zone):
        yield Fault(("time_zone",), FaultCode.OFFSET_ZONE_MISMATCH)


class PriorRef(Part):
    """An earlier request, as the two sides filed it."""

    reference: Ref
    channel: Channel
    date: Date | None = None
    channel_address: Line | None = None
    requesting_contact: Authority | None = None
    executing_contact: Authority | None = None


class Confidentiality(Part):
    """What must not become known; the two `ask` fields mean true when they are absent."""

    keep_confidential: bool
    no_customer_notification: bool
    ask_if_reasons_needed: bool | None = None
    ask_before_if_notification_required: bool | None = None
    reasons: Text | None = None


class CourtDecision(Part):
    """A decision of a court or prosecutor behind the request."""

    title: Line
    issued_by: Line | None = None
    issued_on: Date | None = None
    attachment: AttachmentRef | None = None


class Proceedings(Part):
    """Prosecution office and court in charge, with their numbers and decisions."""

    prosecution_office: Authority | None = None
    court: Authority | None = None
    prosecution_case_number: Ref | None = None
    court_case_number: Ref | None = None
    decisions: Many[CourtDecision] | None = None

    @rule
    def says_something(self) -> Iterator[Fault]:
        """At least one field is filled in (section 4.1)."""
        if all(getattr(self, name) is None for name in Proceedings.model_fields):
            yield Fault(
                ("prosecution_office",),
                FaultCode.MISSING,
                "Fill in at least one field of `proceedings`, or leave it out.",
            )


class LegalGround(Part):
    """The domestic legal basis, in words or as documents."""

    text: Text | None = None
    documents: Many[AttachmentRef] | None = None

    @rule
    def says_something(self) -> Iterator[Fault]:
        """The basis is told in words, or a document is attached (section 4.1)."""
        if self.text is None and self.documents is None:
            yield Fault(
                ("text",),
                FaultCode.MISSING,
                "State the legal basis in `text`, or name the attached order in `documents`.",
            )


class SignatureBlock(Part):
    """Who signed the paper, where and when."""

    signatory: Line
    date: Date
    title: Line | None = None
    place: Line | None = None


class ResponsePreference(Part):
    """How the answer is wished for."""

    expedited: bool
    means: Line | None = None


class Condition(Part):
    """A condition on the use of data (Conv 28)."""

    kind: Literal[
        "confidential",
        "only_stated_proceedings",
        "no_judicial_use",
        "no_onward",
        "account_of_use",
        "other",
    ]
    text: Short | None = None

    @rule
    def other_is_explained(self) -> Iterator[Fault]:
        """Another condition is told in words (section 4.1)."""
        if self.kind == "other" and self.text is None:
            yield Fault(("text",), FaultCode.MISSING, "Say in words what the condition is.")


Topic = Literal[
    "powers",
    "thresholds",
    "language",
    "dual_criminality",
    "retention_periods",
    "form_of_request",
    "use_conditions",
    "other",
]


class PlainQuestion(Part):
    """A question, and the field of the request that it is about; without its rule on topics."""

    question_id: Id
    text: Text
    field: Line | None = None
    topic: Topic | None = None


class Question(PlainQuestion):
    """A question in any form but that for legal information."""

    @rule
    def has_no_topic(self) -> Iterator[Fault]:
        """Only questions of law have a topic (section 5)."""
        if self.topic is not None:
            yield Fault(("topic",), FaultCode.NOT_ALLOWED_HERE)


class LegalQuestion(PlainQuestion):
    """A question of law, sorted by its topic."""

    topic: Topic


GroundCode = Literal[
    "political_offence",
    "essential_interests",
    "dual_criminality",
    "domestic_law",
    "not_an_emergency",
    "subscriber_only",
    "prejudice_to_own_investigation",
]


class Ground(Part):
    """A ground for refusing or postponing, with the reason in this case."""

    code: GroundCode
    reason: Text
