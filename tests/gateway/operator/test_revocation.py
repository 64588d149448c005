"""A Party takes a key of its node back: signed offline, given to any running node; and orders."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp.web import Application, AppRunner, UnixSite

from gateway.directory.signers import KeyFolder
from gateway.errors import DataError
from gateway.home import Home
from gateway.journal import get_journal
from gateway.main import command_line
from gateway.officer.api.reply import problems
from gateway.officer.api.revocations import RevocationApi
from gateway.operator.orders import ORDERS_FILE, RevokeOrders
from gateway.operator.recovering import call
from gateway.operator.rotation import Kind
from gateway.service.revocations import OrdersError
from keys.digest import sha256
from keys.keyfile import Credential
from protocol.errors import NotProvenError
from protocol.identifiers import NodeId
from protocol.log.deed import KeyKind, Revocation
from protocol.revoking import ByRole, ToldRevocation, encode_revocation_answer, signed_digest
from tests.gateway.officer.callers import named, somebody
from tests.gateway.operator.test_rotation import held, home, turned

__all__ = ("home",)

DIGEST = "ab" * 32
SECRET = bytes(range(32))
Capture = pytest.CaptureFixture[str]


class Taking:
    """Takes revocations, or refuses them."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self.is_refusing = False

    async def take(self, body: bytes, *, by: NodeId | None) -> bytes:
        """Answer."""
        assert by is None
        await asyncio.sleep(0)
        if self.is_refusing:
            raise NotProvenError("x")
        self.seen.append(body)
        return encode_revocation_answer(ToldRevocation.decode(body).deed)


@asynccontextmanager
async def desk(folder: Path, service: Taking) -> AsyncIterator[None]:
    """Serve the local API on the socket of a home."""
    app = Application(middlewares=[problems(get_journal("test")), named(somebody())])
    app.add_routes(RevocationApi(service).routes())
    runner = AppRunner(app)
    await runner.setup()
    await UnixSite(runner, str(folder / "control")).start()
    try:
        yield
    finally:
        await runner.cleanup()


def typed(*words: str) -> int:
    """Type a command."""
    return command_line(list(words), run=lambda _: 0)


def sign(folder: Path, *words: str) -> int:
    """Sign a revocation with the keys of France's role, which are made first."""
    credential = folder / "credential"
    if not credential.exists():
        credential.write_bytes(SECRET)
        credential.chmod(0o600)
        KeyFolder(folder / "keys", Credential(SECRET)).create("party-FR", 2)
    places = ("--keys-dir", str(folder / "keys"), "--file", str(folder / "f.rev"))
    secret = ("--credential-file", str(credential))
    return typed("directory", "revocation", *words, *places, *secret, "--json")


def test_one_holder_signs_and_a_running_node_takes_it(tmp_path: Path, capsys: Capture) -> None:
    """From the key on its medium to the service; what others can verify without us."""
    assert sign(tmp_path, "FR/1", "tls", DIGEST) == 0
    assert json.loads(capsys.readouterr().out)["key"] == DIGEST
    data = (tmp_path / "f.rev").read_bytes()
    told = ToldRevocation.decode(data)
    assert (told.revocation.node, told.revocation.kind) == (NodeId("FR", 1), KeyKind.TLS)
    assert told.revocation.key_digest.hex() == DIGEST
    assert isinstance(told.word, ByRole)
    signer = KeyFolder(tmp_path / "keys", Credential(SECRET)).load("party-FR")[0]
    assert signer.sign(signed_digest(told.deed)).signature == told.word.signature.hex()

    async def story() -> None:
        service = Taking()
        words = ("keys", "tell-revocation", str(tmp_path / "f.rev"), "--home", str(tmp_path))
        async with desk(tmp_path, service):
            assert await asyncio.to_thread(typed, *words) == 0
            assert service.seen == [data]
            assert "tls key of FR/1" in capsys.readouterr().out
            service.is_refusing = True
            assert await asyncio.to_thread(typed, *words) == 76
            assert "E_PROOF" in capsys.readouterr().err

    asyncio.run(story())


@pytest.mark.parametrize(
    "words", [("FR", "tls", DIGEST), ("FR/1", "tls", "ab"), ("FR/1", "tls", "X" * 64)]
)
def test_what_names_no_key_is_refused(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Before a key is opened."""
    assert sign(tmp_path, *words) == 64
    assert not (tmp_path / "f.rev").exists()


def test_a_key_of_another_party_is_not_at_hand(tmp_path: Path) -> None:
    """Each Party signs for itself."""
    assert sign(tmp_path, "RO/1", "tls", DIGEST) == 66


def test_what_is_no_revocation_is_not_sent(tmp_path: Path) -> None:
    """Nor taken by the desk, whoever sends it."""
    (tmp_path / "f.rev").write_bytes(b"x")
    words = ("keys", "tell-revocation", str(tmp_path / "f.rev"), "--home", str(tmp_path))
    assert typed(*words) == 65

    async def story() -> None:
        async with desk(tmp_path, Taking()):
            for told in ("AAAA", "====", "\\u00e9\\u00e9\\u00e9\\u00e9"):
                with pytest.raises(DataError):
                    await asyncio.to_thread(
                        call, Home(tmp_path), "POST", "/keys/revocations", {"told": told}
                    )

    asyncio.run(story())


@pytest.mark.parametrize("kind", list(Kind))
def test_a_stolen_key_is_ordered_to_be_revoked(home: Home, kind: Kind) -> None:
    """The one that was in use, for the next start; a rotation orders nothing."""
    turned(home, kind)
    assert RevokeOrders(home).pending() == ()
    keys = held(home)
    turned(home, kind, is_stolen=True, days=11)
    found = {order.key_digest for order in RevokeOrders(home).pending()}
    match kind:
        case Kind.LOG:
            pair = keys.signer().verifier
            assert found == {sha256(pair.ed25519 + pair.mldsa44)}
        case Kind.TLS:
            assert keys.turning.tls is not None
            assert found == {keys.tls.spki, keys.turning.tls.spki}
        case Kind.KEM:
            assert len(found) == 2
    assert {order.node for order in RevokeOrders(home).pending()} == {NodeId.parse(keys.node)}


def test_orders_are_taken_out_one_by_one(tmp_path: Path) -> None:
    """And the file with the last; one that cannot be read or written is said."""
    place = Home(tmp_path)
    orders, file = RevokeOrders(place), tmp_path / ORDERS_FILE
    first, second = (
        Revocation(node=NodeId("FR", 1), kind=kind, key_digest=bytes(32), t_ms=1)
        for kind in (KeyKind.TLS, KeyKind.LOG)
    )
    orders.add([first])
    orders.add([second])
    assert file.stat().st_mode & 0o077 == 0
    assert orders.pending() == (first, second)
    orders.done(first)
    assert orders.pending() == (second,)
    orders.done(second)
    assert not file.exists()
    for bad in (b"x", b"{}1", b"[1]", b'["00"]', b'["zz"]'):
        file.write_bytes(bad)
        with pytest.raises(OrdersError):
            orders.pending()
    file.unlink()
    file.with_name(f".{ORDERS_FILE}.new").mkdir()
    with pytest.raises(OrdersError):
        orders.add([first])
