"""The desk as one application on loopback: the API, health, and the pages if they are installed.

Opens nothing: the assembly serves it on `http://localhost:PORT` and tells `Address` the port.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final

from aiohttp.typedefs import Middleware
from aiohttp.web import Application, Request, Response, RouteDef, StreamResponse, middleware, post

from gateway.drafting import DeskDrafts
from gateway.journal import Journal, get_journal
from gateway.officer.access import May, may
from gateway.officer.api.reply import problems
from gateway.officer.api.session import SessionApi
from gateway.officer.guards import REPORTS, Address, Guards, add_headers
from gateway.officer.server import api_routes
from gateway.officer.services import OfficerServices
from gateway.service.frontdoor import FrontDoor

MAX_REQUEST_BYTES: Final = 2 * 1024 * 1024
_MOST_REPORT_BYTES: Final = 16 * 1024
_NEEDED: Final = ("jinja2", "babel")
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
}
"""Of every answer that is no page and says nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskParts:
    """What the desk is built of.

    Attributes:
        services: The use cases of messages, log and network.
        door: People, and by what they come in.
        address: Where the desk is reached.
        drafts: Drafts with second persons; None on a desk without them.
        is_demo: Keys are for testing.
    """

    services: OfficerServices
    door: FrontDoor
    address: Address
    drafts: DeskDrafts | None = None
    is_demo: bool = False


def build_desk_app(parts: DeskParts) -> Application:
    """Build what is served on `http://localhost:PORT`.

    Args:
        parts: What it is built of.
    """
    journal = get_journal("desk")
    guards = Guards(
        address=parts.address,
        sessions=parts.door.sessions,
        tokens=parts.door.tokens,
        clock=parts.services.clock,
    )
    routes: list[RouteDef] = [
        *api_routes(parts.services, beside=SessionApi(parts.door, parts.address).routes()),
        *Reports(journal).routes(),
    ]
    outermost: Middleware = problems(journal)
    if has_pages():
        # Loaded here: a node without them neither needs nor holds the templates.
        from gateway.officer.pages.answering import errors_as_pages  # noqa: PLC0415
        from gateway.officer.pages.site import make_desk, page_routes  # noqa: PLC0415

        desk = make_desk(
            parts.services,
            parts.door,
            parts.address,
            drafts=parts.drafts,
            is_demo=parts.is_demo,
        )
        routes += page_routes(desk)
        outermost = _by_path(outermost, errors_as_pages(desk, journal))
    else:
        journal.info("pages_not_installed")
    app = Application(middlewares=[outermost, *guards.layers()], client_max_size=MAX_REQUEST_BYTES)
    add_headers(app, HEADERS)
    app.add_routes(routes)
    return app


def has_pages() -> bool:
    """Tell whether what the pages need is installed: the extra `desk`."""
    return all(find_spec(name) is not None for name in _NEEDED)


class Reports:
    """Where browsers report what a page's policy stopped: noted, never with what they say.

    Args:
        journal: Told that there was one.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def routes(self) -> list[RouteDef]:
        """Return the address."""
        return [post(REPORTS, self.take)]

    @may(May.ANYBODY)
    async def take(self, request: Request) -> Response:
        """Take a report."""
        await request.content.read(_MOST_REPORT_BYTES)
        self._journal.warning("page_policy_stopped")
        return Response(status=204)


def _by_path(api: Middleware, pages: Middleware) -> Middleware:
    """Let refusals of the API be problems and those of pages be pages."""

    @middleware
    async def choose(
        request: Request, handler: Callable[[Request], Awaitable[StreamResponse]]
    ) -> StreamResponse:
        is_api = request.path.startswith(("/api/", "/openapi")) or request.path in {
            "/healthz",
            "/readyz",
            "/metrics",
        }
        return await (api if is_api else pages)(request, handler)

    return choose
