"""What the requesting side may do with what it got: accounts of use, wider use, other receivers.

Source: docs/domain.md, section 6.3; Convention on Cybercrime, Article 28.
"""

from collections.abc import Iterator
from typing import Final, Literal

from pydantic import Field

from protocol.requests.conditional import Conditional
from protocol.requests.faults import Fault, FaultCode
from protocol.requests.kinds import Direction, DocumentType, Family, Thread
from protocol.requests.part import Many, Part
from protocol.requests.parts import Condition
from protocol.requests.replies import OnItems
from protocol.requests.rules import rule
from protocol.requests.text import Country, Line, Text
from protocol.requests.times import Date, When

_BY_OUTCOME: Final = Conditional(
    by="outcome",
    required={"granted_with_conditions": ("conditions",), "refused": ("reasons",)},
)


class UseAccountRequest(OnItems):
    """Asks how data were used that were given under a condition."""

    condition: Text
    answer_by: When | None = None


class UseAccount(OnItems):
    """Tells how the data were used."""

    account: Text
    from_: Date | None = Field(default=None, alias="from")
    to: Date | None = None

    @rule
    def ends_after_it_began(self) -> Iterator[Fault]:
        """`to` is not before `from` (section 6.3)."""
        if self.from_ is not None and self.to is not None and self.to < self.from_:
            yield Fault(("to",), FaultCode.END_BEFORE_START)


class OnwardTransferRequest(OnItems):
    """Asks whether data may be given to another authority or body."""

    recipient_body: Line
    recipient_country: Country | None = None
    data_description: Text
    purpose: Text


class JudicialUseRequest(OnItems):
    """Asks whether data may be used in court."""

    proceedings: Text
    data_description: Text
    purpose: Text


class UseDecision(Part):
    """What is decided on a wider use."""

    outcome: Literal["granted", "granted_with_conditions", "refused"]
    conditions: Many[Condition] | None = None
    reasons: Text | None = None

    @rule
    def has_the_fields_of_its_outcome(self) -> Iterator[Fault]:
        """`conditions` when granted under conditions, `reasons` when refused (section 6.3)."""
        return _BY_OUTCOME.faults(self)


class OnwardTransferDecision(UseDecision):
    """What is decided on giving data to somebody else."""


class JudicialUseDecision(UseDecision):
    """What is decided on using data in court."""


USE_ACCOUNT_REQUEST: Final = DocumentType(
    name="use_account_request",
    direction=Direction.TO_REQUESTING,
    family=Family.NOTICE,
    one_line="Asks for an account of how data were used",
    article="28",
    model=UseAccountRequest,
    thread=Thread.JOINS,
)

USE_ACCOUNT: Final = DocumentType(
    name="use_account",
    direction=Direction.TO_REQUESTED,
    family=Family.NOTICE,
    one_line="Gives an account of how data were used",
    article="28",
    model=UseAccount,
    thread=Thread.JOINS,
)

ONWARD_TRANSFER_REQUEST: Final = DocumentType(
    name="onward_transfer_request",
    direction=Direction.TO_REQUESTED,
    family=Family.NOTICE,
    one_line="Asks whether data may be given to another authority",
    article="28, 2AP 14",
    model=OnwardTransferRequest,
    thread=Thread.JOINS,
)

JUDICIAL_USE_REQUEST: Final = DocumentType(
    name="judicial_use_request",
    direction=Direction.TO_REQUESTED,
    family=Family.NOTICE,
    one_line="Asks whether data may be used in court",
    article="28",
    model=JudicialUseRequest,
    thread=Thread.JOINS,
)

ONWARD_TRANSFER_DECISION: Final = DocumentType(
    name="onward_transfer_decision",
    direction=Direction.TO_REQUESTING,
    family=Family.NOTICE,
    one_line="Decides whether data may be given to another authority",
    article="28, 2AP 14",
    model=OnwardTransferDecision,
    thread=Thread.JOINS,
)

JUDICIAL_USE_DECISION: Final = DocumentType(
    name="judicial_use_decision",
    direction=Direction.TO_REQUESTING,
    family=Family.NOTICE,
    one_line="Decides whether data may be used in court",
    article="28",
    model=JudicialUseDecision,
    thread=Thread.JOINS,
)
