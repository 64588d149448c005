"""Write the statement vectors: `python -m tests.vectors.log.generate`.

Digests, leaf data and leaf hashes of every kind of statement, computed here from rule 6 with
nothing but SHA-256, so that a second implementation can be checked, and so can ours. The other
files in this folder come from elsewhere and name their origin and licence.
"""

import hashlib
import json
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
NAME: Final = "statements.json"
SALT: Final = bytes(range(16))

# name, type byte, label, salted, preimage
KINDS: Final = (
    ("envelope_sent", 1, b"a35/1/envelope", False, b""),
    ("receipt_given", 2, b"a35/1/receipt", False, b"receipt bytes"),
    ("receipt_obtained", 3, b"a35/1/obtained", True, b""),
    ("key_set_published", 4, b"a35/1/keyset", False, b"key set bytes"),
    ("checkpoint_seen", 5, b"a35/1/seen", True, b"signed note"),
    ("directory_adopted", 6, b"a35/1/directory", True, bytes.fromhex("930102c420") + bytes(32)),
    ("key_revoked", 7, b"a35/1/revoke", False, b"revocation bytes"),
    ("epoch", 8, b"a35/1/epoch", False, b"epoch bytes"),
    ("officer_act", 9, b"a35/1/act", True, b"act bytes"),
    ("silence", 10, b"a35/1/silence", True, b"silence bytes"),
)


def digest(*parts: bytes) -> bytes:
    """SHA-256 of the parts, one after the other."""
    return hashlib.sha256(b"".join(parts)).digest()


def preimage_of(name: str, plain: bytes) -> bytes:
    """Return the preimage: that of two kinds is made of digests."""
    if name == "envelope_sent":
        return digest(b"header bytes") + digest(b"wraps bytes")
    if name == "receipt_obtained":
        return digest(b"a35/1/receipt", b"\x00", b"receipt bytes")
    return plain


def document() -> str:
    """Return the text of the vector file."""
    noise = bytes(reversed(range(32)))
    cases = [case("cover", 0, noise, preimage=b"", salt=None)]
    for name, kind, label, salted, plain in KINDS:
        preimage = preimage_of(name, plain)
        salt = SALT if salted else None
        stated = digest(label, b"\x00", salt or b"", preimage)
        cases.append(case(name, kind, stated, preimage=preimage, salt=salt))
    vector = {
        "comment": "Statements of rule 6: digest = H(label 0x00 salt preimage), leaf data = type"
        " digest, leaf hash = H(0x00 leaf data). envelope_sent is of header 'header bytes' and"
        " wraps 'wraps bytes'; receipt_obtained of the receipt_given beside it. Values in hex",
        "expect": "accepted",
        "cases": cases,
    }
    return json.dumps(vector, indent=1) + "\n"


def case(
    name: str, kind: int, stated: bytes, *, preimage: bytes, salt: bytes | None
) -> dict[str, str | int | None]:
    """Return one statement with its leaf."""
    leaf = bytes((kind,)) + stated
    return {
        "name": name,
        "kind": kind,
        "preimage": preimage.hex(),
        "salt": None if salt is None else salt.hex(),
        "digest": stated.hex(),
        "leaf_data": leaf.hex(),
        "leaf_hash": digest(b"\x00", leaf).hex(),
    }


def main() -> None:
    """Write the file beside this module."""
    (FOLDER / NAME).write_text(document(), encoding="utf-8")


if __name__ == "__main__":
    main()
