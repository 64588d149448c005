"""Every maximum of the protocol, named, with its unit and the reason beside it.

Changing one is a change of the wire (docs/wire-format.md) and needs an ADR.
"""

from typing import Final

MAX_INDEX: Final = 2**53 - 1
"""Largest tree size or leaf index: what every JSON reader holds exactly."""

MAX_DEPTH: Final = 8
"""Levels of arrays and maps in one canonical value; a content needs 7 (its body) and 1."""

MAX_VALUES: Final = 64 * 1024
"""Values in one canonical value, keys and containers included: 64 KiB of one-byte values cost
5 MiB as objects, 4 MiB of them 300 MiB; the fullest frame head holds 6,000."""

MAX_FRAME_BYTES: Final = 8 * 1024 * 1024
"""One POST, head and bodies: two of the largest bodies, or 64 usual ones with room."""

MAX_HEAD_BYTES: Final = 512 * 1024
"""The head of a frame: 64 envelopes of 4 wraps (4.7 KiB each) and proofs of 53 hashes."""

MAX_BODY_BYTES: Final = 4 * 1024 * 1024
"""One sealed body; larger data travel as blobs."""

MAX_ENVELOPES: Final = 64
"""Envelopes or receipts in one frame; beyond it batching gains nothing measurable."""

LINKING_FRAME_BYTES: Final = 64 * 1024
"""Most that a frame with an unconfirmed checkpoint may carry: what a 409 may cost (rule 17a)."""

MAX_WRAPS: Final = 4
"""Recipients' keys of one envelope: old and new key of two nodes."""

MAX_WRAPS_BYTES: Final = 5 * 1024
"""Four wraps of 1,194 B each and the array around them."""

MAX_BLOBS: Final = 64
"""Attachments of one envelope."""

MAX_HEADER_BYTES: Final = 8 * 1024
"""A header with 64 blobs (42 B each) and room."""

MAX_TYPE_BYTES: Final = 64
"""Name of a message type; the longest of ours has 25."""

MAX_NAME_BYTES: Final = 255
"""A file's name in UTF-8: what every file system can hold."""

MAX_MEDIA_TYPE_BYTES: Final = 255
"""RFC 6838, section 4.2: 127 on each side of the slash."""

MAX_SIGNATURES: Final = 4
"""Officers' signatures on one content (rule 11)."""

MAX_SIGNATURE_KEY_BYTES: Final = 64
"""Name of an officer's key: a digest, never the key."""

MAX_SIGNATURE_BYTES: Final = 8 * 1024
"""One officer's signature: ML-DSA-87 (4,627 B) or a passkey's assertion with its client data."""

MAX_RECEIPT_BYTES: Final = 2 * 1024
"""A receipt is below 400 B; `why` may name a path of a field."""

MAX_WHY_BYTES: Final = 256
"""`why` of a receipt: a code and the path of a field."""

MAX_REASON_BYTES: Final = 2 * 1024
"""Why somebody did something, in an act or an epoch: a paragraph."""

MAX_TRIES: Final = 256
"""Attempts named in one evidence of silence: the first and last of a month of them."""

MAX_DEED_BYTES: Final = 64 * 1024
"""Bytes of an act, a revocation, an epoch (with a note) or an evidence of silence."""

MAX_NOTE_BYTES: Final = 32 * 1024
"""A signed note with 16 lines of ML-DSA-44 (3.3 KB each in base64) does not fit; 9 do."""

MAX_NOTE_LINES: Final = 16
"""Signature lines of a note; C2SP tlog-checkpoint lets a reader cap them."""

MAX_PROOF_HASHES: Final = 64
"""Hashes of an inclusion proof: 53 at the largest size."""

MAX_CONSISTENCY_HASHES: Final = 128
"""Hashes of a consistency proof."""

MAX_KEY_SET_BYTES: Final = 16 * 1024
"""A key set with 8 prekeys of 1,216 B."""

MAX_KEY_SET_ANSWER_BYTES: Final = 64 * 1024
"""A key set, its proof and a note, each at its own limit."""

MAX_BEGINNING_BYTES: Final = 128 * 1024
"""An epoch, its proof and a note, each at its own limit."""

MAX_REVOCATION_BYTES: Final = 128 * 1024
"""A revocation, its proof and a note, each at its own limit."""

MAX_REVOKED_KEYS: Final = 64
"""Keys of one Party that are listed and revoked at a time; it lists others instead."""

MAX_SEALING_BYTES: Final = 64 * 1024
"""The wraps of one envelope, their proof and a note, each at its own limit."""

MAX_PREKEYS: Final = 8
"""Prekeys in one key set."""

MAX_HEADS: Final = 16
"""Heads of third logs in one frame (gossip)."""

HEARD_OF_TELLER: Final = 256
"""Logs of which one peer's telling is remembered until it was examined (gossip)."""

MAX_VOID: Final = 1024
"""Queue numbers named as never to come in one frame."""

MAX_MISS_RANGES: Final = 64
"""Ranges of missing queue numbers in one answer."""

MAX_ANSWER_BYTES: Final = 2 * 1024 * 1024
"""One answer: 64 receipts with proofs, and lists of missing blobs."""

MAX_ERROR_BYTES: Final = 1024
"""An error's body: codes and numbers, below 100 B."""

MAX_LOG_PROOF_BYTES: Final = 8 * 1024
"""One consistency proof of 128 hashes (34 B each)."""

MAX_AHEAD_MS: Final = 10 * 60 * 1000
"""How far another clock may be ahead of ours."""

MAX_LIFE_MS: Final = 30 * 24 * 60 * 60 * 1000
"""Longest time from sealing to expiry."""

MAX_DOCUMENT_BYTES: Final = 1024 * 1024
"""A document that a person writes, before anything is attached."""

MIN_PADDED_BYTES: Final = 256
"""Floor of the padded length of an envelope's inside."""

LINKED_KEPT: Final = 64
"""Linked checkpoints kept for each log, besides all of the last 24 hours."""

UNJOINED_MOST: Final = 64
"""Signed heads, of all logs together, that are kept open until a proof joins them."""

UNJOINED_OF_LOG: Final = 8
"""Of them, those of one log: its owner must not crowd out what others signed."""

LINKED_MOST: Final = 4096
"""Linked checkpoints kept in memory for each log at the most, also within 24 hours (8 MB)."""

MAX_ENTRY_BYTES: Final = 256 * 1024
"""A Party's directory entry: 16 nodes with two pairs of log keys (4 KB) and two KEM keys (4 KB)."""

MAX_JOIN_BYTES: Final = 128 * 1024
"""A join request: one node's part of an entry, a key set and a note, each at its own limit."""

MAX_THREAD_REQUESTS: Final = 64
"""Requests that one thread opens, follow-ups and replaced ones included; both nodes count alike."""
