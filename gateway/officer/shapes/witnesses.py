"""Witnesses of our log, as programs and people are shown them."""

from gateway.officer.shapes.models import Shape, Size


class WitnessItem(Shape):
    """One witness: which of our heads it cosigned last, and why it did not when asked, if so."""

    witness: str
    asked: bool
    size: Size
    cosigned: str | None
    failed: str | None


class WitnessList(Shape):
    """Every witness, and the largest head that enough of them saw (0: none)."""

    witnessed: Size
    items: tuple[WitnessItem, ...]
