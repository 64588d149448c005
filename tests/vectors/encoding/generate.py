"""Write the encoding vectors: `python -m tests.vectors.encoding.generate`.

One file a case: what a reader must do (`expect`: "accepted" or a code), why (`comment`), the most
bytes that the place allows, and the bytes in hex. Outputs are kept; a test compares them with
this table, so that neither changes alone.
"""

import json
from pathlib import Path
from typing import Final

ACCEPTED: Final = "accepted"
CANON: Final = "E_CANON"
SIZE: Final = "E_SIZE"
MAX_BYTES: Final = 1024
FOLDER: Final = Path(__file__).parent

# name -> (expect, bytes in hex, comment)
CASES: Final[dict[str, tuple[str, str, str]]] = {
    "nil": (ACCEPTED, "c0", "nil"),
    "false": (ACCEPTED, "c2", "false"),
    "true": (ACCEPTED, "c3", "true"),
    "int-127": (ACCEPTED, "7f", "the largest integer of one byte"),
    "int-128": (ACCEPTED, "cc80", "one more takes two"),
    "int-minus-32": (ACCEPTED, "e0", "the smallest integer of one byte"),
    "int-minus-33": (ACCEPTED, "d0df", "one less takes two"),
    "int-largest": (ACCEPTED, "cfffffffffffffffff", "2^64 - 1"),
    "int-smallest": (ACCEPTED, "d38000000000000000", "-2^63"),
    "text-empty": (ACCEPTED, "a0", "an empty text"),
    "text-31": (ACCEPTED, "bf" + "61" * 31, "the longest text with one byte of head"),
    "text-32": (ACCEPTED, "d920" + "61" * 32, "one more takes two"),
    "bytes-empty": (ACCEPTED, "c400", "bytes have no form with one byte of head"),
    "bytes-256": (ACCEPTED, "c50100" + "00" * 256, "bytes with a length field of two bytes"),
    "array-empty": (ACCEPTED, "90", "an empty array"),
    "array-16": (ACCEPTED, "dc0010" + "01" * 16, "an array with a count field of two bytes"),
    "map-empty": (ACCEPTED, "80", "an empty map"),
    "map-ordered": (ACCEPTED, "83a001a161c0a26161c3", "keys '', 'a', 'aa'"),
    "map-ordered-utf8": (
        ACCEPTED,
        "82a3efbfbd01a4f090808002",
        "U+FFFD before U+10000: bytewise order of UTF-8, not of UTF-16",
    ),
    "depth-8": (ACCEPTED, "91" * 7 + "90", "eight levels"),
    "depth-9": (CANON, "91" * 8 + "90", "nine levels"),
    "depth-9-maps": (CANON, "81a0" * 8 + "80", "nine levels of maps"),
    "nothing": (CANON, "", "no value at all"),
    "trailing-byte": (CANON, "c0c0", "a byte after the value"),
    "cut-text": (CANON, "a261", "a text that ends early"),
    "cut-map": (CANON, "82a16101", "a map that ends early"),
    "unused-c1": (CANON, "c1", "the byte that msgpack never uses"),
    "float64": (CANON, "cb3ff0000000000000", "1.0"),
    "float32": (CANON, "ca3f800000", "1.0, short"),
    "float-inside": (CANON, "81a16191cb7ff8000000000000", "not a number, two levels down"),
    "ext": (CANON, "d40500", "an extension of one byte"),
    "ext-empty": (CANON, "c70005", "an extension of no bytes"),
    "timestamp": (CANON, "d6ff00000000", "the timestamp extension"),
    "int-long-form": (CANON, "cc01", "1 in two bytes"),
    "int-longest-form": (CANON, "cf0000000000000001", "1 in nine bytes"),
    "int-signed-form": (CANON, "d07f", "127 as a signed byte"),
    "text-long-form": (CANON, "d90161", "'a' with two bytes of head"),
    "bytes-long-form": (CANON, "c5000100", "one byte with a length field of two"),
    "array-long-form": (CANON, "dc000101", "[1] with a count field of two bytes"),
    "map-long-form": (CANON, "de0001a16101", "{'a': 1} with a count field of two bytes"),
    "map-repeated-key": (CANON, "82a16101a16102", "'a' twice, two values"),
    "map-repeated-pair": (CANON, "82a16101a16101", "'a' twice, the same value"),
    "map-wrong-order": (CANON, "82a16201a16102", "'b' before 'a'"),
    "map-wrong-order-inside": (CANON, "9182a16201a16102", "'b' before 'a', one level down"),
    "map-bytes-key": (CANON, "81c4016101", "a key of bytes"),
    "map-int-key": (CANON, "810101", "a key that is an integer"),
    "map-nil-key": (CANON, "81c001", "a key that is nil"),
    "map-mixed-keys": (CANON, "82a16101c4016202", "a text and bytes as keys"),
    "text-bad-utf8": (CANON, "a1ff", "no UTF-8"),
    "text-surrogate": (CANON, "a3eda080", "a surrogate in UTF-8"),
    "text-overlong": (CANON, "a2c080", "NUL in two bytes"),
    "key-bad-utf8": (CANON, "81a1ff01", "a key that is no UTF-8"),
    "array-claims-more": (CANON, "dc040001", "1,024 elements promised, one there"),
    "array-claims-2-32": (CANON, "ddffffffff", "4,294,967,295 elements promised"),
    "map-claims-2-32": (CANON, "dfffffffff", "4,294,967,295 pairs promised"),
    "nested-heads": (CANON, "dcffff" * 300, "array heads that each promise 65,535 elements"),
    "too-long": (SIZE, "c50400" + "00" * 1024, "canonical, but above the limit of this place"),
}


def document(name: str) -> str:
    """Return the text of one vector file."""
    expect, data, comment = CASES[name]
    vector = {"comment": comment, "expect": expect, "max_bytes": MAX_BYTES, "bytes": data}
    return json.dumps(vector, indent=2) + "\n"


def main() -> None:
    """Write every case beside this module."""
    for name in CASES:
        (FOLDER / f"{name}.json").write_text(document(name), encoding="utf-8")


if __name__ == "__main__":
    main()
