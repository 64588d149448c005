"""What a request for a backup says, and what its stream answers."""

from pydantic import Field

from gateway.officer.shapes.models import Shape
from gateway.officer.shapes.problems import Problem


class BackupRequest(Shape):
    """The body of POST /backups."""

    file: str = Field(min_length=2, max_length=4096, pattern=r"^/")


class BackupDone(Shape):
    """A backup that was made and read back."""

    bytes: int
    origin: str
    size: int
    root: str
    attachments: int


class BackupStep(Shape):
    """One object of the stream of POST /backups: exactly one field is set."""

    progress: tuple[int, int] | None = None
    result: BackupDone | None = None
    problem: Problem | None = None
