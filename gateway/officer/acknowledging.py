"""Writes an acknowledgement in the desk's name: who has the case, and whom to call.

What a desk says of itself comes from `node.toml` ([desk] and [duty]), else from its Party's entry
in the directory; the officer may give reference, date, name and a note.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from json import dumps
from typing import TypeAlias

from gateway.config import NodeConfig
from gateway.errors import ConfigError
from gateway.officer.services import SubmitService
from gateway.officer.shapes.models import AcknowledgeRequest
from gateway.officer.shapes.moments import instant
from gateway.ports import Clock, Directory
from gateway.records import Submitted
from gateway.service.clocks import decision_term_ms
from gateway.service.consult import Consult
from gateway.service.shown import MessageContent
from protocol.encoding import Value
from protocol.identifiers import MessageId

Text: TypeAlias = "str | list[str] | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What the desk says unless its officer says otherwise.

    Attributes:
        reference: Our own, for the other side to name.
        decision_by_ms: When it may expect a decision, ms since 1970 UTC.
        contact: Whom to call, as a document holds it.
    """

    reference: str
    decision_by_ms: int
    contact: Value


class Acknowledger:
    """Composes and sends acknowledgements.

    Args:
        consult: Where the request is read.
        submit: What sends.
        directory: Our own entry, for the telephone of the desk.
        config: What the desk says of itself.
        clock: For the date that is proposed.
    """

    __slots__ = ("_clock", "_config", "_consult", "_directory", "_submit")

    def __init__(
        self,
        consult: Consult,
        submit: SubmitService,
        directory: Directory,
        *,
        config: NodeConfig,
        clock: Clock,
    ) -> None:
        self._consult = consult
        self._submit = submit
        self._directory = directory
        self._config = config
        self._clock = clock

    async def acknowledge(
        self, mid: MessageId, asked: AcknowledgeRequest, *, request_key: str | None, who: str
    ) -> Submitted:
        """Tell the sender of a message that a person has it.

        Args:
            mid: The message; an officer must have opened it.
            asked: What the officer gives.
            request_key: Makes a repeated request harmless.
            who: The person, as "RO/1 officer 3".

        Raises:
            NotOpenedError: Nobody has opened it.
            ConfigError: Nothing says how the desk can be called.
        """
        request = await self._consult.content(mid)
        document = self._compose(request, asked)
        return await self._submit.queue(
            dumps(document, ensure_ascii=False).encode(), request_key=request_key, who=who
        )

    async def proposal(self, mid: MessageId) -> Proposal:
        """Return what an acknowledgement of a message would say by itself.

        Args:
            mid: The message; an officer must have opened it.

        Raises:
            NotOpenedError: Nobody has opened it.
            ConfigError: Nothing says how the desk can be called.
        """
        return self._proposal(await self._consult.content(mid))

    def _proposal(self, request: MessageContent) -> Proposal:
        node = self._config.node_id
        by_ms = self._clock.now_ms() + decision_term_ms(str(request.document["urgency"]))
        return Proposal(
            reference=f"{node.country}-{node.number}-{str(request.mid)[:12]}",
            decision_by_ms=by_ms - by_ms % 1000,
            contact=self._contact(),
        )

    def _compose(self, request: MessageContent, asked: AcknowledgeRequest) -> dict[str, Value]:
        proposed = self._proposal(request)
        body: dict[str, Value] = {
            "desk": f"{self._config.node_id} {self._config.desk.name}",
            "recipient_reference": asked.reference or proposed.reference,
            "expected_decision_by": asked.decision_by or instant(proposed.decision_by_ms),
            "duty_contact": proposed.contact,
        }
        body |= _given({"officer": asked.officer, "note": asked.note})
        return {
            "type": "acknowledgement",
            "to": str(request.sender),
            "in_reply_to": str(request.mid),
            "urgency": request.document["urgency"],
            "handling_code": request.document["handling_code"],
            **_given({"handling_text": _text(request.document.get("handling_text"))}),
            "language": request.document["language"],
            "body": body,
        }

    def _contact(self) -> Value:
        """Return how the desk is called.

        Raises:
            ConfigError: Neither node.toml nor the directory says it.
        """
        duty = self._config.duty
        contact = _given(
            {
                "name": duty.name or self._config.name,
                "job_title": duty.job_title,
                "telephone": duty.telephone,
                "cell_phone": duty.cell_phone,
                "email": duty.email,
                "office_hours": duty.office_hours,
                "time_zone": duty.time_zone,
                "languages": list(duty.languages) or None,
            }
        )
        if not contact.keys() & {"telephone", "cell_phone", "email"}:
            contact |= self._listed()
        return contact

    def _listed(self) -> dict[str, Value]:
        """Return telephone and e-mail of our own point of contact in the directory.

        Raises:
            ConfigError: It is not listed.
        """
        node = self._config.node_id
        entry = self._directory.party(node.country)
        points = () if entry is None else entry.contact_points
        for point in points:
            if point.number == node.number:
                return _given(
                    {
                        "telephone": point.telephones[0].number,
                        "email": point.email,
                    }
                )
        raise ConfigError(
            "nothing says how this desk can be called",
            hint="set telephone or email below [duty] in node.toml",
        )


def _given(fields: Mapping[str, Text]) -> dict[str, Value]:
    """Return the fields that have a value."""
    return {name: _value(text) for name, text in fields.items() if text is not None}


def _value(text: "str | list[str]") -> Value:
    return text if isinstance(text, str) else list[Value](text)


def _text(value: Value) -> str | None:
    return value if isinstance(value, str) else None
