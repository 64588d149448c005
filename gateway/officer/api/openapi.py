"""The description of the API as OpenAPI 3.1, made of the routes, their marks and the models.

Nothing is written twice: what an address is for is its handler's first line, who may is its mark,
what it takes and gives stands in `addresses` as models, what it refuses with in the table of
problems. `docs/openapi.json` is this document of a whole desk; a test compares the two.
"""

import re
from collections.abc import Iterable, Mapping
from inspect import getdoc
from json import dumps
from typing import Any, Final, Literal

from aiohttp.web import Request, Response, RouteDef, get
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gateway.officer.access import ALLOWED, May, may, need_of
from gateway.officer.api.addresses import ROWS, Row
from gateway.officer.api.reply import BASE, JSON
from gateway.officer.shapes.problems import KINDS, MEDIA_TYPE, Problem

PATH: Final = "/openapi.json"
_BUG: Final = 500
_VALUE: Final[Mapping[str, Mapping[str, Any]]] = {
    "mid": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
    "thread": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
    "id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
    "country": {"type": "string", "pattern": "^[A-Z]{2}$"},
    "code": {"type": "string", "minLength": 8, "maxLength": 9},
    "type": {"type": "string", "pattern": "^[a-z_]{1,64}$"},
    "box": {"type": "string", "enum": ["in", "out"]},
    "state": {"type": "string"},
    "overdue": {"type": "boolean"},
    "seen": {"type": "boolean"},
    "by": {"type": "string", "enum": ["article", "type", "party"]},
    "wait": {"type": "integer", "minimum": 0, "maximum": 60},
    "limit": {"type": "integer", "minimum": 1, "maximum": 200},
    "before": {"type": "integer", "minimum": 0, "maximum": 2**53 - 1},
    "after": {"type": "integer", "minimum": 0, "maximum": 2**53 - 1},
    "days": {"type": "integer", "minimum": 1, "maximum": 366},
}
_NUMBER: Final = {"type": "integer", "minimum": 0, "maximum": 999_999_999}
_NUMBERS: Final = frozenset({"n", "k", "i", "number", "generation"})
_TEXT: Final = {"type": "string", "maxLength": 200}
_IN_PATH: Final = re.compile(r"\{(\w+)\}")


class OpenApi:
    """The address of the description itself.

    Args:
        routes: All others.
        version: Of this program.
    """

    __slots__ = ("_body", "_routes", "_version")

    def __init__(self, routes: Iterable[RouteDef], version: str) -> None:
        self._routes = tuple(routes)
        self._version = version
        self._body: bytes | None = None

    def routes(self) -> list[RouteDef]:
        """Return the address."""
        return [get(PATH, self.show)]

    @may(May.ANYBODY)
    async def show(self, _request: Request) -> Response:
        """Describe every address, what it takes and what it gives."""
        if self._body is None:
            self._body = text_of(describe([*self._routes, *self.routes()], self._version))
        return Response(body=self._body, content_type=JSON)


def describe(routes: Iterable[RouteDef], version: str) -> dict[str, Any]:
    """Return the description of some routes.

    Args:
        routes: Each with a row in `addresses`.
        version: Of this program.

    Raises:
        KeyError: A route has no row.
    """
    known = sorted(routes, key=lambda route: (route.path, route.method))
    rows = [ROWS[name_of(route)] for route in known]
    models = _Models(rows)
    paths: dict[str, dict[str, Any]] = {}
    for route, row in zip(known, rows, strict=True):
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, row, models)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "The desk of an A35 gateway",
            "version": version,
            "description": "The local API of one node, served on this machine alone: at the "
            "address of its page, and on its control socket, where nobody signs in (/session).",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"session": [], "csrf": []}],
        "paths": paths,
        "components": {
            "schemas": models.schemas,
            "responses": {"problem": {
                "description": "Refused, or it went wrong; `code` says how.",
                "content": {MEDIA_TYPE: {"schema": models.given[Problem]}},
            }},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "__Host-a35-PORT"},
                "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"},
            },
        },
    }  # fmt: skip


def name_of(route: RouteDef) -> str:
    """Return the name of a route's row."""
    return f"{route.method} {route.path.removeprefix(BASE)}"


def text_of(document: Mapping[str, Any]) -> bytes:
    """Write a description as it is served and checked in."""
    return dumps(document, indent=1, ensure_ascii=False, sort_keys=True).encode() + b"\n"


def _operation(route: RouteDef, row: Row, models: "_Models") -> dict[str, Any]:
    handler = route.handler
    need = need_of(handler) or May.ANYBODY
    words = (getdoc(handler) or "").partition("\n")[0]
    made: dict[str, Any] = {
        "operationId": _id_of(route),
        "summary": words,
        "tags": [route.path.removeprefix(BASE).split("/")[1]],
        "x-a35-needs": need.value,
        "x-a35-roles": sorted(role.value for role in ALLOWED[need]),
        "responses": _responses(row, models),
    }
    parameters = _parameters(route, row)
    if parameters:
        made["parameters"] = parameters
    if row.takes is not None:
        made["requestBody"] = _body({JSON: {"schema": models.taken[row.takes]}})
    elif row.raw is not None:
        schema = {"type": "object"} if row.raw == JSON else {}
        made["requestBody"] = _body({row.raw: {"schema": schema}}, required=row.raw == JSON)
    if need is May.ANYBODY:
        made["security"] = []
    return made


def _body(content: Mapping[str, Any], *, required: bool = True) -> dict[str, Any]:
    return {"required": required, "content": content}


def _responses(row: Row, models: "_Models") -> dict[str, Any]:
    schema = {} if row.gives is None else {"schema": models.given[row.gives]}
    done: dict[str, Any] = {"description": "Done."}
    if row.media:
        done["content"] = {
            media: schema if media == JSON or len(row.media) == 1 else {} for media in row.media
        }
    problem = {"$ref": "#/components/responses/problem"}
    refusals = sorted({kind.status for kind in KINDS.values() if kind.status != _BUG})
    answers = {str(row.status): done} | {str(status): problem for status in refusals}
    if row.later is not None:
        content = {JSON: {"schema": models.given[row.later]}}
        answers["202"] = {"description": "Begun; follow it.", "content": content}
    if row.silent:
        answers["204"] = {"description": "Done."}
    return answers | {"503": done} if row.unwell else answers


def _parameters(route: RouteDef, row: Row) -> list[dict[str, Any]]:
    path = [
        {"name": name, "in": "path", "required": True, "schema": _schema(name)}
        for name in _IN_PATH.findall(route.path)
    ]
    query = [{"name": name, "in": "query", "schema": _schema(name)} for name in row.query]
    header = [{"name": name, "in": "header", "schema": _TEXT} for name in row.headers]
    return path + query + header


def _schema(name: str) -> Mapping[str, Any]:
    return _NUMBER if name in _NUMBERS else _VALUE.get(name, _TEXT)


def _id_of(route: RouteDef) -> str:
    pieces = re.findall(r"\w+", route.path.removeprefix(BASE))
    return "_".join([route.method.lower(), *pieces])


class _Models:
    """The schemas of all bodies, and how each is referred to: as it is taken, as it is given."""

    def __init__(self, rows: Iterable[Row]) -> None:
        rows = tuple(rows)
        taken = {row.takes for row in rows if row.takes is not None}
        given = {row.gives for row in rows if row.gives is not None} | {Problem}
        given |= {row.later for row in rows if row.later is not None}
        wanted: list[tuple[type[BaseModel], Literal["validation", "serialization"]]] = [
            *((model, "validation") for model in sorted(taken, key=_name)),
            *((model, "serialization") for model in sorted(given, key=_name)),
        ]
        references, whole = models_json_schema(wanted, ref_template="#/components/schemas/{model}")
        self.taken = {model: references[model, "validation"] for model in taken}
        self.given = {model: references[model, "serialization"] for model in given}
        self.schemas: dict[str, Any] = whole["$defs"]


def _name(model: type[BaseModel]) -> str:
    return model.__name__
