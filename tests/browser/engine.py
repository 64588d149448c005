"""A real Chromium for the tests, driven from one thread of its own.

Playwright keeps an event loop. In the thread of the tests it would stand in the way of every
other test that runs one, so it lives here, and a test hands its coroutine over.
"""

import asyncio
import os
import shutil
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from functools import wraps
from typing import Any, Final, ParamSpec, Self

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    async_playwright,
    expect,
)

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
LIMIT_S: Final = 900.0
"""Longer than any test here takes on a busy machine; one that hangs says so."""

END_S: Final = 20.0
"""How long the end of the browser is waited for, after the last test."""

PATIENCE_MS: Final = 90_000
"""How long a page may take to become what is expected; on an idle machine none takes a second."""

_ARGUMENTS: Final = (
    "--disable-gpu",  # there is none: its process would draw everything twice
    "--disable-gpu-compositing",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
Given = ParamSpec("Given")


def chromium() -> str | None:
    """Return where a Chromium is: A35_CHROMIUM, or one of the usual names on the path."""
    named = os.environ.get("A35_CHROMIUM")
    if named is not None:
        return named
    return next(filter(None, map(shutil.which, NAMES)), None)


class Engine:
    """One browser, in one thread."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="browser", daemon=True)
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self.run(self._start())
        return self

    def __exit__(self, *_error: object) -> None:
        self.run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something in the browser's thread, and wait for it."""
        asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, LIMIT_S), self._loop).result()

    async def _start(self) -> None:
        expect.set_options(timeout=PATIENCE_MS)
        self._playwright = await async_playwright().start()
        await self.restart()

    async def _stop(self) -> None:
        """End the browser; a driver that does not answer any more ends with this process."""
        with suppress(TimeoutError):
            async with asyncio.timeout(END_S):
                if self._browser is not None:
                    await self._browser.close()
                if self._playwright is not None:
                    await self._playwright.stop()

    async def restart(self) -> None:
        """Begin with a new browser; the old one, if there is one, ends without a word."""
        assert self._playwright is not None
        if self._browser is not None:
            await self._browser.close()
        # The sandbox of Chromium refuses to be set up by root, as in most containers.
        sandbox = () if os.geteuid() else ("--no-sandbox",)
        self._browser = await self._playwright.chromium.launch(
            executable_path=self._path, args=[*_ARGUMENTS, *sandbox]
        )

    @asynccontextmanager
    async def person(self, **options: Any) -> AsyncIterator["Person"]:  # noqa: ANN401  of playwright
        """Open a profile of somebody's own, and hold them to a clean console."""
        assert self._browser is not None
        context = await self._browser.new_context(**options)
        context.set_default_timeout(PATIENCE_MS)
        one = Person(context)
        try:
            yield one
        finally:
            await context.close()
        assert one.said == [], one.said


class Person:
    """Somebody with a browser profile of their own.

    Attributes:
        said: What the console and the content policy complained of; must stay empty.
    """

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.said: list[str] = []
        self._expected: list[str] = []
        context.on("weberror", lambda error: self._note(str(error.error)))
        context.on("console", lambda line: self._console(line.type, line.text))
        context.on("request", lambda one: self._asked(one.url))

    async def page(self) -> Page:
        """Open a tab."""
        return await self.context.new_page()

    def expect(self, text: str) -> None:
        """Allow lines of the console that hold a text: the test brings them about."""
        self._expected.append(text)

    def _asked(self, url: str) -> None:
        if url.endswith("/csp"):
            self._note("the content policy was broken")

    def _console(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self._note(text)

    def _note(self, text: str) -> None:
        if not any(each in text for each in self._expected):
            self.said.append(text)


def browsing(
    test: Callable[Given, Coroutine[Any, Any, None]],
) -> Callable[Given, None]:
    """Let a test that takes the fixture `engine` run in the browser's thread."""

    @wraps(test)
    def run(*args: Given.args, **kwargs: Given.kwargs) -> None:
        engine = kwargs["engine"]
        assert isinstance(engine, Engine)
        engine.run(test(*args, **kwargs))

    return run


def without_browser() -> None:
    """Skip, or fail where a browser must be: A35_REQUIRE_BROWSER=1."""
    said = "SKIPPED browser: no chromium; on Debian: apt-get install chromium"
    if os.environ.get("A35_REQUIRE_BROWSER") == "1":
        pytest.fail(said)
    pytest.skip(said)
