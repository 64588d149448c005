"""Preservation of stored data: the request, its extension, and the report of what is held.

Source: docs/domain.md, sections 5, 6.1 and 9; Convention on Cybercrime, Articles 29 and 30.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final, Literal

from protocol.requests.core import CoreA, CoreB
from protocol.requests.faults import Fault, FaultCode
from protocol.requests.items import DataItem, unknown_providers
from protocol.requests.kinds import (
    Capability,
    Direction,
    DocumentType,
    Family,
    LadderEffect,
    Thread,
)
from protocol.requests.part import Many, Yes
from protocol.requests.parts import PriorRef
from protocol.requests.people import Provider
from protocol.requests.replies import AboutItem, ByItem, OnItems
from protocol.requests.rules import rule, scene_rule
from protocol.requests.scene import Scene
from protocol.requests.text import Line, Ref, Text
from protocol.requests.times import Date, Instant, day_of, instant_of

LEGAL_FLOOR: Final = timedelta(days=60)
"""The least that Article 29(7) gives; days of 24 hours."""

_MOMENTS: Final = ("preserved_at", "preserved_until")


def _short(until: str | None, today: date | None) -> Iterator[Fault]:
    """Warn of an end that lies nearer than the law gives anyway (P10)."""
    if until is not None and today is not None and today < day_of(until) < today + LEGAL_FLOOR:
        yield Fault(("requested_until",), FaultCode.SHORT_PRESERVATION, warning=True)


class PreservationRequest(CoreB):
    """Asks to keep data as they are, until mutual assistance can ask for them."""

    facts: Text
    items: Many[DataItem]
    data_relation_to_offence: Text
    providers: Many[Provider]
    necessity: Text
    mla_intent: Yes
    mla_planned_date: Date | None = None
    requested_until: Date | None = None
    path_disclosure_requested: bool | None = None

    @rule
    def items_name_known_providers(self) -> Iterator[Fault]:
        """`provider_ref` is one of the providers (section 4.3, rule 5)."""
        return unknown_providers(self.items, self.providers)

    @rule
    def path_is_asked_of_traffic(self) -> Iterator[Fault]:
        """To ask for the path, ask for traffic data too (section 5; see Article 30)."""
        if self.path_disclosure_requested and not any(
            item.data_category == "traffic" for item in self.items
        ):
            text = "The path of a communication is traffic data: add a `traffic` item."
            yield Fault(("path_disclosure_requested",), FaultCode.NOT_ALLOWED_HERE, text)

    @scene_rule
    def end_is_worth_asking_for(self, scene: Scene) -> Iterator[Fault]:
        """P10: warns of an end less than 60 days away."""
        return _short(self.requested_until, scene.today)


class PreservationExtension(CoreA, OnItems):
    """Asks to keep for longer what is preserved already."""

    request_date: Date
    previous_preservation: Many[PriorRef]
    requested_until: Date
    reason: Text
    mla_planned_date: Date

    @rule
    def extends_one_preservation(self) -> Iterator[Fault]:
        """Each preservation has an extension of its own (section 5)."""
        if len(self.previous_preservation) > 1:
            text = "Name exactly one preservation; send another extension for another one."
            yield Fault(("previous_preservation",), FaultCode.TOO_MANY, text)

    @scene_rule
    def end_is_worth_asking_for(self, scene: Scene) -> Iterator[Fault]:
        """P10: warns of an end less than 60 days away."""
        return _short(self.requested_until, scene.today)


class PreservedItem(AboutItem):
    """What became of one item."""

    result: Literal["preserved", "not_found", "not_available", "beyond_jurisdiction"]
    preserved_at: Instant | None = None
    preserved_until: Instant | None = None
    provider_name: Line | None = None
    order_reference: Ref | None = None
    scope_note: Text | None = None
    other_provider_involved: bool | None = None

    @rule
    def says_from_when_until_when(self) -> Iterator[Fault]:
        """Both moments for what is preserved, neither for what is not (section 6.1)."""
        for name in _MOMENTS:
            present = getattr(self, name) is not None
            if self.result == "preserved" and not present:
                text = "Say from when until when the data are preserved."
                yield Fault((name,), FaultCode.MISSING, text)
            elif self.result != "preserved" and present:
                yield Fault((name,), FaultCode.NOT_ALLOWED_HERE)

    @rule
    def lasts_as_long_as_the_law_asks(self) -> Iterator[Fault]:
        """At least 60 days of 24 hours (section 6.1; see Article 29(7))."""
        if self.preserved_at is None or self.preserved_until is None:
            return
        if instant_of(self.preserved_until) - instant_of(self.preserved_at) < LEGAL_FLOOR:
            yield Fault(("preserved_until",), FaultCode.BELOW_LEGAL_FLOOR)


class PreservationReport(ByItem):
    """Says of each item whether and until when it is preserved."""

    items: Many[PreservedItem]
    note: Text | None = None


PRESERVATION_REQUEST: Final = DocumentType(
    name="preservation_request",
    direction=Direction.TO_REQUESTED,
    family=Family.REQUEST,
    one_line="Asks to preserve stored data before mutual assistance asks for them",
    article="29, 30",
    model=PreservationRequest,
    thread=Thread.STARTS,
    answers=(
        "info_needed",
        "determination_request",
        "decision",
        "preservation_report",
        "path_disclosure",
    ),
    legal_basis=("conv_29", "conv_30"),
    capability=Capability.PRESERVATION,
    preserves=True,
)

PRESERVATION_EXTENSION: Final = DocumentType(
    name="preservation_extension",
    direction=Direction.TO_REQUESTED,
    family=Family.REQUEST,
    one_line="Asks to preserve for longer what is preserved already",
    article="29",
    model=PreservationExtension,
    thread=Thread.STARTS_OR_JOINS,
    answers=("info_needed", "decision", "preservation_report"),
    legal_basis=("conv_29",),
    capability=Capability.PRESERVATION,
    preserves=True,
)

PRESERVATION_REPORT: Final = DocumentType(
    name="preservation_report",
    direction=Direction.TO_REQUESTING,
    family=Family.ANSWER,
    one_line="Says of each item whether and until when it is preserved",
    article="29(7)",
    model=PreservationReport,
    thread=Thread.JOINS,
    ladder_effect=LadderEffect.ANSWERED,
    only_if_asked=True,
)
