"""The commands of drafts, on the desk of a real node: what they print, and how they end."""

import asyncio
import json
from asyncio import CancelledError
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any

import pytest
from aiohttp.web import AppRunner, UnixSite
from typing_extensions import override

from gateway.drafting import PART_BYTES
from gateway.errors import AccessDeniedError, DataError, NotYetError, UnavailableError
from gateway.officer.cli.session import page_at
from gateway.officer.client import Client
from gateway.officer.server import build_officer_app
from gateway.people import Caller
from gateway.service.unapproved import Unapproved
from tests.gateway.officer.cli.session import Ended, Shell
from tests.gateway.officer.world import StillClock, World
from tests.gateway.service.drafts import PASSWORD, STAN, Bureau, bureau
from tests.gateway.service.world import request

Capture = pytest.CaptureFixture[str]


@dataclass
class Served:
    """A desk that another thread serves."""

    shell: Shell
    here: Bureau
    loop: asyncio.AbstractEventLoop

    def approve(self, draft: str, *, by: Caller = STAN) -> None:
        """Let the second person approve, on their page."""
        call = self.here.drafting.approve(draft, by=by, password=PASSWORD)
        asyncio.run_coroutine_threadsafe(call, self.loop).result(120)


@contextmanager
def served(folder: Path, capture: Capture) -> Iterator[Served]:
    """Serve FR/1's desk with drafts."""
    ready, over = Event(), Event()
    made: list[tuple[Bureau, asyncio.AbstractEventLoop]] = []
    with TemporaryDirectory(prefix="a35") as name:

        async def play() -> None:
            async with bureau(folder) as here:
                submit = Unapproved(here.node.runtime.submit, here.drafting, here.staff)
                services = replace(World().services(), submit=submit, drafts=here.drafting)
                app = build_officer_app(services)
                runner = AppRunner(app, access_log=None, shutdown_timeout=1)
                await runner.setup()
                await UnixSite(runner, f"{name}/control").start()
                made.append((here, asyncio.get_running_loop()))
                ready.set()
                await asyncio.to_thread(over.wait)
                await runner.cleanup()

        thread = Thread(target=lambda: asyncio.run(play()))
        thread.start()
        try:
            assert ready.wait(120)
            yield Served(Shell(Path(name), capture), *made[0])
        finally:
            over.set()
            thread.join(20)


def read(ended: Ended) -> Any:  # noqa: ANN401  what JSON can hold
    """Return the last document of standard output."""
    assert ended.code == 0, ended.err
    return json.loads([line for line in ended.out.splitlines() if line[:1] in "[{"][-1])


def written(folder: Path, document: dict[str, Any], name: str = "request.json") -> Path:
    """Write a document into a file."""
    file = folder / name
    file.write_text(json.dumps(document))
    return file


def test_draft_goes_from_a_file_to_the_outbox(tmp_path: Path, capsys: Capture) -> None:
    """Made, shown, submitted, not sent before somebody else approved it, then sent."""
    asked = request() | {"attachments": [{"path": "order.pdf", "role": "other"}]}
    file = written(tmp_path, asked)
    (tmp_path / "order.pdf").write_bytes(b"order")
    with served(tmp_path, capsys) as desk:
        made = read(desk.shell("drafts", "new", file, "--json"))
        assert (made["state"], made["files"][0]["held"]) == ("editing", 1)
        draft = made["id"]
        shown = desk.shell("drafts", "show", draft)
        assert "file 0  order.pdf  5 B  complete" in shown.out
        (listed,) = read(desk.shell("drafts", "list", "--json"))
        assert listed["id"] == draft
        assert "its author" in desk.shell("drafts", "list").out
        frozen = read(desk.shell("drafts", "submit", draft, "--json"))
        assert (frozen["state"], frozen["needs"]) == ("submitted", 1)
        assert "an approver" in desk.shell("drafts", "list").out
        refused = desk.shell("drafts", "send", draft)
        assert refused.code == 77
        assert "a35 drafts list" in refused.err
        assert desk.shell("drafts", "return", draft, "--comment", "x").code == 77
        desk.approve(draft)
        shown = desk.shell("drafts", "show", draft)
        assert f"approved by {STAN.who}" in shown.out
        sent = read(desk.shell("drafts", "send", draft, "--json"))
        assert sent["mid"] == frozen["mid"]
        assert "waits for nobody" in desk.shell("drafts", "show", draft).out


def test_upload_that_was_paused_goes_on_by_either_command(tmp_path: Path, capsys: Capture) -> None:
    """The same document again goes on with its draft; once that is whole, it begins another."""
    data = b"x" * PART_BYTES + b"end"
    asked = request() | {"attachments": [{"path": "a/order.pdf", "role": "other"}]}
    file = written(tmp_path, asked)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "order.pdf").write_bytes(data)
    with served(tmp_path, capsys) as desk:

        async def begun() -> str:
            async with Client(desk.shell.home) as client:
                draft = await client.drafts.new(asked)
                with pytest.raises(CancelledError):
                    await client.drafts.upload(
                        draft.id, "a/order.pdf", tmp_path / "a" / "order.pdf", told=_stop_behind
                    )
                return draft.id

        draft = asyncio.run(begun())
        shown = desk.shell("drafts", "show", draft)
        assert "1 of 2 parts" in shown.out
        made = desk.shell("drafts", "new", file)
        assert made.code == 0
        assert f"draft {draft} goes on" in made.err
        assert f"a/order.pdf: sha256 {sha256(data).hexdigest()}" in made.out
        whole = read(desk.shell("drafts", "upload", draft, tmp_path / "a" / "order.pdf", "--json"))
        assert whole == {
            "id": draft,
            "name": "a/order.pdf",
            "size_bytes": len(data),
            "sha256": sha256(data).hexdigest(),
        }
        assert draft not in desk.shell("drafts", "new", file).err
        other = desk.shell("drafts", "upload", draft, file, "--name", "b.json")
        assert other.out.startswith("b.json: sha256 ")


def _stop_behind(held: int, total: int) -> None:
    """Stop as Ctrl-C does, once the first part is there."""
    if 0 < held < total:
        raise CancelledError


def test_send_leaves_a_draft_where_a_second_person_must_approve(
    tmp_path: Path, capsys: Capture
) -> None:
    """It ends with 77 and says how to go on; what needs nobody goes at once."""
    with served(tmp_path, capsys) as desk:
        refused = desk.shell("send", written(tmp_path, request()))
        assert refused.code == 77
        (listed,) = read(desk.shell("drafts", "list", "--json"))
        assert listed["state"] == "submitted"
        assert f"a35 drafts send {listed['id']}" in refused.err
        desk.approve(listed["id"])
        assert desk.shell("drafts", "send", listed["id"]).code == 0
        desk.here.staff.is_there = False
        assert desk.shell("send", written(tmp_path, request(2))).code == 0
        assert desk.shell("send", written(tmp_path, {"type": "note"})).code == 65


def test_emergency_is_sent_with_a_reason(tmp_path: Path, capsys: Capture) -> None:
    """And waits in the list for somebody to confirm it."""
    with served(tmp_path, capsys) as desk:
        file = written(tmp_path, request(urgency="emergency"))
        draft = read(desk.shell("drafts", "new", file, "--submit", "--json"))["id"]
        sent = desk.shell("drafts", "send", draft, "--override", "a life")
        assert sent.code == 0
        assert "a second person to confirm" in desk.shell("drafts", "list").out


def test_draft_is_removed(tmp_path: Path, capsys: Capture) -> None:
    """Once; then there is none."""
    with served(tmp_path, capsys) as desk:
        draft = read(desk.shell("drafts", "new", written(tmp_path, {}), "--json"))["id"]
        assert read(desk.shell("drafts", "rm", draft, "--json"))["state"] == "removed"
        assert desk.shell("drafts", "rm", draft).code == 66


def test_approval_waits_on_the_page(tmp_path: Path, capsys: Capture) -> None:
    """The command prints where, and ends once it is decided."""
    with served(tmp_path, capsys) as desk:
        (desk.shell.home / "ports.json").write_text('{"desk": 8351}')
        file = written(tmp_path, request())
        draft = read(desk.shell("drafts", "new", file, "--json"))["id"]
        assert "editing" in desk.shell("drafts", "approve", draft).out
        desk.shell("drafts", "submit", draft)
        waiting = desk.shell("drafts", "approve", draft, "--timeout", "0s")
        assert waiting.code == 75
        assert f"http://localhost:8351/approve/{draft}" in waiting.err
        call = desk.here.drafting.give_back(draft, by=STAN, comment="Which port?")
        asyncio.run_coroutine_threadsafe(call, desk.loop).result(120)
        shown = desk.shell("drafts", "approve", draft)
        assert f"{STAN.who}: Which port?" in shown.out


def test_page_is_that_of_the_desk_that_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the node of this home while it runs, else of the named one."""
    with pytest.raises(UnavailableError):
        page_at(tmp_path, "/approve/1")
    monkeypatch.setenv("A35_DESK_URL", "https://desk.example/")
    assert page_at(tmp_path, "/approve/1") == "https://desk.example/approve/1"


def test_client_changes_checks_and_waits(tmp_path: Path, capsys: Capture) -> None:
    """What programs do with drafts."""
    with served(tmp_path, capsys) as desk:

        async def work() -> None:
            async with Client(desk.shell.home, clock=StillClock()) as client:
                draft = await client.drafts.new({"type": "note"}, key="k")
                assert (await client.drafts.new({}, key="k")).id == draft.id
                changed = await client.drafts.save(draft.id, request(), version=1)
                assert changed.version == 2
                assert (await client.drafts.check(draft.id)).valid
                await client.drafts.submit(draft.id)
                with pytest.raises(NotYetError):
                    await client.approved(draft.id, timeout_s=3)
                back = await client.drafts.take_back(draft.id)
                assert (await client.approved(draft.id)).version == back.version
                assert (await client.drafts.policy()).second_person["decision"]

        asyncio.run(work())


def test_large_attachments_go_in_parts(tmp_path: Path, capsys: Capture) -> None:
    """So that a restart of the node does not begin them anew."""
    (tmp_path / "image.bin").write_bytes(b"x" * 9)
    asked = request() | {"attachments": [{"path": "image.bin", "role": "other"}]}
    with served(tmp_path, capsys) as desk:

        async def work() -> None:
            async with Client(desk.shell.home) as client:
                with pytest.raises(AccessDeniedError, match="waits for a second person"):
                    await client.send(asked, folder=tmp_path, at_once_bytes=8)
                desk.here.staff.is_there = False
                await client.send(asked, folder=tmp_path, at_once_bytes=8)
                await client.send(asked, folder=tmp_path)
                states = [draft.state for draft in (await client.drafts.all()).items]
                assert states == ["submitted"]

        asyncio.run(work())


def test_upload_goes_on_when_the_node_is_back(tmp_path: Path, capsys: Capture) -> None:
    """While it does not answer the client waits, a quarter of an hour at most."""
    with served(tmp_path, capsys) as desk:
        home = desk.shell.home
        control, aside = home / "control", home / "aside"
        (tmp_path / "a.txt").write_bytes(b"a" * 5)

        class Returning(StillClock):
            """Brings the node back while the client waits."""

            @override
            async def sleep(self, seconds: float) -> None:
                """Wait, and let the socket be there again."""
                await super().sleep(seconds)
                aside.rename(control)

        async def work() -> None:
            told: list[tuple[int, int]] = []
            async with Client(control) as client:
                draft = await client.drafts.new({})
            control.rename(aside)
            async with Client(control, clock=Returning()) as client:
                await client.drafts.upload(
                    draft.id,
                    "a.txt",
                    tmp_path / "a.txt",
                    told=lambda *done: told.append(done),
                )
                assert told == [(0, 5), (5, 5)]

        async def changed() -> None:
            async with Client(home) as client:
                (draft,) = (await client.drafts.all()).items
                (tmp_path / "a.txt").write_bytes(b"b" * 5)
                with pytest.raises(DataError) as caught:
                    await client.drafts.upload(draft.id, "a.txt", tmp_path / "a.txt")
                assert caught.value.code == "digest_mismatch"

        class Gone(StillClock):
            """Lets an hour pass with each look."""

            @override
            def monotonic_s(self) -> float:
                """Return an hour more each time."""
                self.ms += 3_600_000
                return super().monotonic_s()

        async def in_vain() -> None:
            async with Client(home / "nothing", clock=Gone()) as client:
                with pytest.raises(UnavailableError):
                    await client.drafts.upload("0d" * 16, "a.txt", tmp_path / "a.txt")

        asyncio.run(work())
        asyncio.run(changed())
        asyncio.run(in_vain())
