"""How long each clock runs: what treaties say, and what is our policy.

Legal terms are constants, shown with their article. None of them was read in the official text
yet: each is marked, and shown as to be checked. Policy terms are settings for each Party and
urgency; the ones here count where nothing else is set.

Source: docs/domain.md, section 9.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from protocol.cases.days import DAY_MS
from protocol.delivery.urgency import Urgency
from protocol.requests.preservation import LEGAL_FLOOR

_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 60 * _MINUTE_MS


class Certainty(StrEnum):
    """How sure we are of what a treaty says; the marks of docs/domain.md."""

    READ = "read"
    FROM_MEMORY = "to be checked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """Where a term stands.

    Args:
        article: As it is cited, with its treaty.
        certainty: Whether the official text was read.
    """

    article: str
    certainty: Certainty = Certainty.FROM_MEMORY

    @property
    def shown(self) -> str:
        """Return the citation, with the mark if there is one."""
        if self.certainty is Certainty.READ:
            return self.article
        return f"{self.article} ({self.certainty})"


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalTerm:
    """A term that a treaty sets: it never pauses, and nobody configures it."""

    days: int
    law: Law

    @property
    def ms(self) -> int:
        """Return its length in milliseconds, days of 24 hours."""
        return self.days * DAY_MS


PRESERVATION_FLOOR: Final = LegalTerm(
    days=LEGAL_FLOOR.days, law=Law(article="Article 29(7), Convention on Cybercrime")
)
"""The least time of preservation; the end itself is stated by the requested side alone."""

DOMESTIC_ORDER: Final = LegalTerm(
    days=90, law=Law(article="Article 16(2), Convention on Cybercrime")
)
"""The longest that one domestic order lasts; longer preservation needs its renewal."""

ORDER_SERVED: Final = LegalTerm(
    days=45, law=Law(article="Article 8(6), Second Additional Protocol")
)
SUBSCRIBER_RETURNED: Final = LegalTerm(
    days=20, law=Law(article="Article 8(6), Second Additional Protocol")
)
TRAFFIC_RETURNED: Final = LegalTerm(
    days=45, law=Law(article="Article 8(6), Second Additional Protocol")
)
PROVIDER_ANSWER: Final = LegalTerm(
    days=30, law=Law(article="Article 7(7), Second Additional Protocol")
)
"""From the order itself; an order may set a longer term, which the notice does not tell."""

LEGAL_TERMS: Final[dict[str, LegalTerm]] = {
    "preservation, at least": PRESERVATION_FLOOR,
    "one domestic order": DOMESTIC_ORDER,
    "order served": ORDER_SERVED,
    "subscriber information returned": SUBSCRIBER_RETURNED,
    "traffic data returned": TRAFFIC_RETURNED,
    "answer of a provider": PROVIDER_ANSWER,
}
"""All of them, by what they are about."""

WARNING_DAYS: Final = (21, 14, 7, 3, 1)
"""Days before the end of a preservation on which both sides are warned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What one Party is expected to keep to, in milliseconds.

    Args:
        accepted: Until the other node has it, by class.
        acknowledged: Until a person has it, by class.
        decided: Until a decision, or word of how things stand, by the document's urgency.
    """

    accepted: Mapping[Urgency, int]
    acknowledged: Mapping[Urgency, int]
    decided: Mapping[str, int]


DEFAULT_POLICY: Final = Policy(
    accepted={
        Urgency.P0: _MINUTE_MS,
        Urgency.P1: 15 * _MINUTE_MS,
        Urgency.P2: _HOUR_MS,
        Urgency.P3: _HOUR_MS,
    },
    acknowledged={
        Urgency.P0: 15 * _MINUTE_MS,
        Urgency.P1: _HOUR_MS,
        Urgency.P2: 24 * _HOUR_MS,
        Urgency.P3: 24 * _HOUR_MS,
    },
    decided={
        "emergency": 8 * _HOUR_MS,
        "urgent": 3 * DAY_MS,
        "routine": 7 * DAY_MS,
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """Policy clocks of a node: one policy for all, and others for single Parties.

    Args:
        usual: Where nothing else is set.
        parties: By the requested Party's country code.
    """

    usual: Policy = DEFAULT_POLICY
    parties: Mapping[str, Policy] = field(default_factory=dict)

    def of(self, country: str) -> Policy:
        """Return the policy for requests to a Party.

        Args:
            country: Of the requested Party.
        """
        return self.parties.get(country, self.usual)
