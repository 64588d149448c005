"""A stage for the script of the pages: one page with every part, and a server that can be unkind.

The events come through the real resource; drafts, files and sounds are only noted. So the script's
own promises can be tried without a network of nodes, and each in a second or two.
"""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, cast

from aiohttp.typedefs import Handler
from aiohttp.web import (
    Application,
    AppRunner,
    HTTPServiceUnavailable,
    HTTPUnauthorized,
    Request,
    Response,
    StreamResponse,
    TCPSite,
    get,
    json_response,
    middleware,
    patch,
    post,
    put,
)
from jinja2 import ChoiceLoader, FileSystemLoader

from gateway.clock import SystemClock
from gateway.officer.access import CALLER
from gateway.officer.adapters.languages import Languages
from gateway.officer.adapters.templates import Templates
from gateway.officer.api.events import EventApi
from gateway.officer.pages.layout import (
    Alert,
    Frame,
    Notice,
    Notices,
    Status,
    language_of,
    page,
    theme_of,
)
from gateway.officer.pages.statics import Statics
from gateway.people import Caller, Role, Way
from gateway.rows import EventRow
from gateway.store import Casebook
from keys.digest import sha256

POP: Final = Caller(
    person=1,
    name="Officer 1",
    who="RO/1 officer 1",
    roles=frozenset({Role.OFFICER, Role.SUPERVISOR}),
    way=Way.SESSION,
    session=1,
    csrf="token",
)
HOSTILE: Final = "<img src=x onerror=alert(1)>\u202e\x00"
_FOLDER: Final = Path(__file__).parent


class Events:
    """What `EventApi` asks of the store, in memory."""

    def __init__(self) -> None:
        self.rows: list[EventRow] = []
        self.changed = asyncio.Event()

    @property
    def newest_event(self) -> int:
        """Return the newest number."""
        return len(self.rows)

    async def events(self, *, after: int, limit: int) -> tuple[EventRow, ...]:
        """Return events above a number."""
        return tuple(self.rows[after : after + limit])

    async def wait_for_events(self, after: int, timeout_s: float) -> None:
        """Wait for an event, or the time."""
        if len(self.rows) <= after:
            self.changed.clear()
            await asyncio.wait(
                {asyncio.ensure_future(self.changed.wait())}, timeout=min(timeout_s, 1)
            )


@dataclass(kw_only=True)
class Stage:
    """The server: what it should do, and what it was told.

    Attributes:
        url: Where it is, without a slash at the end.
        is_cut: No event stream is let through, and drafts are not saved.
        is_busy: The page is not shown.
        is_overtaken: Somebody else has saved the draft.
        is_locked: The session is locked: the API says so, pages lead to the lock.
        is_refusing: Forms are answered with a page of faults.
        is_moved: The page leads to another one.
        emergencies: How many wait.
        received: How many messages there are.
        receipts: How many receipts there are.
        most_parts: So many parts of files are taken, no more.
        lock_s: After how long the session locks.
        options: For passkeys.
        muted: Emergencies that this person has silenced.
        saved: Fields of each save.
        parts: Numbers of the parts that were sent, in order.
        posted: Fields of each form that was posted.
        looks: How often it was asked whether the session is open.
        streams: Streams that are open.
        is_saving: A save has begun.
        gate: Saves and parts wait before it while it is not set.
        happened: Set after each request, and when a stream was opened.
    """

    url: str = ""
    is_cut: bool = False
    is_busy: bool = False
    is_overtaken: bool = False
    is_locked: bool = False
    is_refusing: bool = False
    is_moved: bool = False
    emergencies: int = 0
    received: int = 0
    receipts: int = 0
    most_parts: int = 1_000
    lock_s: int = 900
    options: dict[str, object] = field(default_factory=dict)
    muted: set[str] = field(default_factory=set)
    saved: list[dict[str, str]] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)
    posted: list[dict[str, str]] = field(default_factory=list)
    looks: int = 0
    streams: set[asyncio.Task[StreamResponse]] = field(default_factory=set)
    events: Events = field(default_factory=Events)
    is_saving: bool = False
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    happened: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Let saves through."""
        self.gate.set()

    def tell(self, kind: str) -> None:
        """Let an event happen."""
        row = EventRow(
            number=len(self.events.rows) + 1,
            at_ms=int(datetime.now(UTC).timestamp() * 1000),
            kind=kind,
            mid=None,
            thread=None,
            what="",
            by="",
            origin=None,
            index=None,
        )
        self.received += kind == "message.received"
        self.receipts += kind == "receipt"
        self.events.rows.append(row)
        self.events.changed.set()

    def cut(self) -> None:
        """Cut every stream, and let none through."""
        self.is_cut = True
        for task in self.streams:
            task.cancel()

    @middleware
    async def guard(self, request: Request, handler: Handler) -> StreamResponse:
        """Say who asks, and count the streams."""
        request[CALLER] = POP
        if self.is_locked and not request.path.startswith(("/static/", "/locked")):
            if request.path.startswith("/api/"):
                raise HTTPUnauthorized
            return Response(status=303, headers={"Location": "/locked"})
        if "text/event-stream" not in request.headers.get("Accept", ""):
            try:
                return await handler(request)
            finally:
                self.happened.set()
        if self.is_cut:
            raise HTTPServiceUnavailable
        task: asyncio.Task[StreamResponse] = asyncio.ensure_future(_answer(handler, request))
        self.streams.add(task)
        self.happened.set()
        try:
            return await task
        except asyncio.CancelledError:
            task.cancel()
            raise
        finally:
            self.streams.discard(task)

    async def page(self, request: Request) -> Response:
        """Show every part."""
        if self.is_busy:
            raise HTTPServiceUnavailable
        if self.is_moved and request.path == "/stage":
            return Response(status=303, headers={"Location": "/theirs"})
        now = datetime.now(UTC)
        mids = [f"{n:032x}" for n in range(self.emergencies)]
        due = now + timedelta(minutes=11)
        frame = Frame(
            desk="RO duty desk",
            node="RO/1",
            caller=POP,
            language=language_of(request, None),
            theme=theme_of(request),
            now=now,
            zone="Europe/Bucharest",
            alerts=tuple(
                Alert(mid=mid, article="Art. 9", party="JP", due=due, is_muted=mid in self.muted)
                for mid in mids
            ),
            counts={"/inbox": self.received},
            notices=(Notice(kind=Notices.WARNING, text="1"), Notice(kind=Notices.DANGER, text="2")),
            status=Status(
                is_ready=True, directory_at=now, signed=3, signers=4, reached=74, peers=76,
                entries=8812, verified_at=now,
            ),
            on_duty="Officer 1",
            duty_until=due,
            lock_at=now + timedelta(seconds=self.lock_s),
            after=self.events.newest_event,
            is_demo=True,
        )  # fmt: skip
        return page(
            request,
            self._templates,
            "stage.html",
            frame,
            status=200 if request.method == "GET" else 422,
            stage=self,
            is_bare=request.path == "/help",
            hostile=HOSTILE,
            late=now - timedelta(minutes=40),
            soon=now + timedelta(minutes=4),
            errors={"facts": "1", "from": "2"} if "wrong" in request.query else {},
        )

    def application(self) -> Application:
        """Return all of it."""
        statics = Statics.load()
        self._templates = Templates(Languages.load(), statics.address)
        for environment in self._templates._environments.values():
            assert environment.loader is not None
            environment.loader = ChoiceLoader([environment.loader, FileSystemLoader(_FOLDER)])
        app = Application(middlewares=[self.guard], client_max_size=8 * 1024 * 1024)
        forms, files, file = Forms(self), Files(self), "/api/v1/drafts/1/files"
        app.add_routes([
            *statics.routes(),
            *EventApi(cast("Casebook", self.events), SystemClock()).routes(),
            get("/stage", self.page),
            get("/help", self.page),
            get("/api/v1/session", forms.session),
            get("/theirs", forms.theirs),
            get("/locked", forms.theirs),
            post("/posted", forms.take),
            post("/options", forms.ask),
            post("/session/stay", forms.stay),
            post("/settings/sound", forms.stay),
            post("/messages/{mid}/mute", forms.mute),
            patch("/drafts/1", forms.save),
            post(file, files.begin),
            get(file + "/{n}", files.held),
            put(file + "/{n}/parts/{k}", files.part),
            post(file + "/{n}/complete", files.whole),
        ])  # fmt: skip
        return app


class Forms:
    """What the page posts."""

    def __init__(self, stage: "Stage") -> None:
        self._stage = stage

    async def mute(self, request: Request) -> Response:
        """Silence one emergency for this person."""
        self._stage.muted.add(request.match_info["mid"])
        return Response(status=303, headers={"Location": "/stage"})

    async def save(self, request: Request) -> Response:
        """Save the draft, unless somebody else has."""
        if self._stage.is_cut:
            raise HTTPServiceUnavailable
        self._stage.is_saving = True
        self._stage.happened.set()
        await self._stage.gate.wait()
        if self._stage.is_overtaken:
            return Response(status=412)
        if request.headers["If-Match"] != f'"{len(self._stage.saved) + 1}"':
            return Response(status=400)
        self._stage.saved.append(await _fields(request))
        return Response(status=204, headers={"ETag": f'"{len(self._stage.saved) + 1}"'})

    async def theirs(self, request: Request) -> Response:
        """Show what somebody else saved."""
        assert request.method == "GET"
        return Response(
            text='<!doctype html><div id="theirs"><b>written by Officer 2</b></div>',
            content_type="text/html",
        )

    async def session(self, request: Request) -> Response:
        """Tell that the session is open, since somebody used it just now."""
        assert request.method == "GET"
        self._stage.looks += 1
        lock_at = datetime.now(UTC) + timedelta(seconds=2 * self._stage.lock_s)
        return json_response({"csrf": POP.csrf, "lock_at": lock_at.isoformat()})

    async def take(self, request: Request) -> Response:
        """Take a form, or show it again."""
        if self._stage.is_refusing:
            return await self._stage.page(request)
        self._stage.posted.append(await _fields(request))
        return Response(status=303, headers={"Location": "/stage"})

    async def ask(self, request: Request) -> Response:
        """Give options for a passkey."""
        assert request.headers["X-CSRF-Token"] == POP.csrf
        return json_response({"publicKey": self._stage.options})

    async def stay(self, request: Request) -> Response:
        """Let the session go on."""
        assert request.headers["X-CSRF-Token"] == POP.csrf
        return Response(status=204)


class Files:
    """Files of the draft, in parts."""

    def __init__(self, stage: "Stage") -> None:
        self._stage = stage

    async def begin(self, request: Request) -> Response:
        """Take note of a file."""
        assert (await request.json())["size_bytes"] > 0
        return json_response({"n": 0})

    async def held(self, request: Request) -> Response:
        """Say which parts are held."""
        assert request.match_info["n"] == "0"
        return json_response({"parts": self._stage.parts})

    async def part(self, request: Request) -> Response:
        """Take a part."""
        if len(self._stage.parts) == self._stage.most_parts:
            raise HTTPServiceUnavailable
        data = await request.read()
        await self._stage.gate.wait()
        told = request.headers["Content-Digest"]
        assert told == f"sha-256=:{b64encode(sha256(data)).decode()}:"
        self._stage.parts.append(int(request.match_info["k"]))
        return Response(status=204)

    async def whole(self, request: Request) -> Response:
        """Take the end of a file."""
        assert request.match_info["n"] == "0"
        return json_response({})


@asynccontextmanager
async def open_stage() -> AsyncIterator[Stage]:
    """Serve a stage on loopback."""
    stage = Stage()
    runner = AppRunner(stage.application(), shutdown_timeout=0.1)
    await runner.setup()
    site = TCPSite(runner, "localhost", 0)
    await site.start()
    stage.url = f"http://localhost:{runner.addresses[0][1]}"
    try:
        yield stage
    finally:
        await runner.cleanup()


async def _answer(handler: Handler, request: Request) -> StreamResponse:
    return await handler(request)


async def _fields(request: Request) -> dict[str, str]:
    return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
