"""Acts, revocations, epochs and evidence of silence: written once, read back, bounded."""

from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.encoding import Value, decode, encode
from protocol.errors import Code, MalformedError, NotAllowedError
from protocol.identifiers import LogOrigin, MessageId, NodeId
from protocol.limits import MAX_DEED_BYTES, MAX_INDEX, MAX_NOTE_BYTES, MAX_TRIES
from protocol.log.deed import Act, Epoch, KeyKind, Revocation, Silence
from protocol.log.passkey import PasskeyApproval

MID = MessageId(bytes(range(16)))
T_MS = 1_900_000_000_000
ACT = Act(act="approved", who="RO/1 officer 3", ref=MID, subject=bytes(32), why="lawful", t_ms=T_MS)
SIGNED = PasskeyApproval(
    nonce=bytes(32), authenticator_data=b"ad", client_data=b"cd", signature=b"sig", spki=b"key"
)
REVOCATION = Revocation(node=NodeId("RO", 1), kind=KeyKind.KEM, key_digest=bytes(32), t_ms=T_MS)
EPOCH = Epoch(
    old=LogOrigin.parse("a35/RO/1/log/1"),
    note=b"note",
    gap=4,
    who="operator",
    why="disk lost",
    t_ms=T_MS,
)
SILENCE = Silence(
    mid=MID,
    header_digest=bytes(32),
    step="accepted",
    due_ms=T_MS,
    tries=((T_MS - 2000, "unreachable"), (T_MS - 1000, "E_BUSY")),
    t_ms=T_MS + 1,
)
Deed = Act | Revocation | Epoch | Silence
DEEDS: tuple[Deed, ...] = (
    ACT,
    replace(ACT, ref=None, subject=None, why=""),
    replace(ACT, approval=SIGNED),
    REVOCATION,
    EPOCH,
    replace(EPOCH, note=None, gap=None),
    SILENCE,
    replace(SILENCE, tries=()),
)


def fields_of(deed: Deed) -> dict[str, Value]:
    """Return what a deed is on the wire."""
    return cast("dict[str, Value]", decode(deed.encode(), max_bytes=MAX_DEED_BYTES))


@pytest.mark.parametrize("deed", DEEDS)
def test_what_is_written_reads_back(deed: Deed) -> None:
    """Evidence years later depends on it."""
    assert type(deed).decode(deed.encode()) == deed


def test_the_bytes_are_those_of_the_rule() -> None:
    """Rule 6 names the keys; a change here is a change of the wire."""
    assert {key: sorted(fields_of(deed)) for key, deed in (("act", ACT),)} == {
        "act": sorted(["v", "typ", "t", "act", "who", "ref", "d", "why"])
    }
    assert fields_of(replace(ACT, approval=SIGNED))["ap"] == {
        "ad": b"ad",
        "cd": b"cd",
        "key": b"key",
        "n": bytes(32),
        "sig": b"sig",
    }
    assert fields_of(REVOCATION) == {
        "v": 1,
        "typ": "revoke",
        "t": T_MS,
        "node": "RO/1",
        "kind": "kem",
        "key": bytes(32),
    }
    assert fields_of(EPOCH) == {
        "v": 1,
        "typ": "epoch",
        "t": T_MS,
        "old": "a35/RO/1/log/1",
        "cp": b"note",
        "gap": 4,
        "who": "operator",
        "why": "disk lost",
    }
    assert fields_of(SILENCE) == {
        "v": 1,
        "typ": "silence",
        "t": T_MS + 1,
        "mid": MID.value,
        "hdr": bytes(32),
        "step": "accepted",
        "due": T_MS,
        "tries": [[T_MS - 2000, "unreachable"], [T_MS - 1000, "E_BUSY"]],
    }


@given(
    st.builds(
        Act,
        act=st.text(max_size=16),
        who=st.text(max_size=60),
        ref=st.none() | st.binary(min_size=16, max_size=16).map(MessageId),
        subject=st.none() | st.binary(min_size=32, max_size=32),
        why=st.text(max_size=400),
        t_ms=st.integers(0, MAX_INDEX),
    )
)
@settings(max_examples=60, deadline=None)
def test_any_act_within_bounds_reads_back(act: Act) -> None:
    """Names and reasons are in every script."""
    assert Act.decode(act.encode()) == act


@pytest.mark.parametrize(
    "deed",
    [
        replace(ACT, act="x" * 65),
        replace(ACT, who="\u20ac" * 86),
        replace(ACT, why="x" * 2049),
        replace(ACT, why="\ud800"),
        replace(ACT, subject=bytes(31)),
        replace(ACT, t_ms=-1),
        replace(ACT, t_ms=MAX_INDEX + 1),
        replace(REVOCATION, key_digest=bytes(33)),
        replace(EPOCH, note=bytes(MAX_NOTE_BYTES + 1)),
        replace(EPOCH, gap=-1),
        replace(SILENCE, header_digest=b""),
        replace(SILENCE, step="x" * 65),
        replace(SILENCE, tries=((T_MS, "x" * 65),)),
        replace(SILENCE, tries=((T_MS, "x"),) * (MAX_TRIES + 1)),
        replace(SILENCE, tries=cast("Any", [(T_MS, "a list is no tuple")])),
    ],
)
def test_a_deed_beyond_its_bounds_is_not_written(deed: Deed) -> None:
    """It is told to the caller now, not to the verifier in ten years."""
    with pytest.raises(NotAllowedError):
        deed.encode()


@pytest.mark.parametrize("deed", DEEDS)
def test_another_kind_version_or_key_set_is_refused(deed: Deed) -> None:
    """Each kind reads its own bytes only."""
    good = fields_of(deed)
    wrong: list[dict[str, Value]] = [
        {**good, "v": 2},
        {**good, "typ": "other"},
        {**good, "more": None},
        {key: value for key, value in good.items() if key != "t"},
    ]
    for value in wrong:
        with pytest.raises(MalformedError) as caught:
            type(deed).decode(encode(value))
        assert caught.value.code is Code.SCHEMA


@pytest.mark.parametrize(
    ("deed", "key", "value"),
    [
        (REVOCATION, "kind", "password"),
        (REVOCATION, "node", "ro/1"),
        (EPOCH, "old", "a35/RO/1"),
        (SILENCE, "tries", [[1]]),
        (SILENCE, "tries", [[1, "x", 2]]),
        (SILENCE, "tries", [1]),
    ],
)
def test_a_field_that_means_nothing_is_refused(deed: Deed, key: str, value: Value) -> None:
    """Names, kinds and pairs are parsed, not passed on."""
    with pytest.raises(MalformedError) as caught:
        type(deed).decode(encode({**fields_of(deed), key: value}))
    assert caught.value.code is Code.SCHEMA


def test_bytes_beyond_the_limit_are_not_read() -> None:
    """The length comes first."""
    with pytest.raises(MalformedError) as caught:
        Act.decode(bytes(MAX_DEED_BYTES + 1))
    assert caught.value.code is Code.SIZE


def test_an_approval_that_is_absent_has_one_spelling() -> None:
    """An act of before the approvals reads as ever; nil in their place is no second spelling."""
    with pytest.raises(MalformedError):
        Act.decode(encode(fields_of(ACT) | {"ap": None}))
    with pytest.raises(NotAllowedError):
        replace(ACT, approval=replace(SIGNED, nonce=bytes(31))).encode()
