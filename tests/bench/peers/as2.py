"""Runs one end of AS2 by pyas2lib, in an environment of its own: nothing of A35 is imported.

`serve` takes signed and encrypted messages over TLS, decrypts, verifies, commits them with a full
sync and answers with a signed receipt. `send` makes them, and verifies and commits each receipt.
Both print one JSON line with what they used. The same aiohttp, TLS and SQLite settings as ours.

pyas2lib imports oscrypto, whose test of OpenSSL's version finds no version with a patch number of
two digits. `importing` gives that one test what it looks for; nothing installed is changed.
"""

import asyncio
import json
import re
import resource
import sqlite3
import ssl
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, TCPConnector, web

from tests.bench.peers.wire import between, counts

_TWO_DIGITS = re.compile(r"\b(\d\.\d\.)\d{2,}\b")


@contextmanager
def importing() -> Iterator[None]:
    """Let a search for a version of three digits find one of four while modules are imported."""
    search = re.search

    def lenient(pattern: Any, text: Any, flags: Any = 0) -> Any:  # noqa: ANN401  as re.search
        found = search(pattern, text, flags)
        if found is None and isinstance(text, str) and text.startswith("OpenSSL "):
            return search(pattern, _TWO_DIGITS.sub(r"\g<1>9", text), flags)
        return found

    re.search = lenient  # type: ignore[assignment]  # overloaded
    try:
        yield
    finally:
        re.search = search


with importing():
    from pyas2lib import Mdn, Message, Organization, Partner


class Log:
    """What both ends commit before they go on: WAL and a full sync, as ours."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS log (id TEXT PRIMARY KEY, sent BLOB, receipt BLOB)"
        )

    def add(self, name: str, sent: bytes, receipt: bytes) -> None:
        """Commit one exchange."""
        self._connection.execute(
            "INSERT INTO log (id, sent, receipt) VALUES (?, ?, ?)", (name, sent, receipt)
        )


class End:
    """One organisation and what it knows of the other one."""

    def __init__(self, folder: Path, me: str, other: str) -> None:
        self.me = Organization(
            as2_name=me,
            sign_key=(folder / f"{me}.p12").read_bytes(),
            sign_key_pass="bench",  # noqa: S106  of a throw-away key
            decrypt_key=(folder / f"{me}.p12").read_bytes(),
            decrypt_key_pass="bench",  # noqa: S106
        )
        certificate = (folder / f"{other}.pem").read_bytes()
        self.other = Partner(
            as2_name=other,
            verify_cert=certificate,
            encrypt_cert=certificate,
            validate_certs=False,
            encrypt=True,
            enc_alg="aes_256_cbc",
            sign=True,
            digest_alg="sha256",
            mdn_mode="SYNC",
            mdn_digest_alg="sha256",
        )
        self.log = Log(folder / f"{me}.db")


def used() -> dict[str, float]:
    """Return processor time and memory of this process so far."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    return {"cpu_s": own.ru_utime + own.ru_stime, "rss_kib": own.ru_maxrss}


async def serve(folder: Path) -> None:
    """Take messages until it is ended; the port is told on standard output."""
    end = End(folder, "there", "here")

    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        message = Message()
        status, error, mdn = message.parse(
            head.encode() + b"\r\n" + body, lambda _name: end.me, lambda _name: end.other
        )
        if status != "processed" or mdn is None:
            return web.Response(status=500, text=str(error))
        end.log.add(message.message_id, bytes(message.content), bytes(mdn.content))
        return web.Response(body=mdn.content, headers=dict(mdn.headers))

    async def tell(_request: web.Request) -> web.Response:  # noqa: RUF029  a handler
        return web.json_response(used())

    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.add_routes([web.post("/as2", take), web.get("/used", tell)])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(folder / "tls.pem", folder / "tls.key")
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    sys.stdout.write(json.dumps({"port": runner.addresses[0][1]}) + "\n")
    sys.stdout.flush()
    await asyncio.Event().wait()  # until it is ended


class Sending:
    """Sends messages and checks their receipts.

    Args:
        end: Who sends.
        session: To the other end.
        base: Its address.
    """

    def __init__(self, end: End, session: ClientSession, base: str) -> None:
        self._end = end
        self._session = session
        self._base = base
        self.times_s: list[float] = []

    async def caller(self, numbers: Iterator[int], payload: bytes) -> None:
        """Send one after the other, for as long as there are numbers."""
        for _ in numbers:
            began = time.perf_counter()
            await self._exchange(payload)
            self.times_s.append(time.perf_counter() - began)

    async def _exchange(self, payload: bytes) -> None:
        message = Message(sender=self._end.me, receiver=self._end.other)
        message.build(
            payload, subject="bench", content_type="application/octet-stream"
        )  # its fastest
        body = bytes(message.content)
        async with self._session.post(
            f"{self._base}/as2", data=body, headers=dict(message.headers)
        ) as response:
            answer = await response.read()
            head = "".join(f"{name}: {value}\r\n" for name, value in response.headers.items())
        mdn = Mdn()
        status, detail = mdn.parse(head.encode() + b"\r\n" + answer, lambda *_: message)
        if status != "processed":
            raise SystemExit(f"the receipt was refused: {detail}")
        self._end.log.add(message.message_id, body, answer)

    async def both(self) -> tuple[dict[str, float], dict[str, float]]:
        """Return what both ends used so far."""
        async with self._session.get(f"{self._base}/used") as response:
            return used(), await response.json()


async def send(folder: Path, port: int, *, size: int, count: int, at_once: int) -> None:
    """Send messages, and print what both ends used for them."""
    context = ssl.create_default_context(cafile=str(folder / "tls.pem"))
    numbers = iter(range(count))
    payload = ((b"x" * 75 + b"\n") * (size // 76 + 1))[:size]
    async with ClientSession(connector=TCPConnector(limit=at_once, ssl=context)) as session:
        sending = Sending(End(folder, "here", "there"), session, f"https://localhost:{port}")
        # Connections are open and warm before the clock starts, as ours are.
        await asyncio.gather(*(sending.both() for _ in range(at_once)))
        wire = counts(lambda _, far: far == port)
        before = await sending.both()
        began = time.perf_counter()
        await asyncio.gather(*(sending.caller(numbers, payload) for _ in range(at_once)))
        seconds = time.perf_counter() - began
        after = await sending.both()
        wired = between(wire, counts(lambda _, far: far == port))
    cpu_s = [late["cpu_s"] - early["cpu_s"] for early, late in zip(before, after, strict=True)]
    result = {
        "messages": count,
        "seconds": seconds,
        "cpu_s": cpu_s,
        "cpu_to_accepted_s": cpu_s,
        "times_s": sending.times_s,
        "wire": wired,
        "rss_kib": after[0]["rss_kib"],
    }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    verb, place, *rest = sys.argv[1:]
    if verb == "serve":
        asyncio.run(serve(Path(place)))
    else:
        port, size, count, at_once = map(int, rest)
        asyncio.run(send(Path(place), port, size=size, count=count, at_once=at_once))
