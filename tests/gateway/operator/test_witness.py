"""A witness key is made anew beside the earlier ones, which end at that moment."""

from pathlib import Path

import pytest

from gateway.config import NodeConfig
from gateway.errors import ConfigError, DataError, StorageError
from gateway.home import Home
from gateway.operator.listing import ROTATE_FILE
from gateway.operator.node import JOIN_FILE, create_node
from gateway.operator.recover import RENEW_FILE
from gateway.operator.start import unlock
from gateway.operator.witness import new_witness
from keys.keyfile import Credential
from protocol.directory import witness_keys
from protocol.joining import parse_join_request, verify_join_request
from tests.gateway.directory.world import FakeClock

NOW_MS = 1_800_000_000_000
SECRET = Credential(b"w" * 32)
CONFIG = NodeConfig(node="RO/1", name="RO", url="https://localhost")


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock."""
    return FakeClock(NOW_MS)


@pytest.fixture
def home(tmp_path: Path, clock: FakeClock) -> Home:
    """Return the home of a new node."""
    home = Home(tmp_path / "ro")
    create_node(home, CONFIG, SECRET, clock=clock)
    return home


def test_new_key_takes_the_place_of_the_one_before(home: Home, clock: FakeClock) -> None:
    """What the earlier one cosigned is still found under it, and nothing later."""
    old = unlock(home, SECRET).witness
    clock.now += 86_400_000
    made = new_witness(home, CONFIG, SECRET, clock=clock)
    new = unlock(home, SECRET).witness
    assert old is not None
    assert new is not None
    assert old.seed != new.seed
    request = parse_join_request(made.request.read_bytes())
    checked = verify_join_request(request, now_ms=clock.now)
    assert checked.fingerprints == made.fingerprints
    assert set(made.fingerprints) >= {"witness", "witness 2"}
    at = [witness_keys(request.node, at_ms=clock.now + ms) for ms in (-1000, 1000)]
    assert at == [(old.signer().cosigner,), (new.signer().cosigner,)]
    assert made.key == str(new.signer().cosigner.key)


def test_key_that_never_counted_is_not_listed(home: Home, clock: FakeClock) -> None:
    """Twice in one second; and no more keys than an entry may have."""
    new_witness(home, CONFIG, SECRET, clock=clock)
    file = home.path / ROTATE_FILE
    assert len(parse_join_request(file.read_bytes()).node.witness or ()) == 1
    for _ in range(6):
        file.replace(home.path / JOIN_FILE)
        clock.now += 3_600_000
        new_witness(home, CONFIG, SECRET, clock=clock)
    assert len(parse_join_request(file.read_bytes()).node.witness or ()) == 4


def test_request_is_of_the_log_that_is_written_now(home: Home, clock: FakeClock) -> None:
    """After a new generation its own part is the newer one."""
    (home.path / JOIN_FILE).rename(home.path / RENEW_FILE)
    assert new_witness(home, CONFIG, SECRET, clock=clock).request.exists()


def test_home_without_its_part_is_left_as_it_is(home: Home, clock: FakeClock) -> None:
    """A key that the directory can never list would be of no use."""
    before = unlock(home, SECRET)
    (home.path / JOIN_FILE).write_bytes(b"{}")
    with pytest.raises(DataError):
        new_witness(home, CONFIG, SECRET, clock=clock)
    (home.path / JOIN_FILE).unlink()
    with pytest.raises(ConfigError):
        new_witness(home, CONFIG, SECRET, clock=clock)
    assert unlock(home, SECRET) == before


def test_refusals_of_disk_and_keys_are_named(home: Home, clock: FakeClock) -> None:
    """A folder in the way of the request; key files that others may read."""
    (home.path / f".{ROTATE_FILE}.new").mkdir()
    with pytest.raises(StorageError):
        new_witness(home, CONFIG, SECRET, clock=clock)
    (home.keys / ".witness.key.new").mkdir()
    with pytest.raises(ConfigError):
        new_witness(home, CONFIG, SECRET, clock=clock)
