"""What waits for the desk, as every page shows it: emergencies, counts, logs with two histories.

Who silenced an emergency for themselves is kept until it is opened: it is nobody else's matter.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from gateway.boxes import Box
from gateway.conditions import Mutes
from gateway.officer.access import May, allows
from gateway.officer.adapters.languages import Languages, message
from gateway.officer.pages.layout import Alert, Notice, Notices
from gateway.officer.services import PeersService
from gateway.people import Caller
from gateway.ports import Clock
from gateway.service.boxes import Boxes, articles_of
from gateway.service.shown import MessageLine
from protocol.identifiers import MessageId, NodeId

_FORKED: Final = message(
    "The log of %(node)s shows two histories: nothing is exchanged with it. Call that desk, do not "
    "trust what it says here; the evidence is on the page Log."
)
_EMERGENCY: Final = message("emergency request")
_ARTICLE: Final = message("Art. %(number)s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What every page tells: emergencies, how much waits by path, and notices."""

    alerts: tuple[Alert, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()


class Waiting:
    """What waits.

    Args:
        boxes: The lists of messages.
        peers: How other nodes stand.
        languages: All catalogues.
        mutes: Who silenced what.
        clock: Time.
    """

    __slots__ = ("_boxes", "_clock", "_languages", "_mutes", "_peers")

    def __init__(
        self,
        boxes: Boxes,
        peers: PeersService,
        languages: Languages,
        *,
        mutes: Mutes,
        clock: Clock,
    ) -> None:
        self._boxes = boxes
        self._peers = peers
        self._languages = languages
        self._mutes = mutes
        self._clock = clock

    async def mute(self, caller: Caller, mid: MessageId) -> None:
        """Silence an emergency for one person.

        Args:
            caller: Who wants it quiet.
            mid: The emergency.
        """
        await self._mutes.mute(mid, caller.who, now_ms=self._clock.now_ms())

    async def told(self, caller: Caller, language: str) -> Told:
        """Return what every page tells.

        Args:
            caller: Who looks.
            language: Of the page.
        """
        return Told(
            alerts=await self.alerts(caller, language),
            counts=await self.counts(),
            notices=await self.notices(language),
        )

    async def alerts(self, caller: Caller, language: str) -> tuple[Alert, ...]:
        """Return the emergencies that nobody of the desk has opened.

        Args:
            caller: Who looks.
            language: Of the page.
        """
        lines = await self._boxes.emergencies()
        muted = await self._mutes.mutes() if lines else {}
        return tuple(
            self._alert(line, caller, language, is_muted=caller.who in muted.get(line.row.mid, ()))
            for line in lines
        )

    async def counts(self) -> Mapping[str, int]:
        """Return how much waits behind each part of the navigation, by its path."""
        counts = await self._boxes.counts()
        return {"/inbox": counts[Box.INBOX], "/outbox": counts[Box.OUTBOX]}

    async def notices(self, language: str) -> tuple[Notice, ...]:
        """Return the lines above every page: nodes with which nothing is exchanged.

        Args:
            language: Of the page.
        """
        return tuple(
            Notice(
                kind=Notices.DANGER,
                text=self._languages.say(language, _FORKED) % {"node": str(state.node)},
            )
            for state in await self._peers.table()
            if state.is_forked
        )

    async def is_forked(self, node: NodeId) -> bool:
        """Tell whether the log of a node shows two histories: its lane stands still.

        Args:
            node: The other node.
        """
        return any(each.is_forked for each in await self._peers.table() if each.node == node)

    def _alert(self, line: MessageLine, caller: Caller, language: str, *, is_muted: bool) -> Alert:
        sees_types = allows(caller, May.AUDIT) or allows(caller, May.READ_CONTENT)
        articles = articles_of(line.type or "") if sees_types else ()
        text = ", ".join(
            self._languages.say(language, _ARTICLE) % {"number": each} for each in articles
        )
        due_ms = line.due_ms
        return Alert(
            mid=str(line.row.mid),
            article=text or self._languages.say(language, _EMERGENCY),
            party=f"{line.party_name} ({line.party})",
            due=None if due_ms is None else datetime.fromtimestamp(due_ms / 1000, UTC),
            is_muted=is_muted,
        )
