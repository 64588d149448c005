"""Messages as a table or as JSON, streamed; the act is stated before the first byte."""

from collections.abc import AsyncIterator
from json import dumps
from typing import Final

from aiohttp.web import Request, RouteDef, StreamResponse, post

from gateway.errors import DataError
from gateway.officer.access import May, caller_of, may
from gateway.officer.api.reply import BASE, JSON, moment_of, read
from gateway.officer.api.views import message_item
from gateway.officer.shapes.cells import BOM, MEDIA_TYPE, line
from gateway.officer.shapes.exports import ExportRequest
from gateway.officer.shapes.moments import instant
from gateway.service.exporting import Export, Exporting, ExportQuery, ExportRow
from protocol.identifiers import MessageId

HEADS: Final = (
    "mid",
    "code",
    "thread",
    "box",
    "type",
    "party",
    "party_name",
    "state",
    "urgency",
    "reference",
    "handling",
    "conditions",
    "at",
    "due",
)


class ExportApi:
    """The resource /exports.

    Args:
        exporting: The use case.
    """

    __slots__ = ("_exporting",)

    def __init__(self, exporting: Exporting) -> None:
        self._exporting = exporting

    def routes(self) -> list[RouteDef]:
        """Return the address."""
        return [post(f"{BASE}/exports", self.export)]

    @may(May.READ_CONTENT)
    async def export(self, request: Request) -> StreamResponse:
        """Export messages: CSV for people, JSON with the documents and nothing lost."""
        asked = await read(request, ExportRequest)
        export = await self._exporting.begin(
            _query(asked), by=caller_of(request), is_confirmed=asked.confirm
        )
        is_table = asked.format == "csv"
        response = StreamResponse(
            headers={
                "Content-Type": MEDIA_TYPE if is_table else JSON,
                "Content-Disposition": f'attachment; filename="export.{asked.format}"',
                "Cache-Control": "no-store",
                "A35-Log-Index": str(export.index),
            }
        )
        await response.prepare(request)
        async for piece in _table(export) if is_table else _document(export):
            await response.write(piece)
        await response.write_eof()
        return response


async def _table(export: Export) -> AsyncIterator[bytes]:
    """Yield a table: what was asked for and the head of our log, the columns, the rows."""
    head = export.head
    stands = "" if head is None else f"{head.origin} {head.size} {head.root.hex()}"
    yield BOM + line([export.query.words, export.who, instant(export.at_ms), stands])
    yield line(HEADS)
    async for row in export.rows:
        whole = _values(row)
        yield line([_cell(whole[name]) for name in HEADS])


async def _document(export: Export) -> AsyncIterator[bytes]:
    """Yield one JSON document piece by piece, a message to a line."""
    head = export.head
    log = None
    if head is not None:
        log = {"origin": str(head.origin), "size": head.size, "root": head.root.hex()}
    about = {
        "filter": export.query.words,
        "by": export.who,
        "at": instant(export.at_ms),
        "leaf": export.index,
        "log": log,
    }
    yield dumps(about, ensure_ascii=False).encode()[:-1] + b', "items": ['
    ending = b"\n"
    async for row in export.rows:
        document = None if row.document is None else dict(row.document)
        whole = _values(row) | {"document": document}
        yield ending + dumps(whole, ensure_ascii=False).encode()
        ending = b",\n"
    yield b"\n]}\n"


def _values(row: ExportRow) -> dict[str, object]:
    item = message_item(row.line).model_dump()
    item |= {"box": row.line.row.direction.value, "conditions": list(row.conditions)}
    return {name: item[name] for name in HEADS}


def _cell(value: object) -> str | None:
    if isinstance(value, list):
        return " ".join(map(str, value))
    return None if value is None else str(value)


def _query(asked: ExportRequest) -> ExportQuery:
    """Return what is exported.

    Raises:
        DataError: Neither a case nor a span, or both.
    """
    spans = (asked.begins is not None, asked.ends is not None)
    if (asked.thread is None) == (not all(spans)) or (asked.thread is not None and any(spans)):
        raise DataError("export one case, or from a time to another", code="invalid_body")
    return ExportQuery(
        thread=None if asked.thread is None else MessageId.parse(asked.thread),
        from_ms=0 if asked.begins is None else moment_of(asked.begins),
        to_ms=0 if asked.ends is None else moment_of(asked.ends),
        form=asked.format,
    )
