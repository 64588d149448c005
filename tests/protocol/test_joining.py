"""A join request: it proves that the node holds the log keys that it lists."""

import json

import pytest

from keys.errors import KeysError
from keys.recipient import RecipientSecret
from protocol.directory_values import key_bytes, key_text
from protocol.errors import MalformedError, RemoteProtocolError
from protocol.identifiers import NodeId
from protocol.joining import (
    JoinRequest,
    build_join_request,
    encode_join_request,
    node_part,
    parse_join_request,
    verify_join_request,
)
from protocol.keyset import KeySet
from protocol.limits import MAX_JOIN_BYTES
from protocol.log.proof import InclusionProof
from tests.protocol.entries import DAY_MS, certificate, join_request, node_keys, part

NOW_MS = 1_800_000_000_000


def changed(request: JoinRequest, **changes: object) -> JoinRequest:
    """Return the request as a forger would write it."""
    fields = json.loads(encode_join_request(request)) | changes
    return parse_join_request(json.dumps(fields).encode())


def test_a_true_request_is_believed() -> None:
    """The authority admits a node on the strength of it."""
    request = join_request(node_keys("RO/1"), NOW_MS)
    checked = verify_join_request(parse_join_request(encode_join_request(request)), now_ms=NOW_MS)
    assert checked.request == request
    assert checked.key_set.node == NodeId("RO", 1)
    assert checked.checkpoint.head.size == 1
    assert checked.fingerprints["tls"] == node_keys("RO/1").tls.spki.hex()


def test_keys_that_did_not_sign_the_checkpoint_are_refused() -> None:
    """Somebody else's public keys must not be listed under one's own name."""
    listed = part(node_keys("RO/1", 1), NOW_MS)
    request = join_request(node_keys("RO/1"), NOW_MS, node=listed)
    with pytest.raises(RemoteProtocolError):
        verify_join_request(request, now_ms=NOW_MS)


def test_half_a_signature_pair_is_refused() -> None:
    """Both halves, always."""
    request = join_request(node_keys("RO/1"), NOW_MS)
    lines = request.checkpoint.split("\n")
    half = "\n".join((*lines[:5], ""))
    with pytest.raises(RemoteProtocolError):
        verify_join_request(changed(request, checkpoint=half), now_ms=NOW_MS)


def test_a_key_set_that_is_not_in_the_log_is_refused() -> None:
    """The statement counts only with its proof."""
    request = join_request(node_keys("RO/1"), NOW_MS)
    other = KeySet(
        node=NodeId("RO", 1),
        version=2,
        not_before_ms=NOW_MS,
        expires_ms=NOW_MS + DAY_MS,
        keys=(),
    )
    with pytest.raises(RemoteProtocolError):
        verify_join_request(changed(request, key_set=key_text(other.encode())), now_ms=NOW_MS)


def test_a_proof_for_another_leaf_is_refused() -> None:
    """An index beyond the tree proves nothing."""
    request = join_request(node_keys("RO/1"), NOW_MS)
    with pytest.raises(RemoteProtocolError):
        verify_join_request(changed(request, index=1), now_ms=NOW_MS)
    with pytest.raises(RemoteProtocolError):
        verify_join_request(changed(request, path=[key_text(bytes(32))]), now_ms=NOW_MS)


def test_a_checkpoint_of_another_nodes_log_is_refused() -> None:
    """The speaker binds the log."""
    request = join_request(node_keys("RO/1"), NOW_MS)
    other = join_request(node_keys("FR/1"), NOW_MS)
    with pytest.raises(MalformedError):
        verify_join_request(changed(request, checkpoint=other.checkpoint), now_ms=NOW_MS)


def test_a_key_set_of_another_node_is_refused() -> None:
    """Even if it stands in this node's log."""
    keys = node_keys("RO/1")
    stranger = join_request(node_keys("RO/2"), NOW_MS)
    request = join_request(keys, NOW_MS)
    with pytest.raises(MalformedError):
        verify_join_request(changed(request, key_set=stranger.key_set), now_ms=NOW_MS)


def test_a_node_of_another_party_is_refused() -> None:
    """RO does not ask for FR."""
    request = join_request(node_keys("RO/1"), NOW_MS)
    with pytest.raises(MalformedError):
        verify_join_request(changed(request, party="FR"), now_ms=NOW_MS)


def test_keys_outside_their_time_are_refused() -> None:
    """An old request is made anew."""
    request = join_request(node_keys("RO/1"), NOW_MS)
    with pytest.raises(RemoteProtocolError):
        verify_join_request(request, now_ms=NOW_MS + 400 * DAY_MS)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("format", "a35/2/join"),
        ("index", -1),
        ("index", 1.0),
        ("path", [key_text(b"short")]),
        ("path", [key_text(bytes(32))] * 65),
        ("key_set", "%%%"),
        ("checkpoint", ""),
        ("remark", "x"),
    ],
)
def test_what_is_no_request_is_refused(field: str, value: object) -> None:
    """A file from outside is parsed strictly."""
    with pytest.raises(MalformedError):
        changed(join_request(node_keys("RO/1"), NOW_MS), **{field: value})


def test_a_request_above_the_limit_is_refused() -> None:
    """It is a file of some kilobytes."""
    with pytest.raises(MalformedError):
        parse_join_request(b" " * (MAX_JOIN_BYTES + 1))


def test_a_checkpoint_that_is_no_note_is_refused_with_our_own_error() -> None:
    """No other family's error comes out of a check."""
    request = join_request(node_keys("RO/1"), NOW_MS)
    for text in ("x", "a35/RO/1/log/1\n1\n\n", "\ud7ff" * 100):
        with pytest.raises(RemoteProtocolError):
            verify_join_request(changed(request, checkpoint=text), now_ms=NOW_MS)


def test_an_address_without_a_port_gets_the_one_that_https_means() -> None:
    """An endpoint in the directory always shows its port."""
    keys = node_keys("RO/1")
    made = node_part(
        NodeId("RO", 1),
        endpoints=("https://a35.example.ro", "https://[2001:db8::1]", "https://b.example:8443"),
        log=keys.signer().verifier,
        last_resort=RecipientSecret(keys.last_resort_seed).public,
        certificate=certificate(keys),
        not_before_ms=NOW_MS,
        not_after_ms=NOW_MS + DAY_MS,
    )
    assert made.endpoints == (
        "https://a35.example.ro:443",
        "https://[2001:db8::1]:443",
        "https://b.example:8443",
    )


def test_a_part_that_no_entry_may_hold_is_not_made() -> None:
    """The mistake shows at the node, not at the authority."""
    keys = node_keys("RO/1")
    public = RecipientSecret(keys.last_resort_seed).public
    for node, endpoint in ((NodeId("RO", 2), "https://a:1"), (NodeId("RO", 1), "http://a:1")):
        with pytest.raises(MalformedError):
            node_part(
                node,
                endpoints=(endpoint,),
                log=keys.signer().verifier,
                last_resort=public,
                certificate=certificate(keys),
                not_before_ms=NOW_MS,
                not_after_ms=NOW_MS + DAY_MS,
            )
    with pytest.raises(KeysError):
        node_part(
            NodeId("RO", 1),
            endpoints=("https://a:1",),
            log=keys.signer().verifier,
            last_resort=public,
            certificate=b"",
            not_before_ms=NOW_MS,
            not_after_ms=NOW_MS + DAY_MS,
        )


def test_a_request_that_could_not_be_read_is_not_made() -> None:
    """A blank name, a note that is no text."""
    request = join_request(node_keys("RO/1"), NOW_MS)
    proof = InclusionProof(index=0, path=())
    data = key_bytes(request.key_set)
    for name, note in ((" ", request.checkpoint.encode()), ("Desk", b"\xff")):
        with pytest.raises(MalformedError):
            build_join_request(request.node, name=name, key_set=data, proof=proof, note=note)
