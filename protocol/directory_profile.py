"""What a Party declared: treaties in force, reservations, languages, what its desk can do.

The profile is part of the Party's directory entry, and a file of its own for `a35 check
--party-profile`. It holds facts of declarations; what follows from them is checked elsewhere.

Source: Convention on Cybercrime, Articles 29 and 35; Second Additional Protocol, Articles 7, 9
and 10; docs/wire-format.md, rule 29.
"""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from protocol.directory_values import CountryCode, LanguageCode, StrictModel, distinct


class TreatyState(StrEnum):
    """Where a Party stands with a treaty."""

    IN_FORCE = "in_force"
    SIGNED = "signed"
    NOT_PARTY = "not_party"


class FollowUp(StrEnum):
    """What a Party asks for after an emergency disclosure (2AP Article 9, paragraph 5)."""

    NONE = "none"
    REQUEST = "request"
    MLA = "mla"


class Capability(StrEnum):
    """Whether the point of contact does a task itself (Article 35, paragraphs 1 and 2b)."""

    DIRECT = "direct"
    FACILITATE = "facilitate"
    NONE = "none"


class Capabilities(StrictModel):
    """The five tasks of Article 35, paragraph 1."""

    technical_advice: Capability
    preservation: Capability
    evidence: Capability
    legal_information: Capability
    location: Capability


class Profile(StrictModel):
    """One Party's declarations; `points_of_contact` lists the n of each CC/n."""

    party: CountryCode
    convention: TreatyState
    second_protocol: TreatyState
    reservation_29_4: bool
    no_subscriber_only_9_1_b: bool
    followup_9_5: FollowUp
    poc_channel_10_9: bool
    notify_7_5: bool
    languages: Annotated[tuple[LanguageCode, ...], Field(min_length=1, max_length=200)]
    max_preservation_days: Annotated[int, Field(ge=60, le=3650)] | None = None
    capabilities: Capabilities
    points_of_contact: Annotated[
        tuple[Annotated[int, Field(ge=1, le=999)], ...], Field(min_length=1, max_length=200)
    ]

    @model_validator(mode="after")
    def _check_distinct(self) -> Self:
        distinct(self.languages, "a language")
        distinct(self.points_of_contact, "a point of contact")
        return self
