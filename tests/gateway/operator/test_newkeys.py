"""A Party's new keys that wait: shown to people, and let count by the word of two of them."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp.web import Application, AppRunner, UnixSite
from typing_extensions import override

from gateway.journal import get_journal
from gateway.main import command_line
from gateway.officer.api.keychange import KeyChangeApi
from gateway.officer.api.reply import problems
from gateway.service.keyapproval import KeyApproval
from gateway.service.keychange import KeyChange
from gateway.store import LogBook
from keys.digest import sha256
from protocol.errors import NotAllowedError
from protocol.log.deed import Act
from tests.gateway.network import Node, Wire, network
from tests.gateway.officer.callers import named, somebody
from tests.gateway.service.drafts import Staff

PEOPLE = ("Director 1", "Director 2")
WHY = "both read them with J. Martin"
NAMES = frozenset({f"FR/1 log {'a' * 64}", f"FR/1 tls {'b' * 64}"})
Capture = pytest.CaptureFixture[str]


class Waiting:
    """Keys of France that wait until they are accepted."""

    def __init__(self) -> None:
        self.held: dict[str, frozenset[str]] = {"FR": NAMES}
        self.renewed = 0

    def waiting(self) -> Mapping[str, frozenset[str]]:
        """Return them."""
        return self.held

    def accept(self, country: str) -> None:
        """Let them count."""
        del self.held[country]

    async def renew(self) -> None:
        """Take note that what rests on the directory is renewed."""
        await asyncio.sleep(0)
        self.renewed += 1


def change(node: Node, keys: Waiting) -> KeyChange:
    """Return the use case over a node's log."""
    return KeyChange(log=node.store, keys=keys, clock=node.clock, renewed=keys.renew)


def named_by_hand(node: Node, keys: Waiting) -> KeyApproval:
    """Return the same as a node without people offers it."""
    return KeyApproval(
        change(node, keys),
        log=node.store,
        people=Staff(is_there=False),
        clock=node.clock,
        origins=frozenset,
    )


async def newest_act(node: Node) -> Act:
    """Return the last act that a node states."""
    (leaf,) = await node.store.leaves(node.store.size - 1, node.store.size)
    assert leaf.preimage is not None
    return Act.decode(leaf.preimage)


@asynccontextmanager
async def desk(home: Path, service: KeyApproval) -> AsyncIterator[None]:
    """Serve the local API on the socket of a home."""
    app = Application(middlewares=[problems(get_journal("test")), named(somebody())])
    app.add_routes(KeyChangeApi(service).routes())
    runner = AppRunner(app)
    await runner.setup()
    await UnixSite(runner, str(home / "control")).start()
    try:
        yield
    finally:
        await runner.cleanup()


def typed(home: Path, *arguments: str) -> int:
    """Type a command for a node."""
    return command_line(["keys", *arguments, "--home", str(home)], run=lambda _: 0)


def test_two_people_let_keys_count_and_the_log_has_their_names(tmp_path: Path) -> None:
    """Over which keys, too: a later reader can tell what they believed."""

    async def story() -> None:
        keys = Waiting()
        async with network(tmp_path, ["RO/1"], Wire(), run=[]) as net:
            node = net["RO/1"]
            service = change(node, keys)
            assert service.waiting() == {"FR": tuple(sorted(NAMES))}
            for people in (("Director 1", "director 1 "), ("", "Director 2"), ("Director 1", " ")):
                with pytest.raises(NotAllowedError):
                    await service.accept("FR", people=people, reason=WHY)
            size = node.store.size
            assert await service.accept("FR", people=PEOPLE, reason=WHY) == 2
            assert node.store.size == size + 1
            act = await newest_act(node)
            assert (act.act, act.who, act.why) == ("accept_keys", "Director 1; Director 2", WHY)
            assert act.subject == sha256("\n".join(sorted(NAMES)).encode())
            assert (keys.held, keys.renewed) == ({}, 1)
            with pytest.raises(NotAllowedError):
                await service.accept("FR", people=PEOPLE, reason=WHY)

    asyncio.run(story())


class Exchanged(Waiting):
    """Keys that are others once the act over them is stated."""

    def __init__(self, log: LogBook) -> None:
        super().__init__()
        self._log = log
        self._size = log.size

    @override
    def waiting(self) -> Mapping[str, frozenset[str]]:
        if self._log.size == self._size:
            return self.held
        return {"FR": frozenset({f"FR/1 log {'c' * 64}"})}


def test_keys_that_came_while_people_agreed_on_others_do_not_count(tmp_path: Path) -> None:
    """The act names what they compared; a refresh in that moment must not slip other keys in."""

    async def story() -> None:
        async with network(tmp_path, ["RO/1"], Wire(), run=[]) as net:
            keys = Exchanged(net["RO/1"].store)
            with pytest.raises(NotAllowedError, match="other keys"):
                await change(net["RO/1"], keys).accept("FR", people=PEOPLE, reason=WHY)
            assert keys.held
            assert not keys.renewed

    asyncio.run(story())


def test_commands_show_what_waits_and_let_it_count(tmp_path: Path, capsys: Capture) -> None:
    """As digits too: they are read over the telephone."""
    home = tmp_path / "h"
    home.mkdir()

    async def story() -> None:
        async with (
            network(tmp_path, ["RO/1"], Wire(), run=[]) as net,
            desk(home, named_by_hand(net["RO/1"], Waiting())),
        ):
            assert await asyncio.to_thread(typed, home, "waiting", "--json") == 0
            (party,) = json.loads(capsys.readouterr().out)
            assert party["party"] == "FR"
            assert {key["kind"] for key in party["keys"]} == {"log", "tls"}
            assert all(len(key["spoken"].split()) == 8 for key in party["keys"])
            assert await asyncio.to_thread(typed, home, "waiting") == 0
            assert "b" * 64 in capsys.readouterr().out
            unsaid = ("accept", "FR", "--first", PEOPLE[0], "--reason", WHY)
            assert await asyncio.to_thread(typed, home, *unsaid) == 65
            said = ("--first", PEOPLE[0], "--second", PEOPLE[1], "--reason", WHY)
            assert await asyncio.to_thread(typed, home, "accept", "FR", *said) == 0
            assert "2 keys of FR count" in capsys.readouterr().out
            assert await asyncio.to_thread(typed, home, "accept", "FR", *said) == 65
            capsys.readouterr()
            assert await asyncio.to_thread(typed, home, "waiting") == 0
            assert "no key waits" in capsys.readouterr().out

    asyncio.run(story())


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [("a" * 61, "b", "x"), ("a", "b" * 61, "x"), ("a", "b", " "), ("a", "b", "x" * 501)],
)
def test_names_and_reason_are_bounded(tmp_path: Path, first: str, second: str, reason: str) -> None:
    """They are stated in the log for ever."""
    said = ("--first", first, "--second", second, "--reason", reason)
    assert typed(tmp_path, "accept", "FR", *said) == 64
