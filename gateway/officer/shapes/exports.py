"""Bodies of exports."""

from typing import Annotated, Literal

from pydantic import Field

from gateway.officer.shapes.models import Hex16, Shape

Moment = Annotated[str, Field(max_length=40)]


class ExportRequest(Shape):
    """POST /exports: one case, or what was written from a time on and before another.

    `confirm` says that whoever exports knows of conditions that bind what is in it.
    """

    format: Literal["csv", "json"]
    thread: Hex16 | None = None
    begins: Moment | None = None
    ends: Moment | None = None
    confirm: bool = False
