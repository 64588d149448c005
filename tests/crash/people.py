"""People of a desk who do not give up: who gets no answer asks again until there is one.

They speak plain HTTP to the page's port, or to the control socket as its operator; nothing of the
product's own client is used. A passkey is a device in software.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, UnixConnector

from gateway.demo.network import DemoNode
from tests.crash.officers import Promise, Word
from tests.crash.world import LOOK_EVERY_S, Side
from tests.gateway.officer.adapters.test_passkeys import Device

BASE: Final = "/api/v1"
_BUSY: Final = frozenset({429, 503})
_TIMEOUT: Final = ClientTimeout(total=30)
_TRIES: Final = 4
"""More than the starts of one world, each of which forgets what was asked before it."""


class Answer(NamedTuple):
    """What a node said: the status, and the body if it is JSON."""

    status: int
    body: Any
    headers: Mapping[str, str]


class Person:
    """Somebody at one side, in a browser, with a token, or at the control socket.

    Args:
        side: Which.
        node: Its node, running or not.
        word: Where promises are noted.
        is_operator: Whether they hold the control socket.
    """

    def __init__(
        self, side: Side, node: DemoNode, word: Word, *, is_operator: bool = False
    ) -> None:
        self._side = side
        self._word = word
        self._base = "http://localhost" if is_operator else node.api
        self._socket = str(node.home.path / "control") if is_operator else None
        self._cookies: dict[str, str] = {}
        self._csrf = ""
        self.token = ""
        self.device = Device(origin=node.api)

    async def ask(
        self, method: str, path: str, body: object = None, *, named: Mapping[str, str] | None = None
    ) -> Answer:
        """Call until there is an answer; what is not ready, or busy, gives none."""
        data = None if body is None else json.dumps(body).encode()
        while True:
            try:
                answer = await self._once(method, path, data, named or {})
            except (ClientError, OSError, TimeoutError):
                pass
            else:
                if answer.status not in _BUSY:
                    return answer
            self._word.repeats += 1
            await asyncio.sleep(LOOK_EVERY_S)

    async def enter(self, code: str) -> int:
        """Sign in by a one-time code; return the status."""
        self._cookies, self._csrf = {}, ""
        answer = await self.ask("POST", "/session", {"code": code})
        if answer.status == 201:
            self._csrf = answer.body["csrf"]
        return answer.status

    async def enrol(self) -> None:
        """Have a device make a key, and the node keep it; an answer that was lost is repeated."""

        async def enrol() -> bool:
            asked = await self.ask("POST", "/passkeys/options")
            assert asked.status == 200, asked
            answer = self.device.enrol(json.loads(asked.body["options"]))
            kept = await self.ask("POST", "/passkeys", {"answer": answer, "name": "a key"})
            return kept.status == 201 or await self._has_passkey()

        await again(enrol, else_="no passkey was kept")
        self.promised("passkey 1")

    def assertion(self, challenge: str) -> dict[str, Any]:
        """Let the key answer a challenge that is bound to some bytes."""
        return dict(json.loads(self.device.show({"rpId": "localhost", "challenge": challenge})))

    async def show(self) -> int:
        """Sign in by that key; return the status."""
        self._cookies, self._csrf = {}, ""
        asked = await self.ask("POST", "/session/passkey-options")
        answer = self.device.show(json.loads(asked.body["options"]))
        body = {"visit": asked.body["visit"], "answer": answer}
        came = await self.ask("POST", "/session/passkey", body)
        if came.status == 201:
            self._csrf = came.body["csrf"]
        return came.status

    def promised(self, word: str, *, stage: str = "kept") -> None:
        """Note what was answered: from now on it is in the node's files."""
        self._word.promises.append(Promise(side=self._side, mid=word, stage=stage))

    async def _has_passkey(self) -> bool:
        return bool((await self.ask("GET", "/passkeys")).body["items"])

    async def _once(
        self, method: str, path: str, data: bytes | None, named: Mapping[str, str]
    ) -> Answer:
        headers = {"Content-Type": "application/json", **named}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        elif self._socket is None:
            cookie = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
            headers |= {"Origin": self._base, "X-CSRF-Token": self._csrf}
            headers |= {"Cookie": cookie} if cookie else {}
        connector = None if self._socket is None else UnixConnector(path=self._socket)
        async with (
            ClientSession(
                connector=connector, timeout=_TIMEOUT, cookie_jar=DummyCookieJar()
            ) as session,
            session.request(method, self._base + BASE + path, data=data, headers=headers) as got,
        ):
            text = await got.text()
            self._cookies |= {name: each.value for name, each in got.cookies.items()}
            is_json = "json" in got.headers.get("Content-Type", "")
            return Answer(got.status, json.loads(text) if is_json else text, got.headers)


async def again(attempt: Callable[[], Awaitable[bool]], *, else_: str) -> None:
    """Do something until it counts: a start between forgets what was asked before it.

    Args:
        attempt: Does it, and says whether it counted.
        else_: What is said of the node where no attempt counts.

    Raises:
        AssertionError: None counted.
    """
    for _ in range(_TRIES):
        if await attempt():
            return
    raise AssertionError(else_)
