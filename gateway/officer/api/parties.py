"""The Parties of the directory: what each says of itself, and what became of that."""

from aiohttp.web import Request, Response, RouteDef, get

from gateway.errors import NoInputError
from gateway.officer.access import May, may
from gateway.officer.api.reply import BASE, answer
from gateway.officer.shapes.finding import (
    ChangeItem,
    EntryVersionItem,
    PartyHistoryView,
    PartyItem,
    PartyList,
    PartyView,
)
from gateway.officer.shapes.moments import instant
from gateway.ports import Directory
from gateway.service.history import EntryVersion, PartyHistory
from protocol.directory import PartyEntry
from protocol.requests.codes import COUNTRIES


class PartyApi:
    """The resource /directory/parties.

    Args:
        directory: The one in use.
        history: What became of entries; None where nothing is kept.
    """

    __slots__ = ("_directory", "_history")

    def __init__(self, directory: Directory, history: PartyHistory | None) -> None:
        self._directory = directory
        self._history = history

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        routes = [
            get(f"{BASE}/directory/parties", self.parties),
            get(f"{BASE}/directory/parties/{{country}}", self.party),
        ]
        if self._history is not None:
            routes.append(get(f"{BASE}/directory/parties/{{country}}/history", self.history))
        return routes

    @may(May.SEE_LISTS)
    async def parties(self, _request: Request) -> Response:
        """List the Parties of the directory in use."""
        entries = (self._directory.party(code) for code in sorted(COUNTRIES))
        return answer(
            PartyList(
                items=tuple(
                    PartyItem(
                        party=entry.party,
                        name=entry.name,
                        contact_points=len(entry.contact_points),
                        nodes=len(entry.nodes),
                    )
                    for entry in entries
                    if entry is not None
                )
            )
        )

    @may(May.SEE_LISTS)
    async def party(self, request: Request) -> Response:
        """Show the entry of a Party: without keys that wait or were revoked."""
        entry = self._entry(request)
        return answer(
            PartyView(party=entry.party, name=entry.name, entry=entry.model_dump(mode="json"))
        )

    @may(May.SEE_LISTS)
    async def history(self, request: Request) -> Response:
        """List what became of a Party's entry, as far as it was in use here.

        Raises:
            NoInputError: No such Party was ever in use here.
        """
        country = request.match_info["country"]
        versions: tuple[EntryVersion, ...] = ()
        if self._history is not None and country in COUNTRIES:
            versions = await self._history.of(country)
        if not versions:
            raise NoInputError("no such Party was ever in the directory here")
        return answer(PartyHistoryView(items=tuple(map(_version, versions))))

    def _entry(self, request: Request) -> PartyEntry:
        """Return the entry that the address names.

        Raises:
            NoInputError: The directory has no such Party.
        """
        country = request.match_info["country"]
        entry = self._directory.party(country) if country in COUNTRIES else None
        if entry is None:
            raise NoInputError("the directory has no such Party", hint="see: a35 directory search")
        return entry


def _version(one: EntryVersion) -> EntryVersionItem:
    return EntryVersionItem(
        made=instant(one.made_ms),
        listed=one.is_listed,
        changes=tuple(
            ChangeItem(path=each.path, before=each.before, after=each.after) for each in one.changes
        ),
    )
