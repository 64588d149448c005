"""A new key of one kind: durable first, then asked to be listed, with the old one's word for it."""

from dataclasses import replace
from pathlib import Path

import pytest
from typing_extensions import override

from gateway.errors import ConfigError, DataError, StorageError
from gateway.home import Home
from gateway.operator.keylist import describe_keys
from gateway.operator.listing import ROTATE_FILE
from gateway.operator.node import create_node
from gateway.operator.rotation import OVERLAP_DAYS, Kind, Rotated, rotate
from gateway.operator.start import unlock
from gateway.operator.witness import new_witness
from gateway.storage.connection import StoreLock
from keys.keystore import KeyStore
from keys.nodekeys import NodeKeys
from keys.recipient import RecipientSecret
from keys.turning import TurningKeys
from protocol.directory import NodeEntry, last_resort_keys, log_verifiers
from protocol.joining import CheckedJoin, parse_join_request, verify_join_request
from tests.gateway.officer.world import NOW_MS, StillClock
from tests.gateway.operator.test_node import CONFIG, SECRET
from tests.gateway.operator.test_recover import lost

DAY_MS = 86_400_000


class LaterClock(StillClock):
    """A clock some days later; rotations come long after a node was made."""

    def __init__(self, days: int = 10) -> None:
        super().__init__()
        self.days = days

    @override
    def now_ms(self) -> int:
        """Return the later time."""
        return NOW_MS + self.days * DAY_MS


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return the home of a new node."""
    return create_node(Home(tmp_path / "ro"), CONFIG, SECRET, clock=StillClock()).home


def turned(home: Home, kind: Kind, *, is_stolen: bool = False, days: int = 10) -> Rotated:
    """Make a new key."""
    clock = LaterClock(days)
    return rotate(home, CONFIG, SECRET, kind=kind, clock=clock, is_stolen=is_stolen)


def asked(home: Home, days: int = 10) -> CheckedJoin:
    """Return what the node asks to be listed, checked as the authority does."""
    request = parse_join_request((home.path / ROTATE_FILE).read_bytes())
    return verify_join_request(request, now_ms=NOW_MS + days * DAY_MS)


def listed(home: Home) -> NodeEntry:
    """Return the part that is to be listed."""
    return asked(home).request.node


def held(home: Home) -> NodeKeys:
    """Return the keys on the disk."""
    return unlock(home, SECRET)


def test_both_pairs_of_a_log_sign_and_are_listed_for_a_time(home: Home) -> None:
    """Peers with an older directory go by the old pair, the others by either."""
    old = held(home).signer().verifier
    turned(home, Kind.LOG)
    new, former = held(home).signer().verifiers
    entry, origin = listed(home), listed(home).logs[0].log_origin
    assert former == old != new
    at_ms = NOW_MS + 10 * DAY_MS
    assert log_verifiers(entry, origin, at_ms=at_ms) == (new, old)
    assert log_verifiers(entry, origin, at_ms=at_ms + OVERLAP_DAYS * DAY_MS + 1000) == (new,)
    assert asked(home).request.checkpoint.count("\n\N{EM DASH} ") == 4


def test_a_stolen_pair_ends_at_once_and_what_it_signed_stays_listed(home: Home) -> None:
    """Evidence from before needs the key, and its end."""
    old = held(home).signer().verifier
    turned(home, Kind.LOG, is_stolen=True)
    (new, *_), origin = held(home).signer().verifiers, listed(home).logs[0].log_origin
    at_ms = NOW_MS + 10 * DAY_MS
    assert log_verifiers(listed(home), origin, at_ms=at_ms + 1000) == (new,)
    assert old in [key.verifier for key in listed(home).logs]


def test_a_new_last_resort_key_is_taken_by_senders_and_both_open(home: Home) -> None:
    """What is under way is sealed for the old one."""
    before = held(home)
    turned(home, Kind.KEM)
    after = held(home)
    newest, older = last_resort_keys(listed(home), at_ms=NOW_MS + 10 * DAY_MS)
    assert newest.key_id == RecipientSecret(after.last_resort_seed).key_id
    assert older.key_id == RecipientSecret(before.last_resort_seed).key_id
    assert {newest.key_id, older.key_id} <= after.secrets().keys()
    assert len(after.prekeys) == len(before.prekeys) + 1


def test_a_new_certificate_waits_beside_the_old_and_a_stolen_one_goes(home: Home) -> None:
    """A peer refuses a pin as soon as it is not listed."""
    before = held(home)
    turned(home, Kind.TLS)
    following = held(home).turning.tls
    assert following is not None
    assert held(home).tls == before.tls
    assert listed(home).spki == {before.tls.spki, following.spki}
    turned(home, Kind.TLS, is_stolen=True)
    latest = held(home).turning.tls
    assert latest is not None
    assert listed(home).spki == {latest.spki}
    assert latest.spki not in {before.tls.spki, following.spki}


def test_what_was_asked_for_and_is_not_listed_yet_is_asked_for_again(home: Home) -> None:
    """The last file that the authority gets must hold all that the node needs."""
    for kind in Kind:
        turned(home, kind)
    new_witness(home, CONFIG, SECRET, clock=LaterClock(11))
    entry = listed(home)
    assert (len(entry.logs), len(entry.kem), len(entry.tls_spki)) == (2, 2, 2)
    kinds = [line.kind for line in describe_keys(held(home))]
    assert (kinds.count("log"), kinds.count("tls"), kinds.count("last-resort")) == (2, 2, 2)


def test_a_second_rotation_waits_for_the_first_unless_the_key_was_stolen(home: Home) -> None:
    """Three pairs at once would be one too many to keep apart."""
    turned(home, Kind.LOG)
    with pytest.raises(ConfigError, match="under way"):
        turned(home, Kind.LOG)
    turned(home, Kind.LOG, is_stolen=True, days=11)
    entry = asked(home, 11).request.node
    at_ms = NOW_MS + 11 * DAY_MS + 1000
    assert len(log_verifiers(entry, entry.logs[0].log_origin, at_ms=at_ms)) == 1
    assert len(entry.logs) == 3


@pytest.mark.parametrize("kind", Kind)
def test_a_request_that_the_disk_refused_is_written_by_calling_again(
    home: Home, kind: Kind
) -> None:
    """The new key is durable by then: without its request nobody would ever list it."""
    in_the_way = home.path / f".{ROTATE_FILE}.new"
    in_the_way.mkdir()
    with pytest.raises(StorageError):
        turned(home, kind)
    in_the_way.rmdir()
    keys = held(home)
    turned(home, kind, days=11)
    assert held(home) == keys
    entry = asked(home, 11).request.node
    assert max(len(entry.logs), len(entry.kem), len(entry.tls_spki)) == 2
    with pytest.raises(ConfigError, match="under way"):
        turned(home, kind, days=12)


def test_the_next_rotation_leaves_listed_what_has_ended(home: Home) -> None:
    """A year later: what the first pair signed is proven by it for ever."""
    turned(home, Kind.LOG)
    before = held(home)
    KeyStore(home.keys).turn(before, replace(before, turning=TurningKeys()), SECRET)
    turned(home, Kind.LOG, days=360)
    entry = asked(home, 360).request.node
    at_ms = NOW_MS + 360 * DAY_MS
    assert len(entry.logs) == 3
    assert len(log_verifiers(entry, entry.logs[0].log_origin, at_ms=at_ms)) == 2


def test_a_key_that_never_counted_is_not_listed_as_ended(home: Home) -> None:
    """Revoked in the second in which it was made."""
    turned(home, Kind.LOG, is_stolen=True, days=0)
    assert len(asked(home, 0).request.node.logs) == 1


def test_a_running_node_and_a_lost_log_are_refused(home: Home, tmp_path: Path) -> None:
    """Keys are changed by one program at a time, and not while the log is in doubt."""
    before = held(home)
    lock = StoreLock(home.lock)
    lock.take()
    with pytest.raises(StorageError):
        turned(home, Kind.LOG)
    lock.drop()
    assert held(home) == before
    with pytest.raises(ConfigError, match="cannot simply go on"):
        turned(lost(tmp_path / "lost"), Kind.LOG)


def test_a_damaged_request_and_missing_keys_change_nothing(home: Home) -> None:
    """Who asks again after a fault must not find half of it done."""
    (home.path / ROTATE_FILE).write_bytes(b"{")
    with pytest.raises(DataError):
        turned(home, Kind.LOG)
    (home.path / ROTATE_FILE).unlink()
    (home.keys / ".turning.key.new").mkdir()
    with pytest.raises(ConfigError):
        turned(home, Kind.LOG)
    assert held(home).turning.log is None
    (home.keys / "node.key").unlink()
    with pytest.raises(ConfigError):
        turned(home, Kind.LOG)
