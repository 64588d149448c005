"""The exchanges during which a node is killed: what is done before, what while it counts."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from random import Random
from shutil import rmtree
from typing import ClassVar, Final

from typing_extensions import override

from gateway.demo.documents import Example, Json, note_of
from gateway.demo.story import load_examples
from protocol.cases.ladder import MessageState
from tests.crash.officers import Desk
from tests.crash.processes import Child
from tests.crash.world import Side, Template, World, start_both

BATCH: Final = 8
ATTACHED_BYTES: Final = 300_000
DECIDE_EVERY_S: Final = 0.2
_FAILED: Final = 1


class Documents:
    """What is sent: the examples that come with the program, addressed to one node."""

    def __init__(self) -> None:
        self._examples: dict[str, Example] = {one.type: one for one in load_examples([])}

    def note(self, number: int, *, to: str) -> Json:
        """Return a small request."""
        request = self._examples["subscriber_information_request"].document
        return note_of(request, number=number, size_bytes=1024) | {"to": to}

    def emergency(self, *, to: str) -> Json:
        """Return a request of the class P0."""
        return self._examples["emergency_disclosure_request"].document | {"to": to}

    def question(self, *, to: str) -> Json:
        """Return a request that can be answered in a sentence."""
        return self._examples["technical_advice_request"].document | {"to": to}

    def answer(self, mid: str, *, to: str) -> Json:
        """Return that sentence."""
        return {
            "type": "advice_answer",
            "to": to,
            "in_reply_to": mid,
            "urgency": "routine",
            "handling_code": self._examples["technical_advice_request"].document["handling_code"],
            "language": "en",
            "body": {"answers": [{"text": "Keep the disk image."}]},
        }

    def with_files(self, folder: Path, *, to: str) -> Json:
        """Return a request with attachments, the first one large, and put them into a folder."""
        example = self._examples["subscriber_information_request"]
        document = example.document | {"to": to}
        attachments = document["attachments"]
        assert isinstance(attachments, list)
        for number, each in enumerate(attachments):
            assert isinstance(each, dict)
            name = str(each["path"])
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            data = (example.folder / name).read_bytes()
            large = Random(name).randbytes(ATTACHED_BYTES)  # noqa: S311 - filler of a test
            (folder / name).write_bytes(data if number else large)
        return document


class Scene:
    """What a script works with: the network, an officer at each side, the documents."""

    def __init__(self, world: World, desks: Mapping[Side, Desk], documents: Documents) -> None:
        self.world = world
        self.sender = desks[Side.SENDER]
        self.receiver = desks[Side.RECEIVER]
        self.documents = documents
        self.here = world.nodes[Side.SENDER].name
        self.there = world.nodes[Side.RECEIVER].name


class Script(ABC):
    """One exchange; an instance serves for one kill point.

    `victim` is the side that dies. A script that returns from `prepare` with the victim's process
    not running has its calls counted from the first line of that process's next start.
    """

    name: ClassVar[str]
    template: ClassVar[Template] = Template.MET
    sides: ClassVar[tuple[Side, ...]] = tuple(Side)
    is_ordinary: ClassVar[bool] = True
    """Whether every start of a node must be an ordinary one."""

    def __init__(self, scene: Scene, victim: Side) -> None:
        self.scene = scene
        self.victim = victim

    async def prepare(self) -> None:
        """Bring both nodes to where counting begins."""
        await start_both(self.scene.world)

    @abstractmethod
    async def play(self) -> None:
        """Do what is to survive; returns when an officer would be content."""

    async def look(self, folder: Path) -> list[str]:
        """Look at what came of it; return what is wrong."""
        del folder
        return []

    async def _deliver(self, number: int = 1) -> str:
        mid = await self.scene.sender.queue(
            self.scene.documents.note(number, to=self.scene.there), key=f"kill-{number}"
        )
        await self.scene.sender.until(mid, MessageState.CONSIGNED)
        return mid


class Submit(Script):
    """One message is queued, accepted, put into the duty inbox, and its receipts come back."""

    name = "submit"

    @override
    async def play(self) -> None:
        """Hand it over and wait."""
        await self._deliver()


class Batch(Script):
    """Eight messages at once, one of them an emergency."""

    name = "batch"

    @override
    async def play(self) -> None:
        """Hand all over at the same time and wait for each."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._emergency())
            for number in range(1, BATCH):
                group.create_task(self._deliver(number))

    async def _emergency(self) -> None:
        document = self.scene.documents.emergency(to=self.scene.there)
        mid = await self.scene.sender.queue(document, key="kill-p0")
        await self.scene.sender.until(mid, MessageState.CONSIGNED)


class Attachment(Script):
    """A message with attachments; at the end the receiver downloads and compares them."""

    name = "attachment"
    _mid = ""
    _document: Json

    @property
    def _folder(self) -> Path:
        return self.scene.world.folder / "attached"

    @override
    async def play(self) -> None:
        """Upload, send, wait."""
        self._document = self.scene.documents.with_files(self._folder, to=self.scene.there)
        self._mid = await self.scene.sender.send({**self._document}, folder=self._folder)
        await self.scene.sender.until(self._mid, MessageState.CONSIGNED)

    @override
    async def look(self, folder: Path) -> list[str]:
        """Compare every file."""
        await self.scene.receiver.open(self._mid)
        wrong = []
        attachments = self._document["attachments"]
        assert isinstance(attachments, list)
        for index, each in enumerate(attachments):
            assert isinstance(each, dict)
            await self.scene.receiver.file(self._mid, index, folder / "downloaded")
            sent = (self._folder / str(each["path"])).read_bytes()
            if (folder / "downloaded").read_bytes() != sent:
                wrong.append(f"attachment {index} arrived as something else")
        await self.scene.sender.until(self._mid, MessageState.OPENED)
        return wrong


class Receipts(Script):
    """A message that arrived is opened and acknowledged; both receipts come back."""

    name = "receipts"
    _mid = ""

    @override
    async def prepare(self) -> None:
        """Deliver it."""
        await super().prepare()
        self._mid = await self._deliver()

    @override
    async def play(self) -> None:
        """Open, acknowledge, wait at both sides."""
        await self.scene.receiver.open(self._mid)
        reply = await self.scene.receiver.acknowledge(self._mid)
        await self.scene.sender.until(self._mid, MessageState.ACKNOWLEDGED)
        await self.scene.receiver.until(reply, MessageState.CONSIGNED)


class Answer(Script):
    """A request that arrived is answered."""

    name = "answer"
    _mid = ""

    @override
    async def prepare(self) -> None:
        """Deliver and open the request."""
        await super().prepare()
        document = self.scene.documents.question(to=self.scene.there)
        self._mid = await self.scene.sender.queue(document, key="question")
        await self.scene.sender.until(self._mid, MessageState.CONSIGNED)
        await self.scene.receiver.open(self._mid)
        await self.scene.sender.until(self._mid, MessageState.OPENED)

    @override
    async def play(self) -> None:
        """Answer, wait at both sides."""
        document = self.scene.documents.answer(self._mid, to=self.scene.here)
        reply = await self.scene.receiver.queue(document, key="answer")
        await self.scene.sender.until(self._mid, MessageState.ANSWERED)
        await self.scene.receiver.until(reply, MessageState.CONSIGNED)


class FirstStart(Script):
    """The first start after `a35 init`: no directory, no peer, no lane yet."""

    name = "first-start"
    template = Template.NEW

    @override
    async def prepare(self) -> None:
        """Start the other side only, which is ready when the victim answers its first question."""
        await self.scene.world.start(self.victim.other)

    @override
    async def play(self) -> None:
        """Send through the new node as soon as it listens."""
        await self._deliver()


class Restart(Script):
    """The start after a kill in the middle of a delivery."""

    name = "restart"
    _mid = ""

    @override
    async def prepare(self) -> None:
        """Queue a message and kill the victim at once."""
        await super().prepare()
        document = self.scene.documents.note(1, to=self.scene.there)
        self._mid = await self.scene.sender.queue(document, key="kill-1")
        await self.scene.world.kill(self.victim)

    @override
    async def play(self) -> None:
        """Wait."""
        await self.scene.sender.until(self._mid, MessageState.CONSIGNED)


class Stop(Script):
    """An operator stops the node while a message is on its way."""

    name = "stop"
    _asked: Child

    @override
    async def prepare(self) -> None:
        """Note which process is to be asked: the one that follows it after a kill is not."""
        await super().prepare()
        self._asked = self.scene.world.children[self.victim]

    @override
    async def play(self) -> None:
        """Queue, ask the node to stop, wait for the message."""
        document = self.scene.documents.note(1, to=self.scene.there)
        mid = await self.scene.sender.queue(document, key="kill-1")
        if self.scene.world.children[self.victim] is self._asked:
            self.scene.world.ask_to_stop(self.victim)
        await self.scene.sender.until(mid, MessageState.CONSIGNED)


class Backup(Script):
    """An operator has a running node copied, then a message goes out."""

    name = "backup"
    _copy: Path

    @override
    async def play(self) -> None:
        """Copy until it succeeds, deliver."""
        world = self.scene.world
        credential = ("--credential-file", world.network.credential)
        home = world.homes[self.victim].path
        async with world.mended:  # a copy of a dead node takes its lock
            copied, number = _FAILED, 0
            while copied != 0:
                number += 1
                self._copy = world.folder / f"copy-{number}.a35b"
                self._copy.unlink(missing_ok=True)
                copied, _ = await world.run("backup", "-o", self._copy, "--home", home, *credential)
        await self._deliver()

    @override
    async def look(self, folder: Path) -> list[str]:
        """Have the copy verified."""
        world = self.scene.world
        code, said = await world.run(
            *("backup", "check", self._copy), *("--credential-file", world.network.credential)
        )
        return [] if code == 0 else [f"the copy is refused with {code}: {said.strip()}"]


class Restore(Script):
    """The first start of a node that was put back from a copy, and one message.

    The third node of the network never runs, so an operator decides that the log goes on.
    """

    name = "restore"
    is_ordinary = False
    _is_there = False

    @override
    async def prepare(self) -> None:
        """Have the victim copied as it stands, lose its home and put the copy there."""
        await super().prepare()
        await self._deliver(2)
        world = self.scene.world
        await world.stop(self.victim)
        home = world.homes[self.victim].path
        copy = world.folder / "copy.a35b"
        copy.unlink(missing_ok=True)
        credential = ("--credential-file", world.network.credential)
        await self._run("backup", "-o", copy, "--home", home, *credential)
        await asyncio.to_thread(rmtree, home)
        await self._run("restore", copy, "--home", home, *credential)

    @override
    async def play(self) -> None:
        """Let the operator insist until the message is there: a kill may undo a start's end."""
        deciding = asyncio.create_task(self._decide())
        try:
            await self._deliver()
        finally:
            self._is_there = True
            await deciding  # never cut: the server of processes would wait for its command

    async def _decide(self) -> None:
        home = self.scene.world.homes[self.victim].path
        while not self._is_there:
            await self.scene.world.run(
                *("recover", "--keep-log", "this copy is the newest there is", "--home", home)
            )
            await asyncio.sleep(DECIDE_EVERY_S)

    async def _run(self, *arguments: str | Path) -> None:
        code, said = await self.scene.world.run(*arguments)
        assert code == 0, said


SCRIPTS: Final[Mapping[str, type[Script]]] = {
    script.name: script
    for script in (
        *(Submit, Batch, Attachment, Receipts, Answer),
        *(FirstStart, Restart, Stop, Backup, Restore),
    )
}
