"""The wraps of an envelope: its content key under each recipient's key, bound to its header.

Does: their order and lengths, wrapping and unwrapping, and the rule that every wrap which can be
opened holds the same key. Leaves to protocol.envelope.seal what the content key opens.

Source: docs/wire-format.md, rule 15; RFC 9180 section 6.1 (base mode).
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from keys.digest import Label, same, sha256
from keys.errors import DecryptionFailedError
from keys.recipient import RecipientKey, RecipientSecret
from keys.suite import CONTENT_KEY_BYTES, KEY_ID_BYTES, WRAP_BYTES
from protocol.encoding import Value, decode, encode
from protocol.errors import Code, MalformedError, NotAllowedError, NotForUsError, NotProvenError
from protocol.fields import Fields
from protocol.limits import MAX_WRAPS, MAX_WRAPS_BYTES


def wrap_info(header: bytes) -> bytes:
    """Return the HPKE info of an envelope's wraps, which binds them to its header.

    Args:
        header: Canonical bytes.

    Returns:
        "a35/1/cek" 0x00 SHA-256(header), 42 bytes.
    """
    return Label.CONTENT_KEY.encode() + b"\0" + sha256(header)


def check_recipients(recipients: Sequence[RecipientKey]) -> None:
    """Refuse what `decode_wraps` would refuse at the other end.

    Args:
        recipients: The keys to wrap for.

    Raises:
        NotAllowedError: None, more than 4, out of order of key id, or one twice.
    """
    if not 1 <= len(recipients) <= MAX_WRAPS:
        raise NotAllowedError("an envelope has 1 to 4 recipients' keys")
    if not _rising([recipient.key_id for recipient in recipients]):
        raise NotAllowedError("recipients' keys out of order, or one twice")


def wrap(header: bytes, content_key: bytes, recipients: Sequence[RecipientKey]) -> bytes:
    """Wrap a content key for one header.

    The caller has checked the recipients.

    Args:
        header: Canonical bytes.
        content_key: 32 bytes.
        recipients: 1 to 4, in order of key id.

    Returns:
        Canonical bytes, one wrap a key in the same order.

    Raises:
        NotAllowedError: A content key of another length.
    """
    if len(content_key) != CONTENT_KEY_BYTES:
        raise NotAllowedError("a content key of another length")
    info = wrap_info(header)
    return encode([{"k": each.key_id, "c": each.wrap(content_key, info)} for each in recipients])


def decode_wraps(wraps: bytes) -> dict[bytes, bytes]:
    """Read the wraps of another node.

    Args:
        wraps: The bytes as carried.

    Returns:
        Each wrap (1168 bytes) by its key id (16 bytes), in rising order.

    Raises:
        MalformedError: Too long (E_SIZE); not canonical (E_CANON); none or more than 4, out of
            order or repeated, a wrong length (E_SCHEMA).
    """
    value = decode(wraps, max_bytes=MAX_WRAPS_BYTES)
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_WRAPS:
        raise MalformedError("an envelope has 1 to 4 wraps")
    pairs = [_decode_wrap(item) for item in value]
    if not _rising([key_id for key_id, _ in pairs]):
        raise MalformedError("wraps out of order, or two for one key")
    return dict(pairs)


def unwrap(
    wrapped: Mapping[bytes, bytes], header: bytes, secrets: Mapping[bytes, RecipientSecret]
) -> bytes:
    """Return the content key; every wrap that we can open must hold the same one.

    Args:
        wrapped: What `decode_wraps` returned.
        header: The header's bytes as carried.
        secrets: The secrets still held, by key id.

    Returns:
        32 bytes.

    Raises:
        NotForUsError: None of the keys is held (E_KEM_EXPIRED).
        NotProvenError: A wrap does not open, or two hold different keys (E_OPEN).
    """
    ours = [(secrets[key_id], sealed) for key_id, sealed in wrapped.items() if key_id in secrets]
    if not ours:
        raise NotForUsError("no wrap for a key that is still held", code=Code.KEM_EXPIRED)
    info = wrap_info(header)
    try:
        first, *others = [secret.unwrap(sealed, info) for secret, sealed in ours]
    except DecryptionFailedError as error:
        raise NotProvenError("a wrap that does not open", code=Code.OPEN) from error
    if not all(same(first, other) for other in others):
        raise NotProvenError("wraps that hold two content keys", code=Code.OPEN)
    return first


def _decode_wrap(value: Value) -> tuple[bytes, bytes]:
    fields = Fields.of(value, ("k", "c"))
    return fields.raw("k", KEY_ID_BYTES), fields.raw("c", WRAP_BYTES)


def _rising(key_ids: Sequence[bytes]) -> bool:
    return all(low < high for low, high in pairwise(key_ids))
