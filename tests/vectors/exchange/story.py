"""One exchange between two nodes, message by message, from joining to a repeated envelope.

RO/1 acknowledges a request of FR/1, sealed for it. FR/1 accepts that, later says that it lies in
the duty inbox, is refused once because it names a position that RO/1 has left, and repeats from
the right one. RO/1 sends the same envelope again and gets the same receipt. Signatures,
certificates, nonces and encapsulations are fresh at each run, so that the files are made together
and kept together.
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from gateway.directory.publish import KeyFolder, admit, delegate, new_root, publish
from keys.digest import sha256
from keys.keyfile import Credential
from protocol.answer import ErrorAnswer, Receipted, encode_error
from protocol.directory import encode_entry
from protocol.errors import Code
from protocol.frame import ReceiptItem
from protocol.joining import encode_join_request
from protocol.keyset import KeySetAnswer
from protocol.log.proof import format_tlog_proof
from protocol.log.statement import (
    Act,
    Statement,
    checkpoint_seen,
    envelope_sent,
    officer_act,
    receipt_given,
    receipt_obtained,
)
from protocol.receipt import Stage
from protocol.standing import LogProof, encode_log_proof
from tests.vectors.case_file import Vector
from tests.vectors.exchange.messages import ARRIVED_MS, MID, Messages
from tests.vectors.exchange.two_nodes import START_MS, Side, salt

FOLDER: Final = "exchange"
NAMES: Final = (
    "directory",
    "entry-FR",
    "join-RO",
    "seeds",
    "log-RO",
    "log-FR",
    "keys-answer",
    "frame-1-envelope",
    "answer-1-accepted",
    "frame-2-receipt-behind",
    "error-2-position",
    "frame-3-receipt",
    "answer-3-taken",
    "frame-4-repeat",
    "answer-4-same-receipt",
    "log-proof",
    "proof-of-receipt",
)
"""The files of the story; either all of them are kept or none."""


def story() -> list[Vector]:
    """Make the whole exchange anew."""
    return list(_Story().tell())


class _Story(Messages):
    """The steps, one after the other."""

    def tell(self) -> Iterator[Vector]:
        """Yield one file after the other."""
        yield from self._joining()
        yield from self._keys()
        yield from self._envelope()
        yield from self._later_receipt()
        yield from self._repeat()
        yield from self._logs()

    def _joining(self) -> Iterator[Vector]:
        requests = {side.id.country: side.begin() for side in (self.fr, self.ro)}
        with TemporaryDirectory() as place:
            folder, keys = (
                Path(place) / "out",
                KeyFolder(Path(place) / "keys", Credential(bytes(32))),
            )
            made = new_root(folder, keys, now_ms=START_MS)
            anchor = made.path.read_bytes()
            for country, request in requests.items():
                delegate(folder, keys, country, now_ms=START_MS)
                admit(folder, request, now_ms=START_MS)
            self.verified = publish(folder, keys, now_ms=START_MS).verified
        for side in (self.fr, self.ro):
            side.adopt(self.stamp)
        yield _file(
            "directory",
            "What a verifier needs: the trusted root, and every file of the state below it.",
            anchor=anchor.decode(),
            files={name: data.decode() for name, data in sorted(self.verified.files.items())},
            root_version=self.stamp.root_version,
            timestamp_version=self.stamp.timestamp_version,
            timestamp_digest=self.stamp.digest.hex(),
            expires_ms=self.verified.expires_ms,
        )
        entry = encode_entry(self.verified.entries["FR"]).decode()
        yield _file("entry-FR", "The entry of one Party with one node.", entry=entry)
        asked = encode_join_request(requests["RO"]).decode()
        yield _file("join-RO", "What RO/1 handed in to be admitted.", request=asked)
        seeds = {
            str(side.id): {
                "log_ed25519": side.seed(0).hex(),
                "log_mldsa44": side.seed(1).hex(),
                "last_resort": side.seed(2).hex(),
                "prekey": side.seed(3).hex(),
            }
            for side in (self.fr, self.ro)
        }
        yield _file("seeds", "Seeds of both nodes; for nothing but these vectors.", seeds=seeds)

    def _keys(self) -> Iterator[Vector]:
        """GET /v1/keys: RO/1 gets to know the prekey and the log of FR/1."""
        note = self.signed(self.fr, 2, START_MS).note
        data = KeySetAnswer(
            key_set=self.fr.key_set, index=0, path=self.fr.proof(0, 2).path, at=2, note=note
        ).encode()
        self.ro.state(checkpoint_seen(note, salt(0x31)))
        statement = self.fr.statements[0]
        yield _file(
            "keys-answer",
            "FR/1 answers GET /v1/keys; RO/1 holds nothing of its log yet.",
            speaker=str(self.fr.id),
            path="/v1/keys",
            input=data.hex(),
            statement_digest=statement.digest.hex(),
            leaf_hash=statement.leaf_hash.hex(),
        )

    def _envelope(self) -> Iterator[Vector]:
        self.sealed = self.seal()
        stated = envelope_sent(self.sealed.header, self.sealed.wraps)
        index = self.ro.state(stated)
        act = Act(
            act="submitted",
            who="RO/1 desk",
            ref=MID,
            subject=None,
            why="",
            t_ms=START_MS,
        )
        self.ro.state(officer_act(act.encode(), salt(0x32)))
        self.signed(self.ro, 5, START_MS)
        frame = self.frame(self.ro, 5, old=0, seen=2, items=(self.item(index, 5),))
        yield self._frame_file(
            "frame-1-envelope",
            "First contact of RO/1 with FR/1: one checkpoint, one envelope.",
            sent=frame,
            by=self.ro,
            held=0,
            header_digest=sha256(self.sealed.header).hex(),
            statement_digest=stated.digest.hex(),
            leaf_hash=stated.leaf_hash.hex(),
        )
        receipt = self.receipt(Stage.ACCEPTED, ARRIVED_MS)
        given = receipt_given(receipt)
        index = self.fr.state(given)
        self.fr.state(checkpoint_seen(self.heads["RO 5"].note, salt(0x41)))
        self.signed(self.fr, 4, ARRIVED_MS)
        items = (self.receipted(receipt, index, 4),)
        answer = self.answer(self.fr, 4, old=2, seen=5, have=1, items=items)
        yield _file(
            "answer-1-accepted",
            "FR/1 accepts: its log from 2, where RO/1 stands, to 4.",
            answers="frame-1-envelope",
            speaker=str(self.fr.id),
            held=2,
            input=answer.hex(),
            receipt=receipt.hex(),
            statement_digest=given.digest.hex(),
            leaf_hash=given.leaf_hash.hex(),
        )
        self.ro.state(receipt_obtained(given.digest, salt(0x33)))

    def _later_receipt(self) -> Iterator[Vector]:
        receipt = self.receipt(Stage.CONSIGNED, ARRIVED_MS + 1000)
        given = receipt_given(receipt)
        index = self.fr.state(given)
        self.signed(self.fr, 5, ARRIVED_MS + 1000)
        pushed = (ReceiptItem(receipt=receipt, index=index, path=self.fr.proof(index, 5).path),)
        behind = self.frame(self.fr, 5, old=2, seen=5, receipts=pushed)
        yield self._frame_file(
            "frame-2-receipt-behind",
            "FR/1 does not know yet that RO/1 linked size 4 with the answer.",
            sent=behind,
            by=self.fr,
            held=4,
            status=409,
        )
        error = ErrorAnswer(
            code=Code.LOG_POSITION, mid=None, t_ms=ARRIVED_MS + 1200, retry_ms=None, size=4
        )
        yield _file(
            "error-2-position",
            "RO/1 stands at 4: the same items again, at once, from there.",
            answers="frame-2-receipt-behind",
            status=409,
            input=encode_error(error).hex(),
        )
        again = self.frame(self.fr, 5, old=4, seen=5, receipts=pushed)
        yield self._frame_file(
            "frame-3-receipt",
            "The same receipt and note; only the consistency proof is another.",
            sent=again,
            by=self.fr,
            held=4,
            receipt=receipt.hex(),
            statement_digest=given.digest.hex(),
            leaf_hash=given.leaf_hash.hex(),
        )
        self.ro.state(receipt_obtained(given.digest, salt(0x34)))
        self.ro.state(checkpoint_seen(self.heads["FR 5"].note, salt(0x35)))
        self.signed(self.ro, 8, ARRIVED_MS + 2000)
        taken = (Receipted(receipt=None, index=None, path=()),)
        answer = self.answer(self.ro, 8, old=5, seen=5, items=taken)
        yield _file(
            "answer-3-taken",
            "Nothing to say about a receipt but that it was taken.",
            answers="frame-3-receipt",
            speaker=str(self.ro.id),
            held=5,
            input=answer.hex(),
        )

    def _repeat(self) -> Iterator[Vector]:
        frame = self.frame(self.ro, 8, old=8, seen=5, items=(self.item(3, 8),), rides=True)
        yield self._frame_file(
            "frame-4-repeat",
            "The envelope of frame 1 again, as if its answer had been lost. It rides: no"
            " checkpoint, for FR/1 linked size 8 with the answer. Only the proof is newer.",
            sent=frame,
            by=self.ro,
            held=8,
        )
        receipt = self.fr.statements[2].preimage
        items = (self.receipted(receipt, 2, 5),)
        answer = self.answer(self.fr, 5, old=5, seen=8, have=1, items=items, rides=True)
        yield _file(
            "answer-4-same-receipt",
            "The stored receipt, byte for byte; no checkpoint, for RO/1 said that it holds it.",
            answers="frame-4-repeat",
            speaker=str(self.fr.id),
            held=5,
            input=answer.hex(),
            receipt=receipt.hex(),
        )

    def _logs(self) -> Iterator[Vector]:
        for side in (self.ro, self.fr):
            yield _file(
                f"log-{side.id.country}",
                f"Everything that {side.id} stated: leaves, what they state, roots by size.",
                origin=str(side.origin),
                leaves=[_leaf(each) for each in side.statements],
                roots=[root.hex() for root in side.roots()],
            )
        data = encode_log_proof(LogProof(old=2, new=5, path=self.fr.consistency(2, 5)))
        yield _file(
            "log-proof",
            "FR/1 answers GET /v1/log/proof?old=2&new=5.",
            speaker=str(self.fr.id),
            path="/v1/log/proof?old=2&new=5",
            input=data.hex(),
        )
        text = format_tlog_proof(2, self.fr.proof(2, 4).path, self.heads["FR 4"].note)
        yield _file(
            "proof-of-receipt",
            "The accepted receipt as third-party tools read it (C2SP tlog-proof).",
            proof=text,
            leaf_data=self.fr.statements[2].leaf_data.hex(),
        )

    @staticmethod
    def _frame_file(
        name: str, comment: str, *, sent: bytes, by: Side, held: int, **more: str | int
    ) -> Vector:
        route = "/v1/receipts" if "receipt" in name else "/v1/envelopes"
        return _file(
            name, comment, speaker=str(by.id), route=route, held=held, input=sent.hex(), **more
        )


def _leaf(statement: Statement) -> dict[str, Any]:
    return {
        "kind": int(statement.kind),
        "salt": None if statement.salt is None else statement.salt.hex(),
        "preimage": statement.preimage.hex(),
        "leaf_data": statement.leaf_data.hex(),
        "leaf_hash": statement.leaf_hash.hex(),
    }


def _file(name: str, comment: str, **content: Any) -> Vector:  # noqa: ANN401  JSON
    return Vector(
        folder=FOLDER, name=name, what="story", expect="ok", comment=comment, content=content
    )
