"""The pages of messages and cases, for a desk that has lists and notes beside its cases."""

from collections.abc import Iterator

from aiohttp.web import RouteDef

from gateway.officer.acknowledging import Acknowledger
from gateway.officer.pages.answer import AnswerPages
from gateway.officer.pages.case import CasePages
from gateway.officer.pages.desk import Desk
from gateway.officer.pages.inbox import InboxPages
from gateway.officer.pages.message import MessagePages
from gateway.officer.pages.search import SearchPages


def handling_routes(desk: Desk) -> Iterator[RouteDef]:
    """Yield the addresses of the pages of messages and cases.

    Args:
        desk: What they are built with; one without lists or notes has none of them.
    """
    services = desk.services
    boxes, casework, waiting = services.boxes, services.casework, desk.waiting
    if boxes is None or casework is None or waiting is None:
        return
    yield from InboxPages(desk, boxes, casework).routes()
    yield from MessagePages(desk, casework, waiting).routes()
    yield from CasePages(desk, casework, waiting).routes()
    acknowledger = Acknowledger(
        services.consult,
        services.submit,
        services.directory,
        config=services.config,
        clock=services.clock,
    )
    yield from AnswerPages(desk, acknowledger).routes()
    if services.searching is not None:
        yield from SearchPages(desk, services.searching).routes()
