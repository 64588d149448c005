"""Authorities, contacts, persons and providers: whom a form names, and how to reach them.

Source: docs/domain.md, section 4.1; T-CY template of 9 July 2018, sections 4 to 7 and 15.
"""

from collections.abc import Iterator
from typing import Final, Literal

from protocol.requests.faults import Fault, FaultCode
from protocol.requests.part import Many, Part
from protocol.requests.rules import rule
from protocol.requests.text import Country, Email, Id, Language, Line, Phone, Short, Text
from protocol.requests.times import Date, Zone

AuthorityKind = Literal["police", "prosecution", "court", "central_authority", "ministry", "other"]

_NEEDS_WAY: Final = (
    "Nobody can be reached: give a telephone or mobile number, or an e-mail address."
)
_NEEDS_PHONE: Final = (
    "In an emergency somebody must be reachable by voice: give a telephone number."
)


class Authority(Part):
    """An authority, with as much of its address as the sender knows."""

    organisation: Line
    kind: AuthorityKind
    country: Country | None = None
    unit: Line | None = None
    address: Short | None = None
    person_in_charge: Line | None = None
    telephone: Phone | None = None
    cell_phone: Phone | None = None
    fax: Phone | None = None
    email: Email | None = None
    office_hours: Line | None = None
    time_zone: Zone | None = None
    languages: Many[Language] | None = None


class Contact(Part):
    """A person who can be reached."""

    name: Line
    job_title: Line | None = None
    function: Line | None = None
    office_hours: Line | None = None
    telephone: Phone | None = None
    cell_phone: Phone | None = None
    fax: Phone | None = None
    email: Email | None = None
    time_zone: Zone | None = None
    languages: Many[Language] | None = None

    @rule
    def can_be_reached(self) -> Iterator[Fault]:
        """A contact has a telephone, mobile or e-mail address (section 4.1)."""
        return unreachable(self)


def unreachable(who: Authority | Contact) -> Iterator[Fault]:
    """Ask for a telephone, a mobile phone or an e-mail address.

    Args:
        who: Whom to reach.

    Yields:
        One fault at `telephone` if there is none.
    """
    if who.telephone is None and who.cell_phone is None and who.email is None:
        yield Fault(("telephone",), FaultCode.MISSING, _NEEDS_WAY)


def without_voice(who: Contact) -> Iterator[Fault]:
    """Ask for a telephone or a mobile phone (rule U3).

    Args:
        who: Whom to call.

    Yields:
        One fault at `telephone` if there is none.
    """
    if who.telephone is None and who.cell_phone is None:
        yield Fault(("telephone",), FaultCode.MISSING, _NEEDS_PHONE)


class Person(Part):
    """A person whom a request is about."""

    person_id: Id
    names: Many[Line]
    date_of_birth: Date | None = None
    nationality: Country | None = None
    identity_documents: Many[Line] | None = None
    description: Text | None = None
    last_known_location: Short | None = None


class Provider(Part):
    """A service provider, or what is known of it."""

    provider_id: Id
    name: Line | None = None
    aliases: Many[Line] | None = None
    address: Short | None = None
    country: Country | None = None
    telephones: Many[Phone] | None = None
    emails: Many[Email] | None = None
    system_location: Short | None = None
    unknown: bool | None = None
    note: Text | None = None

    @rule
    def can_be_found(self) -> Iterator[Fault]:
        """A provider has a name, address or place, or a note says it is unknown (section 4.1)."""
        known = self.name or self.address or self.system_location
        if not known and not (self.unknown and self.note):
            yield Fault(
                ("name",),
                FaultCode.MISSING,
                "Say who the provider is: its name, its address or where its system stands; "
                "or set `unknown` to true and tell in `note` what is known.",
            )


class NamedProvider(Provider):
    """A provider in the types that must name it."""

    name: Line
    address: Short
