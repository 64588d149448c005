"""One thing that is asked for: which data, of whom, for which time, from which provider.

Source: docs/domain.md, section 4.3; T-CY template of 9 July 2018, sections 14 and 21.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final, Literal

from protocol.requests.faults import UNSOUND, Fault, FaultCode
from protocol.requests.part import Distinct, Many, Part
from protocol.requests.parts import Period
from protocol.requests.people import Provider
from protocol.requests.rules import rule, scene_rule
from protocol.requests.scene import Scene
from protocol.requests.targets import MISSING_TIME, Target, lacks_time
from protocol.requests.text import Id, Text
from protocol.requests.times import TimeRule, breaks

DataCategory = Literal["subscriber", "traffic", "content", "other"]

Detail = Literal[
    "subscriber_names",
    "user_names",
    "screen_names",
    "related_accounts",
    "mailing_addresses",
    "residential_addresses",
    "business_addresses",
    "telephone_contacts",
    "billing_records",
    "billing_address",
    "payment_method",
    "payment_history",
    "billing_period",
    "length_and_types_of_service",
    "other_identifying",
    "email_addresses",
    "registration_date",
    "registration_ip",
    "last_access_date",
    "last_access_ip",
    "access_ips",
]
"""The ticks of the template's section 21: the first 15 for addresses, all 21 for accounts."""

ACCOUNT_DETAILS: Final = frozenset(
    {
        "email_addresses",
        "registration_date",
        "registration_ip",
        "last_access_date",
        "last_access_ip",
        "access_ips",
    }
)
"""What only an account has."""


class DataItem(Part):
    """One item; it is decided, delivered and preserved by itself, under its own name."""

    item_id: Id
    data_category: DataCategory
    targets: Many[Target] | None = None
    description: Text | None = None
    details: Distinct[Detail] | None = None
    period: Period | None = None
    access_period: Period | None = None
    provider_ref: Id | None = None
    relation: Text | None = None

    @rule
    def says_what_it_is_about(self) -> Iterator[Fault]:
        """Rule 1: an item has targets, or a description (section 4.3)."""
        if self.targets is None and self.description is None:
            yield Fault(
                ("targets",), FaultCode.MISSING, "Name the targets, or describe the data in words."
            )

    @rule
    def has_the_period_it_needs(self) -> Iterator[Fault]:
        """Rule 2: traffic and content for a time; subscribers at moments (section 4.3)."""
        if self.period is not None:
            return
        if self.data_category in {"traffic", "content"}:
            text = "Say for which time these data are asked; for everything, state the first day."
            yield Fault(("period",), FaultCode.MISSING, text)
        elif self.data_category == "subscriber" and any(
            target.kind == "ip" and target.at is None for target in self.targets or ()
        ):
            text = "An address changes hands: give `at` for each address, or a period."
            yield Fault(("period",), FaultCode.MISSING, text)

    @rule
    def ports_have_their_moment(self) -> Iterator[Fault]:
        """A port has `at`, or the item has a period (section 4.2)."""
        if self.period is None:
            for index, target in enumerate(self.targets or ()):
                if target is not UNSOUND and lacks_time(target):
                    yield Fault(("targets", index, "at"), FaultCode.MISSING, MISSING_TIME)

    @rule
    def details_are_of_subscribers(self) -> Iterator[Fault]:
        """Rule 3: ticks exist for subscriber information only (section 4.3)."""
        if self.details is not None and self.data_category != "subscriber":
            yield Fault(("details",), FaultCode.NOT_ALLOWED_HERE)

    @rule
    def addresses_have_no_account_details(self) -> Iterator[Fault]:
        """Rule 3: six ticks make sense for accounts alone (section 4.3)."""
        if self.details is None or not self.targets:
            return
        if all(target.kind == "ip" for target in self.targets):
            for index, detail in enumerate(self.details):
                if detail is not UNSOUND and detail in ACCOUNT_DETAILS:
                    text = "This can be asked of accounts, not of IP addresses alone. Remove it."
                    yield Fault(("details", index), FaultCode.NOT_ALLOWED_HERE, text)

    @rule
    def access_addresses_have_a_period(self) -> Iterator[Fault]:
        """Rule 4: the tick `access_ips` and `access_period` go together (section 4.3)."""
        asked = "access_ips" in (self.details or ())
        if asked and self.access_period is None:
            text = "Say for which time the access addresses (`access_ips`) are asked."
            yield Fault(("access_period",), FaultCode.MISSING, text)
        elif not asked and self.access_period is not None:
            text = "A period of access goes with the detail `access_ips`: add it, or remove this."
            yield Fault(("access_period",), FaultCode.NOT_ALLOWED_HERE, text)

    @scene_rule
    def period_lies_on_its_side_of_today(self, scene: Scene) -> Iterator[Fault]:
        """Stored data have begun; data to be collected end after today (section 4)."""
        if scene.today is not None:
            yield from _ill_timed("period", self.period, scene, scene.today)

    @scene_rule
    def access_period_lies_on_its_side_of_today(self, scene: Scene) -> Iterator[Fault]:
        """As for the period itself (section 4)."""
        if scene.today is not None:
            yield from _ill_timed("access_period", self.access_period, scene, scene.today)


def _ill_timed(name: str, period: Period | None, scene: Scene, today: date) -> Iterator[Fault]:
    if period is None:
        return
    if not scene.kind.looks_ahead:
        if (code := breaks(period.start, TimeRule.NOT_FUTURE, today)) is not None:
            yield Fault((name, "start"), code)
    elif (code := breaks(period.end, TimeRule.AFTER_TODAY, today)) is not None:
        yield Fault((name, "end"), code)


def unknown_providers(
    items: tuple[DataItem, ...] | None, providers: tuple[Provider, ...] | None
) -> Iterator[Fault]:
    """Rule 5: what an item says of its provider must be the name of one.

    Args:
        items: The body's items.
        providers: The body's providers.

    Yields:
        Faults with paths from the body.
    """
    known = {provider.provider_id for provider in providers or ()}
    for index, item in enumerate(items or ()):
        reference: Any = UNSOUND if item is UNSOUND else item.provider_ref
        if isinstance(reference, str) and reference not in known:
            yield Fault(("items", index, "provider_ref"), FaultCode.UNKNOWN_REFERENCE)


def of_other_category(
    items: tuple[DataItem, ...] | None, admitted: frozenset[str]
) -> Iterator[Fault]:
    """Rules S1 and S4: the categories of data that a type may ask for.

    Args:
        items: The body's items.
        admitted: Categories.

    Yields:
        Faults with paths from the body.
    """
    for index, item in enumerate(items or ()):
        category: Any = UNSOUND if item is UNSOUND else item.data_category
        if isinstance(category, str) and category not in admitted:
            text = f"Under this article only {' or '.join(sorted(admitted))} data can be asked."
            yield Fault(("items", index, "data_category"), FaultCode.NOT_ALLOWED_VALUE, text)
