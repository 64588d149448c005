"""The exchanges during which a node is killed: what is done before, what while it counts."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from shutil import rmtree
from typing import Final

from typing_extensions import override

from gateway.demo.documents import Json
from protocol.cases.ladder import MessageState
from tests.crash.commands import Generation
from tests.crash.desk_scripts import DESK_SCRIPTS
from tests.crash.processes import Child
from tests.crash.scene import Script
from tests.crash.world import Template

BATCH: Final = 8
DECIDE_EVERY_S: Final = 0.2
_FAILED: Final = 1


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


_ALL: Final[tuple[type[Script], ...]] = (
    *(Submit, Batch, Attachment, Receipts, Answer),
    *(FirstStart, Restart, Stop, Backup, Restore),
    *DESK_SCRIPTS,
    Generation,
)
SCRIPTS: Final[Mapping[str, type[Script]]] = {script.name: script for script in _ALL}
