"""The bodies of the local API about finding points of contact."""

from gateway.officer.shapes.models import Json, Shape


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


class PartyItem(Shape):
    """One Party of the directory in use."""

    party: str
    name: str
    contact_points: int
    nodes: int


class PartyList(Shape):
    """GET /directory/parties: in order of the codes."""

    items: tuple[PartyItem, ...]


class PartyView(Shape):
    """GET /directory/parties/{country}: the entry as its Party signed it."""

    party: str
    name: str
    entry: Json


class ChangeItem(Shape):
    """One field of an entry that differs from the version before; empty where it was not there."""

    path: str
    before: str
    after: str


class EntryVersionItem(Shape):
    """An entry as it began to be in use here; `listed`: whether the directory had one then."""

    made: str
    listed: bool
    changes: tuple[ChangeItem, ...]


class PartyHistoryView(Shape):
    """GET /directory/parties/{country}/history: the newest version first, at most fifty."""

    items: tuple[EntryVersionItem, ...]


class PointList(Shape):
    """GET /directory/search: in order of Party and number."""

    items: tuple[PointItem, ...]
