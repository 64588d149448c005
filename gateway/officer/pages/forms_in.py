"""What a form of a page sends, as plain text by name.

The token was checked before any handler ran (`gateway.officer.guards`); nobody else sees it.
"""

from collections.abc import Mapping

from aiohttp.web import Request

from gateway.errors import DataError
from gateway.officer.guards import fields_of

CSRF_FIELD = "csrf"


async def form_of(request: Request) -> Mapping[str, str]:
    """Return the fields of a form; of a name that stands twice the first.

    Args:
        request: Urlencoded or multipart; its length was limited before.

    Raises:
        DataError: A field is a file: those are sent in parts, by the API.
    """
    fields: dict[str, str] = {}
    for name, value in await fields_of(request):
        if not isinstance(value, str):
            raise DataError("a form of this page carries no file", code="invalid_body")
        if name != CSRF_FIELD:
            fields.setdefault(name, value)
    return fields


async def choices_of(request: Request, name: str) -> tuple[str, ...]:
    """Return every value of a name: the boxes that were ticked.

    Args:
        request: As for `form_of`.
        name: Of the field.
    """
    fields = await fields_of(request)
    return tuple(value for each, value in fields if each == name and isinstance(value, str))
