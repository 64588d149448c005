"""Plays the example cases: each request travels, is opened, acknowledged and answered.

Every message is followed until its receipts are in; then both sides' lists are compared and every
log is verified. What comes out are counts that a program can check.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from gateway.demo.documents import (
    WRITTEN_ON,
    Example,
    Json,
    answer_to,
    data_file,
    examples_folder,
    moved,
)
from gateway.demo.network import CLOCK, DemoNetwork, DemoNode
from gateway.errors import DataError
from gateway.officer.client import Client
from gateway.officer.shapes.models import AcknowledgeRequest, MessageView
from gateway.terminal import Terminal
from protocol.cases.ladder import MessageState
from protocol.requests.catalogue import type_info
from protocol.requests.kinds import Family

_STEP_S: Final = 60.0
_PAGE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class LogResult:
    """One log after the run, computed anew from what its node stores."""

    node: str
    size: int
    verified: bool


@dataclass(slots=True)
class Tally:
    """What happened, in the words of docs/operations.md, "a35 demo"."""

    sent: int = 0
    accepted: int = 0
    consigned: int = 0
    acknowledged: int = 0
    answered: int = 0
    lost: int = 0
    duplicates: int = 0
    logs: list[LogResult] = field(default_factory=list)
    waits_ms: list[float] = field(default_factory=list)

    def quantile(self, share: float) -> float:
        """Return how long the wait from queued to accepted was, in milliseconds.

        Args:
            share: 0.5 for the median.
        """
        ordered = sorted(self.waits_ms)
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1) if ordered else 0

    def holds(self) -> bool:
        """Tell whether everything that was sent was accepted, once, and every log verifies."""
        return (
            self.sent > 0
            and self.sent == self.accepted == self.consigned
            and not self.lost
            and not self.duplicates
            and all(log.verified for log in self.logs)
        )


class Story:
    """Sends the examples through a running network.

    Args:
        network: All nodes ready.
        terminal: Tells a person how it goes.
    """

    def __init__(self, network: DemoNetwork, terminal: Terminal) -> None:
        self._network = network
        self._terminal = terminal
        self.tally = Tally()
        self._threads: dict[str, str] = {}
        self._sent: dict[str, set[str]] = {node.name: set() for node in network.nodes}

    async def play(self, examples: Sequence[Example]) -> None:
        """Send, acknowledge and answer every example, one after the other.

        Args:
            examples: Requests whose sender and addressee take part.

        Raises:
            GatewayError: A document was refused, or a step took longer than a minute.
        """
        for example in examples:
            await self._play(example)

    async def _play(self, example: Example) -> None:
        sender = self._taking_part(example.sender)
        receiver = self._taking_part(str(example.document["to"]))
        async with sender.client() as asking, receiver.client() as asked:
            document = self._threaded(example.document)
            mid = await self._send(sender, asking, document, example.folder)
            self._threads[example.type] = mid
            await asked.wait(mid, MessageState.CONSIGNED, timeout_s=_STEP_S)
            await asked.received.open(mid)
            await asking.wait(mid, MessageState.OPENED, timeout_s=_STEP_S)
            reply = await asked.received.acknowledge(
                mid, AcknowledgeRequest(reference=f"DEMO-{mid[:8]}"), key=f"ack-{mid}"
            )
            await self._follow(receiver, asked, reply.mid)
            await asking.wait(mid, MessageState.ACKNOWLEDGED, timeout_s=_STEP_S)
            self.tally.acknowledged += 1
            for answer in self._answers(example, mid, sender, receiver):
                await self._send(receiver, asked, answer, self._data_folder())
            await asking.wait(mid, MessageState.ANSWERED, timeout_s=_STEP_S)
            self.tally.answered += 1
            self._terminal.say(self._told(example, sender, receiver, await asking.show(mid)))

    async def _send(self, node: DemoNode, client: Client, document: Json, folder: Path) -> str:
        sent = await client.send({**document}, folder=folder)
        await self._follow(node, client, sent.mid)
        return sent.mid

    async def _follow(self, node: DemoNode, client: Client, mid: str) -> None:
        """Count one message that was queued, until it is in the other duty inbox."""
        self.tally.sent += 1
        self._sent[node.name].add(mid)
        await client.wait(mid, MessageState.ACCEPTED, timeout_s=_STEP_S)
        self.tally.accepted += 1
        view = await client.wait(mid, MessageState.CONSIGNED, timeout_s=_STEP_S)
        self.tally.consigned += 1
        self.tally.waits_ms.append(_wait_ms(view))

    async def verify(self) -> None:
        """Compare what was sent with what arrived, and verify every log.

        Raises:
            GatewayError: A node did not answer.
        """
        arrived: Counter[str] = Counter()
        for node in self._network.nodes:
            async with node.client() as client:
                arrived.update(await _received(client))
                log = await client.log.verified()
                self.tally.logs.append(
                    LogResult(node=node.name, size=log.size, verified=not log.faults)
                )
        sent = {mid for mids in self._sent.values() for mid in mids}
        self.tally.lost = len(sent - arrived.keys())
        self.tally.duplicates = sum(count - 1 for count in arrived.values())

    def _taking_part(self, country: str) -> DemoNode:
        node = self._network.of(country)
        if node is None:
            names = ", ".join(node.country for node in self._network.nodes)
            raise DataError(f"{country or 'nobody'} takes no part in the demo", hint=names)
        return node

    def _threaded(self, document: Json) -> Json:
        """Put the demo's own thread in the place of the one that an example names."""
        if "in_reply_to" not in document:
            return document
        first = self._threads.get("preservation_request") or next(iter(self._threads.values()), "")
        return document | {"in_reply_to": first}

    def _answers(
        self, example: Example, mid: str, sender: DemoNode, receiver: DemoNode
    ) -> list[Json]:
        now = datetime.fromtimestamp(CLOCK.now_ms() / 1000, UTC)
        answers = answer_to(example.document, mid, sender=receiver.country, now=now)
        return [answer | {"to": sender.name} for answer in answers]

    def _data_folder(self) -> Path:
        folder = self._network.folder / "answers"
        name, data = data_file()
        file = folder / name
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        return folder

    def _told(
        self, example: Example, sender: DemoNode, receiver: DemoNode, view: MessageView
    ) -> str:
        steps = " > ".join(
            dict.fromkeys(entry.what for entry in view.timeline if entry.what in _LADDER)
        )
        return f"  {sender.country} > {receiver.country}  {example.type}: {steps}"


_LADDER: Final = frozenset(state.value for state in MessageState)


def load_examples(paths: Sequence[Path]) -> list[Example]:
    """Read the requests to send: files that a person named, or those that come with us.

    Args:
        paths: Documents; none means the built-in examples.

    Returns:
        Requests whose type has a form, dates moved to today.

    Raises:
        DataError: A file is no JSON object.
    """
    files = list(paths) or sorted(examples_folder().glob("*.json"))
    days = (datetime.fromtimestamp(CLOCK.now_ms() / 1000, UTC).date() - WRITTEN_ON).days
    examples = []
    for path in files:
        document = moved(_read(path), days)
        if not isinstance(document, dict):
            raise DataError(f"{path.name} is no document")
        kind = type_info(str(document.get("type")))
        if kind is not None and kind.family is Family.REQUEST:
            examples.append(Example(name=path.stem, document=document, folder=path.parent))
    # A request that continues a thread comes after those that open one.
    examples.sort(key=lambda example: "in_reply_to" in example.document)
    return examples


def _read(path: Path) -> Json:
    try:
        document: Json = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path.name} cannot be read as a document") from error
    return document


async def _received(client: Client) -> list[str]:
    mids: list[str] = []
    before: int | None = None
    while True:
        page = await client.messages("in", limit=_PAGE, before=before)
        mids.extend(item.mid for item in page.items)
        before = page.next
        if before is None:
            return mids


def _wait_ms(view: MessageView) -> float:
    """Return the time from queued to accepted as the sending node saw it."""
    moments = {entry.what: datetime.fromisoformat(entry.at) for entry in view.timeline}
    queued, accepted = moments.get("queued"), moments.get("accepted")
    if queued is None or accepted is None:
        return 0.0
    return (accepted - queued).total_seconds() * 1000
