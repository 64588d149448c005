"""Notices in any thread: incidents and errors in data, reminders, corrections, notes.

A correction says what was wrong in an earlier message; the message itself stays as it is.

Source: docs/domain.md, section 6.3; 2AP, Article 14.
"""

from typing import Annotated, Final

from pydantic import Field

from protocol.requests.kinds import Direction, DocumentType, Family, Thread
from protocol.requests.part import Part
from protocol.requests.replies import OnItems
from protocol.requests.text import Line, Text
from protocol.requests.times import Instant

_LAST_REMINDER: Final = 99


class DataIncidentNotice(OnItems):
    """Tells that data of the case were lost, changed or seen by others."""

    detected_at: Instant
    occurred_at: Instant | None = None
    data_description: Text
    risk: Text
    measures: Text


class DataCorrectionNotice(OnItems):
    """Tells that data that were handed over are wrong."""

    what_is_wrong: Text
    correction: Text


class Reminder(Part):
    """Reminds of what is due."""

    ordinal: Annotated[int, Field(ge=1, le=_LAST_REMINDER)]
    text: Text | None = None


class Correction(Part):
    """Corrects an earlier message, which stays as it is."""

    reason: Text
    correction: Text
    field: Line | None = None


class Note(Part):
    """Says something that no form asks for."""

    text: Text


DATA_INCIDENT_NOTICE: Final = DocumentType(
    name="data_incident_notice",
    direction=Direction.EITHER,
    family=Family.NOTICE,
    one_line="Tells of a security incident that touched data of the case",
    article="2AP 14",
    model=DataIncidentNotice,
    thread=Thread.JOINS,
)

DATA_CORRECTION_NOTICE: Final = DocumentType(
    name="data_correction_notice",
    direction=Direction.EITHER,
    family=Family.NOTICE,
    one_line="Tells that data that were handed over are wrong, and corrects them",
    article="2AP 14",
    model=DataCorrectionNotice,
    thread=Thread.JOINS,
)

REMINDER: Final = DocumentType(
    name="reminder",
    direction=Direction.EITHER,
    family=Family.NOTICE,
    one_line="Reminds of what is due",
    article="",
    model=Reminder,
    thread=Thread.JOINS,
)

CORRECTION: Final = DocumentType(
    name="correction",
    direction=Direction.EITHER,
    family=Family.NOTICE,
    one_line="Corrects an earlier message, which stays as it is",
    article="",
    model=Correction,
    thread=Thread.JOINS,
)

NOTE: Final = DocumentType(
    name="note",
    direction=Direction.EITHER,
    family=Family.NOTICE,
    one_line="Says something that no form asks for",
    article="",
    model=Note,
    thread=Thread.JOINS,
)
