"""The bodies of the local API about finding points of contact."""

from gateway.officer.shapes.models import Shape


class PointItem(Shape):
    """One point of contact; `articles` is null if its Party has stated no profile."""

    node: str
    party_name: str
    name: str
    remit: str
    hours: str
    time_zone: str
    languages: tuple[str, ...]
    telephones: tuple[str, ...]
    articles: tuple[str, ...] | None
    equivalent: bool
    active: bool
    available: bool
    last_contact: str | None
    last_answer: str | None


class PointList(Shape):
    """GET /directory/search: in order of Party and number."""

    items: tuple[PointItem, ...]
