"""Sets one paper as PDF: run as a program of its own by `gateway.officer.adapters.pdf`.

The one place that knows WeasyPrint. It takes a job on standard input and answers with the PDF on
standard output, within limits that it sets itself before it reads anything: processor time, memory,
no file written. The page may name files that came with this package, and nothing else: no address
is ever called.

The result is PDF/A-3u, tagged, and says that it is PDF/UA-1; the files that come with a job are
embedded as associated files.

Source: docs/desk.md, "Paper"; ISO 19005-3; ISO 14289-1.
"""

import logging
import resource
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from json import dumps, loads
from typing import Any, BinaryIO, Final

CPU_S: Final = 30
MEMORY_BYTES: Final = 1024 * 1024 * 1024
MISSING: Final = 69
"""Exit code: WeasyPrint or a library below it is not there."""

_XMP_END: Final = b"</rdf:RDF>"
_UA: Final = (
    b'<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/"'
    b' pdfuaid:part="1" />'
    b'<rdf:Description rdf:about=""'
    b' xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"'
    b' xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"'
    b' xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">'
    b'<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">'
    b"<pdfaSchema:schema>PDF/UA Universal Accessibility Schema</pdfaSchema:schema>"
    b"<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>"
    b"<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>"
    b'<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">'
    b"<pdfaProperty:name>part</pdfaProperty:name>"
    b"<pdfaProperty:valueType>Integer</pdfaProperty:valueType>"
    b"<pdfaProperty:category>internal</pdfaProperty:category>"
    b"<pdfaProperty:description>Part of ISO 14289</pdfaProperty:description>"
    b"</rdf:li></rdf:Seq></pdfaSchema:property>"
    b"</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"
)
"""What a PDF/A says of PDF/UA: the number, and the schema that explains it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A file that is embedded in the PDF.

    Attributes:
        name: Of ours, never one that a peer chose.
        data: Its bytes, embedded as they are.
        relationship: `Source`, `Data` or `Supplement`, as ISO 19005-3 has it.
        description: One line.
    """

    name: str
    data: bytes
    relationship: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One paper to be set.

    Attributes:
        html: The page, whole; it may name files of `files` as `a35:NAME`.
        identifier: 16 bytes that name the PDF: the same paper has the same.
        made_ms: What the PDF says of when it was made, milliseconds since 1970, UTC.
        files: What the page may name: style sheets of this package.
        enclosures: What is embedded.
    """

    html: str
    identifier: bytes
    made_ms: int
    files: Mapping[str, bytes]
    enclosures: Sequence[Enclosure]


def write_job(job: Job) -> bytes:
    """Return a job as bytes: a line of JSON with lengths, then all bytes one after the other."""
    html = job.html.encode("utf-8", "replace")
    head = {
        "html": len(html),
        "identifier": job.identifier.hex(),
        "made_ms": job.made_ms,
        "files": {name: len(data) for name, data in job.files.items()},
        "enclosures": [
            [each.name, len(each.data), each.relationship, each.description]
            for each in job.enclosures
        ],
    }
    pieces = [dumps(head).encode(), b"\n", html, *job.files.values()]
    return b"".join([*pieces, *(each.data for each in job.enclosures)])


def read_job(source: BinaryIO) -> Job:
    """Read what `write_job` wrote; it comes from our own program, so nothing is checked."""
    head = loads(source.readline())
    html = source.read(head["html"]).decode()
    files = {name: source.read(size) for name, size in head["files"].items()}
    return Job(
        html=html,
        identifier=bytes.fromhex(head["identifier"]),
        made_ms=head["made_ms"],
        files=files,
        enclosures=[
            Enclosure(name=name, data=source.read(size), relationship=kind, description=text)
            for name, size, kind, text in head["enclosures"]
        ],
    )


def is_there() -> bool:
    """Tell whether WeasyPrint and the libraries below it, such as Pango, can be loaded."""
    try:
        import_module("weasyprint")
    except (ImportError, OSError):
        return False
    return True


def typeset(job: Job) -> bytes:
    """Return a paper as PDF.

    Args:
        job: What is to be set; `is_there` said that it can be.
    """
    # Not at the top: where they are missing, only this program ends.
    from weasyprint import (  # type: ignore[import-untyped]  # noqa: PLC0415
        HTML,
        Attachment,
    )
    from weasyprint.text.fonts import (  # type: ignore[import-untyped]  # noqa: PLC0415
        FontConfiguration,
    )
    from weasyprint.urls import (  # type: ignore[import-untyped]  # noqa: PLC0415
        URLFetcher,
        URLFetcherResponse,
    )

    class Bundled(URLFetcher):  # type: ignore[misc]  # its classes have no types
        """Gives the job's own files; every other address is refused before anything is opened."""

        def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
            del headers
            name = url.removeprefix("a35:")
            if name == url or name not in job.files:
                raise ValueError("a paper names files of its own and nothing else")
            return URLFetcherResponse(url, job.files[name], {"Content-Type": "text/css"})

    made = datetime.fromtimestamp(job.made_ms / 1000, UTC)
    page = HTML(string=job.html, base_url="a35:", url_fetcher=Bundled())
    pdf: bytes = page.write_pdf(
        font_config=FontConfiguration(),
        pdf_variant="pdf/a-3u",
        pdf_tags=True,
        pdf_identifier=job.identifier,
        finisher=_say_accessible,
        attachments=[
            Attachment(
                string=each.data,
                name=each.name,
                description=each.description,
                relationship=each.relationship,
                created=made,
                modified=made,
            )
            for each in job.enclosures
        ],
    )
    return pdf


def _say_accessible(_document: object, pdf: Any) -> None:  # noqa: ANN401  it has no types
    """Say in the metadata that the PDF is tagged for PDF/UA: a PDF/A says so only if told."""
    number = int(pdf.catalog["Metadata"].split()[0])
    stream = pdf.objects[number]
    stream.stream = [piece.replace(_XMP_END, _UA + _XMP_END) for piece in stream.stream]
    files = pdf.catalog.get("AF")
    if files:  # it names each file twice: as an attachment, and as a file that it found
        files[:] = list(dict.fromkeys(files))


def limit(cpu_s: int = CPU_S, memory_bytes: int = MEMORY_BYTES) -> None:
    """Bound this process for good: it came to set one paper.

    Args:
        cpu_s: Seconds of processor time.
        memory_bytes: Of address space.
    """
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(source: BinaryIO, target: BinaryIO) -> int:
    """Set the paper that stands on `source`; return the exit code.

    Args:
        source: The job.
        target: Takes the PDF.
    """
    if not is_there():
        return MISSING
    target.write(typeset(read_job(source)))
    target.flush()
    return 0


if __name__ == "__main__":
    limit()
    logging.disable()  # what the library would say may hold words of the case
    sys.exit(main(sys.stdin.buffer, sys.stdout.buffer))
