"""Bodies of the search."""

from typing import Annotated

from pydantic import Field

from gateway.officer.shapes.models import Box, Hex16, Shape

Party = Annotated[str, Field(pattern=r"^[A-Z]{2}(/[1-9][0-9]{0,3})?$")]
TypeName = Annotated[str, Field(pattern=r"^[a-z_]{1,64}$")]


class SearchFilters(Shape):
    """What is left out of a search."""

    box: Box | None = None
    party: Party | None = None
    type: TypeName | None = None


class SearchRequest(Shape):
    """POST /searches: words, all of which must occur."""

    q: Annotated[str, Field(min_length=1, max_length=200)]
    filters: SearchFilters = SearchFilters()
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class HitItem(Shape):
    """One place where the words occur: in `text`, `files` or `reference`.

    The words found stand between U+2039 and U+203A in `snippet`, the rest is a Party's text.
    """

    mid: Hex16
    code: str
    thread: Hex16 | None
    sender: str
    where: str
    snippet: str
    at: str


class HitList(Shape):
    """What a search found, best first."""

    items: tuple[HitItem, ...]
