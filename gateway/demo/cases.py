"""Two whole cases, played through the commands as two duty officers would type them.

A preservation from request to release, with its extension and the hold for the request that
follows, and an emergency disclosure. After each step of one side the other side's `a35 thread`
is printed, so that the clocks can be seen. What the officers add to a prefilled follow-up is the
least that its form asks for.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from gateway.demo.documents import Example, Json, answer_to, data_file, item_ids
from gateway.demo.network import CLOCK, DemoNetwork, DemoNode
from gateway.errors import UnavailableError
from gateway.terminal import Terminal
from protocol.requests.check import read_document
from protocol.requests.followup import extension_of, stored_data_after
from protocol.requests.past import Past

_STEP: Final = "60s"
_SHOWN: Final = ("case", "request", "  item", "clock", "no effect")


@dataclass(slots=True, kw_only=True)
class Desk:
    """One desk at its terminal.

    Args:
        node: Whose.
        folder: Where it keeps the documents it writes.
        terminal: Shows what it types and sees.
    """

    node: DemoNode
    folder: Path
    terminal: Terminal

    async def send(self, document: Json) -> str:
        """Send a document that opens or continues a case; return its message id."""
        file = self._written(document)
        return await self._sent("send", str(file), "--wait", "consigned", "--timeout", _STEP)

    async def answer(self, mid: str, document: Json) -> str:
        """Answer a message; return the answer's message id."""
        file = self._written(document)
        return await self._sent("answer", mid, str(file), "--wait", "consigned", "--timeout", _STEP)

    async def take(self, mid: str) -> None:
        """Open a message and acknowledge it."""
        await self._run("open", mid)
        await self._run("ack", mid)

    async def look(self, thread: str) -> None:
        """Show where the case stands, with its clocks."""
        output = await self._run("thread", thread)
        for line in output.splitlines():
            if line.startswith(_SHOWN):
                self.terminal.say(f"      {line}")

    async def _sent(self, *arguments: str) -> str:
        output = await self._run(*arguments, "--json")
        first: dict[str, str] = json.loads(output.splitlines()[0])
        return first["mid"]

    def _written(self, document: Json) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        name, data = data_file()
        attachment = self.folder / name
        attachment.parent.mkdir(exist_ok=True)
        attachment.write_bytes(data)
        file = self.folder / f"{document['type']!s}.json"
        file.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")
        return file

    async def _run(self, *arguments: str) -> str:
        """Run one command at this desk.

        Raises:
            UnavailableError: It failed; what it said is shown.
        """
        typed = " ".join(Path(one).name if "/" in one else one for one in arguments)
        self.terminal.say(f"  {self.node.country}$ a35 {typed}")
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "node"),
            *arguments,
            *("--home", str(self.node.home.path)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, complaint = await process.communicate()
        if process.returncode != 0:
            self.terminal.note(complaint.decode(errors="replace"))
            raise UnavailableError(
                f"a35 {arguments[0]} of {self.node.name} ended with {process.returncode}"
            )
        return output.decode()


class CasePlays:
    """The two cases.

    Args:
        network: All nodes ready.
        terminal: Where everything is shown.
        examples: The example requests, moved to today.
    """

    def __init__(
        self, network: DemoNetwork, terminal: Terminal, examples: Sequence[Example]
    ) -> None:
        self._network = network
        self._terminal = terminal
        self._examples = {example.type: example for example in examples}

    async def preservation(self) -> None:
        """Preserve, extend, hold for the request for disclosure, disclose, release.

        Raises:
            UnavailableError: A command failed.
        """
        asking, asked = self._desk("FR"), self._desk("RO")
        self._terminal.say("A preservation, from request to release:")
        request = self._examples["preservation_request"].document
        thread = await asking.send(request)
        await asked.take(thread)
        answers = await self._answered(asked, request, thread)
        await asking.look(thread)
        past = Past(document=read_document(request), mid=thread)
        told = [read_document(answer | {"to": "FR/1"}) for answer in answers]
        await self._extend(asking, asked, dict(extension_of(past, told)), past)
        await asking.answer(thread, _joining(request, "mla_followup_notice", _mla_sent()))
        held = _joining(request, "mla_received_confirmation", _mla_received())
        await asked.answer(thread, held)
        await asking.look(thread)
        await self._disclose(asking, asked, _completed(dict(stored_data_after(past, told))))
        released = _joining(request, "release_notice", _released(request))
        await asked.answer(thread, released)
        await asking.look(thread)

    async def emergency(self) -> None:
        """Disclose in an emergency, without a request for mutual assistance.

        Raises:
            UnavailableError: A command failed.
        """
        asking, asked = self._desk("JP"), self._desk("FR")
        self._terminal.say("An emergency disclosure:")
        request = self._examples["emergency_disclosure_request"].document
        thread = await asking.send(request)
        await asking.look(thread)
        await asked.take(thread)
        await self._answered(asked, request, thread)
        await asking.look(thread)

    async def waiting(self) -> None:
        """Leave an emergency from Japan in the inbox of Romania, for whoever sits there.

        Raises:
            UnavailableError: A command failed.
        """
        request = self._examples["emergency_disclosure_request"].document
        await self._desk("JP").send(request | {"to": "RO/1"})

    async def _extend(self, asking: Desk, asked: Desk, draft: Json, past: Past) -> None:
        today = _now().date()
        draft["to"] = "RO/1"
        inside = _inside(draft)
        inside["request_date"] = today.isoformat()
        inside["requested_until"] = (today + timedelta(days=180)).isoformat()
        inside["mla_planned_date"] = (today + timedelta(days=60)).isoformat()
        inside["reason"] = "The request for the data takes longer than expected."
        names = item_ids({"body": past.document.body.model_dump(mode="json")})
        inside["item_ids"] = names
        mid = await asking.send(draft)
        await asked.take(mid)
        # Its answers name the items of the request that it prolongs.
        named: Json = {**inside, "items": [{"item_id": each} for each in names]}
        await self._answered(asked, {**draft, "body": named}, mid)
        await asking.look(past.mid)

    async def _disclose(self, asking: Desk, asked: Desk, request: Json) -> None:
        mid = await asking.send(request)
        await asked.take(mid)
        await self._answered(asked, request | {"type": "stored_data_request"}, mid)

    async def _answered(self, asked: Desk, request: Json, mid: str) -> list[Json]:
        answers = answer_to(request, mid, sender=asked.node.country, now=_now())
        for answer in answers:
            await asked.answer(mid, answer)
        return answers

    def _desk(self, country: str) -> Desk:
        node = self._network.of(country)
        if node is None:
            raise UnavailableError(f"{country} takes no part in the demo")
        folder = self._network.folder / "desks" / country
        return Desk(node=node, folder=folder, terminal=self._terminal)


def _now() -> datetime:
    return datetime.fromtimestamp(CLOCK.now_ms() / 1000, UTC)


def _inside(document: Json) -> Json:
    inside = document.get("body")
    if not isinstance(inside, dict):
        inside = document["body"] = {}
    return inside


def _joining(request: Json, kind: str, body: Json) -> Json:
    return {
        "type": kind,
        "to": "",
        "urgency": request["urgency"],
        "handling_code": request["handling_code"],
        "language": "en",
        "body": body,
    }


def _mla_sent() -> Json:
    return {
        "preservation_reference": "DEMO-RO-1",
        "mla_reference": "DEMO-MLA-1",
        "sent_on": _now().date().isoformat(),
        "channel": "gateway",
        "sending_authority": {
            "organisation": "Example Mutual Assistance Office",
            "kind": "central_authority",
            "country": "FR",
        },
    }


def _mla_received() -> Json:
    return {
        "mla_reference": "DEMO-MLA-1",
        "received_on": _now().date().isoformat(),
        "authority": {
            "organisation": "Example Directorate for Legal Cooperation",
            "kind": "central_authority",
            "country": "RO",
        },
        "hold_until_decision": True,
    }


def _completed(draft: Json) -> Json:
    """Add what only an officer can: date, purpose, legal basis, status of the case."""
    draft["to"] = "RO/1"
    inside = _inside(draft)
    inside["request_date"] = _now().date().isoformat()
    inside["purpose_and_necessity"] = "The logs show who rented and used the server."
    inside["domestic_legal_basis"] = {"text": "Order of the investigating judge."}
    inside["case_status"] = ["pretrial_phase"]
    return draft


def _released(request: Json) -> Json:
    today = _now().date().isoformat()
    return {
        "items": [{"item_id": each, "released_on": today} for each in item_ids(request)],
        "reason": "The data were handed over; the copies need not be kept any longer.",
    }
