"""The processor work of one message: sealing, opening, signing, verifying, proving."""

from typing import Final

from keys.digest import sha256
from keys.note import SignedTree, parse_note, verify_pair
from keys.recipient import RecipientKey, RecipientSecret, new_seed
from keys.signing import NoteSigner
from protocol.delivery.urgency import Urgency
from protocol.encoding import decode, encode
from protocol.envelope.content import Content, encode_inner
from protocol.envelope.header import DirectoryStamp
from protocol.envelope.seal import Address, SealedEnvelope, open_envelope, seal
from protocol.identifiers import MessageId, NodeId
from protocol.limits import MAX_BODY_BYTES
from protocol.log.tree import Frontier, check_inclusion, inclusion_path, root_at
from tests.bench.measure import Figure, Work, compare, ratio

LEAVES: Final = 1 << 20
"""A log of a million entries: some years of a busy desk."""

_SMALL: Final = 4096
_LARGE: Final = 256 * 1024
_NOW_MS: Final = 1_795_000_000_000
_ORIGIN: Final = "a35/RO/1/log/1"


class UniformTree:
    """A tree whose leaves are all alike: any subtree is known from its level."""

    def __init__(self) -> None:
        self.leaf = sha256(b"\x00leaf")
        self._levels = [self.leaf]

    def __call__(self, level: int, index: int) -> bytes:
        """Return the hash of a complete subtree."""
        del index
        while len(self._levels) <= level:
            below = self._levels[-1]
            self._levels.append(sha256(b"\x01" + below + below))
        return self._levels[level]


def measure(*, rounds: int) -> tuple[dict[str, Figure], dict[str, float]]:
    """Measure the primitives.

    Args:
        rounds: Turns of each.

    Returns:
        Figures and ratios, by name.
    """
    figures = compare(works(), rounds=rounds)
    return figures, {
        "open_over_seal_4k": ratio(figures["open_4k"], figures["seal_4k"]),
        "seal_256k_over_4k": ratio(figures["seal_256k"], figures["seal_4k"]),
        "verify_over_sign": ratio(figures["verify_pair"], figures["sign_pair"]),
        "prove_over_verify": ratio(figures["prove_million"], figures["verify_pair"]),
        "sign_over_sha256_4k": ratio(figures["sign_pair"], figures["sha256_4k"]),
    }


def works() -> dict[str, Work]:
    """Return every piece, ready to be called."""
    secret = RecipientSecret(new_seed())
    recipients = (RecipientKey(secret.public),)
    small, large = _inner(_SMALL), _inner(_LARGE)
    sealed = seal(small, _address(), recipients)
    held = {secret.key_id: secret}
    canonical = encode({"text": "x" * _SMALL, "numbers": list(range(64))})
    value = decode(canonical, max_bytes=MAX_BODY_BYTES)
    return {
        "sha256_4k": lambda data=bytes(_SMALL): sha256(data),  # type: ignore[misc]
        "encode_4k": lambda: encode(value),
        "decode_4k": lambda: decode(canonical, max_bytes=MAX_BODY_BYTES),
        "seal_4k": lambda: seal(small, _address(), recipients),
        "open_4k": lambda: _opened(sealed, held),
        "seal_256k": lambda: seal(large, _address(), recipients),
        **_log_works(),
    }


def _log_works() -> dict[str, Work]:
    signer = NoteSigner(_ORIGIN, sha256(b"ed25519"), sha256(b"ml-dsa-44"))
    tree = UniformTree()
    signed = SignedTree(origin=_ORIGIN, size=LEAVES - 1, root=root_at(LEAVES - 1, tree))
    note = signer.sign(signed, _NOW_MS // 1000)
    path = inclusion_path(LEAVES // 3, LEAVES - 1, tree)
    frontier = Frontier()
    return {
        "sign_pair": lambda: signer.sign(signed, _NOW_MS // 1000),
        "verify_pair": lambda: verify_pair(parse_note(note), signer.verifier),
        "prove_million": lambda: inclusion_path(LEAVES // 3, LEAVES - 1, tree),
        "check_million": lambda: check_inclusion(
            LEAVES // 3, LEAVES - 1, tree.leaf, path, signed.root
        ),
        "append_leaf": lambda: frontier.append(tree.leaf),
    }


def _opened(sealed: SealedEnvelope, held: dict[bytes, RecipientSecret]) -> object:
    return open_envelope(sealed.header, sealed.wraps, sealed.body, held)


def _inner(size_bytes: int) -> bytes:
    address = _address()
    content = Content(
        mid=address.mid,
        sender=address.sender,
        recipient=address.recipient,
        t_ms=address.t_ms,
        type="note",
        thread=address.mid,
        re=None,
        body={"text": "x" * size_bytes},
        files=(),
    )
    return encode_inner(content.encode(), [])


def _address() -> Address:
    return Address(
        mid=MessageId(bytes(16)),
        sender=NodeId("RO", 1),
        recipient=NodeId("FR", 1),
        t_ms=_NOW_MS,
        exp_ms=_NOW_MS + 86_400_000,
        cls=Urgency.P2,
        directory=DirectoryStamp(root_version=1, timestamp_version=1, digest=bytes(32)),
    )
