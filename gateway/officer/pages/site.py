"""Every page of the desk: one line for each module of pages."""

from aiohttp.web import RouteDef

from gateway.drafting import DeskDrafts
from gateway.officer.adapters.languages import Languages
from gateway.officer.adapters.templates import Templates
from gateway.officer.guards import Address
from gateway.officer.pages.desk import Desk
from gateway.officer.pages.handling import handling_routes
from gateway.officer.pages.house import house_routes
from gateway.officer.pages.settings import LoginPages, SettingsPages
from gateway.officer.pages.signin import EntryPages, LockPages
from gateway.officer.pages.statics import Statics
from gateway.officer.pages.users import UsersPages
from gateway.officer.pages.waiting import Waiting
from gateway.officer.pages.writing import writing_routes
from gateway.officer.services import OfficerServices
from gateway.service.entrances import Entrances
from gateway.service.frontdoor import FrontDoor


def page_routes(desk: Desk) -> list[RouteDef]:
    """Return the addresses of all pages, and of what the browser loads besides.

    Args:
        desk: What they are built with.
    """
    return [
        *desk.statics.routes(),
        *EntryPages(desk).routes(),
        *LockPages(desk).routes(),
        *SettingsPages(desk).routes(),
        *LoginPages(desk).routes(),
        *UsersPages(desk).routes(),
        *house_routes(desk),
        *handling_routes(desk),
        *writing_routes(desk),
    ]


def make_desk(
    services: OfficerServices,
    door: FrontDoor,
    address: Address,
    *,
    drafts: DeskDrafts | None,
    is_demo: bool,
) -> Desk:
    """Read templates, words and static files, once, and build what pages are built with.

    Args:
        services: The use cases of messages, log and network.
        door: People, and by what they come in.
        address: Where the desk is reached.
        drafts: Drafts with second persons; None on a desk without them.
        is_demo: Keys are for testing.
    """
    statics, languages = Statics.load(), Languages.load()
    waiting = None
    if services.boxes is not None and services.mutes is not None:
        waiting = Waiting(
            services.boxes,
            services.peers,
            languages,
            mutes=services.mutes,
            clock=services.clock,
        )
    return Desk(
        services=services,
        door=door,
        drafts=drafts,
        templates=Templates(languages, statics.address),
        waiting=waiting,
        statics=statics,
        clock=services.clock,
        address=address,
        is_demo=is_demo,
        entrances=None if services.leafing is None else Entrances(services.leafing, services.clock),
    )
