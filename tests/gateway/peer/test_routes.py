"""The route table: these paths, spelled so, and no others."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.peer.routes import Resource, Target, allows, target_of
from protocol.identifiers import LogOrigin, MessageId, NodeId

HASH = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/v1/envelopes", Target(Resource.ENVELOPES)),
        ("/v1/receipts", Target(Resource.RECEIPTS)),
        ("/v1/keys", Target(Resource.KEYS)),
        ("/v1/log/epoch", Target(Resource.LOG_EPOCH)),
        (f"/v1/sealings/{HASH[:32]}", Target(Resource.SEALING_OF, (HASH[:32],))),
        ("/v1/log/proof?old=0&new=17", Target(Resource.LOG_PROOF, ("0", "17"))),
        ("/v1/logs/a35/RO/1/log/1", Target(Resource.LOG_NOTE, ("a35/RO/1/log/1",))),
        ("/v1/logs/a35/RO/1/log/1?size=9", Target(Resource.LOG_NOTE, ("a35/RO/1/log/1", "9"))),
        (f"/v1/receipts/{HASH[:32]}", Target(Resource.RECEIPTS_OF, (HASH[:32],))),
        (f"/v1/blobs/{HASH}", Target(Resource.BLOB, (HASH,))),
        *(
            (f"/v1/dir/{name}", Target(Resource.DIRECTORY, (name,)))
            for name in (
                "metadata/timestamp.json",
                "metadata/12.root.json",
                "metadata/3.party-RO.json",
                f"targets/parties/RO/{HASH}.party.json",
            )
        ),
    ],
)
def test_path_of_the_table_is_known(path: str, target: Target) -> None:
    """Rule 25."""
    assert target_of(path) == target


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/v1",
        "/v1/Envelopes",
        "/v1/envelopes/",
        "/v1/envelopes?",
        "/v1/keys\n",
        "/v1//keys",
        "/v1/log/proof",
        "/v1/log/proof?old=01&new=2",
        "/v1/log/proof?old=1&new=2&x=3",
        "/v1/log/proof?old=1&new=-2",
        "/v1/log/proof?old=1&new=9007199254740992",
        "/v1/log/proof?old=\u0661&new=2",
        "/v1/logs/a35/RO/1/log/1\n",
        "/v1/logs/a35/ro/1/log/1",
        "/v1/logs/a35/RO/1/log/01",
        "/v1/logs/a35/RO/1/log/1234567890",
        "/v1/logs/a35/RO/1/log/1?size=",
        "/v1/logs/a35/RO/1/log/1?size=09",
        "/v1/logs/a35/RO/1/log/1?size=9007199254740992",
        "/v1/logs/../keys",
        f"/v1/receipts/{HASH[:31]}",
        f"/v1/receipts/{HASH[:32].upper()}",
        f"/v1/blobs/{HASH}0",
        f"/v1/blobs/{HASH}\n",
        f"/v1/blobs/..%2f{HASH[:60]}",
        "/v1/dir/",
        "/v1/dir/metadata/../verified.json",
        "/v1/dir/metadata/01.root.json",
        "/v1/dir/metadata/1.timestamp.json",
        "/v1/dir/metadata/1.party-ro.json",
        f"/v1/dir/targets/parties/RO/{HASH.upper()}.party.json",
        "/v1/dir/metadata/timestamp.json\n",
    ],
)
def test_anything_else_is_not(path: str) -> None:
    """Ids are checked by pattern before use."""
    assert target_of(path) is None


def test_methods_are_those_of_the_table() -> None:
    """Nothing writes by GET, nothing reads by POST."""
    table = {
        "/v1/envelopes": {"POST"},
        "/v1/receipts": {"POST"},
        "/v1/keys": {"GET"},
        "/v1/log/proof?old=0&new=1": {"GET"},
        "/v1/logs/a35/RO/1/log/1": {"GET"},
        f"/v1/receipts/{HASH[:32]}": {"GET"},
        f"/v1/blobs/{HASH}": {"HEAD", "PUT"},
        "/v1/dir/metadata/timestamp.json": {"GET"},
    }
    for path, methods in table.items():
        target = target_of(path)
        assert target is not None
        tried = {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get"}
        assert {method for method in tried if allows(target, method)} == methods


@given(text=st.text(max_size=80))
@settings(max_examples=200, deadline=None)
def test_whatever_is_known_parses(text: str) -> None:
    """The forms here and those of the identifiers must not drift apart."""
    for prefix in ("", "/v1/logs/", "/v1/receipts/"):
        target = target_of(prefix + text)
        if target is not None and target.resource is Resource.LOG_NOTE:
            assert str(LogOrigin.parse(target.words[0])) == target.words[0]
        if target is not None and target.resource is Resource.RECEIPTS_OF:
            assert str(MessageId.parse(target.words[0])) == target.words[0]


@given(
    country=st.text("ABCXYZ", min_size=2, max_size=2),
    number=st.integers(1, 999),
    generation=st.integers(1, 999_999_999),
)
@settings(max_examples=50, deadline=None)
def test_every_log_has_a_path(country: str, number: int, generation: int) -> None:
    """The origin keeps its slashes."""
    origin = LogOrigin(NodeId(country, number), generation)
    assert target_of(f"/v1/logs/{origin}") == Target(Resource.LOG_NOTE, (str(origin),))
