"""The floor under one exchange: the sum of its own cryptographic primitives and packing.

What an acknowledged and consigned exchange of one message consists of, by the protocol and not by
what the code happens to call: one X-Wing wrap and its opening, one body encrypted and decrypted,
three values sealed at rest by each side, the digests of four kinds of statement, six leaves, three
inclusion proofs made and checked, every value packed once and unpacked once. Heads are shared: how
many were signed and verified for one message is counted in the run that this is compared with.
TLS, HTTP, SQLite, sync, JSON and the rules of documents are not in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Final, cast

from gateway.demo.documents import note_of
from gateway.demo.story import load_examples
from keys.atrest import new_store_key, seal_at_rest
from keys.body import body_bytes, decrypt_body, encrypt_body, new_content_key
from keys.digest import Label, labelled, leaf_hash, sha256
from keys.note import SignedTree, parse_note, verify_pair
from keys.recipient import RecipientKey, RecipientSecret, new_seed
from keys.signing import NoteSigner
from protocol.encoding import Encodable, decode, encode
from protocol.envelope.padding import padded_bytes
from protocol.limits import MAX_BODY_BYTES
from protocol.log.tree import Frontier, check_inclusion, inclusion_path, root_at
from tests.bench.measure import Work, compare
from tests.bench.primitives import UniformTree
from tests.bench.run import Run

SIZE: Final = 4096
LOG_LEAVES: Final = 1 << 13
"""About as many as the logs of a benchmark have."""

_NOW_S: Final = 1_795_000_000
_HEADER_BYTES: Final = 176
_WRAPS_BYTES: Final = 1195
_RECEIPT_BYTES: Final = 196
_ACT_BYTES: Final = 114
_SUMMARY_BYTES: Final = 87
_INFO: Final = b"a35 bench"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One primitive of the exchange.

    Attributes:
        count: How often one exchange has it; of heads, by how many messages shared one.
        work: Does it once.
    """

    count: float
    work: Work


def parts(run: Run) -> dict[str, Part]:
    """Return what one exchange of a run consists of.

    Args:
        run: Tells how many heads and POSTs its messages shared.
    """
    heads = sum(run.heads) / run.messages
    posts = run.posts / run.messages
    return {**_sealing(), **_statements(), **_heads(heads, posts), **_packing()}


def cost(of: Mapping[str, Part], *, rounds: int) -> dict[str, float]:
    """Measure parts beside each other; return what each adds to one exchange, in microseconds.

    Args:
        of: As `parts` returned them.
        rounds: Turns of each.
    """
    found = compare({name: part.work for name, part in of.items()}, rounds=rounds)
    return {name: found[name].us * part.count for name, part in of.items()}


def middle(costs: list[dict[str, float]]) -> dict[str, float]:
    """Return the median of each part over several runs."""
    return {name: round(median(one[name] for one in costs), 1) for name in costs[0]}


def _sealing() -> dict[str, Part]:
    secret = RecipientSecret(new_seed())
    public = RecipientKey(secret.public)
    key = new_content_key()
    wrap = public.wrap(key, _INFO)
    plain = bytes(padded_bytes(SIZE))
    body = encrypt_body(key, _INFO, plain)
    assert len(body) == body_bytes(len(plain))
    store = new_store_key()
    return {
        "xwing_wrap": Part(count=1, work=lambda: public.wrap(key, _INFO)),
        "xwing_unwrap": Part(count=1, work=lambda: secret.unwrap(wrap, _INFO)),
        "body_encrypt": Part(count=1, work=lambda: encrypt_body(key, _INFO, plain)),
        "body_decrypt": Part(count=1, work=lambda: decrypt_body(key, _INFO, body)),
        # Each side keeps the content, its summary and the content key.
        "at_rest_content": Part(count=2, work=lambda: seal_at_rest(store, plain[:SIZE], _INFO)),
        "at_rest_small": Part(
            count=4, work=lambda: seal_at_rest(store, plain[:_SUMMARY_BYTES], _INFO)
        ),
        "sha256_body": Part(count=2, work=lambda: sha256(body)),  # sealed, then checked
    }


def _statements() -> dict[str, Part]:
    tree = UniformTree()
    frontier = Frontier()
    index, root = LOG_LEAVES // 3, root_at(LOG_LEAVES - 1, tree)
    path = inclusion_path(index, LOG_LEAVES - 1, tree)
    header, wraps = bytes(_HEADER_BYTES), bytes(_WRAPS_BYTES)
    receipt, small = bytes(_RECEIPT_BYTES), bytes(64)
    return {
        # Of the header: named in the receipt on both sides, bound by wrap and unwrap, and within
        # the statement on both sides; the wraps within the statement.
        "sha256_header": Part(count=6, work=lambda: sha256(header)),
        "sha256_wraps": Part(count=2, work=lambda: sha256(wraps)),
        "digest_envelope": Part(count=2, work=lambda: labelled(Label.ENVELOPE, small)),
        # Two receipts, stated there and believed here; obtained here; the officer's act.
        "digest_receipt": Part(count=4, work=lambda: labelled(Label.ENVELOPE, receipt)),
        "digest_obtained": Part(count=2, work=lambda: labelled(Label.ENVELOPE, small)),
        "digest_act": Part(count=1, work=lambda: labelled(Label.ENVELOPE, receipt[:_ACT_BYTES])),
        "leaf_hash": Part(count=9, work=lambda: leaf_hash(small[:33])),  # 6 stated, 3 believed
        "append_leaf": Part(count=6, work=lambda: frontier.append(tree.leaf)),
        "prove": Part(count=3, work=lambda: inclusion_path(index, LOG_LEAVES - 1, tree)),
        "check_proof": Part(
            count=3, work=lambda: check_inclusion(index, LOG_LEAVES - 1, tree.leaf, path, root)
        ),
    }


def _heads(heads: float, posts: float) -> dict[str, Part]:
    name = "a35/RO/1/log/1"
    signer = NoteSigner(name, sha256(b"ed25519"), sha256(b"ml-dsa-44"))
    tree = SignedTree(origin=name, size=LOG_LEAVES, root=sha256(b"root"))
    note = signer.sign(tree, _NOW_S)
    return {
        "head_sign": Part(count=heads, work=lambda: signer.sign(tree, _NOW_S)),
        # An answer brings a head; so does a frame whose receiver stands behind.
        "head_verify": Part(
            count=posts, work=lambda: verify_pair(parse_note(note), signer.verifier)
        ),
    }


def _packing() -> dict[str, Part]:
    example = next(one for one in load_examples([]) if one.type == "subscriber_information_request")
    content = cast("Encodable", note_of(example.document, number=1, size_bytes=SIZE))
    path: Encodable = [bytes(32)] * (LOG_LEAVES.bit_length() - 1)
    sent: Encodable = {"h": bytes(_HEADER_BYTES), "i": 1, "p": path, "w": bytes(_WRAPS_BYTES)}
    answered: Encodable = {"i": 1, "p": path, "r": bytes(_RECEIPT_BYTES)}
    small: Encodable = {"a": "RO/1", "b": 1, "c": bytes(32), "d": "FR/1", "e": 2, "f": bytes(16)}
    found: dict[str, Part] = {}
    for each, value, packed, unpacked in (
        ("content", content, 1, 1),
        ("inner", {"c": bytes(SIZE), "s": []}, 1, 1),
        ("in_frame", sent, 1, 1),
        ("in_answer", answered, 2, 2),
        # Header, receipts, wraps, act, summaries and contexts; those that travel are read again.
        ("small", small, 9, 4),
    ):
        data = encode(value)
        found[f"pack_{each}"] = Part(count=packed, work=_pack(value))
        found[f"unpack_{each}"] = Part(count=unpacked, work=_unpack(data))
    return found


def _pack(value: Encodable) -> Work:
    return lambda: encode(value)


def _unpack(data: bytes) -> Work:
    return lambda: decode(data, max_bytes=MAX_BODY_BYTES)
