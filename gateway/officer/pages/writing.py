"""The pages by which requests are written, checked and approved, put together."""

from aiohttp.web import RouteDef

from gateway.officer.pages.approving import ApprovePages
from gateway.officer.pages.checking import CheckPages
from gateway.officer.pages.compose import ComposePages
from gateway.officer.pages.desk import Desk
from gateway.officer.pages.drafts import DraftPages


def writing_routes(desk: Desk) -> list[RouteDef]:
    """Return the addresses.

    Args:
        desk: What pages are built with.
    """
    return [
        *DraftPages(desk).routes(),
        *ComposePages(desk).routes(),
        *CheckPages(desk).routes(),
        *ApprovePages(desk).routes(),
    ]
