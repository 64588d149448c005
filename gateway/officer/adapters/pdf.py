"""Paper as PDF, set by a program of its own that can do nothing else.

The program (`gateway.officer.adapters.typesetting`) bounds itself to 30 s of processor time and
1 GiB, may write no file, and calls no address; here the clock on the wall is bounded as well, and
one paper is set at a time. Without the extra `[pdf]`, or without Pango, the desk says how to get
them; pages print by the browser all the same.

Source: docs/desk.md, "Paper".
"""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Final

from gateway.errors import ConfigError, UnavailableError
from gateway.officer.adapters.typesetting import MISSING, Enclosure, Job, write_job

__all__ = ["MEDIA_TYPE", "Enclosure", "Job", "PdfNotInstalledError", "Typesetter"]

MEDIA_TYPE: Final = "application/pdf"
TIMEOUT_S: Final = 120.0
"""By the clock on the wall: a machine that is busy may take long over 30 s of a processor."""

_PROGRAM: Final = (sys.executable, "-I", "-m", "gateway.officer.adapters.typesetting")
_ENVIRONMENT: Final[Mapping[str, str]] = {"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"}
_PRINT_INSTEAD: Final = "print the page with the browser instead"


class PdfNotInstalledError(ConfigError):
    """What sets PDF is not installed on this machine."""

    default_code = "pdf_not_installed"

    def __init__(self) -> None:
        super().__init__(
            "this node cannot make PDF: WeasyPrint or Pango is not installed",
            hint='pip install "a35-gateway[pdf]", with libpango-1.0-0 and fonts-noto-core of the '
            "system; pages print with the browser as well",
        )


class Typesetter:
    """Sets papers, one at a time.

    Args:
        program: What sets one; another one in tests.
        timeout_s: How long one paper may take.
    """

    __slots__ = ("_program", "_timeout_s", "_turn")

    def __init__(self, program: Sequence[str] = _PROGRAM, *, timeout_s: float = TIMEOUT_S) -> None:
        self._program = tuple(program)
        self._timeout_s = timeout_s
        self._turn = asyncio.Lock()

    @staticmethod
    def is_installed() -> bool:
        """Tell whether the extra is there; whether Pango is, shows with the first paper."""
        return find_spec("weasyprint") is not None

    def check(self) -> None:
        """Refuse at once what cannot succeed, before an act says that it was done.

        Raises:
            PdfNotInstalledError: The extra is not installed.
        """
        if not self.is_installed():
            raise PdfNotInstalledError

    async def typeset(self, job: Job) -> bytes:
        """Return a paper as PDF.

        Args:
            job: What is to be set.

        Raises:
            PdfNotInstalledError: WeasyPrint or a library below it is missing.
            UnavailableError: It took too much time or memory, or failed.
        """
        data = await asyncio.to_thread(write_job, job)
        async with self._turn:
            code, pdf = await self._run(data)
        if code == MISSING:
            raise PdfNotInstalledError
        if code or not pdf.startswith(b"%PDF-"):
            raise UnavailableError("this paper could not be set", hint=_PRINT_INSTEAD)
        return pdf

    async def _run(self, data: bytes) -> tuple[int, bytes]:
        """Run the program; return its exit code and what it wrote.

        Raises:
            UnavailableError: It did not end in time.
        """
        process = await asyncio.create_subprocess_exec(
            *self._program,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=dict(_ENVIRONMENT),
        )
        try:
            async with asyncio.timeout(self._timeout_s):
                written, _ = await process.communicate(data)
        except TimeoutError:
            raise UnavailableError("this paper took too long to set", hint=_PRINT_INSTEAD) from None
        finally:
            # Also when whoever asked has left: nothing of it goes on by itself.
            if process.returncode is None:
                process.kill()
                await process.wait()
        return await process.wait(), written
