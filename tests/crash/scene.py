"""What every script works with: the network, an officer at each side, the documents."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import ClassVar, Final

from gateway.demo.documents import Example, Json, note_of
from gateway.demo.story import load_examples
from protocol.cases.ladder import MessageState
from tests.crash.officers import Desk, Word
from tests.crash.world import Side, Template, World, start_both

_ATTACHED_BYTES: Final = 300_000


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
            large = Random(name).randbytes(_ATTACHED_BYTES)  # noqa: S311 - filler of a test
            (folder / name).write_bytes(data if number else large)
        return document


class Scene:
    """What a script works with: the network, an officer at each side, the documents."""

    def __init__(
        self, world: World, desks: Mapping[Side, Desk], documents: Documents, word: Word
    ) -> None:
        self.world = world
        self.word = word
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
