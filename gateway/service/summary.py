"""What lists show of a message without decrypting the whole of it, and the document inside it.

`Submission.summary` and `Consignment.summary` are made here, and so is the document that an
officer reads: both are read from an opened content. Nothing here is free text of a case: the
longest field is the reference, which holds no person's name (docs/domain.md, section 4, `ref`).
"""

from dataclasses import dataclass
from typing import Final, Self

from protocol.encoding import Value, decode, encode
from protocol.envelope.content import Content
from protocol.fields import Fields
from protocol.limits import MAX_TYPE_BYTES

MAX_SUMMARY_BYTES: Final = 1024
"""Four short fields; the reference has at most 64 characters of 4 bytes."""

_KEYS: Final = ("handling", "ref", "type", "urgency")
_REFERENCES: Final = ("case_reference", "recipient_reference", "mla_reference")


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The four things that a list shows of a message.

    Args:
        type: The document's type.
        urgency: `routine`, `urgent` or `emergency`.
        handling: The handling code, H0 to H3.
        reference: The sender's own reference, if the document names one.
    """

    type: str
    urgency: str
    handling: str
    reference: str | None

    @classmethod
    def of(cls, content: Content) -> Self:
        """Read the four out of a content; what is absent or no text is empty."""
        inside = content.body.get("body")
        inside = inside if isinstance(inside, dict) else {}
        references = (
            _text(content.body.get("campaign")),
            *(_text(inside.get(name)) for name in _REFERENCES),
        )
        return cls(
            type=content.type,
            urgency=_text(content.body.get("urgency")),
            handling=_text(content.body.get("handling_code")),
            reference=next((text for text in references if text), None),
        )

    def encode(self) -> bytes:
        """Return the bytes to be sealed and stored."""
        return encode(
            {
                "handling": self.handling,
                "ref": self.reference,
                "type": self.type,
                "urgency": self.urgency,
            }
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read what `encode` wrote.

        Raises:
            MalformedError: Not such bytes.
        """
        fields = Fields.of(decode(data, max_bytes=MAX_SUMMARY_BYTES), _KEYS)
        return cls(
            type=fields.text("type", MAX_TYPE_BYTES),
            urgency=fields.text("urgency"),
            handling=fields.text("handling"),
            reference=fields.text_or_none("ref"),
        )


def document_of(content: Content) -> dict[str, Value]:
    """Return the document as its author wrote it: `a35 check` reads it again.

    Args:
        content: An opened content.

    Returns:
        type, to, in_reply_to where there is one, then the rest in the content's own order.
    """
    document: dict[str, Value] = {"type": content.type, "to": str(content.recipient)}
    if content.re is not None:
        document["in_reply_to"] = str(content.re)
    return document | dict(content.body)


def _text(value: Value) -> str:
    """Return a short text, shortened to what one field of a summary may hold."""
    return value.encode()[:255].decode(errors="ignore") if isinstance(value, str) else ""
