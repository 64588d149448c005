"""Paper: one message for screen, printer and PDF; what leaves the desk stands in the log."""

from ctypes.util import find_library
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from pypdf import PdfReader
from typing_extensions import override

from gateway.errors import UnavailableError
from gateway.officer.adapters.languages import Languages
from gateway.officer.adapters.pdf import PdfNotInstalledError, Typesetter
from gateway.officer.adapters.templates import Templates
from gateway.officer.paperwork import Paperwork
from gateway.people import Role
from protocol.cases.ladder import MessageState
from protocol.identifiers import MessageId
from tests.gateway.officer.pages.house import paper_test
from tests.gateway.officer.pages.world import DeskWorld
from tests.gateway.service.world import request, send, until_state

needs_pango = pytest.mark.skipif(
    not Typesetter.is_installed() or find_library("pangoft2-1.0") is None,
    reason="paper: no WeasyPrint or no Pango here",
)

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)> javascript:alert(1) "
    "=cmd|'/C calc'!A0 ../../etc/passwd \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 "
    "\U0001f600 " + "A" * 10_000
)


async def _opened(desk: DeskWorld, text: str = "The facts.") -> MessageId:
    """Let FR/1 send a request whose free text is this, and an officer here open it."""
    asked = request(1, to="RO")
    asked["body"]["facts"] = text
    sent = await send(desk.peer, asked)
    await until_state(desk.node, sent.mid, MessageState.CONSIGNED)
    await desk.node.runtime.act.open(sent.mid, who="RO/1 officer 1")
    return sent.mid


async def _acts(desk: DeskWorld) -> list[str]:
    leafing = desk.parts.services.leafing
    assert leafing is not None
    return [leaf.what for leaf in (await leafing.acts()).items]


@paper_test
async def test_paper_shows_ids_both_languages_and_handling(desk: DeskWorld) -> None:
    """What a prosecutor files must say what it is without the screen beside it."""
    mid = await _opened(desk)
    officer = await desk.visitor(Role.OFFICER)
    shown = await officer.get(f"/messages/{mid}/paper")
    assert shown.status == 200, shown.text
    for words in (str(mid), "FR/1", "a35/RO/1/log/1", "The facts.", "Facts", "Faits"):
        assert words in shown.text
    assert "printed" not in await _acts(desk)


@paper_test
async def test_printing_is_an_act_and_looking_is_none(desk: DeskWorld) -> None:
    """A page that leaves the desk is noted with who took it; a look at the screen is not."""
    mid = await _opened(desk)
    officer = await desk.visitor(Role.OFFICER)
    answer = await officer.post(f"/messages/{mid}/print")
    assert (answer.status, answer.headers["Location"]) == (303, f"/messages/{mid}/paper?print=yes")
    assert (await _acts(desk))[0] == "printed"
    assert (await officer.get(f"/messages/{mid}/paper?print=yes")).status == 200
    assert (await _acts(desk)).count("printed") == 1


@paper_test
async def test_whoever_reads_the_paper_has_read_the_message(desk: DeskWorld) -> None:
    """The record of a case names everybody who saw its content, on whatever page."""
    mid = await _opened(desk)
    reader = await desk.visitor(Role.SUPERVISOR)
    assert reader.person is not None
    assert (await reader.get(f"/messages/{mid}/paper")).status == 200
    seen = (await reader.get(f"/api/v1/messages/{mid}/seen")).json()["items"]
    assert reader.person.number in {one["by"]["person"] for one in seen}


@paper_test
async def test_paper_of_what_nobody_opened_or_what_is_not_there_is_refused(
    desk: DeskWorld,
) -> None:
    """Printing must not be a way around the receipt, nor may a role without content print."""
    mid = await desk.received()
    officer = await desk.visitor(Role.OFFICER)
    for path in ("paper", "print", "pdf"):
        method = "GET" if path == "paper" else "POST"
        kept = await officer.ask(
            method, f"/messages/{mid}/{path}", data={"csrf": officer.csrf}, headers=officer.own()
        )
        assert kept.status == 409, path
    missing = await officer.get(f"/messages/{'0' * 32}/paper")
    assert missing.status == 404
    for role in (Role.AUDITOR, Role.OPERATOR):
        visitor = await desk.visitor(role)
        assert (await visitor.get(f"/messages/{mid}/paper")).status == 403
        assert (await visitor.post(f"/messages/{mid}/pdf")).status == 403
    assert "printed" not in await _acts(desk)


@needs_pango
def test_pdf_carries_the_envelope_as_sent_and_verifies_by_itself(tmp_path: Path) -> None:
    """Whoever has the file alone has ids, proofs, and a bundle that anybody verifies."""

    @paper_test
    async def scene(desk: DeskWorld) -> None:
        mid = await _opened(desk, HOSTILE)
        program = await desk.program(Role.OFFICER)
        url = f"{desk.base}/api/v1/messages/{mid}/pdf"
        async with desk.http.post(url, headers=program.headers) as response:
            data = await response.read()
            assert response.status == 200, data[:2000]
            assert response.headers["Content-Disposition"] == f'attachment; filename="{mid}.pdf"'
            assert response.content_type == "application/pdf"
        assert (await _acts(desk))[0] == "printed"
        reader = PdfReader(BytesIO(data))
        _says(reader, str(mid))
        held = await desk.peer.store.exhibit(desk.peer.id, mid)
        assert held is not None
        assert reader.attachments["envelope-header.cmp"] == [held.header]
        assert reader.attachments["envelope-body.bin"] == [held.body]
        assert any(name.startswith("proof-") for name in reader.attachments)
        bundle = ZipFile(BytesIO(reader.attachments[f"evidence-{mid}.zip"][0]))
        assert bundle.read("envelope/body.bin") == held.body

    scene(tmp_path)


def _says(reader: PdfReader, mid: str) -> None:
    """Check what stands in a PDF, on which pages, and that nothing in it acts."""
    texts = [page.extract_text() for page in reader.pages]
    joined = "".join("".join(texts).split())
    for words in (mid, "FR/1", "a35/RO/1/log/1", "<script>alert(1)</script>"):
        assert words in joined
    for text in texts:
        assert mid in text
        assert "H1" in text
    root: Any = reader.root_object
    assert "/OpenAction" not in root
    assert "/JavaScript" not in root["/Names"]


@paper_test
async def test_hostile_text_is_inert_on_the_paper_of_the_screen(desk: DeskWorld) -> None:
    """The page shows it, marked; nothing of it is markup."""
    mid = await _opened(desk, HOSTILE)
    officer = await desk.visitor(Role.OFFICER)
    shown = await officer.get(f"/messages/{mid}/paper")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown.text
    for sign in ("<script>alert", "<img src=x"):
        assert sign not in shown.text
    auditor = await desk.program(Role.AUDITOR)
    asked = await auditor.ask("POST", f"/api/v1/messages/{mid}/pdf")
    assert (asked.status, asked.json()["code"]) == (403, "forbidden_role")


def test_desk_without_the_extra_says_how_to_get_it(tmp_path: Path) -> None:
    """Nothing is noted as printed that was not."""

    class Bare(Typesetter):
        @staticmethod
        @override
        def is_installed() -> bool:
            return False

    @paper_test
    async def scene(desk: DeskWorld) -> None:
        mid = await _opened(desk)
        services = desk.parts.services
        templates = Templates(Languages.load(), lambda name: name)
        with pytest.raises(PdfNotInstalledError, match="cannot make PDF"):
            await Paperwork(services, templates, Bare()).pdf(mid, who="RO/1 x", language="en")
        bare = replace(services, paper=None)
        with pytest.raises(UnavailableError):
            await Paperwork(bare, templates, Typesetter()).print(mid, who="RO/1 x")
        assert "printed" not in await _acts(desk)

    scene(tmp_path)
