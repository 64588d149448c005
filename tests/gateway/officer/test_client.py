"""The client against the real API over a real socket: typed answers, errors of our family."""

import asyncio
import io
import os
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from gateway.errors import (
    AccessDeniedError,
    ConfigError,
    DataError,
    NoInputError,
    NotYetError,
    UnavailableError,
)
from gateway.officer.client import Client
from gateway.officer.shapes.models import AcknowledgeRequest, CheckRequest
from gateway.officer.shapes.problems import RefusedError
from gateway.records import Direction
from protocol.cases.ladder import MessageState
from tests.gateway.officer.world import World, mid, received, row_of, served

Result = TypeVar("Result")

DOCUMENT: dict[str, object] = {"type": "acknowledgement", "to": "FR/1"}


def test_document_is_sent_with_its_attachments(tmp_path: Path) -> None:
    """The bytes that are sealed are those of the files, in the order of the document."""
    world = World()
    (tmp_path / "a.txt").write_bytes(b"first file")
    (tmp_path / "b.txt").write_bytes(b"")
    document = {**DOCUMENT, "attachments": [{"path": "a.txt"}, {"path": "b.txt"}]}
    sent = at(world, lambda desk: desk.send(document, folder=tmp_path))
    assert (sent.state, sent.mid, sent.index) == ("queued", str(mid(100)), 7)
    assert world.submit.drafts["d100"].uploaded == {0: b"first file", 1: b""}
    assert world.submit.drafts["d100"].document == document


def test_large_attachment_arrives_whole(tmp_path: Path) -> None:
    """Pieces on the way must not change the file."""
    world = World()
    data = os.urandom(300_001)
    (tmp_path / "a").write_bytes(data)
    document = {**DOCUMENT, "attachments": [{"path": "a"}]}
    at(world, lambda desk: desk.send(document, folder=tmp_path))
    assert world.submit.drafts["d100"].uploaded[0] == data


def test_missing_attachment_is_named_before_anything_is_sent(tmp_path: Path) -> None:
    """No draft may lie about without its files."""
    world = World()
    document = {**DOCUMENT, "attachments": [{"path": "none.txt"}, 7]}
    with pytest.raises(NoInputError) as caught:
        at(world, lambda desk: desk.send(document, folder=tmp_path))
    assert caught.value.code == "attachment_missing"
    assert world.submit.drafts == {}


def test_refused_document_names_every_fault(tmp_path: Path) -> None:
    """The officer mends the document in one go."""
    with pytest.raises(RefusedError) as caught:
        at(World(), lambda desk: desk.send({}, folder=tmp_path))
    assert [(each.path, each.code) for each in caught.value.faults] == [("type", "missing")]


def test_draft_that_is_sent_twice_is_queued_once() -> None:
    """A lost answer is repeated; the message is not."""
    world = World()

    async def twice(desk: Client) -> list[bool]:
        draft = await desk.uploads.begin(DOCUMENT, {})
        return [(await desk.uploads.send(draft.id)).repeated for _ in range(2)]

    assert at(world, twice) == [False, True]
    assert len(world.book.rows) == 1


def test_lists_show_and_thread() -> None:
    """What the commands print."""
    world = World()
    row = received(world, 1)
    world.book.put(row_of(mid(2), Direction.OUT, thread=mid(1)))
    world.book.happen(row, "opened")

    async def look(desk: Client) -> None:
        inbox = await desk.messages("in", limit=1)
        assert [item.mid for item in inbox.items] == [str(mid(1))]
        assert inbox.next == row.t_ms
        assert (await desk.messages("in", before=inbox.next)).items == ()
        assert [item.state for item in (await desk.messages("out")).items] == ["queued"]
        view = await desk.show(str(mid(1)))
        assert (view.box, view.sender, view.recipient) == ("in", "FR/1", "RO/1")
        assert view.timeline[0].log is not None
        assert view.timeline[0].log.origin == "a35/FR/1/log/1"
        assert [clock.name for clock in view.clocks] == ["accepted", "acknowledged", "answered"]
        assert len((await desk.thread(str(mid(1)))).items) == 2

    at(world, look)


def test_content_is_refused_until_it_is_opened() -> None:
    """Reading must not come before the receipt that tells of it."""
    world = World()
    received(world, 1, files=1)

    async def read(desk: Client) -> None:
        with pytest.raises(DataError) as caught:
            await desk.received.content(str(mid(1)))
        assert caught.value.code == "not_opened"
        opened = await desk.received.open(str(mid(1)))
        assert opened.state == "opened"
        assert await desk.received.content(str(mid(1))) == opened

    at(world, read)
    assert world.act.who == ["RO/1 desk"]


def test_attachment_is_fetched_as_it_is() -> None:
    """Bytes are not text."""
    world = World()
    world.act.stored = {0: bytes(range(256)) * 1000}
    target = io.BytesIO()
    size = at(world, lambda desk: desk.received.file(str(mid(1)), 0, target))
    assert size == 256_000
    assert target.getvalue() == world.act.stored[0]


def test_acknowledgement_is_written_from_the_settings() -> None:
    """The other side must know who has the case and whom to call."""
    world = World()
    world.book.happen(received(world, 1), "opened")
    asked = AcknowledgeRequest(note="reached by telephone")
    at(world, lambda desk: desk.received.acknowledge(str(mid(1)), asked, key="k"))
    document = world.submit.drafts["d100"].document
    assert document == {
        "type": "acknowledgement",
        "to": "FR/1",
        "in_reply_to": str(mid(1)),
        "urgency": "urgent",
        "handling_code": "H1",
        "language": "en",
        "body": {
            "desk": "RO/1 night desk",
            "recipient_reference": "RO-1-000000000000",
            "expected_decision_by": "2026-11-24T14:00:00.000Z",
            "duty_contact": {
                "name": "Officer 3",
                "telephone": "+40215550142",
                "languages": ["ro"],
            },
            "note": "reached by telephone",
        },
    }


def test_acknowledgement_that_is_repeated_is_sent_once() -> None:
    """An officer presses twice; the other side hears once."""
    world = World()
    world.book.happen(received(world, 1), "opened")

    async def twice(desk: Client) -> list[bool]:
        asked = AcknowledgeRequest()
        name = str(mid(1))
        return [(await desk.received.acknowledge(name, asked, key="k")).repeated for _ in range(2)]

    assert at(world, twice) == [False, True]


def test_document_without_attachments_is_queued_in_one_call() -> None:
    """Programs that send many need one round trip; a repeated key queues nothing twice."""
    world = World()

    async def twice(desk: Client) -> list[bool]:
        return [(await desk.queue(DOCUMENT, key="k")).repeated for _ in range(2)]

    assert at(world, twice) == [False, True]
    with pytest.raises(RefusedError):
        at(World(), lambda desk: desk.queue({}))


def test_desk_without_a_telephone_cannot_acknowledge() -> None:
    """An acknowledgement that nobody can call back is worth nothing."""
    world = World()
    world.config = world.config.model_copy(update={"duty": type(world.config.duty)()})
    world.book.happen(received(world, 1), "opened")
    with pytest.raises(ConfigError) as caught:
        at(
            world,
            lambda desk: desk.received.acknowledge(str(mid(1)), AcknowledgeRequest(), key="k"),
        )
    assert "[duty]" in caught.value.hint


def test_wait_ends_when_the_stage_is_reached() -> None:
    """Also when other messages make the news meanwhile."""
    world = World()
    row = row_of(mid(1), Direction.OUT)
    other = row_of(mid(2), Direction.OUT)
    world.book.put(row)
    world.book.put(other)

    async def wait(desk: Client) -> list[str]:
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(desk.wait(str(mid(1)), MessageState.OPENED))
            await turns(desk)
            world.book.happen(other, "accepted")
            changed = world.book.happen(row, "accepted")
            await turns(desk)
            world.book.happen(changed, "opened")
        return [entry.what for entry in waiting.result().timeline]

    assert at(world, wait) == ["accepted", "opened"]


def test_wait_that_is_satisfied_already_returns_at_once() -> None:
    """A killed command is resumed later."""
    world = World()
    row = row_of(mid(1), Direction.OUT)
    world.book.put(row)
    world.book.happen(row, "acknowledged")
    view = at(world, lambda desk: desk.wait(str(mid(1)), MessageState.OPENED, timeout_s=1))
    assert view.state == "acknowledged"


def test_wait_runs_out() -> None:
    """The message stays on its way, and the hint says how to go on."""
    world = World()
    world.book.put(row_of(mid(1), Direction.OUT))
    with pytest.raises(NotYetError) as caught:
        at(world, lambda desk: desk.wait(str(mid(1)), MessageState.OPENED, timeout_s=0))
    assert caught.value.exit_code == 75
    assert f"a35 wait {mid(1)} --stage opened" in caught.value.hint


@pytest.mark.parametrize("state", ["rejected", "expired"])
def test_wait_for_what_never_comes_ends(state: str) -> None:
    """Waiting for a rejected message would hide that it must be sent anew."""
    world = World()
    row = row_of(mid(1), Direction.OUT)
    world.book.put(row)
    world.book.happen(row, state)
    with pytest.raises(DataError) as caught:
        at(world, lambda desk: desk.wait(str(mid(1)), MessageState.OPENED))
    assert caught.value.code == f"message_{state}"


def test_wait_goes_on_after_events_were_dropped() -> None:
    """Old events are deleted; who waits for an old message must neither hang nor spin."""
    world = World()
    row = row_of(mid(1), Direction.OUT)
    other = row_of(mid(2), Direction.OUT)
    world.book.put(row)
    world.book.put(other)
    row = world.book.happen(row, "accepted")
    for _ in range(3):
        other = world.book.happen(other, "accepted")
    kept = world.book.log[0]
    world.book.log = [kept, *world.book.log[3:]]

    async def wait(desk: Client) -> str:
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(desk.wait(str(mid(1)), MessageState.OPENED))
            await turns(desk)
            world.book.first_event = 3
            world.book.happen(row, "opened")
        return waiting.result().state

    assert at(world, wait) == "opened"


def test_log_is_shown_proven_and_verified() -> None:
    """The officer's own look at the log."""
    world = World()

    async def look(desk: Client) -> None:
        head = await desk.log.head()
        assert (head.origin, head.size, head.root) == ("a35/RO/1/log/1", 9, bytes(range(32)).hex())
        assert (await desk.log.proof(3)).endswith("index 3\n")
        with pytest.raises(NoInputError):
            await desk.log.proof(9)
        steps = [step.progress async for step in desk.log.verify()]
        assert steps == [(4, 9), (9, 9), None]
        result = await desk.log.verified()
        assert (result.checked, result.erased, result.faults) == (8, 1, ())

    at(world, look)


def test_unsigned_log_is_shown_as_empty() -> None:
    """A node that has signed nothing claims nothing."""
    world = World()
    world.prove.head = None
    assert at(world, lambda desk: desk.log.head()).size == 0


def test_failed_verification_is_an_error_of_its_family() -> None:
    """The stream has begun: the problem comes in it."""
    world = World()
    world.prove.failure = NoInputError("a leaf is missing")
    with pytest.raises(NoInputError, match="leaf is missing"):
        at(world, lambda desk: desk.log.verified())


def test_check_types_directory_and_health() -> None:
    """What anybody may look up."""
    world = World()
    world.health.ready = False

    async def look(desk: Client) -> None:
        found = await desk.node.check(CheckRequest(document={"type": "none"}, today="2026-11-21"))
        assert not found.valid
        assert "unknown_type" in {fault.code for fault in found.errors}
        assert "acknowledgement" in {item.type for item in (await desk.node.types()).items}
        directory = await desk.node.directory()
        assert (directory.version, directory.items) == (None, ())
        health = await desk.node.health()
        assert (health.ok, health.checks[0].name) == (False, "log")

    at(world, look)


def test_no_node_is_said_in_words(tmp_path: Path) -> None:
    """The most frequent mistake: the node does not run."""

    async def call() -> None:
        async with Client(tmp_path) as desk:
            await desk.log.head()

    with pytest.raises(UnavailableError) as caught:
        asyncio.run(call())
    assert caught.value.code == "node_not_running"


def test_socket_of_another_account_is_not_permitted(tmp_path: Path) -> None:
    """The remedy is another account, not a restart."""
    if os.geteuid() == 0:
        pytest.skip("root may open every socket")
    with socket.socket(socket.AF_UNIX) as taken:
        taken.bind(str(tmp_path / "control"))
        (tmp_path / "control").chmod(0)

        async def call() -> None:
            async with Client(tmp_path) as desk:
                await desk.log.head()

        with pytest.raises(AccessDeniedError):
            asyncio.run(call())


def test_path_that_no_socket_can_have_is_refused(tmp_path: Path) -> None:
    """The system's own message would not say why."""
    deep = tmp_path / ("x" * 120)
    deep.mkdir()

    async def call() -> None:
        async with Client(deep):
            pass

    with pytest.raises(UnavailableError, match="107 bytes"):
        asyncio.run(call())


def test_closed_client_says_so(tmp_path: Path) -> None:
    """A mistake of the calling program."""
    with pytest.raises(UnavailableError, match="not open"):
        asyncio.run(Client(tmp_path).show(str(mid(1))))


def test_answer_of_another_program_is_not_believed(tmp_path: Path) -> None:
    """A socket of something else may stand there."""
    heard: list[bytes] = []

    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        await writer.drain()
        writer.close()

    async def call() -> None:
        server = await asyncio.start_unix_server(reply, tmp_path / "control")
        async with server, Client(tmp_path / "control") as desk:
            await desk.log.head()

    with pytest.raises(UnavailableError, match="not of the form"):
        asyncio.run(call())
    assert heard


@pytest.mark.parametrize(
    ("place", "is_refused"),
    [
        ("http://desk.example.org", True),
        ("http://localhost.example.org:8035", True),
        ("http://[", True),
        ("https://desk.example.org", False),
        ("http://localhost:8035/", False),
        ("http://127.0.0.1:8035", False),
    ],
)
def test_token_crosses_no_network_in_clear(place: str, is_refused: bool) -> None:  # noqa: FBT001  a case
    """Whoever listens on the way would be its owner for ninety days."""

    async def begin(token: str | None) -> None:
        async with Client(place, token=token):
            pass

    asyncio.run(begin(None))
    if not is_refused:
        asyncio.run(begin("a35t_x"))
        return
    with pytest.raises(ConfigError, match="https"):
        asyncio.run(begin("a35t_x"))


def at(world: World, work: Callable[[Client], Awaitable[Result]]) -> Result:
    """Do some work at a served desk."""

    async def run() -> Result:
        async with served(world) as folder, Client(folder, clock=world.clock) as desk:
            return await work(desk)

    return asyncio.run(run())


async def turns(desk: Client) -> None:
    """Let what waits at the node get there: a call that is answered has overtaken nothing."""
    for _ in range(3):
        await desk.log.head()
