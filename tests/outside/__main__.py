"""Holds what nodes make against programs of others: `python -m tests.outside`, `make outside`.

Needs the Go tool chain and, the first time, its modules. Without Go nothing is shown and the exit
code is 1: whoever asks for these checks must not take silence for success. What the other programs
are and what each checks: docs/evidence.md, "By programs of others".
"""

import asyncio
import json
import shutil
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from gateway.clock import SystemClock
from gateway.evidence.attestations import HeldAttestations
from gateway.evidence.attesting import Trust
from gateway.evidence.cosigned import KeptCosignatures
from gateway.journal import get_journal
from gateway.metrics import Metrics
from gateway.peer.transport import HttpTransport
from gateway.peer.witness import WitnessCaller
from gateway.service.prove import Prove
from keys.cosignature import SignatureType
from keys.cosigner import Cosigner
from keys.note import LogVerifier
from keys.vkey import VerifierKey
from protocol.evidence.verdict import Verdict
from protocol.log.checkpoint import ClaimedCheckpoint, verify_checkpoint
from protocol.witness.answer import Cosigned, decode_answer, decode_lines
from protocol.witness.cosignature import believe_cosignatures, cosigned_note
from protocol.witness.policy import Policy, PolicyLog, PolicyWitness
from protocol.witness.policyfile import format_policy
from protocol.witness.request import AddCheckpoint
from tests.gateway.evidence.test_attested import sealing
from tests.gateway.evidence.world import Book, acknowledged, exported, verified
from tests.gateway.network import Network, Wire, network
from tests.gateway.service.test_cosign import grow, offered
from tests.gateway.service.witness_world import asking, list_witness, witness_at
from tests.gateway.service.world import FR

TOOL: Final = Path(__file__).parent / "tool"
NAMES: Final = ["DE/1", "FR/1", "RO/1"]
OUTSIDE: Final = "outside.example/witness"
FOR_EVER: Final = "2999-01-01T00:00:00Z"
_ENDED_S: Final = 30
_CHECKS: Final = 8

Case = dict[str, Any]


def main() -> int:
    """Build the tool, run every check, and say what was seen.

    Returns:
        0 if all of it held, 1 if something did not or nothing could be shown.
    """
    go = shutil.which("go")
    if go is None:
        say("NOT SHOWN: there is no Go tool chain here (https://go.dev, 1.26 or later)")
        return 1
    with TemporaryDirectory() as folder:
        place = Path(folder)
        tool = place / "tool"
        built = subprocess.run(  # noqa: S603 - the tool chain that was found
            [go, "build", "-o", tool, "."], cwd=TOOL, check=False
        )
        if built.returncode:
            say("NOT SHOWN: the tool was not built; its modules may not be to be had here")
            return 1
        say(f"with {_version(go)}")
        return int(not asyncio.run(_shown(tool, place)))


def say(line: str) -> None:
    """Print one line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def _shown(tool: Path, place: Path) -> bool:
    async with network(place, NAMES, Wire()) as net:
        _lasting(net)
        case = await _case(net)
        holds = [
            _is_verified(tool, place, case),
            _is_noticed(tool, place, case),
            await _is_cosigned_outside(tool, place, net),
        ]
    return all(holds)


def _lasting(net: Network) -> None:
    """Let keys be listed for ever: the time of others is real, that of the network is not."""
    for node, entry in net.entries.items():
        logs = tuple(key.model_copy(update={"not_after": FOR_EVER}) for key in entry.logs)
        net.entries[node] = entry.model_copy(update={"logs": logs})


def _catch_up(net: Network) -> None:
    """Let the network's time be at least the real one: what is ahead would not be believed."""
    net.clock.ms = max(net.clock.ms, SystemClock().now_ms())


# ------------------------------------------------------------------ notes, proofs, cosignatures


async def _case(net: Network) -> Case:
    """Return what a node made: notes, proofs, a cosignature of our witness, a policy."""
    french = net["FR/1"]
    witness = await witness_at(net["DE/1"], list_witness(net, "DE/1"))
    await grow(french, 5)
    earlier = await offered(french, 0)
    await grow(french, 8)
    request = await offered(french, earlier.tree.size)
    # A line of our witness, as another log would ask for it.
    first = AddCheckpoint(old=0, proof=(), note=request.note)
    answer = decode_answer(await witness.add_checkpoint(FR, first.encode()))
    if not isinstance(answer, Cosigned):
        raise TypeError("our witness did not cosign")
    verifier = french.keys.signer().verifier
    checkpoint = verify_checkpoint(
        ClaimedCheckpoint.parse(request.note), [verifier], now_ms=net.clock.ms
    )
    cosigner = list_witness(net, "DE/1").cosigner
    found = believe_cosignatures(checkpoint, answer.lines, [cosigner], now_ms=net.clock.ms)
    index = request.tree.size - 4
    (leaf,) = await french.store.leaves(index, index + 1)
    return {
        "origin": verifier.name,
        "ed25519": str(_key(verifier, SignatureType.ED25519)),
        "mldsa44": str(_key(verifier, SignatureType.MLDSA44)),
        "witness": str(cosigner.key),
        "note": _b64(request.note),
        "cosigned": _b64(cosigned_note(checkpoint, found)),
        "earlier": _b64(earlier.note),
        "consistency": [_b64(one) for one in request.proof],
        "proof": _b64((await Prove(french.store).proof(index)).encode()),
        "leaf": _b64(bytes((leaf.kind,)) + leaf.digest),
        "policy": _b64(format_policy(_policy(cosigner, verifier, "https://de.example"))),
    }


def _is_verified(tool: Path, place: Path, case: Case) -> bool:
    done = _verify(tool, place, case)
    say(done.stdout.rstrip("\n"))
    return done.returncode == 0 and done.stdout.count("ok ") == _CHECKS


def _is_noticed(tool: Path, place: Path, case: Case) -> bool:
    """Spoil each thing in turn: a check that cannot fail shows nothing."""
    noticed = True
    for name in ("note", "cosigned", "earlier", "consistency", "proof", "leaf", "policy"):
        done = _verify(tool, place, case | {name: _spoiled(case[name])})
        if done.returncode == 0:
            say(f"FAILED: a changed {name} passes")
            noticed = False
    if noticed:
        say("ok each of them is refused with one byte of it changed")
    return noticed


def _verify(tool: Path, place: Path, case: Case) -> subprocess.CompletedProcess[str]:
    (place / "case.json").write_text(json.dumps(case))
    command = [str(tool), "verify", str(place)]
    return subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603


def _spoiled(value: object) -> object:
    """Change one character in the middle; of a list in its first item."""
    if isinstance(value, list):
        return [_spoiled(value[0]), *value[1:]]
    text = str(value)
    middle = 2 * len(text) // 3  # of a policy the key of its witness, of a note its second line
    return text[:middle] + ("A" if text[middle] != "A" else "B") + text[middle + 1 :]


# ------------------------------------------------------------------ a witness that is not ours


async def _is_cosigned_outside(tool: Path, place: Path, net: Network) -> bool:
    """Let a witness of others cosign our log, twice, and count it in a bundle."""
    french = net["FR/1"]
    verifier = french.keys.signer().verifier
    told = {"name": OUTSIDE, "logs": {verifier.name: str(_key(verifier, SignatureType.ED25519))}}
    (place / "logs.json").write_text(json.dumps(told))
    with _witness(tool, place / "logs.json") as (url, key):
        cosigner = Cosigner(key=VerifierKey.parse(key))
        policy = _policy(cosigner, verifier, url)
        transport = HttpTransport(
            french.keys.tls,
            french.directory,
            clock=SystemClock(),
            metrics=Metrics(),
            journal=get_journal("outside"),
        )
        async with WitnessCaller(transport) as line:
            _catch_up(net)
            book = Book.of(net, place / "directory")
            await asking(french, line, policy=policy).once()  # type: ignore[arg-type]
            mid = await acknowledged(net)
            await grow(french)
            _catch_up(net)
            await asking(french, line, policy=policy).once()  # type: ignore[arg-type]
    kept = await french.store.newest_cosignatures()
    if len(kept) != 1 or len(decode_lines(kept[0].line)) != 1:
        say("FAILED: no cosignature of the outside witness is held")
        return False
    say(f"ok cosigned by transparency-dev/witness: {kept[0].size} entries, ML-DSA-44")
    held = HeldAttestations([KeptCosignatures(french.store)])
    data, _ = await exported(french, book, mid, attestations=held)
    report = verified(data, book, net, trust=Trust(policy=policy))
    found = sealing(report).assessment
    if report.faults or found.verdict is not Verdict.WITNESSED or OUTSIDE not in found.witnesses:
        say(f"FAILED: the bundle is not witnessed by it: {report.faults}")
        return False
    say("ok a bundle with its cosignatures is witnessed, by the policy that names it")
    return True


@contextmanager
def _witness(tool: Path, file: Path) -> Iterator[tuple[str, str]]:
    """Run the witness; give its address and its key."""
    with subprocess.Popen(  # noqa: S603 - our own tool
        [tool, "witness", file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            said = "" if process.stdout is None else process.stdout.readline()
            url, _, key = said.strip().partition(" ")
            yield url, key
        finally:
            process.communicate(timeout=_ENDED_S)  # its input ends, and so does it


def _policy(cosigner: Cosigner, verifier: LogVerifier, url: str) -> Policy:
    witness = PolicyWitness(name=b"w", cosigner=cosigner, url=url.encode())
    log = PolicyLog(key=_key(verifier, SignatureType.MLDSA44))
    return Policy(logs=(log,), witnesses=(witness,), groups=(), quorum=b"w")


def _key(verifier: LogVerifier, kind: SignatureType) -> VerifierKey:
    public: Mapping[SignatureType, bytes] = {
        SignatureType.ED25519: verifier.ed25519,
        SignatureType.MLDSA44: verifier.mldsa44,
    }
    return VerifierKey(name=verifier.name, kind=kind, public=public[kind])


def _b64(data: bytes) -> str:
    return b64encode(data).decode()


def _version(go: str) -> str:
    return subprocess.run(  # noqa: S603
        [go, "version"], check=True, capture_output=True, text=True
    ).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
