"""The key with which a node cosigns other nodes' logs, apart from that of its own log.

A checkpoint of its own says "this is my history"; a cosignature says "I saw this history, and it
extends what I saw before". One key for both would let the first pass for the second. The name of
the key is `a35/CC/n/witness`, its type ML-DSA-44 with a timestamp (0x06).

What may be cosigned is decided in `protocol.witness.rule`; `protocol.witness.cosigning` makes the
only calls to the signer.

Source:
    docs/evidence.md, "Witnesses"; C2SP tlog-cosignature.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Final, Self

from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from nacl.utils import random as draw

from keys.cosignature import SignatureType, check_timestamp, cosigned_message, timestamped
from keys.cosigner import Cosigner
from keys.errors import BadNoteError, KeyFileError, KeyFileReason, UnknownSuiteError
from keys.note import SignatureLine, SignedTree
from keys.suite import SEED_BYTES
from keys.vkey import VerifierKey

WITNESS_KIND: Final = "witness"
"""Kind of the key file that holds a witness key."""

_VERSION: Final = 1
_KEYS: Final = frozenset({"v", "node", "witness_mldsa44"})
_NODE: Final = re.compile(r"[A-Z]{2}/[1-9][0-9]{0,2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessKey:
    """The witness key of one node. The repr shows nothing secret.

    Attributes:
        node: CC/n.
        seed: ML-DSA-44 seed, 32 bytes.

    Raises:
        UnknownSuiteError: A part is not of this form.
    """

    node: str
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not _NODE.fullmatch(self.node):
            raise UnknownSuiteError("a node is named CC/n, n from 1 to 999")
        if len(self.seed) != SEED_BYTES:
            raise UnknownSuiteError("the seed of a witness key has 32 bytes")

    @classmethod
    def generate(cls, node: str) -> Self:
        """Draw a new key from the system.

        Args:
            node: CC/n.

        Returns:
            The key.

        Raises:
            UnknownSuiteError: The name is not of its form.
        """
        return cls(node=node, seed=draw(SEED_BYTES))

    @property
    def name(self) -> str:
        """Name of the key: a35/CC/n/witness."""
        return f"a35/{self.node}/witness"

    def signer(self) -> "WitnessSigner":
        """Make the signer; the caller keeps it and hands it to one place.

        Returns:
            A new signer.
        """
        return WitnessSigner(self.name, self.seed)


class WitnessSigner:
    """The private key of one witness, parsed once.

    Args:
        name: Name of the key.
        seed: 32 bytes.

    Raises:
        UnknownSuiteError: A seed of another length, or a name that no key can have.
    """

    __slots__ = ("_cosigner", "_private")

    def __init__(self, name: str, seed: bytes) -> None:
        if len(seed) != SEED_BYTES:
            raise UnknownSuiteError("the seed of a witness key has 32 bytes")
        self._private = MLDSA44PrivateKey.from_seed_bytes(seed)
        public = self._private.public_key().public_bytes_raw()
        self._cosigner = Cosigner(
            key=VerifierKey(name=name, kind=SignatureType.MLDSA44, public=public)
        )

    @property
    def cosigner(self) -> Cosigner:
        """The public half, as policies and the directory list it."""
        return self._cosigner

    def cosign(self, tree: SignedTree, timestamp_s: int) -> SignatureLine:
        """Sign a head of another log. Takes about 0.6 ms.

        The caller has verified that its log signed it and that it extends every head cosigned
        before, and has committed it as the one cosigned last.

        Args:
            tree: The head; its size not 0.
            timestamp_s: Seconds since 1970, 1 to 2^63 - 1.

        Returns:
            The signature line for the note; ML-DSA signatures are randomised.

        Raises:
            BadNoteError: A head of size 0, one under the witness's own name, or a timestamp out
                of bounds; nothing was signed.

        Source:
            C2SP tlog-cosignature, section ML-DSA-44 signed message.
        """
        key = self._cosigner.key
        if tree.size == 0 or tree.origin == key.name:
            raise BadNoteError("a witness signs heads of other logs that are not empty")
        check_timestamp(timestamp_s)
        message = cosigned_message(
            key.name, timestamp_s, origin=tree.origin, size=tree.size, root=tree.root
        )
        signature = timestamped(timestamp_s, self._private.sign(message))
        return SignatureLine(name=key.name, key_id=key.key_id, signature=signature)


def encode_witness_part(key: WitnessKey) -> bytes:
    """Write what the key file of a witness key holds.

    Args:
        key: The key.

    Returns:
        JSON in UTF-8; secret, for `keys.keyfile.encode_key_file` with `WITNESS_KIND`.
    """
    value = {"v": _VERSION, "node": key.node, "witness_mldsa44": key.seed.hex()}
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def decode_witness_part(data: bytes) -> WitnessKey:
    """Read what the key file of a witness key holds.

    Args:
        data: Its content, decrypted.

    Returns:
        The key that was written.

    Raises:
        KeyFileError: With reason NEWER (of a later version) or CONTENT (anything else that is
            not what was written).
    """
    try:
        key = _read(data)
    except KeyFileError:
        raise
    except Exception:  # noqa: BLE001 - the decoder's one edge
        key = None
    # Raised out here, without the cause: a JSON error carries the document, which is secret.
    if key is None:
        raise KeyFileError("a key file does not hold what it must", reason=KeyFileReason.CONTENT)
    return key


def _read(data: bytes) -> WitnessKey | None:
    value = json.loads(data)
    if not isinstance(value, dict):
        return None
    version = value.get("v")
    if isinstance(version, int) and version > _VERSION:
        raise KeyFileError("a later version wrote this key file", reason=KeyFileReason.NEWER)
    node, seed = value.get("node"), value.get("witness_mldsa44")
    if value.keys() != _KEYS or not isinstance(node, str) or not isinstance(seed, str):
        return None
    key = WitnessKey(node=node, seed=bytes.fromhex(seed))
    # Another spelling of the same key is not what was written; a version of True is one.
    return key if encode_witness_part(key) == data else None
