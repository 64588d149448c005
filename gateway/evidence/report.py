"""What verifying a bundle says: faults, and for each statement what is proven and what is not.

Does: the values and their JSON. Leaves the sentences to `gateway.evidence.wording`, and to callers
to make text from outside harmless: an act's word, and the content if it is shown.

Source: docs/evidence.md, "Verdicts", "Time" and "a35 verify"; docs/wire-format.md, rule 33.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.evidence.moment import moment, moment_or_none
from gateway.evidence.wording import Place, proven, unproven
from protocol.evidence.ladder import ROWS
from protocol.evidence.reading import Said
from protocol.evidence.verdict import Assessment
from protocol.identifiers import LogOrigin, NodeId

_MS_PER_S: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing in a bundle that does not hold.

    Attributes:
        file: Of the bundle; empty for the bundle as a whole.
        what: What is wrong there.
    """

    file: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One statement of the bundle that stands in its log.

    Attributes:
        folder: In the bundle.
        said: What it says.
        by: Whose word it is.
        other: The other side of the exchange.
        origin: The log.
        index: Its place there.
        assessment: What follows.
        content: Officer digest of the message's content, if it is disclosed.
    """

    folder: str
    said: Said
    by: NodeId
    other: NodeId
    origin: LogOrigin
    index: int
    assessment: Assessment
    content: bytes | None = None

    @property
    def place(self) -> Place:
        """Who says it, and where."""
        return Place(
            by=self.by,
            other=self.other,
            origin=self.origin,
            index=self.index,
            content=self.content,
        )

    def to_json(self) -> dict[str, Any]:
        """Return it as programs read it."""
        assessment = self.assessment
        bounds = assessment.bounds
        event = None if self.said.rung is None else ROWS[self.said.rung].event
        said_ms = self.said.at_ms
        return {
            "what": self.said.what,
            "by": str(self.by),
            "at": moment_or_none(said_ms),
            "log": str(self.origin),
            "log_index": self.index,
            "verdict": None if assessment.verdict is None else assessment.verdict.value,
            "witnesses": list(assessment.witnesses),
            "after": _second(bounds.after_s),
            "before": _second(bounds.before_s),
            "stamped": _second(assessment.stamped_s),
            "time": None if said_ms is None else bounds.judge(said_ms).value,
            "event": None if event is None else event.value,
            "proven": list(proven(self.said, assessment, self.place)),
            "not_proven": list(unproven(self.said, assessment, self.place)),
            "file": self.folder,
        } | self._approval()

    def _approval(self) -> dict[str, Any]:
        """Return who approved what, if that is what it says; a passkey's is checked."""
        approved = self.said.approved
        if approved is None:
            return {}
        return {
            "approved": {
                "by": approved.who,
                "passkey": approved.is_signed,
                "content": approved.content.hex(),
                "this_content": None if self.content is None else True,
                "after_sending": approved.is_late,
            }
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The outcome.

    Attributes:
        message: `mid`, `from`, `to` and the like, as the header says; None if it does not read.
        findings: Statements that stand in their logs, in the order of the bundle.
        faults: Everything that does not hold; empty is good.
        remarks: What was not looked at, and why.
        document: The content, if it is disclosed and holds.
        fork: What the exhibit of a fork shows, None in every other file.
    """

    message: Mapping[str, str] | None
    findings: tuple[Finding, ...]
    faults: tuple[Fault, ...]
    remarks: tuple[str, ...] = ()
    document: Mapping[str, Any] | None = None
    fork: Mapping[str, Any] | None = None

    @property
    def is_valid(self) -> bool:
        """Whether every claim holds."""
        return not self.faults

    def to_json(self, *, with_content: bool = False) -> dict[str, Any]:
        """Return it as programs read it.

        Args:
            with_content: Whether the disclosed content is shown.
        """
        shown: dict[str, Any] = {
            "valid": self.is_valid,
            "message": None if self.message is None else dict(self.message),
            "statements": [each.to_json() for each in self.findings],
            "faults": [{"file": each.file, "what": each.what} for each in self.faults],
            "remarks": list(self.remarks),
        }
        if self.fork is not None:
            shown["fork"] = dict(self.fork)
        if with_content:
            shown["content"] = None if self.document is None else dict(self.document)
        return shown


def _second(at_s: int | None) -> str | None:
    return None if at_s is None else moment(at_s * _MS_PER_S)
