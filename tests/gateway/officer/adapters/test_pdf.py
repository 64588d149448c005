"""Papers as PDF: what is embedded, what is refused, and what bounds the program that sets them."""

import asyncio
import sys
from ctypes.util import find_library
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from gateway.errors import UnavailableError
from gateway.officer.adapters.pdf import Enclosure, Job, PdfNotInstalledError, Typesetter
from gateway.officer.adapters.typesetting import MISSING, main, read_job, write_job

needs_pango = pytest.mark.skipif(
    not Typesetter.is_installed() or find_library("pangoft2-1.0") is None,
    reason="paper: no WeasyPrint or no Pango here",
)

SCRIPTS = {
    "el": "Ελληνική Δημοκρατία",
    "ka": "საქართველო",
    "hy": "Հայաստան",
    "he": "שלום עולם",
    "ar": "مرحبا بالعالم",
}

WITHOUT = (
    "import sys; sys.modules['weasyprint'] = None\n"
    "from gateway.officer.adapters.typesetting import main\n"
    "sys.exit(main(sys.stdin.buffer, sys.stdout.buffer))"
)


def _job(html: str, **more: bytes) -> Job:
    return Job(
        html=html,
        identifier=bytes(range(16)),
        made_ms=1_795_269_600_000,
        files=more or {"paper.css": b"@page { size: A4 }"},
        enclosures=(
            Enclosure(
                name="envelope-header.cmp",
                data=bytes(range(256)) * 3,
                relationship="Source",
                description="The envelope's header as sent",
            ),
        ),
    )


def _set(job: Job) -> PdfReader:
    return PdfReader(BytesIO(asyncio.run(Typesetter().typeset(job))))


@needs_pango
def test_paper_is_an_archive_and_accessible_and_embeds_the_very_bytes() -> None:
    """Whoever has the paper alone has the evidence as well."""
    words = "".join(f'<p lang="{tag}" dir="auto">{text}</p>' for tag, text in SCRIPTS.items())
    job = _job(
        '<!doctype html><html lang="en"><head><title>A paper</title>'
        f'<link rel="stylesheet" href="a35:paper.css"></head><body><h1>T</h1>{words}</body></html>'
    )
    reader = _set(job)
    assert reader.attachments["envelope-header.cmp"] == [job.enclosures[0].data]
    root: Any = reader.root_object
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    [file] = root["/AF"]
    assert file.get_object()["/AFRelationship"] == "/Source"
    said = root["/Metadata"].get_data()
    assert b'pdfaid:part="3" pdfaid:conformance="U"' in said
    assert b'pdfuaid:part="1"' in said
    assert said.count(b"</rdf:RDF>") == 1
    text = reader.pages[0].extract_text()
    for each in SCRIPTS.values():
        assert each in text


@needs_pango
def test_paper_calls_no_address_and_opens_no_file() -> None:
    """A picture that a peer names would tell them that it is being printed, and where."""
    heard: list[bytes] = []

    async def scene() -> bytes:
        async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            heard.append(await reader.read(100))
            writer.close()

        server = await asyncio.start_server(hear, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        url = f"http://127.0.0.1:{port}/x"
        html = (
            f'<!doctype html><html lang="en"><head><title>T</title><link rel="stylesheet" '
            f'href="{url}.css"><style>@import url({url}2.css); '
            f"body {{ background: url({url}.png) }}"
            f'</style></head><body><img src="{url}.png" alt="none"><img alt="" '
            f'src="file:///etc/passwd"><object data="{url}"></object><p>words</p>'
            f'<a rel="attachment" href="file:///etc/passwd">file</a></body></html>'
        )
        async with server:
            return await Typesetter().typeset(_job(html))

    reader = PdfReader(BytesIO(asyncio.run(scene())))
    assert heard == []
    assert list(reader.attachments) == ["envelope-header.cmp"]
    assert "words" in reader.pages[0].extract_text()


def test_job_reads_back_as_it_was_written() -> None:
    """The two programs share nothing but these bytes."""
    job = _job("<p>\N{GREEK SMALL LETTER ALPHA}</p>", **{"a.css": b"\n", "b.css": b""})
    again = read_job(BytesIO(write_job(job)))
    assert (again.html, again.identifier, again.made_ms) == (job.html, job.identifier, job.made_ms)
    assert dict(again.files) == dict(job.files)
    assert tuple(again.enclosures) == tuple(job.enclosures)


@needs_pango
@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"
)
def test_program_sets_what_stands_on_its_input() -> None:
    """The same in this process, where its lines are counted."""
    target = BytesIO()
    html = '<html lang="en"><head><title>T</title></head><body><img src="a35:none"></body></html>'
    assert main(BytesIO(write_job(_job(html))), target) == 0
    assert target.getvalue().startswith(b"%PDF-1.7")


@pytest.mark.parametrize(
    ("program", "refusal"),
    [
        (f"import sys; sys.exit({MISSING})", PdfNotInstalledError),
        (WITHOUT, PdfNotInstalledError),
        ("import sys; sys.exit(1)", UnavailableError),
        ("print('no PDF at all')", UnavailableError),
        ("import os; os.kill(os.getpid(), 9)", UnavailableError),
    ],
)
def test_program_that_fails_is_told_apart(program: str, refusal: type[Exception]) -> None:
    """What is missing can be installed; anything else can only be printed another way."""
    typesetter = Typesetter((sys.executable, "-I", "-c", program))
    with pytest.raises(refusal):
        asyncio.run(typesetter.typeset(_job("")))


def test_program_that_does_not_end_is_ended() -> None:
    """A page that loops must not hold a processor for ever."""
    waits = Typesetter(
        (sys.executable, "-I", "-c", "import sys; sys.stdin.read(); input()"), timeout_s=0.05
    )
    stays = "import signal; signal.pause()"
    with pytest.raises(UnavailableError):
        asyncio.run(
            Typesetter((sys.executable, "-I", "-c", stays), timeout_s=0.05).typeset(_job(""))
        )
    with pytest.raises(UnavailableError):
        asyncio.run(waits.typeset(_job("")))


def test_program_bounds_itself_before_it_reads() -> None:
    """Not even a fault in the library takes the machine down."""
    program = (
        "import resource; from gateway.officer.adapters.typesetting import limit; limit();"
        "print('%PDF-', *(resource.getrlimit(getattr(resource, 'RLIMIT_' + name))[1]"
        " for name in ('CPU', 'AS', 'FSIZE', 'CORE')))"
    )
    typesetter = Typesetter((sys.executable, "-I", "-c", program))
    assert asyncio.run(typesetter.typeset(_job(""))).split() == [
        b"%PDF-", b"30", str(2**30).encode(), b"0", b"0",
    ]  # fmt: skip
