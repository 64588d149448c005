"""What all requests have in common: core A, and core B with the case behind the request.

Source: docs/domain.md, section 5; T-CY template of 9 July 2018, sections 1 to 10 and 16 to 20.
"""

from collections.abc import Iterator
from typing import Final, Literal

from protocol.requests.faults import Fault, FaultCode
from protocol.requests.part import Distinct, Many, Part
from protocol.requests.parts import (
    Confidentiality,
    Offence,
    PriorRef,
    Proceedings,
    ResponsePreference,
    SignatureBlock,
)
from protocol.requests.people import Authority, Contact, unreachable, without_voice
from protocol.requests.rules import rule, scene_rule
from protocol.requests.scene import Scene
from protocol.requests.text import Ref, Text
from protocol.requests.times import Date, When

UrgencyReason = Literal[
    "threat_to_life_or_limb",
    "suspect_in_custody",
    "suspect_to_be_released",
    "crime_in_progress",
    "volatility_of_data",
    "imminent_threat_public_security",
    "statute_of_limitation",
    "trial_imminent_or_in_progress",
    "other",
]
RequestStatus = Literal["new_request", "followup_previous_mla", "followup_previous_preservation"]
Confirmation = Literal[
    "confirm_receipt",
    "additional_information_needed",
    "availability_or_beyond_jurisdiction",
    "other",
]
CaseStatus = Literal["pretrial_phase", "on_trial", "crime_in_progress"]

_HASTE: Final = frozenset({"urgent", "emergency"})


class Urgent(Part):
    """Why it is urgent, and whom to call; the rules U1 to U3."""

    confirmation_contact: Contact | None = None
    response_expected_by: When | None = None
    urgency_reasons: Distinct[UrgencyReason] | None = None
    urgency_details: Text | None = None

    @scene_rule
    def haste_has_reasons(self, scene: Scene) -> Iterator[Fault]:
        """U1: what is urgent or an emergency gives its reasons (section 5)."""
        if scene.urgency in _HASTE and self.urgency_reasons is None:
            text = "Say why it is urgent (urgency_reasons), or send it as routine."
            yield Fault(("urgency_reasons",), FaultCode.MISSING, text)

    @scene_rule
    def emergency_is_explained(self, scene: Scene) -> Iterator[Fault]:
        """U2: an emergency is told in words (section 5)."""
        if scene.urgency == "emergency" and self.urgency_details is None:
            text = "Say in words what the emergency is."
            yield Fault(("urgency_details",), FaultCode.MISSING, text)

    @rule
    def other_reason_is_explained(self) -> Iterator[Fault]:
        """U2: the reason `other` is told in words (section 5)."""
        if "other" in (self.urgency_reasons or ()) and self.urgency_details is None:
            text = "Say in words what the other reason of urgency is."
            yield Fault(("urgency_details",), FaultCode.MISSING, text)

    @scene_rule
    def emergency_has_somebody_to_call(self, scene: Scene) -> Iterator[Fault]:
        """U3: in an emergency there is somebody to call, by telephone (section 5)."""
        if scene.urgency != "emergency":
            return
        if self.confirmation_contact is None:
            text = "Name the person who can be called in this emergency."
            yield Fault(("confirmation_contact",), FaultCode.MISSING, text)
            return
        for fault in without_voice(self.confirmation_contact):
            yield fault.below(("confirmation_contact",))


class CoreA(Urgent):
    """Case, requesting authority, and how the answer is wished for."""

    case_reference: Ref
    requesting_authority: Authority
    response_preference: ResponsePreference | None = None
    confidentiality: Confidentiality | None = None
    additional_notes: Text | None = None
    signature_block: SignatureBlock | None = None

    @rule
    def authority_has_a_country(self) -> Iterator[Fault]:
        """The requesting authority has a country (section 5)."""
        if self.requesting_authority.country is None:
            yield Fault(("requesting_authority", "country"), FaultCode.MISSING)

    @rule
    def authority_can_be_reached(self) -> Iterator[Fault]:
        """The requesting authority has a telephone, mobile or e-mail address (section 5)."""
        for fault in unreachable(self.requesting_authority):
            yield fault.below(("requesting_authority",))


class CoreB(CoreA):
    """Core A with date, status, offences, proceedings and earlier requests."""

    request_date: Date
    request_status: Distinct[RequestStatus]
    offences: Many[Offence]
    confidentiality: Confidentiality
    requested_authority: Authority | None = None
    investigating_authority: Authority | None = None
    proceedings: Proceedings | None = None
    previous_mla: Many[PriorRef] | None = None
    previous_preservation: Many[PriorRef] | None = None
    confirmations_requested: Distinct[Confirmation] | None = None
    confirmations_other: Text | None = None

    @rule
    def new_request_is_no_follow_up(self) -> Iterator[Fault]:
        """B1: `new_request` stands alone (section 5)."""
        if "new_request" in self.request_status and len(self.request_status) > 1:
            text = "A new request follows up nothing: keep either new_request or the others."
            yield Fault(("request_status",), FaultCode.NOT_ALLOWED_HERE, text)

    @rule
    def follow_up_names_the_earlier_mla(self) -> Iterator[Fault]:
        """B1: `followup_previous_mla` needs `previous_mla` (section 5)."""
        if "followup_previous_mla" in self.request_status and self.previous_mla is None:
            text = "Name the earlier mutual assistance request that this follows up."
            yield Fault(("previous_mla",), FaultCode.MISSING, text)

    @rule
    def follow_up_names_the_earlier_preservation(self) -> Iterator[Fault]:
        """B1: `followup_previous_preservation` needs `previous_preservation`."""
        if (
            "followup_previous_preservation" in self.request_status
            and self.previous_preservation is None
        ):
            text = "Name the earlier preservation request that this follows up."
            yield Fault(("previous_preservation",), FaultCode.MISSING, text)

    @rule
    def other_confirmation_is_explained(self) -> Iterator[Fault]:
        """The tick `other` needs `confirmations_other` (section 5; template, section 18)."""
        if "other" in (self.confirmations_requested or ()) and self.confirmations_other is None:
            text = "Say in words what else the requested authority should confirm."
            yield Fault(("confirmations_other",), FaultCode.MISSING, text)
