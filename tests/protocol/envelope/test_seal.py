"""Seal and open: everything bound, everything else refused."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.body import body_bytes, encrypt_body
from keys.digest import sha256
from keys.recipient import RecipientSecret
from protocol.envelope.content import Content, decode_inner, encode_inner
from protocol.envelope.header import Header, Part
from protocol.envelope.padding import padded_bytes
from protocol.envelope.seal import (
    Address,
    SealedEnvelope,
    body_context,
    check_wraps,
    open_envelope,
    seal,
    seal_again,
)
from protocol.errors import (
    Code,
    MalformedError,
    NotAllowedError,
    NotForUsError,
    NotProvenError,
    RemoteProtocolError,
    TooLargeError,
)
from protocol.identifiers import MessageId, NodeId
from protocol.limits import MAX_BLOBS, MAX_BODY_BYTES, MAX_INDEX
from tests.protocol.samples import (
    DE,
    FR,
    MID,
    NOW_MS,
    OTHER_MID,
    RO,
    address,
    content,
    file_entry,
    held,
    recipients,
    signature,
)
from tests.vectors.case_file import Vector, load

INNER = encode_inner(content().encode(), [signature()])
SEALED = seal(INNER, address(), recipients(1))


def _open(envelope: SealedEnvelope, *numbers: int) -> bytes:
    opened = open_envelope(envelope.header, envelope.wraps, envelope.body, held(*numbers))
    return decode_inner(opened.inner).content


def _flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@given(st.text(max_size=3000), st.sampled_from([(1,), (1, 2), (1, 2, 3, 4)]))
@settings(max_examples=25, deadline=None)
def test_what_was_sealed_opens_for_each_reader(text: str, numbers: tuple[int, ...]) -> None:
    """The content, the inner and the key come out as they went in."""
    inside = content(body={"text": text})
    inner = encode_inner(inside.encode())
    envelope = seal(inner, address(), recipients(*numbers))
    for number in numbers:
        opened = open_envelope(envelope.header, envelope.wraps, envelope.body, held(number))
        assert (opened.content, opened.inner) == (inside, inner)
        assert opened.content_key == envelope.content_key
        assert opened.header == Header.decode(envelope.header)
        assert opened.signatures == ()


@pytest.mark.parametrize("case", load("envelope", "sealed"))
def test_the_sealed_vectors_open_or_are_refused_as_stated(case: Vector) -> None:
    """Kept outputs: what was sealed once must open for ever."""
    secrets: dict[bytes, RecipientSecret] = {}
    for number in (1, 2, 3, 4):
        secrets |= held(number) if bytes([number]).hex() * 32 in case.value("seeds") else {}
    parts = (case.bytes("header"), case.bytes("wraps"), case.bytes("body"))
    if case.expect == "ok":
        opened = open_envelope(*parts, secrets)
        assert opened.inner == case.bytes("inner")
        assert opened.content_key == case.bytes("content_key")
    else:
        with pytest.raises(RemoteProtocolError) as refusal:
            open_envelope(*parts, secrets)
        assert refusal.value.code == case.expect


def test_a_flipped_bit_at_any_byte_of_an_envelope_is_refused() -> None:
    """Each byte once, at a bit that moves with the place; headers and bodies whole."""
    secrets = held(1)
    sizes = (len(SEALED.header), len(SEALED.wraps), len(SEALED.body))
    for part, size in enumerate(sizes):
        for place in range(size):
            parts = [SEALED.header, SEALED.wraps, SEALED.body]
            parts[part] = _flipped(parts[part], place * 8 + place % 8)
            with pytest.raises(RemoteProtocolError):
                open_envelope(parts[0], parts[1], parts[2], secrets)


@given(st.integers(0, 2), st.data())
@settings(max_examples=150, deadline=None)
def test_a_flipped_bit_anywhere_is_refused(part: int, data: st.DataObject) -> None:
    """Any bit of any byte, as far as the examples go."""
    parts = [SEALED.header, SEALED.wraps, SEALED.body]
    bit = data.draw(st.integers(0, len(parts[part]) * 8 - 1))
    parts[part] = _flipped(parts[part], bit)
    with pytest.raises(RemoteProtocolError):
        open_envelope(parts[0], parts[1], parts[2], held(1))


def test_a_changed_body_is_refused_even_if_the_header_names_it() -> None:
    """The digest is the sender's word; the ciphertext must hold by itself."""
    body = _flipped(SEALED.body, 900)
    header = replace(
        Header.decode(SEALED.header), body=Part(size_bytes=len(body), digest=sha256(body))
    ).encode()
    wraps = seal_again(header, SEALED.content_key, recipients(1))
    with pytest.raises(NotProvenError) as refusal:
        open_envelope(header, wraps, body, held(1))
    assert refusal.value.code is Code.OPEN


def test_the_header_says_what_the_address_says_and_what_the_body_is() -> None:
    """Nothing more stands in clear."""
    blobs = (Part(size_bytes=body_bytes(10), digest=file_entry().blob),)
    asked = address(blobs=blobs)
    envelope = seal(encode_inner(content(file_entry()).encode()), asked, recipients(1))
    header = Header.decode(envelope.header)
    fields = ("mid", "sender", "recipient", "t_ms", "exp_ms", "cls", "directory", "blobs")
    assert all(getattr(header, name) == getattr(asked, name) for name in fields)
    assert header.body == Part(size_bytes=len(envelope.body), digest=sha256(envelope.body))
    assert envelope.header == header.encode()


@pytest.mark.parametrize(("inner_bytes", "body"), [(1, 328), (252, 328), (16_000, 16_472)])
def test_a_body_has_the_length_that_the_docstring_promises(inner_bytes: int, body: int) -> None:
    """56 bytes above the padded inner, and 16 a chunk, of which the last may be empty."""
    assert len(seal(bytes([1]) * inner_bytes, address(), recipients(1)).body) == body


def test_two_sealings_of_one_content_share_nothing() -> None:
    """Key and nonces are fresh; only what is in clear repeats."""
    again = seal(INNER, address(), recipients(1))
    assert again.content_key != SEALED.content_key
    assert again.body[:24] != SEALED.body[:24]
    assert again.wraps != SEALED.wraps


@pytest.mark.parametrize("numbers", [(), (1, 2, 3, 4, 5)])
def test_sealing_for_nobody_or_too_many_is_not_allowed(numbers: tuple[int, ...]) -> None:
    """One to four keys."""
    with pytest.raises(NotAllowedError):
        seal(INNER, address(), recipients(*numbers))
    with pytest.raises(NotAllowedError):
        seal_again(SEALED.header, SEALED.content_key, recipients(*numbers))


def test_sealing_out_of_order_or_twice_for_one_key_is_not_allowed() -> None:
    """The reader would refuse it."""
    for keys in (recipients(1, 2)[::-1], recipients(1, 1)):
        with pytest.raises(NotAllowedError):
            seal(INNER, address(), keys)


def test_an_empty_inner_is_not_sealed() -> None:
    """There is no message without a content."""
    with pytest.raises(NotAllowedError):
        seal(b"", address(), recipients(1))


def test_the_largest_inner_is_sealed_and_one_byte_more_is_not() -> None:
    """The limit is that of the body, after padding."""
    most = max(
        size
        for size in range(4_000_000, MAX_BODY_BYTES, 1000)
        if body_bytes(padded_bytes(size)) <= MAX_BODY_BYTES
    )
    most = padded_bytes(most) - 4
    assert len(seal(bytes(most), address(), recipients(1)).body) <= MAX_BODY_BYTES
    for size in (most + 1, MAX_BODY_BYTES, MAX_BODY_BYTES + 1):
        with pytest.raises(TooLargeError):
            seal(bytes(size), address(), recipients(1))


def test_wrapping_again_keeps_header_and_body() -> None:
    """After E_KEM_EXPIRED the old key no longer opens it, the new one does."""
    wraps = seal_again(SEALED.header, SEALED.content_key, recipients(2))
    again = replace(SEALED, wraps=wraps)
    assert _open(again, 2) == _open(SEALED, 1)
    with pytest.raises(NotForUsError) as refusal:
        _open(again, 1)
    assert refusal.value.code is Code.KEM_EXPIRED


def test_wrapping_again_needs_the_whole_content_key() -> None:
    """A shortened one would be sent, and open nothing."""
    with pytest.raises(NotAllowedError):
        seal_again(SEALED.header, SEALED.content_key[:-1], recipients(2))


def test_the_form_of_wraps_is_checked_without_any_key() -> None:
    """A node whose content key is locked still accepts."""
    envelope = seal(INNER, address(), recipients(4, 1))
    assert check_wraps(envelope.wraps) == tuple(key.key_id for key in recipients(1, 4))
    with pytest.raises(MalformedError):
        check_wraps(envelope.wraps + b"\0")


def _seal_by_hand(inside: Content, *, reader: NodeId = FR, mid: MessageId = MID) -> SealedEnvelope:
    """Seal a content under an address that is not its own."""
    asked = replace(address(), mid=mid, recipient=reader)
    return seal(encode_inner(inside.encode()), asked, recipients(1))


@pytest.mark.parametrize(
    "inside",
    [
        replace(content(), mid=OTHER_MID),
        replace(content(), sender=DE),
        replace(content(), recipient=DE),
        replace(content(), sender=FR, recipient=RO),
    ],
    ids=["mid", "sender", "recipient", "reversed"],
)
def test_a_content_made_for_another_envelope_is_refused(inside: Content) -> None:
    """A signed request cannot be passed on as if it were addressed to the next one."""
    with pytest.raises(NotProvenError) as refusal:
        _open(_seal_by_hand(inside), 1)
    assert refusal.value.code is Code.BIND


def test_a_forwarded_content_is_refused_at_its_new_address() -> None:
    """The same from the other side: the header is right, the content is foreign."""
    for envelope in (_seal_by_hand(content(), reader=DE), _seal_by_hand(content(), mid=OTHER_MID)):
        with pytest.raises(NotProvenError) as refusal:
            _open(envelope, 1)
        assert refusal.value.code is Code.BIND


def test_a_time_inside_may_differ_from_the_one_outside() -> None:
    """The content is fixed when the officer approves, sealed maybe a day later."""
    assert Content.decode(_open(SEALED, 1)).t_ms != Header.decode(SEALED.header).t_ms


@pytest.mark.parametrize(
    ("change", "blobs"),
    [({"blob": b"\x09" * 32}, 1), ({"size_bytes": 11}, 1), ({}, 0), ({}, 2)],
    ids=["other blob", "other size", "no blob", "two blobs"],
)
def test_files_and_attachments_must_agree_one_by_one(change: dict[str, Any], blobs: int) -> None:
    """Else a receiver would fetch one thing and show another."""
    inside = content(replace(file_entry(), **change))
    part = Part(size_bytes=body_bytes(10), digest=file_entry().blob)
    envelope = seal(encode_inner(inside.encode()), address(blobs=(part,) * blobs), recipients(1))
    with pytest.raises(NotProvenError) as refusal:
        _open(envelope, 1)
    assert refusal.value.code is Code.BIND


@pytest.mark.parametrize("case", load("envelope", "body-context"))
def test_a_body_is_bound_to_mid_sender_and_recipient(case: Vector) -> None:
    """Byte for byte as in the vector."""
    mid, sender, recipient = case.value("mid"), case.value("from"), case.value("to")
    context = body_context(MessageId.parse(mid), NodeId.parse(sender), NodeId.parse(recipient))
    assert context == case.bytes("output")


def test_a_body_longer_than_its_header_says_is_refused_before_it_is_hashed() -> None:
    """E_LENGTH: the sender sends the parts again."""
    with pytest.raises(MalformedError) as refusal:
        open_envelope(SEALED.header, SEALED.wraps, SEALED.body + b"\0", held(1))
    assert refusal.value.code is Code.LENGTH


@pytest.mark.parametrize("time", [-1, MAX_INDEX + 1])
def test_a_time_that_no_header_carries_is_not_sealed(time: int) -> None:
    """Refused before anything is drawn."""
    with pytest.raises(NotAllowedError):
        replace(address(), t_ms=time)
    with pytest.raises(NotAllowedError):
        replace(address(), exp_ms=time)


def test_an_address_has_at_most_64_attachments() -> None:
    """Refused before anything is drawn."""
    part = Part(size_bytes=1, digest=bytes(32))
    assert isinstance(address(blobs=(part,) * MAX_BLOBS), Address)
    with pytest.raises(TooLargeError):
        address(blobs=(part,) * (MAX_BLOBS + 1))


def test_secrets_and_contents_stay_out_of_representations() -> None:
    """A representation ends up in a journal line sooner or later."""
    envelope = seal(
        encode_inner(content(body={"subject": "canary"}).encode()), address(), recipients(1)
    )
    opened = open_envelope(envelope.header, envelope.wraps, envelope.body, held(1))
    for text in (repr(envelope), repr(opened)):
        assert repr(envelope.content_key) not in text
        assert "canary" not in text


def test_a_padding_that_hides_something_is_refused() -> None:
    """Made by hand: `seal` cannot make it."""
    plain = len(INNER).to_bytes(4, "big") + INNER
    plain = plain.ljust(padded_bytes(len(INNER)) - 1, b"\0") + b"!"
    key = b"\x01" * 32
    body = encrypt_body(key, body_context(MID, RO, FR), plain)
    header = replace(
        Header.decode(SEALED.header),
        t_ms=NOW_MS + 1,
        body=Part(size_bytes=len(body), digest=sha256(body)),
    ).encode()
    with pytest.raises(MalformedError) as refusal:
        open_envelope(header, seal_again(header, key, recipients(1)), body, held(1))
    assert refusal.value.code is Code.PAD
