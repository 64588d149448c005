"""What people of a desk do while their node is killed: drafts, accounts, notes, exports.

Each step is repeated as a person would who got no answer; what was answered is a promise.
"""

from pathlib import Path
from typing import ClassVar, Final, NamedTuple

from typing_extensions import override

from gateway.demo.documents import Json
from protocol.cases.ladder import MessageState
from tests.crash.people import Answer, Person, again
from tests.crash.scene import Scene, Script
from tests.crash.world import Side

_OK: Final = 200
_MADE: Final = 201
_GONE: Final = 204
_DONE: Final = frozenset({_OK, _MADE, _GONE})
_REFUSED: Final = 403
_CHANGED: Final = 412
_ENDED: Final = frozenset({"done", "failed"})


class Account(NamedTuple):
    """Somebody who was added: their number, and the token of a program if the answer came."""

    number: int
    token: str


class DeskScript(Script):
    """A script of people at the victim's desk, of whom an operator is the first."""

    def __init__(self, scene: Scene, victim: Side) -> None:
        super().__init__(scene, victim)
        self.node = scene.world.nodes[victim]
        self.operator = self.person(is_operator=True)
        self.links: list[str] = []

    def person(self, *, is_operator: bool = False) -> Person:
        """Return somebody who has not come in yet."""
        return Person(self.victim, self.node, self.scene.word, is_operator=is_operator)

    async def add(self, name: str, *roles: str, service: bool = False) -> Account:
        """Add somebody; an answer that was lost left them there."""
        body = {"name": name, "roles": roles, "service": service}
        added = await self.operator.ask("POST", "/users", body)
        if added.status == _MADE:
            account = Account(added.body["user"]["number"], added.body["token"] or "")
        else:
            users = (await self.operator.ask("GET", "/users")).body["items"]
            account = Account(next(one["number"] for one in users if one["name"] == name), "")
        self.operator.promised(f"{name} 1")
        return account

    async def let_in(self, number: int, person: Person) -> None:
        """Make links until one lets a person in: one that was used is used."""

        async def enter() -> bool:
            made = await self.operator.ask("POST", f"/users/{number}/link")
            assert made.status == _MADE, made
            code = made.body["link"].partition("#")[2]
            came = await person.enter(code) == _MADE
            self.links += [code] if came else []
            return came

        await again(enter, else_="no link let a person in")

    @override
    async def look(self, folder: Path) -> list[str]:
        """Try every link once more."""
        stranger = self.person()
        used = [code for code in self.links if await stranger.enter(code) != _REFUSED]
        return [f"{len(used)} links let in twice"] if used else []


class DraftScript(DeskScript):
    """A draft is written, saved, submitted, approved by a second person's passkey, and sent."""

    name = "draft"
    sides: ClassVar[tuple[Side, ...]] = (Side.SENDER,)

    @override
    async def prepare(self) -> None:
        """Let an officer and an approver in."""
        await super().prepare()
        filing = await self.add("filing", "officer", service=True)
        self.officer = self.person()
        self.officer.token = filing.token
        await self.scene.sender.use(filing.token)
        approver = await self.add("second", "approver")
        self.approver = self.person()
        await self.let_in(approver.number, self.approver)
        await self.approver.enrol()

    @override
    async def play(self) -> None:
        """Bring it onto its way."""
        document = self.scene.documents.note(1, to=self.scene.there)
        begun = await self.officer.ask(
            "POST", "/drafts", {"document": {}}, named={"Idempotency-Key": "draft"}
        )
        draft = begun.body["id"]
        self.officer.promised(f"draft {draft} 1")
        await self._save(draft, document)
        self.officer.promised(f"draft {draft} 2")
        submitted = await self.officer.ask("POST", f"/drafts/{draft}/submit")
        assert submitted.status == _OK, submitted
        self.officer.promised(f"draft {draft} submitted")
        await self._approve(draft)
        self.officer.promised(f"draft {draft} approved")
        sent = await self.officer.ask("POST", f"/drafts/{draft}/send")
        assert sent.status == _MADE, sent
        assert sent.body["mid"] == submitted.body["mid"], "another message than was approved"
        self.officer.promised(f"draft {draft} sent")
        self.scene.word.asked[self.victim] += 1
        self.officer.promised(sent.body["mid"], stage="queued")
        await self.scene.sender.until(sent.body["mid"], MessageState.CONSIGNED)

    async def _save(self, draft: str, document: Json) -> None:

        async def save() -> bool:
            shown = await self.officer.ask("GET", f"/drafts/{draft}")
            if shown.body["document"] == document:
                return True
            named = {"If-Match": f'"{shown.body["version"]}"'}
            saved = await self.officer.ask(
                "PATCH", f"/drafts/{draft}", {"document": document}, named=named
            )
            assert saved.status in {_OK, _CHANGED}, saved
            return saved.status == _OK

        await again(save, else_="the draft was not saved")

    async def _approve(self, draft: str) -> None:
        """Answer challenges until one counted: a start forgets those that were given."""

        async def approve() -> bool:
            asked = await self.approver.ask("POST", f"/drafts/{draft}/approval-options")
            assert asked.status == _OK, asked
            signed = self.approver.assertion(asked.body["challenge"])
            body = {"decision": "approve", "assertion": signed, "digest": asked.body["digest"]}
            given = await self.approver.ask("POST", f"/drafts/{draft}/approvals", body)
            return given.status == _OK

        await again(approve, else_="no approval counted")


class PeopleScript(DeskScript):
    """Somebody is added, given roles, let in by a link, makes a passkey, and is locked."""

    name = "people"
    sides: ClassVar[tuple[Side, ...]] = (Side.SENDER,)

    @override
    async def prepare(self) -> None:
        """Have somebody who reads the log after there are people."""
        await super().prepare()
        reader = await self.add("reader", "auditor", service=True)
        await self.scene.sender.use(reader.token)

    @override
    async def play(self) -> None:
        """Administer one account."""
        number = (await self.add("duty9", "officer")).number
        both = {"roles": ["officer", "approver"]}
        await self._done(f"/users/{number}/roles", both, "duty9 is officer approver")
        person = self.person()
        await self.let_in(number, person)
        await person.enrol()
        await self._done(f"/users/{number}/lock", None, "act person_locked 1")
        assert (await person.ask("GET", "/passkeys")).status != _OK, "a locked person goes on"
        assert await person.show() == _REFUSED, "a locked person came in"
        await self._done(f"/users/{number}/unlock", None, "act person_unlocked 1")
        came = self.person()
        came.device = person.device

        async def show() -> bool:
            return await came.show() == _MADE

        await again(show, else_="who was unlocked did not come in")

    async def _done(self, path: str, body: object, word: str) -> None:
        answer = await self.operator.ask("POST", path, body)
        assert answer.status in _DONE, answer
        self.operator.promised(word)


class CaseworkScript(DeskScript):
    """Beside a case that arrived a note and a call are written; it is taken, and put away."""

    name = "casework"
    sides: ClassVar[tuple[Side, ...]] = (Side.RECEIVER,)

    @override
    async def prepare(self) -> None:
        """Deliver it, open it, let an officer in."""
        await super().prepare()
        mid = await self._deliver()
        await self.scene.receiver.open(mid)
        await self.scene.sender.until(mid, MessageState.OPENED)
        filing = await self.add("filing", "officer", service=True)
        self._number = filing.number
        self.officer = self.person()
        self.officer.token = filing.token
        await self.scene.receiver.use(filing.token)
        self._thread = (await self.officer.ask("GET", f"/messages/{mid}")).body["thread"]

    @override
    async def play(self) -> None:
        """Write each once; a note whose answer was lost may be there twice, never not at all."""
        await self._done("notes", {"text": "They asked for the port."}, "case_note 1")
        await self._done("oral", {"text": "Called FR, no answer."}, "case_note 2")
        await self._done("assign", {"person": self._number}, "assignment 1")
        await self._done("close", {}, "filing 1")

    @override
    async def look(self, folder: Path) -> list[str]:
        """Read both notes."""
        items = (await self.officer.ask("GET", f"/threads/{self._thread}/notes")).body["items"]
        texts = {one["text"] for one in items}
        missing = {"They asked for the port.", "Called FR, no answer."} - texts
        return [*await super().look(folder), *(f"a note is gone: {each}" for each in missing)]

    async def _done(self, verb: str, body: object, word: str) -> None:
        answer = await self.officer.ask("POST", f"/threads/{self._thread}/{verb}", body)
        assert answer.status in _DONE, answer
        self.officer.promised(word)


class ExportScript(DeskScript):
    """What was written is exported as long work, until one export is done."""

    name = "export"
    sides: ClassVar[tuple[Side, ...]] = (Side.SENDER,)

    @override
    async def prepare(self) -> None:
        """Deliver something, let an officer in."""
        await super().prepare()
        await self._deliver()
        filing = await self.add("filing", "officer", service=True)
        self.officer = self.person()
        self.officer.token = filing.token
        await self.scene.sender.use(filing.token)

    @override
    async def play(self) -> None:
        """Begin it, follow it; one that a restart cut off is begun anew."""
        asked = {
            "format": "json",
            "begins": "2000-01-01",
            "ends": "2100-01-01",
            "confirm": True,
        }

        async def export() -> bool:
            begun = await self.officer.ask(
                "POST", "/exports", asked, named={"Prefer": "respond-async"}
            )
            assert begun.status == 202, begun
            ended = await self._followed(begun)
            if ended["state"] == "failed":
                assert ended["problem"] == "restarted", ended
                return False
            self.officer.promised(f"operation {begun.body['id']} done")
            self.officer.promised("act exported 1")
            return True

        await again(export, else_="no export came to its end")

    async def _followed(self, begun: Answer) -> Json:
        path = begun.headers["Location"].removeprefix("/api/v1")
        while True:
            shown = await self.officer.ask("GET", path)
            assert shown.status == _OK, shown
            if shown.body["state"] in _ENDED:
                ended: Json = shown.body
                return ended


DESK_SCRIPTS: Final[tuple[type[Script], ...]] = (
    DraftScript,
    PeopleScript,
    CaseworkScript,
    ExportScript,
)
