"""Tells programs of this Party what happened: signed calls, at least once, in order, no content.

Each receiver has a task and a place of its own: up to which event it was told. The place is kept
after a call was taken, so a crash repeats at most one call, with the same id; a receiver that is
slow or away delays no other, and is never given up. Before its first call a receiver is told
nothing of the past.

Source: the Standard Webhooks specification; docs/operations.md, "Webhooks".
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from json import dumps
from typing import Final, Protocol, TypeAlias

from gateway.errors import TransportError
from gateway.journal import Journal
from gateway.metrics import Metrics
from gateway.ports import Clock, Randomness
from gateway.rows import EventRow
from gateway.service.guard import passing_over_full
from gateway.service.health import Check
from gateway.store import Casebook, Overview
from keys.digest import sha256
from keys.webhook import WebhookSecret
from protocol.delivery.reference import code_of
from protocol.identifiers import LogOrigin

WAITS_S: Final = (5.0, 30.0, 120.0, 600.0, 3600.0, 3 * 3600.0)
"""How long to wait after each failure in a row; the last one for ever."""

ALARM_AFTER: Final = 3
"""Failures in a row, and the operator hears of it: two and a half minutes without a receiver."""

_PAGE: Final = 200
_WAIT_S: Final = 60.0
_SPREAD: Final = 0.2
_OK_BELOW: Final = 300
_OK_FROM: Final = 200

KINDS: Final[Mapping[str, frozenset[str]]] = {
    "receipt": frozenset({"receipt"}),
    "escalation": frozenset({"message.escalated", "non_delivery_notice", "silence_notice"}),
    "notice": frozenset({"expiry_warning", "lapse_notice"}),
    "emergency": frozenset({"emergency"}),
    "deadline": frozenset({"clock.warning", "clock.expired"}),
    "node": frozenset({"peer.state", "log.state", "directory.state", "node.state"}),
    "received": frozenset({"message.received"}),
    "state": frozenset({"message.state"}),
    "stuck": frozenset({"message.stuck"}),
}
"""What each word of the settings means in kinds of events."""


Told: TypeAlias = Callable[[Sequence[EventRow], str], Awaitable[None]]
"""Hears of events that somebody outside was told of, and how."""


class Caller(Protocol):
    """One POST to one address; implemented at the edge."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Return the status of the answer.

        Raises:
            TransportError: There was none.
        """


class Book(Casebook, Overview, Protocol):
    """Where events are read and places kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """One program that is told.

    Args:
        url: Where.
        secrets: One, or two while one is replaced; every call bears a signature of each.
        kinds: Words of the settings.
    """

    url: str
    secrets: tuple[WebhookSecret, ...] = field(repr=False)
    kinds: tuple[str, ...]

    @property
    def name(self) -> str:
        """What its place is kept under: the same as long as the address is."""
        return sha256(self.url.encode()).hex()[:32]

    @property
    def wanted(self) -> frozenset[str]:
        """The kinds of events that it is told of."""
        return frozenset(kind for word in self.kinds for kind in KINDS[word])


class Webhooks:
    """The calls of one node.

    Args:
        receivers: Who is told.
        book: Events and places.
        origin: Our log; with an event's number it makes the id of a call.
        api: Where links begin: the local API's root, `/api/v1`.
        caller: Makes the calls.
        clock: Time.
        randomness: Spreads waits.
        journal: Tells the operator of a receiver that does not answer.
        metrics: Counts calls.
        told: Hears of each call that was taken.
    """

    def __init__(
        self,
        receivers: Sequence[Receiver],
        *,
        book: Book,
        origin: LogOrigin,
        api: str,
        caller: Caller,
        clock: Clock,
        randomness: Randomness,
        journal: Journal,
        metrics: Metrics,
        told: Told | None = None,
    ) -> None:
        self._receivers = tuple(receivers)
        self._book = book
        self._origin = origin
        self._api = api
        self._caller = caller
        self._clock = clock
        self._randomness = randomness
        self._journal = journal
        self._metrics = metrics
        self._told = told
        self._failures: dict[str, int] = {}

    async def run(self) -> None:
        """Call until cancelled; one owner awaits it.

        Raises:
            ExceptionGroup: The store failed.
        """
        async with asyncio.TaskGroup() as group:
            for receiver in self._receivers:
                group.create_task(self._serve(receiver))

    def check(self) -> Check:
        """Return for health whether every receiver takes its calls."""
        away = [
            f"{number} ({count}x)"
            for number, each in enumerate(self._receivers, 1)
            if (count := self._failures.get(each.name, 0))
        ]
        return Check(
            name="webhooks",
            ok=not away,
            detail=f"no answer from number {', '.join(away)}" if away else "every call is taken",
            fix="check that program and the address in node.toml; nothing is lost meanwhile",
        )

    async def _serve(self, receiver: Receiver) -> None:
        place = await self._book.cursor(receiver.name)
        if place is None:
            place = self._book.newest_event
            await self._keep(receiver, place)
        while True:
            events = await self._book.events(after=place, limit=_PAGE)
            for event in events:
                if event.kind in receiver.wanted:
                    await self._tell(receiver, event)
                    await self._keep(receiver, event.number)
                place = event.number
            if not events:
                await self._book.wait_for_events(place, _WAIT_S)
            elif len(events) == _PAGE and not any(each.kind in receiver.wanted for each in events):
                await self._keep(receiver, place)  # else a start would read all of them again

    async def _keep(self, receiver: Receiver, place: int) -> None:
        with passing_over_full():  # the same event is told again after a start: same id
            await self._book.save_cursor(receiver.name, place)

    async def _tell(self, receiver: Receiver, event: EventRow) -> None:
        """Call until the event was taken."""
        body = body_of(event, node=str(self._origin.node), api=self._api)
        while not await self._call(receiver, event, body):
            failures = self._failures.get(receiver.name, 0) + 1
            self._failures[receiver.name] = failures
            if failures >= ALARM_AFTER:
                self._metrics.alarms("webhook_away")
                self._journal.alarm(
                    "webhook_away",
                    number=self._receivers.index(receiver) + 1,
                    failures=failures,
                    waiting=self._book.newest_event - event.number + 1,
                )
            wait_s = WAITS_S[min(failures, len(WAITS_S)) - 1]
            spread = self._randomness.between(1 - _SPREAD, 1 + _SPREAD)
            await self._clock.sleep(wait_s * spread)
        number = self._receivers.index(receiver) + 1
        if self._failures.pop(receiver.name, 0) >= ALARM_AFTER:
            self._journal.info("webhook_back", number=number)
        if self._told is not None:
            await self._told([event], f"webhook {number} took the call")

    async def _call(self, receiver: Receiver, event: EventRow, body: bytes) -> bool:
        call_id = f"{self._origin}/{event.number}"
        at_s = self._clock.now_ms() // 1000
        headers = signed_headers(receiver, call_id, at_s, body)
        try:
            status = await self._caller.post(receiver.url, headers, body)
        except TransportError:
            status = 0
        self._metrics.webhook_calls("taken" if is_taken(status) else "failed")
        return is_taken(status)


def signed_headers(receiver: Receiver, call_id: str, at_s: int, body: bytes) -> dict[str, str]:
    """Return the headers of one call, with a signature by each secret of the receiver.

    Args:
        receiver: Who is called.
        call_id: The same for each repetition of a call.
        at_s: Seconds since 1970, UTC.
        body: The bytes that are sent.
    """
    signatures = (secret.sign(call_id, at_s, body) for secret in receiver.secrets)
    return {
        "Content-Type": "application/json",
        "webhook-id": call_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": " ".join(signatures),
    }


def is_taken(status: int) -> bool:
    """Tell whether an answer means that a call was taken.

    Args:
        status: Of HTTP; 0 for no answer.
    """
    return _OK_FROM <= status < _OK_BELOW


def body_of(event: EventRow, *, node: str, api: str) -> bytes:
    """Return the body of a call: ids, states, times and links, never content.

    Args:
        event: What happened.
        node: This node, CC/n.
        api: Where links begin.
    """
    mid = event.mid
    data: dict[str, object] = {
        "event": event.number,
        "node": node,
        "mid": None if mid is None else str(mid),
        "code": None if mid is None else code_of(mid),
        "thread": None if event.thread is None else str(event.thread),
        "what": event.what,
        "by": event.by,
        "log": None
        if event.origin is None or event.index is None
        else {"origin": event.origin, "index": event.index},
        "links": {} if mid is None else {"message": f"{api}/messages/{mid}"},
    }
    moment = datetime.fromtimestamp(event.at_ms / 1000, UTC)
    at = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return dumps({"type": event.kind, "timestamp": at, "data": data}).encode()
