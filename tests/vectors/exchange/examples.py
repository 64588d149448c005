"""What the code makes of each map and each hex example that docs/wire-format.md shows."""

from collections.abc import Callable
from typing import Any, Final

from protocol.answer import encode_answer, encode_error
from protocol.encoding import decode
from protocol.envelope.blobs import blob_context
from protocol.envelope.content import encode_inner
from protocol.envelope.seal import body_context
from protocol.envelope.wraps import wrap, wrap_info
from protocol.errors import Code
from protocol.frame import (
    MAGIC,
    ErrorAnswer,
    FrameKind,
    LogProof,
    encode_head,
    encode_log_proof,
)
from protocol.log.beginning import BeginningAnswer
from protocol.log.deed import Act, Epoch, KeyKind, Revocation, Silence
from protocol.log.passkey import PasskeyApproval
from protocol.log.sealing import SealingAnswer
from protocol.log.statement import envelope_sent
from protocol.revoking import encode_revocation_answer
from tests.protocol.samples import (
    FR,
    MID,
    NOW_MS,
    ORIGIN,
    RO,
    content,
    file_entry,
    header,
    recipients,
    signature,
)
from tests.vectors.encoding.generate import CASES
from tests.vectors.envelope_cases import changed
from tests.vectors.exchange.derivation_cases import derivation_cases
from tests.vectors.exchange_cases import answer, item, receipts, riding
from tests.vectors.past_cases import beginning, by_log, by_role, sealing
from tests.vectors.statement_cases import key_set, key_set_answer, prekey, receipt


def keys_of(data: bytes, *places: str | int) -> list[str]:
    """Return the keys of an encoded map, in the order of the wire, or of a map inside it."""
    value: Any = decode(data, max_bytes=len(data))
    for place in places:
        value = value[place]
    return list(value)


HEADER = header().encode()
CONTENT = content(file_entry()).encode()
ANSWER = encode_answer(answer())
ENVELOPES = encode_head(FrameKind.ENVELOPES, riding(item()))
RECEIPTS = encode_head(FrameKind.RECEIPTS, receipts())
KEY_SET = key_set(prekey(1)).encode()
APPROVAL = PasskeyApproval(
    nonce=bytes(32), authenticator_data=b"", client_data=b"", signature=b"", spki=b""
)
ACT = Act(
    act="approved", who="RO/1", ref=None, subject=None, why="", t_ms=0, approval=APPROVAL
).encode()
REVOKE = Revocation(node=RO, kind=KeyKind.KEM, key_digest=bytes(32), t_ms=0).encode()
EPOCH = Epoch(old=ORIGIN, note=None, gap=None, who="", why="", t_ms=0).encode()
SILENCE = Silence(mid=MID, header_digest=bytes(32), step="", due_ms=0, tries=(), t_ms=0).encode()
ERROR = encode_error(ErrorAnswer(code=Code.BUSY, mid=None, t_ms=NOW_MS, retry_ms=None, size=None))

MAPS: Final[dict[str, list[str]]] = {
    "act": keys_of(ACT),
    "approval": keys_of(ACT, "ap"),
    "revoke": keys_of(REVOKE),
    "epoch": keys_of(EPOCH),
    "silence": keys_of(SILENCE),
    "content": keys_of(CONTENT),
    "file": keys_of(CONTENT, "files", 0),
    "inner": keys_of(encode_inner(CONTENT)),
    "signature": keys_of(encode_inner(CONTENT, [signature()]), "s", 0),
    "header": keys_of(HEADER),
    "part": keys_of(HEADER, "body"),
    "wrap": keys_of(wrap(HEADER, bytes(32), recipients(1)), 0),
    "head": keys_of(ENVELOPES),
    "envelope item": keys_of(ENVELOPES, "env", 0),
    "receipt item": keys_of(RECEIPTS, "rcp", 0),
    "answer": keys_of(ANSWER),
    "refusal": keys_of(ANSWER, "r", 2),
    "receipt": keys_of(receipt().encode()),
    "beginning": keys_of(BeginningAnswer(epoch=b"e", path=(), note=b"n").encode()),
    "revocation by log": keys_of(by_log().encode()),
    "revocation by role": keys_of(by_role().encode()),
    "revocation taken": keys_of(encode_revocation_answer(b"")),
    "sealing": keys_of(SealingAnswer(wraps=b"w", index=0, path=(), note=b"n").encode()),
    "log proof": keys_of(encode_log_proof(LogProof(old=1, new=2, path=()))),
    "error": keys_of(ERROR),
    "key set": keys_of(KEY_SET),
    "prekey": keys_of(KEY_SET, "kem", 0),
    "key set answer": keys_of(key_set_answer().encode()),
}


def _of(name: str, key: str) -> Callable[[], bytes]:
    case = next(each for each in derivation_cases() if each.name == name)

    def value() -> bytes:
        found: Any = case.content
        for step in key.split("."):
            found = found[int(step) if step.isdigit() else step]
        return bytes.fromhex("".join(found))

    return value


STATED: Final = envelope_sent(b"header bytes", b"wraps bytes")
BARE: Final = changed(HEADER, blobs=[], cls=0)

REPRODUCED: Final[dict[str, Callable[[], bytes]]] = {
    "encoding/map-ordered.json#bytes": lambda: bytes.fromhex(CASES["map-ordered"][1]),
    "log/statements.json#envelope_sent.preimage": lambda: STATED.preimage,
    "log/statements.json#envelope_sent.digest": lambda: STATED.digest,
    "log/statements.json#envelope_sent.leaf_data": lambda: STATED.leaf_data,
    "log/statements.json#envelope_sent.leaf_hash": lambda: STATED.leaf_hash,
    "envelope/body-context-1.json#output": lambda: body_context(MID, RO, FR),
    "envelope/blob-context-0.json#output": lambda: blob_context(MID, 0),
    "envelope/wrap-info-1.json#output": lambda: wrap_info(HEADER),
    "envelope/header-bare.json#input": lambda: BARE,
    "frame/prefix-good.json#input": lambda: MAGIC + (258).to_bytes(4, "big"),
    "frame/head-env-riding.json#input": lambda: ENVELOPES,
    "frame/answer-to-a-ping.json#input": lambda: changed(
        ANSWER, r=[], miss=[], heads=[], con=[], cp=None
    ),
    "frame/beginning-good.json#input": lambda: beginning().encode(),
    "frame/revocation-by-log.json#input": lambda: by_log().encode(),
    "frame/revocation-by-role.json#input": lambda: by_role().encode(),
    "frame/sealing-good.json#input": lambda: sealing().encode(),
    "frame/error-log-position.json#input": lambda: encode_error(
        ErrorAnswer(code=Code.LOG_POSITION, mid=None, t_ms=NOW_MS, retry_ms=None, size=4711)
    ),
    "receipt/receipt-accepted.json#input": lambda: receipt().encode(),
    **{
        f"exchange/{name}.json#{key}": _of(name, key)
        for name, key in (
            ("derivation-checkpoint", "ed25519_message"),
            ("derivation-checkpoint", "mldsa44_message"),
            ("derivation-checkpoint", "ed25519_key_id"),
            ("derivation-checkpoint", "mldsa44_key_id"),
            ("derivation-tree", "roots.7"),
            ("derivation-tree", "inclusion_6_of_7"),
            ("derivation-tree", "consistency_4_to_7"),
        )
    },
}
