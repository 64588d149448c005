"""Making a node: everything in one go, nothing over another node, nothing left of a failure."""

import asyncio
import stat
from pathlib import Path

import pytest

from gateway.config import NodeConfig, load_config
from gateway.errors import ConfigError, GatewayError
from gateway.home import Home
from gateway.operator.node import NewNode, create_node, read_join_request
from gateway.operator.start import unlock
from gateway.storage.sqlite import SqliteStore
from keys.keyfile import Credential
from protocol.identifiers import LogOrigin
from protocol.joining import parse_join_request, verify_join_request
from protocol.log.checkpoint import Checkpoint, TreeHead
from protocol.log.signing import sign_head
from tests.gateway.officer.world import DAY_MS, NOW_MS, StillClock

SECRET = Credential(bytes(range(32)))
CONFIG = NodeConfig(node="RO/1", name="RO desk", url="https://a35.example:8443")


def test_new_node_has_what_every_start_needs(tmp_path: Path) -> None:
    """Keys, store, anchor, settings and join request; all closed to others."""
    home = made(tmp_path).home
    for place in (home.store, home.anchor, home.config_file, home.path / "join.json"):
        assert stat.S_IMODE(place.stat().st_mode) == 0o600, place
    for folder in (home.path, home.keys):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert load_config(home.path, environ={}).config == CONFIG


def test_join_request_proves_the_key_set_as_leaf_0(tmp_path: Path) -> None:
    """The authority believes nothing that the node's log does not show."""
    node = made(tmp_path)
    request = parse_join_request(read_join_request(node.home))
    checked = verify_join_request(request, now_ms=NOW_MS)
    assert str(checked.key_set.node) == "RO/1"
    assert checked.key_set.version == 1
    assert [entry.expires_ms for entry in checked.key_set.keys] == [NOW_MS + 7 * DAY_MS]
    assert checked.checkpoint.head.size == 1
    assert checked.fingerprints == dict(node.fingerprints)


def test_prekey_of_the_key_set_is_held(tmp_path: Path) -> None:
    """What others seal for us must open."""
    node = made(tmp_path)
    keys = unlock(node.home, SECRET)
    request = parse_join_request(read_join_request(node.home))
    published = verify_join_request(request, now_ms=NOW_MS).key_set.keys[0]
    assert published.key_id in keys.secrets()


def test_store_opens_with_the_keys_and_holds_the_key_set(tmp_path: Path) -> None:
    """`a35 run` is the next command."""
    home = made(tmp_path).home
    keys = unlock(home, SECRET)
    signer = keys.signer()

    def sign(head: TreeHead) -> Checkpoint:
        return sign_head(signer, head, timestamp_s=NOW_MS // 1000)

    async def look() -> tuple[bytes, int] | None:
        store = SqliteStore.open(
            home.store,
            origin=LogOrigin.parse(keys.origin),
            store_key=keys.store_key,
            head_signer=sign,
            clock=StillClock(),
            anchor=home.anchor,
        )
        await store.start()
        try:
            return await store.key_set()
        finally:
            await store.close()

    held = asyncio.run(look())
    assert held is not None
    assert held[1] == 0


def test_directory_root_is_kept_in_the_home(tmp_path: Path) -> None:
    """A home is moved as one folder."""
    node = create_node(
        Home(tmp_path / "ro"), CONFIG, SECRET, clock=StillClock(), root=b'{"signed": {}}'
    )
    assert (node.home.path / "root.json").read_bytes() == b'{"signed": {}}'


def test_host_that_is_an_address_gets_a_certificate_all_the_same(tmp_path: Path) -> None:
    """Peers pin the key, not the name."""
    config = CONFIG.model_copy(update={"url": "https://[::1]:8443"})
    node = create_node(Home(tmp_path / "ro"), config, SECRET, clock=StillClock())
    assert "tls" in node.fingerprints


@pytest.mark.parametrize("rest", ["node.toml", "keys", "store.db"])
def test_home_in_use_is_refused(tmp_path: Path, rest: str) -> None:
    """A second log of one name would be a fork."""
    home = Home(tmp_path / "ro")
    home.path.mkdir()
    (home.path / rest).mkdir()
    with pytest.raises(ConfigError) as caught:
        create_node(home, CONFIG, SECRET, clock=StillClock())
    assert caught.value.code == "home_exists"
    assert [each.name for each in home.path.iterdir()] == [rest]


def test_anchor_of_an_earlier_node_is_refused(tmp_path: Path) -> None:
    """Somebody removed a home by mistake: do not begin its log anew."""
    home = Home(tmp_path / "ro")
    home.anchor.write_text("rest")
    with pytest.raises(ConfigError, match=r"ro\.anchor"):
        create_node(home, CONFIG, SECRET, clock=StillClock())
    assert home.anchor.read_text() == "rest"


def test_failed_attempt_leaves_nothing(tmp_path: Path) -> None:
    """The next attempt must not stumble over it."""
    home = Home(tmp_path / "ro")
    home.path.mkdir()
    (home.path / "join.json").mkdir()  # cannot be written
    with pytest.raises((GatewayError, OSError)):
        create_node(home, CONFIG, SECRET, clock=StillClock())
    assert [each.name for each in home.path.iterdir()] == ["join.json"]
    assert not home.anchor.exists()


def test_join_request_of_no_node(tmp_path: Path) -> None:
    """78, with what to do."""
    with pytest.raises(ConfigError) as caught:
        read_join_request(Home(tmp_path))
    assert caught.value.code == "no_home"


def made(folder: Path) -> NewNode:
    """Make a node."""
    return create_node(Home(folder / "ro"), CONFIG, SECRET, clock=StillClock())
