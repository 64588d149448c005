"""The pages of the house: everything of a desk besides its cases and drafts."""

from aiohttp.web import RouteDef

from gateway.officer.adapters.pdf import Typesetter
from gateway.officer.pages.audit import AuditPages
from gateway.officer.pages.desk import Desk
from gateway.officer.pages.directory import DirectoryPages
from gateway.officer.pages.duty import DutyPages
from gateway.officer.pages.forks import ForkPages
from gateway.officer.pages.keychange import KeyPages
from gateway.officer.pages.log import LogPages
from gateway.officer.pages.paper import PaperPages
from gateway.officer.pages.peers import PeerPages
from gateway.officer.pages.pings import PingPages
from gateway.officer.pages.policy import PolicyPages
from gateway.officer.pages.statistics import StatisticsPages


def house_routes(desk: Desk) -> list[RouteDef]:
    """Return the addresses of these pages.

    Args:
        desk: What they are built with.
    """
    return [
        *DirectoryPages(desk).routes(),
        *PingPages(desk).routes(),
        *LogPages(desk).routes(),
        *ForkPages(desk).routes(),
        *AuditPages(desk).routes(),
        *StatisticsPages(desk).routes(),
        *PeerPages(desk).routes(),
        *KeyPages(desk).routes(),
        *PolicyPages(desk).routes(),
        *DutyPages(desk).routes(),
        *PaperPages(desk, Typesetter()).routes(),
    ]
