"""Write the vectors of keys/: `python -m tests.vectors.keys.generate`.

One file a case: what a reader must do (`expect`), why (`comment`), the keys, and the bytes in hex
(notes as text). ML-DSA-44, HPKE, bodies and key files are randomised, so a second run gives other
bytes that are as good: run it only when a form changes. The outputs are kept and tested.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Final

from keys.body import encrypt_body
from keys.keyfile import Credential, Passphrase, encode_key_file
from keys.note import LogVerifier, SignedTree, format_note, note_text, parse_note
from keys.recipient import RecipientKey, RecipientSecret
from keys.signing import NoteSigner

FOLDER: Final = Path(__file__).parent
ACCEPTED: Final = "accepted"
REFUSED: Final = "refused"

ORIGIN: Final = "a35/RO/1/log/1"
TIME_S: Final = 1_800_000_000
LOG_SEEDS: Final = (sha256(b"a35 vector ed25519").digest(), sha256(b"a35 vector mldsa44").digest())
TREE: Final = SignedTree(origin=ORIGIN, size=42, root=sha256(b"a35 vector root").digest())
KEM_SEED: Final = sha256(b"a35 vector kem").digest()
CONTENT_KEY: Final = sha256(b"a35 vector content key").digest()
CONTEXT: Final = b"a35 vector context"
CONTENT: Final = b"a35 vector content"
TYPED: Final = "a35 vector caf\u00e9"
CREDENTIAL: Final = sha256(b"a35 vector credential").digest()
KIB: Final = 1024

Vector = dict[str, str | int | None]


def flipped(data: bytes, at: int) -> bytes:
    """Flip the lowest bit of one byte."""
    return data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]


def notes() -> Iterator[tuple[str, str, str, bytes]]:
    """Give name, expectation, comment and note of each case."""
    signer = NoteSigner(ORIGIN, *LOG_SEEDS)
    note = signer.sign(TREE, TIME_S)
    text, (short, timed) = note_text(TREE), parse_note(note).lines
    witness = replace(timed, name="a35/JP/1/witness")
    next_pair = parse_note(NoteSigner(ORIGIN, b"1" * 32, b"2" * 32).sign(TREE, TIME_S)).lines
    bad_short = replace(short, signature=flipped(short.signature, 0))
    bad_timed = replace(timed, signature=flipped(timed.signature, len(timed.signature) - 1))
    other_time = replace(timed, signature=flipped(timed.signature, 7))
    other_size = note_text(replace(TREE, size=43))
    yield "pair", ACCEPTED, "both signatures of the log", note
    yield "order", ACCEPTED, "lines have no order", format_note(text, (timed, short))
    more = format_note(text, (witness, *next_pair, short, timed))
    yield "unknown-keys", ACCEPTED, "lines of unknown keys are ignored", more
    yield "ed25519-alone", REFUSED, "half a pair", format_note(text, (short,))
    yield "mldsa44-alone", REFUSED, "half a pair", format_note(text, (timed,))
    yield "ed25519-bad", REFUSED, "one bit changed", format_note(text, (bad_short, timed))
    yield "mldsa44-bad", REFUSED, "one bit changed", format_note(text, (short, bad_timed))
    yield "timestamp-changed", REFUSED, "it is signed", format_note(text, (short, other_time))
    yield "ed25519-twice", REFUSED, "repeated", format_note(text, (short, short, timed))
    yield "mldsa44-twice", REFUSED, "one is bad", format_note(text, (short, timed, bad_timed))
    yield "size-changed", REFUSED, "it is signed", format_note(other_size, (short, timed))
    yield "extension", REFUSED, "no extension lines", note.replace(b"\n\n", b"\nx\n\n", 1)
    yield "size-zero-led", REFUSED, "not canonical", note.replace(b"\n42\n", b"\n042\n", 1)
    yield "base64-loose", REFUSED, "no padding", note.replace(b"=\n\n", b"\n\n", 1)
    yield "lines-17", REFUSED, "more than 16", format_note(text, (short, timed, *[short] * 15))
    yield "control", REFUSED, "carriage returns", note.replace(b"\n", b"\r\n")
    yield "no-lines", REFUSED, "not signed at all", text + b"\n"


def wraps() -> Iterator[tuple[str, str, str, bytes, bytes]]:
    """Give name, expectation, comment, info and wrap of each case."""
    info = b"a35/1/cek\x00" + sha256(b"a35 vector header").digest()
    wrap = RecipientKey(RecipientSecret(KEM_SEED).public).wrap(CONTENT_KEY, info)
    yield "good", ACCEPTED, "opens", info, wrap
    yield "info", REFUSED, "bound to another header", flipped(info, len(info) - 1), wrap
    yield "mlkem", REFUSED, "one bit of the ML-KEM ciphertext", info, flipped(wrap, 0)
    yield "x25519", REFUSED, "one bit of the X25519 point", info, flipped(wrap, 1088)
    yield "sealed", REFUSED, "one bit of the sealed key", info, flipped(wrap, 1120)
    yield "tag", REFUSED, "one bit of the tag", info, flipped(wrap, 1167)
    yield "short", REFUSED, "one byte less", info, wrap[:-1]


def bodies() -> Iterator[tuple[str, str, str, bytes, int, bytes]]:
    """Give name, expectation, comment, context, length of the zeros inside and body."""
    empty, small, full = (encrypt_body(CONTENT_KEY, CONTEXT, bytes(n)) for n in (0, 256, 16 * KIB))
    yield "empty", ACCEPTED, "one empty chunk", CONTEXT, 0, empty
    yield "small", ACCEPTED, "one chunk", CONTEXT, 256, small
    yield "full", ACCEPTED, "a full chunk and an empty one", CONTEXT, 16 * KIB, full
    yield "cut", REFUSED, "without its last, empty chunk", CONTEXT, 16 * KIB, full[:-16]
    yield "longer", REFUSED, "a byte behind the end", CONTEXT, 256, small + b"\x00"
    yield "context", REFUSED, "bound to another context", CONTEXT + b"x", 256, small
    yield "commitment", REFUSED, "one bit of it", CONTEXT, 256, flipped(small, 24)


def key_files() -> Iterator[tuple[str, str, str, str, bytes]]:
    """Give name, expectation, comment, secret (passphrase or credential) and file."""
    costs = {"operations": 2, "memory_bytes": 64 * KIB}
    typed = encode_key_file("node", CONTENT, Passphrase(TYPED), **costs)
    handed = encode_key_file("node", CONTENT, Credential(CREDENTIAL))
    other = encode_key_file("content", CONTENT, Passphrase(TYPED), **costs)
    dear = typed[:15] + (2**40).to_bytes(8, "big") + typed[23:-32]
    moved = typed[:7] + b"mode" + typed[11:-32]
    yield "passphrase", ACCEPTED, "2 operations, 64 KiB", "passphrase", typed
    yield "credential", ACCEPTED, "the key itself", "credential", handed
    yield "wrong", "wrong secret", "another passphrase", "other passphrase", typed
    yield "lock", "other secret", "wants a passphrase", "credential", typed
    yield "kind", "other kind", "of content, not of node", "passphrase", other
    yield "damaged", "damaged", "one bit", "passphrase", flipped(typed, 100)
    yield "cut", "damaged", "one byte less", "passphrase", typed[:-1]
    yield "costs", "costs", "asks for 1 TiB", "passphrase", dear + sha256(dear).digest()
    yield "renamed", "other kind", "kind changed", "passphrase", moved + sha256(moved).digest()
    yield "newer", "newer", "version 2", "passphrase", typed[:4] + b"\x02" + typed[5:]
    yield "foreign", "not a key file", "another magic", "passphrase", b"PK" + typed[2:]


def vectors() -> Iterator[tuple[str, Vector]]:
    """Give the name and the content of every file."""
    verifier: LogVerifier = NoteSigner(ORIGIN, *LOG_SEEDS).verifier
    for name, expect, comment, note in notes():
        yield (
            f"note-{name}",
            {
                "comment": comment,
                "expect": expect,
                "origin": ORIGIN,
                "ed25519": verifier.ed25519.hex(),
                "mldsa44": verifier.mldsa44.hex(),
                "timestamp_s": TIME_S,
                "note": note.decode(),
            },
        )
    for name, expect, comment, info, wrap in wraps():
        yield (
            f"wrap-{name}",
            {
                "comment": comment,
                "expect": expect,
                "seed": KEM_SEED.hex(),
                "public": RecipientSecret(KEM_SEED).public.hex(),
                "key_id": RecipientSecret(KEM_SEED).key_id.hex(),
                "info": info.hex(),
                "content_key": CONTENT_KEY.hex(),
                "wrap": wrap.hex(),
            },
        )
    for name, expect, comment, context, zeros, body in bodies():
        yield (
            f"body-{name}",
            {
                "comment": comment,
                "expect": expect,
                "content_key": CONTENT_KEY.hex(),
                "context": context.hex(),
                "plain_zeros": zeros,
                "body": body.hex(),
            },
        )
    for name, expect, comment, opener, file in key_files():
        yield (
            f"keyfile-{name}",
            {
                "comment": comment,
                "expect": expect,
                "kind": "node",
                "passphrase": {"passphrase": TYPED, "other passphrase": "no"}.get(opener),
                "credential": {"credential": CREDENTIAL.hex()}.get(opener),
                "content": CONTENT.hex(),
                "file": file.hex(),
            },
        )


def main() -> None:
    """Write every case beside this module."""
    for name, vector in vectors():
        text = json.dumps(vector, indent=2, ensure_ascii=False) + "\n"
        (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
