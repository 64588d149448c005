"""`python -m tests.bench.audit [--leaves N] [--per-head N]`: what verifying a large log costs.

The log is built under the storage's own functions in large groups: leaves of several kinds with
what they state, stored roots, signed heads. Then it is verified as `a35 log verify` does on a
stopped node, and single leaves are proven from a store that was just opened.
"""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from resource import RUSAGE_SELF, getrusage
from statistics import median
from subprocess import run
from tempfile import TemporaryDirectory
from time import perf_counter, process_time, thread_time
from typing import Final

from gateway.storage.auditing import audit_file
from gateway.storage.connection import connect_reader, connect_writer
from gateway.storage.log import OwnLog
from gateway.storage.opening import make_store
from gateway.storage.sequence import LogSequence
from keys.digest import sha256
from keys.nodekeys import NodeKeys
from protocol.identifiers import LogOrigin
from protocol.log.checkpoint import Checkpoint, TreeHead
from protocol.log.signing import sign_head
from protocol.log.statement import (
    Statement,
    checkpoint_seen,
    envelope_sent,
    officer_act,
    receipt_given,
    receipt_obtained,
)

NOW_MS: Final = 1_795_000_000_000
PROOFS: Final = 200


def main(argv: Sequence[str] | None = None) -> int:
    """Build, verify in a process of its own, prove, print.

    Args:
        argv: Without the program; the process's own unless given.
    """
    parser = ArgumentParser(prog="python -m tests.bench.audit", description=__doc__)
    parser.add_argument("--leaves", type=int, default=1_000_000)
    parser.add_argument("--per-head", type=int, default=256, help="leaves under one signed head")
    parser.add_argument("--verify", nargs=2, metavar=("STORE", "KEYS"), help="a store made before")
    options = parser.parse_args(argv)
    if options.verify is not None:
        result: dict[str, object] = verified(Path(options.verify[0]), Path(options.verify[1]))
    else:
        result = measured(options.leaves, per_head=options.per_head)
    sys.stdout.write(json.dumps(result) + "\n")
    return 0


def measured(leaves: int, *, per_head: int) -> dict[str, object]:
    """Return what is printed.

    Args:
        leaves: Of the log.
        per_head: Leaves under one signed head.
    """
    with TemporaryDirectory(prefix="a35-bench-") as folder:
        store, keys = Path(folder) / "home" / "store.db", Path(folder) / "keys"
        store.parent.mkdir()
        began = perf_counter()
        origin = built(store, keys, leaves, per_head=per_head)
        took_s = perf_counter() - began
        command = [sys.executable, "-m", "tests.bench.audit", "--verify", str(store), str(keys)]
        done = run(command, check=True, capture_output=True, text=True)  # noqa: S603  ourselves
        return {
            "leaves": leaves,
            "heads": -(-leaves // per_head),
            "build_s": round(took_s, 1),
            "file_mib": round(store.stat().st_size / (1 << 20), 1),
            **json.loads(done.stdout),
            **proven(store, origin, leaves),
        }


def built(store: Path, keys_file: Path, leaves: int, *, per_head: int) -> LogOrigin:
    """Write a log of many leaves, and the public keys that signed it beside it."""
    keys = NodeKeys.generate("RO/1", generation=1, tls_name="localhost", now_ms=NOW_MS)
    signer, origin = keys.signer(), LogOrigin.parse(keys.origin)
    verifier = signer.verifier
    keys_file.write_text(f"{verifier.name}\n{verifier.ed25519.hex()}\n{verifier.mldsa44.hex()}\n")

    def sign(head: TreeHead) -> Checkpoint:
        return sign_head(signer, head, timestamp_s=NOW_MS // 1000)

    make_store(store, origin)
    with closing(connect_writer(store)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        sequence = LogSequence(connection, origin)
        for first in range(0, leaves, per_head):
            connection.execute("BEGIN IMMEDIATE")
            stop = min(first + per_head, leaves)
            sequence.append([statement(number) for number in range(first, stop)])
            sequence.sign(sign)
            connection.execute("COMMIT")
            sequence.settle()
            if first % (per_head * 64) == 0:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return origin


def statement(number: int) -> Statement:
    """Return one of the statements that make up a log, of the length that they have there."""
    noise = sha256(b"%d" % number)
    match number % 5:
        case 0:
            return envelope_sent(noise, noise)
        case 1:
            return receipt_given(noise * 9)
        case 2:
            return receipt_obtained(noise, noise[:16])
        case 3:
            return officer_act(noise * 6, noise[:16])
        case _:
            return checkpoint_seen(noise * 110 if number % 50 == 4 else noise * 8, noise[:16])


def verified(store: Path, keys_file: Path) -> dict[str, object]:
    """Verify a log, and say how fast and in how much memory."""
    from keys.note import LogVerifier  # noqa: PLC0415  of the second process alone

    name, ed25519, mldsa44 = keys_file.read_text().split()
    keys = LogVerifier(name=name, ed25519=bytes.fromhex(ed25519), mldsa44=bytes.fromhex(mldsa44))
    began, cpu_began = perf_counter(), process_time()
    result = audit_file(store, lambda _: (keys,))
    took_s, cpu_s = perf_counter() - began, process_time() - cpu_began
    return {
        "faults": len(result.faults),
        "checked": result.checked,
        "checkpoints": result.checkpoints,
        "verify_s": round(took_s, 2),
        "entries_per_s": round(result.size / took_s),
        "entries_per_cpu_s": round(result.size / cpu_s),
        "rss_mib": round(getrusage(RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def proven(store: Path, origin: LogOrigin, leaves: int) -> dict[str, object]:
    """Prove single leaves, each checked, from a log that was just opened."""
    random = Random(35)  # noqa: S311  which leaves are proven is no secret
    times, cpu_times = [], []
    with closing(connect_reader(store)) as reader:
        log = OwnLog(reader, origin)
        for index in random.choices(range(leaves), k=PROOFS):
            began, cpu_began = perf_counter(), thread_time()
            log.prove(leaves, [index], old=leaves)
            cpu_times.append(thread_time() - cpu_began)
            times.append(perf_counter() - began)
    return {"proof_ms": shares(times), "proof_cpu_ms": shares(cpu_times)}


def shares(times_s: list[float]) -> dict[str, float]:
    """Return the median, the slowest in a hundred and the slowest, in milliseconds."""
    times_s.sort()
    return {
        "max": round(times_s[-1] * 1000, 3),
        "p50": round(median(times_s) * 1000, 3),
        "p99": round(times_s[int(len(times_s) * 0.99) - 1] * 1000, 3),
    }


if __name__ == "__main__":
    sys.exit(main())
