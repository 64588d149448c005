"""Health for the machine's own supervision: alive, ready, counters. Nothing of any case.

Served on loopback; a request that names another host is refused, so that no web page can read it
through a name that resolves to this machine.
"""

from typing import Final

from aiohttp.typedefs import Handler
from aiohttp.web import Application, Request, Response, RouteDef, StreamResponse, get, middleware

from gateway.officer.access import May, may
from gateway.officer.api.reply import answer, refuse
from gateway.officer.services import HealthService, MetricsService
from gateway.officer.shapes.models import HealthItem, HealthView
from gateway.officer.shapes.problems import problem_of

HOSTS: Final = frozenset({"localhost", "127.0.0.1", "::1"})
PROMETHEUS: Final = "text/plain; version=0.0.4; charset=utf-8"
_UNAVAILABLE: Final = 503


class HealthApi:
    """/healthz, /readyz and /metrics.

    Args:
        health: Whether the node lives and works.
        metrics: Its counters.
    """

    __slots__ = ("_health", "_metrics")

    def __init__(self, health: HealthService, metrics: MetricsService) -> None:
        self._health = health
        self._metrics = metrics

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [
            get("/healthz", self.live),
            get("/readyz", self.ready),
            get("/metrics", self.count),
        ]

    @may(May.ANYBODY)
    async def live(self, _request: Request) -> Response:
        """Tell whether the process is worth keeping."""
        return self._answer(is_ok=self._health.is_live())

    @may(May.ANYBODY)
    async def ready(self, _request: Request) -> Response:
        """Tell whether the node takes and gives messages."""
        return self._answer(is_ok=self._health.is_ready())

    @may(May.ANYBODY)
    async def count(self, _request: Request) -> Response:
        """Give the counters."""
        return Response(body=self._metrics.render(), headers={"Content-Type": PROMETHEUS})

    def _answer(self, *, is_ok: bool) -> Response:
        checks = tuple(
            HealthItem(name=each.name, ok=each.ok, detail=each.detail, fix=each.fix)
            for each in self._health.report()
        )
        return answer(HealthView(ok=is_ok, checks=checks), status=200 if is_ok else _UNAVAILABLE)


@middleware
async def refuse_other_hosts(request: Request, handler: Handler) -> StreamResponse:
    """Refuse a request whose Host is not this machine's own name."""
    host = request.url.host
    if host not in HOSTS:
        return refuse(problem_of("bad_host", "this address is served as localhost only"))
    return await handler(request)


def health_app(health: HealthService, metrics: MetricsService) -> Application:
    """Build the application that is served on loopback.

    Args:
        health: Whether the node lives and works.
        metrics: Its counters.
    """
    app = Application(middlewares=[refuse_other_hosts])
    app.add_routes(HealthApi(health, metrics).routes())
    return app
