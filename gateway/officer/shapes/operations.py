"""Bodies of long work."""

from typing import Annotated

from pydantic import Field

from gateway.officer.shapes.models import Json, Shape


class OperationView(Shape):
    """GET /operations/{id}: how long work stands; `problem` is the code of what it failed with."""

    id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    kind: str
    by: str
    state: str
    done: int
    total: int
    unit: str
    started_at: str
    ended_at: str | None
    problem: str | None
    result: Json | None


class OperationList(Shape):
    """GET /operations: the newest first."""

    items: tuple[OperationView, ...]
