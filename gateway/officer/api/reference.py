"""What anybody may look up: types of messages, their forms, the directory; checking documents."""

from datetime import UTC, date, datetime
from json import dumps

from aiohttp.web import Request, Response, RouteDef, get, post
from pydantic import ValidationError

from gateway.errors import DataError, NoInputError
from gateway.officer.access import May, may
from gateway.officer.api.reply import BASE, JSON, answer, faults_of, read
from gateway.officer.shapes.models import (
    CheckAnswer,
    CheckRequest,
    DirectoryView,
    Json,
    NodeItem,
    TypeItem,
    TypeList,
)
from gateway.ports import Clock, Directory
from protocol.requests.catalogue import TYPES, json_schema
from protocol.requests.check import check_document, read_document
from protocol.requests.profile import Profile


class ReferenceApi:
    """The resources /types, /directory and /checks.

    Args:
        directory: The directory in use.
        clock: Today, for checks.
    """

    __slots__ = ("_clock", "_directory")

    def __init__(self, directory: Directory, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [
            get(f"{BASE}/types", self.types),
            get(f"{BASE}/types/{{type}}/schema", self.schema),
            get(f"{BASE}/directory", self.directory),
            post(f"{BASE}/checks", self.check),
        ]

    @may(May.SEE_LISTS)
    async def types(self, _request: Request) -> Response:
        """List the message types."""
        return answer(
            TypeList(
                items=tuple(
                    TypeItem(
                        type=kind.name,
                        direction=kind.direction.value,
                        family=kind.family.value,
                        line=kind.one_line,
                    )
                    for kind in TYPES.values()
                )
            )
        )

    @may(May.SEE_LISTS)
    async def schema(self, request: Request) -> Response:
        """Give the form of one type as JSON Schema.

        Raises:
            NoInputError: There is no such type.
        """
        name = request.match_info["type"]
        if name not in TYPES:
            raise NoInputError("there is no such message type", hint="see: a35 schema list")
        return Response(body=dumps(json_schema(name)).encode(), content_type=JSON)

    @may(May.SEE_LISTS)
    async def directory(self, _request: Request) -> Response:
        """Show the directory in use."""
        stamp = self._directory.stamp()
        items = []
        for node in self._directory.nodes():
            party = self._directory.party(node.node_id.country)
            items.append(
                NodeItem(
                    node=str(node.node_id),
                    party_name="" if party is None else party.name,
                    state=node.state.value,
                    endpoints=tuple(map(str, node.endpoints)),
                )
            )
        return answer(
            DirectoryView(
                root_version=None if stamp is None else stamp.root_version,
                version=None if stamp is None else stamp.timestamp_version,
                items=tuple(items),
            )
        )

    @may(May.COMPOSE)
    async def check(self, request: Request) -> Response:
        """Check a document without keeping it.

        Raises:
            DataError: A profile or the request beside it is none, or there is no such day.
        """
        asked = await read(request, CheckRequest)
        today = self._today() if asked.today is None else _day(asked.today)
        try:
            result = check_document(
                dumps(asked.document, ensure_ascii=False).encode(),
                today=today,
                profiles=[Profile.model_validate_json(dumps(one)) for one in asked.profiles],
                request=None if asked.request is None else read_document(_bytes(asked.request)),
            )
        except ValidationError as error:
            raise DataError("not the profile of a Party", code="invalid_body") from error
        return answer(
            CheckAnswer(
                valid=result.valid,
                type=result.type,
                errors=faults_of(result.errors),
                warnings=faults_of(result.warnings),
            )
        )

    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC).date()


def _day(text: str) -> date:
    """Read a day.

    Raises:
        DataError: There is none of this name.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise DataError("there is no such day", code="invalid_body") from error


def _bytes(document: Json) -> bytes:
    return dumps(document, ensure_ascii=False).encode()
