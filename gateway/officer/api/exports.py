"""Messages as a table or as JSON, streamed; the act is stated before the first byte.

Whoever would rather not wait gets the file by the operation's id, for a while: it lies in memory,
or sealed in a file without a name, and a restart forgets it.
"""

from asyncio import Future, get_running_loop
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from json import dumps
from typing import BinaryIO, Final

from aiohttp.web import Request, RouteDef, StreamResponse, get, post

from gateway.errors import DataError, NoInputError
from gateway.officer.access import May, caller_of, may
from gateway.officer.api.operations import begun, wants_operation
from gateway.officer.api.reply import BASE, JSON, moment_of, read
from gateway.officer.api.views import message_item
from gateway.officer.shapes.cells import BOM, MEDIA_TYPE, line
from gateway.officer.shapes.exports import ExportRequest
from gateway.officer.shapes.moments import instant
from gateway.officer.spool import open_spool
from gateway.service.exporting import Export, Exporting, ExportQuery, ExportRow
from gateway.service.operations import MOST_AT_ONCE, Operations, Progress
from protocol.identifiers import MessageId

PIECE_BYTES: Final = 64 * 1024
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
        operations: Runs what nobody waits for; None where everybody waits.
    """

    __slots__ = ("_exporting", "_files", "_operations")

    def __init__(self, exporting: Exporting, *, operations: Operations | None = None) -> None:
        self._exporting = exporting
        self._operations = operations
        self._files: OrderedDict[str, Made] = OrderedDict()

    def routes(self) -> list[RouteDef]:
        """Return the address."""
        return [
            post(f"{BASE}/exports", self.export),
            get(f"{BASE}/exports/{{id}}", self.fetch),
        ]

    @may(May.READ_CONTENT)
    async def export(self, request: Request) -> StreamResponse:
        """Export messages: CSV for people, JSON with the documents and nothing lost."""
        asked = await read(request, ExportRequest)
        export = await self._exporting.begin(
            _query(asked), by=caller_of(request), is_confirmed=asked.confirm
        )
        if self._operations is not None and wants_operation(request):
            return await self._begin(self._operations, request, export)
        response = StreamResponse(headers=_headers(export))
        await response.prepare(request)
        async for piece in _pieces(export):
            await response.write(piece)
        await response.write_eof()
        return response

    @may(May.READ_CONTENT)
    async def fetch(self, request: Request) -> StreamResponse:
        """Fetch what an export came to that nobody waited for, once.

        Raises:
            NoInputError: There is none of this id, it is not done, or it was fetched.
        """
        name = request.match_info["id"]
        if self._operations is not None:
            await self._operations.get(name, by=caller_of(request))
        made = self._files.pop(name, None)
        if made is None:
            raise NoInputError("there is no such export, or it was fetched already")
        with made.file as held:
            response = StreamResponse(headers=made.headers)
            await response.prepare(request)
            held.seek(0)
            while piece := held.read(PIECE_BYTES):
                await response.write(piece)
            await response.write_eof()
        return response

    async def _begin(
        self, operations: Operations, request: Request, export: Export
    ) -> StreamResponse:
        name: Future[str] = get_running_loop().create_future()

        async def work(progress: Progress) -> str:
            held = open_spool()  # whoever fetches it ends it
            try:
                size = 0
                async for piece in _pieces(export, progress):
                    size += held.write(piece)
            except BaseException:
                held.close()
                raise
            self._keep(await name, Made(file=held, headers=_headers(export)))
            return dumps({"size_bytes": size, "leaf": export.index})

        row = await operations.begin("export", "rows", work, by=caller_of(request))
        name.set_result(row.id)
        return begun(row)

    def _keep(self, name: str, made: "Made") -> None:
        self._files[name] = made
        while len(self._files) > MOST_AT_ONCE:
            self._files.popitem(last=False)[1].file.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """An export that waits to be fetched."""

    file: BinaryIO
    headers: dict[str, str]


def _headers(export: Export) -> dict[str, str]:
    form = export.query.form
    return {
        "Content-Type": MEDIA_TYPE if form == "csv" else JSON,
        "Content-Disposition": f'attachment; filename="export.{form}"',
        "Cache-Control": "no-store",
        "A35-Log-Index": str(export.index),
    }


def _pieces(export: Export, progress: Progress | None = None) -> AsyncIterator[bytes]:
    """Return the file piece by piece; `progress` is told of each row."""
    rows = export.rows if progress is None else _counted(export.rows, progress)
    counted = replace(export, rows=rows)
    return _table(counted) if export.query.form == "csv" else _document(counted)


async def _counted(rows: AsyncIterator[ExportRow], progress: Progress) -> AsyncIterator[ExportRow]:
    done = 0
    async for row in rows:
        yield row
        done += 1
        progress(done, 0)


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
