"""A Party's entry: strict, of one Party alone, and resolved the same way for every use."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.digest import kem_key_id, sha256
from keys.recipient import RecipientSecret
from protocol.directory import (
    ContactPoint,
    NodeEntry,
    NodeState,
    PartyEntry,
    Telephone,
    WitnessKey,
    encode_entry,
    fingerprints,
    last_resort_keys,
    log_verifiers,
    parse_entry,
    spki_digests,
    witness_keys,
)
from protocol.directory_values import key_bytes, key_text, time_text
from protocol.errors import Code, MalformedError
from protocol.identifiers import LogOrigin, NodeId
from protocol.limits import MAX_ENTRY_BYTES
from tests.protocol.entries import DAY_MS, node_keys, part

NOW_MS = 1_800_000_000_000
Spoil = Callable[[dict[str, Any]], None]


def entry_of(*names: str) -> PartyEntry:
    """Return an entry of the first node's Party with these nodes."""
    nodes = tuple(part(node_keys(name), NOW_MS) for name in names)
    return PartyEntry(party=nodes[0].node_id.country, name="Parchet", nodes=nodes)


def spoiled(spoil: Spoil) -> bytes:
    """Return the entry of RO/1 after something was done to its fields."""
    fields = json.loads(encode_entry(entry_of("RO/1")))
    spoil(fields)
    return json.dumps(fields).encode()


def node_of(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of the first node."""
    node: dict[str, Any] = fields["nodes"][0]
    return node


def test_an_entry_reads_back_as_what_was_written() -> None:
    """Parties exchange files, not objects."""
    entry = entry_of("RO/1", "RO/2")
    data = encode_entry(entry)
    assert parse_entry(data) == entry
    assert encode_entry(parse_entry(data)) == data


def test_an_entry_is_written_with_names_in_order_and_without_blanks() -> None:
    """Equal entries are equal bytes, so that nothing is signed anew without need."""
    data = encode_entry(entry_of("RO/1"))
    fields = json.loads(data)
    assert data == json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
    assert "profile" not in fields


def test_a_point_of_contact_carries_its_telephone_card() -> None:
    """When machines fail, officers call."""
    point = ContactPoint(
        number=1,
        name="Serviciul de combatere a criminalității informatice",
        remit="Articles 29 to 31",
        hours="24/7",
        time_zone="Europe/Bucharest",
        languages=("ro", "en"),
        telephones=(Telephone(number="+40210000000", remark="duty officer"),),
        email="desk@example.ro",
        equivalent=True,
    )
    entry = entry_of("RO/1").model_copy(update={"contact_points": (point,)})
    assert parse_entry(encode_entry(entry)).contact_points == (point,)


def _rename_node(fields: dict[str, Any]) -> None:
    node_of(fields)["id"] = "FR/1"


def _foreign_origin(fields: dict[str, Any]) -> None:
    node_of(fields)["logs"][0]["origin"] = "a35/FR/1/log/1"


def _other_node_of_party(fields: dict[str, Any]) -> None:
    node_of(fields)["logs"][0]["origin"] = "a35/RO/2/log/1"


def _whole_foreign_node(fields: dict[str, Any]) -> None:
    node_of(fields)["id"] = "FR/1"
    node_of(fields)["logs"][0]["origin"] = "a35/FR/1/log/1"


def _foreign_profile(fields: dict[str, Any]) -> None:
    fields["profile"] = {
        "party": "FR",
        "convention": "in_force",
        "second_protocol": "signed",
        "reservation_29_4": False,
        "no_subscriber_only_9_1_b": False,
        "followup_9_5": "none",
        "poc_channel_10_9": False,
        "notify_7_5": False,
        "languages": ["fr"],
        "capabilities": dict.fromkeys(
            ("technical_advice", "preservation", "evidence", "legal_information", "location"),
            "direct",
        ),
        "points_of_contact": [1],
    }


def _twice_the_node(fields: dict[str, Any]) -> None:
    fields["nodes"] *= 2


def _other_pin(fields: dict[str, Any]) -> None:
    node_of(fields)["tls_spki"] = ["00" * 32]


def _no_certificate(fields: dict[str, Any]) -> None:
    node_of(fields)["tls_certificates"] = []


def _empty_certificate(fields: dict[str, Any]) -> None:
    node_of(fields)["tls_certificates"] = [""]


def _no_real_certificate(fields: dict[str, Any]) -> None:
    node_of(fields)["tls_certificates"] = [key_text(b"certificate")]


def _copied_certificate(fields: dict[str, Any]) -> None:
    other = part(node_keys("FR/1"), NOW_MS)
    node_of(fields)["tls_spki"] = list(other.tls_spki)
    node_of(fields)["tls_certificates"] = list(other.tls_certificates)


def _forged_certificate(fields: dict[str, Any]) -> None:
    text = node_of(fields)["tls_certificates"][0]
    der = key_bytes(text)
    node_of(fields)["tls_certificates"] = [key_text(der[:-1] + bytes((der[-1] ^ 1,)))]


def _unusable_kem(fields: dict[str, Any]) -> None:
    node_of(fields)["kem"][0]["public"] = key_text(b"\xff" * 1216)


def _short_log_key(fields: dict[str, Any]) -> None:
    node_of(fields)["logs"][0]["ed25519"] = key_text(b"\x00" * 31)


def _repeated_kem(fields: dict[str, Any]) -> None:
    node_of(fields)["kem"] *= 2


def _backward_time(fields: dict[str, Any]) -> None:
    key = node_of(fields)["logs"][0]
    key["not_before"], key["not_after"] = key["not_after"], key["not_before"]


def _plain_http(fields: dict[str, Any]) -> None:
    node_of(fields)["endpoints"] = ["http://localhost:8443"]


def _unknown_state(fields: dict[str, Any]) -> None:
    node_of(fields)["state"] = "trusted"


def _unknown_field(fields: dict[str, Any]) -> None:
    fields["\u202eadmin"] = True


def _number_as_text(fields: dict[str, Any]) -> None:
    node_of(fields)["limits"]["body_bytes"] = "4096"


def _no_log(fields: dict[str, Any]) -> None:
    node_of(fields)["logs"] = []


def _listed_witness(fields: dict[str, Any], public: bytes, times: int = 1) -> None:
    period = {name: node_of(fields)["logs"][0][name] for name in ("not_before", "not_after")}
    node_of(fields)["witness"] = [{"mldsa44": key_text(public), **period}] * times


def _log_key_as_witness(fields: dict[str, Any]) -> None:
    _listed_witness(fields, key_bytes(node_of(fields)["logs"][0]["mldsa44"]))


def _repeated_witness(fields: dict[str, Any]) -> None:
    _listed_witness(fields, bytes(1312), 2)


def _short_witness(fields: dict[str, Any]) -> None:
    _listed_witness(fields, bytes(1311))


def _no_witness(fields: dict[str, Any]) -> None:
    node_of(fields)["witness"] = []


@pytest.mark.parametrize(
    "spoil",
    [
        _rename_node,
        _foreign_origin,
        _other_node_of_party,
        _whole_foreign_node,
        _foreign_profile,
        _twice_the_node,
        _other_pin,
        _copied_certificate,
        _forged_certificate,
        _no_certificate,
        _no_real_certificate,
        _empty_certificate,
        _unusable_kem,
        _short_log_key,
        _repeated_kem,
        _backward_time,
        _plain_http,
        _unknown_state,
        _unknown_field,
        _number_as_text,
        _no_log,
        _log_key_as_witness,
        _repeated_witness,
        _short_witness,
        _no_witness,
    ],
)
def test_an_entry_that_breaks_a_rule_is_refused(spoil: Spoil) -> None:
    """A Party signs its own entry: nobody else would notice."""
    with pytest.raises(MalformedError) as caught:
        parse_entry(spoiled(spoil))
    assert caught.value.code is Code.SCHEMA
    assert "admin" not in str(caught.value)


def test_a_changed_copy_is_checked_and_computed_anew() -> None:
    """Parsed keys of the old fields must not survive in the copy."""
    node = part(node_keys("RO/1"), NOW_MS)
    key = node.logs[0]
    assert key.not_after_ms == NOW_MS + 365 * DAY_MS
    assert key.model_copy(update={"not_after": time_text(NOW_MS)}).not_after_ms == NOW_MS
    assert key.model_copy() == key
    with pytest.raises(ValueError, match="another node"):
        node.model_copy(update={"id": "RO/2"})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"party":"RO","party":"RO","name":"x"}',
        b'{"party":"RO","name":"x","nodes":[{"id":"RO/1","id":"RO/1"}]}',
        b'{"party":"RO","name":NaN}',
        b'{"party":"RO","name":"\\ud800"}',
        '{"party":"RO","name":"x"}'.encode("utf-16"),
    ],
)
def test_what_is_no_entry_is_refused_with_our_own_error(data: bytes) -> None:
    """A decoder lets no other family's error out, whatever it is fed."""
    with pytest.raises(MalformedError):
        parse_entry(data)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_spoiled_entry_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    """Whatever happens to the bytes on the way, no other family's error gets out."""
    text = bytearray(encode_entry(entry_of("RO/1")))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        text[start : start + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    with suppress(MalformedError):
        assert parse_entry(bytes(text)).party == "RO"


def test_an_entry_above_the_limit_is_refused_before_it_is_read() -> None:
    """Parsing costs memory: length comes first."""
    with pytest.raises(MalformedError) as caught:
        parse_entry(b" " * (MAX_ENTRY_BYTES + 1))
    assert caught.value.code is Code.SIZE


def test_only_the_keys_of_the_asked_log_and_moment_verify() -> None:
    """Invariant: no statement counts under a key outside its validity or its log."""
    node = part(node_keys("RO/1"), NOW_MS)
    origin = LogOrigin(NodeId("RO", 1), 1)
    first = node.logs[0].not_before_ms
    last = node.logs[0].not_after_ms
    expected = (node_keys("RO/1").signer().verifier,)
    assert log_verifiers(node, origin, at_ms=NOW_MS) == expected
    assert log_verifiers(node, origin, at_ms=first) == expected
    assert log_verifiers(node, origin, at_ms=last) == expected
    assert log_verifiers(node, origin, at_ms=first - 1) == ()
    assert log_verifiers(node, origin, at_ms=last + 1) == ()
    assert log_verifiers(node, LogOrigin(NodeId("RO", 1), 2), at_ms=NOW_MS) == ()


def with_second_keys() -> NodeEntry:
    """Return RO/1 in the middle of a rotation: two log pairs and two last-resort keys overlap."""
    node = part(node_keys("RO/1"), NOW_MS)
    other = part(node_keys("RO/1", 1), NOW_MS)
    newer = {"not_before": time_text(NOW_MS - 1000)}
    return node.model_copy(
        update={
            "logs": (*node.logs, other.logs[0].model_copy(update=newer)),
            "kem": (*node.kem, other.kem[0].model_copy(update=newer)),
        }
    )


def test_two_pairs_overlap_during_a_rotation_and_the_newest_comes_first() -> None:
    """Old checkpoints must verify until the old pair ends."""
    node = with_second_keys()
    found = log_verifiers(node, LogOrigin(NodeId("RO", 1), 1), at_ms=NOW_MS)
    assert found == (
        node_keys("RO/1", 1).signer().verifier,
        node_keys("RO/1").signer().verifier,
    )


def test_the_newest_last_resort_key_comes_first() -> None:
    """A sender takes the first one."""
    found = last_resort_keys(with_second_keys(), at_ms=NOW_MS)
    publics = [RecipientSecret(node_keys("RO/1", salt).last_resort_seed).public for salt in (1, 0)]
    assert [key.public for key in found] == publics
    assert [key.key_id for key in found] == [kem_key_id(public) for public in publics]
    assert last_resort_keys(with_second_keys(), at_ms=NOW_MS + 400 * DAY_MS) == ()


def test_keys_are_parsed_once_for_all_messages() -> None:
    """Parsing an X-Wing key costs as much as a seal."""
    node = part(node_keys("RO/1"), NOW_MS)
    first = last_resort_keys(node, at_ms=NOW_MS)[0]
    assert last_resort_keys(node, at_ms=NOW_MS)[0] is first
    origin = LogOrigin(NodeId("RO", 1), 1)
    verifier = log_verifiers(node, origin, at_ms=NOW_MS)[0]
    assert log_verifiers(node, origin, at_ms=NOW_MS)[0] is verifier


def test_the_pins_are_the_digests_of_the_certificates() -> None:
    """TLS looks a peer up by what it shows."""
    keys = node_keys("RO/1")
    node = part(keys, NOW_MS)
    assert spki_digests(node) == frozenset({keys.tls.spki})
    assert len(node.certificates) == 1


def test_only_an_active_node_is_active() -> None:
    """Candidates and suspended nodes get nothing."""
    node = part(node_keys("RO/1"), NOW_MS)
    states = {state: node.model_copy(update={"state": state}).is_active for state in NodeState}
    assert states == {
        NodeState.CANDIDATE: False,
        NodeState.ACTIVE: True,
        NodeState.SUSPENDED: False,
    }


def test_fingerprints_name_every_public_key_of_a_node() -> None:
    """People compare all of them by telephone before a node is admitted."""
    keys = node_keys("RO/1")
    verifier = keys.signer().verifier
    node = with_second_keys()
    found = fingerprints(node)
    assert list(found) == [
        "tls",
        "log a35/RO/1/log/1",
        "log a35/RO/1/log/1 2",
        "kem",
        "kem 2",
    ]
    assert found["tls"] == keys.tls.spki.hex()
    assert found["log a35/RO/1/log/1"] == sha256(verifier.ed25519 + verifier.mldsa44).hex()
    assert found["kem"] == sha256(RecipientSecret(keys.last_resort_seed).public).hex()


def test_witness_keys_are_those_valid_at_the_moment() -> None:
    """A key that was replaced cosigns no more, and what it cosigned is found under it."""
    keys = node_keys("RO/1").with_new_witness()
    assert keys.witness is not None
    cosigner = keys.witness.signer().cosigner
    plain = part(node_keys("RO/1"), NOW_MS)
    assert plain.witness is None
    assert witness_keys(plain, at_ms=NOW_MS) == ()
    key = WitnessKey(
        mldsa44=key_text(cosigner.key.public),
        not_before=time_text(NOW_MS),
        not_after=time_text(NOW_MS + DAY_MS),
    )
    node = plain.model_copy(update={"witness": (key,)})
    assert witness_keys(node, at_ms=NOW_MS) == (cosigner,)
    assert witness_keys(node, at_ms=NOW_MS + 2 * DAY_MS) == ()
    assert fingerprints(node)["witness"] == sha256(cosigner.key.public).hex()
    entry = PartyEntry(party="RO", name="RO", nodes=(node,))
    assert parse_entry(encode_entry(entry)) == entry
