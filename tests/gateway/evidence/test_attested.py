"""What third parties saw makes a statement witnessed, and bounds its time from outside."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from gateway.evidence.attesting import Trust
from gateway.evidence.lines import report_lines
from gateway.evidence.material import Attested, SeenBy
from gateway.evidence.report import Finding, Report
from gateway.records import SignedHead
from gateway.timestamp.stamp import ask
from keys.cosignature import SignatureType
from keys.note import SignedTree
from keys.vkey import VerifierKey
from keys.witnesskey import WitnessKey
from protocol.evidence.bounds import SaidTime
from protocol.evidence.verdict import Verdict
from protocol.identifiers import LogOrigin, MessageId
from protocol.log.checkpoint import TreeHead
from protocol.log.proof import format_tlog_proof
from protocol.log.statement import checkpoint_seen
from protocol.witness.answer import encode_lines
from protocol.witness.policy import NONE, Policy, PolicyWitness
from protocol.witness.policyfile import format_policy, parse_policy
from tests.gateway.evidence.world import Book, acknowledged, exported, packed, unpacked, verified
from tests.gateway.network import DAY_MS, Network, Wire, network
from tests.gateway.service.world import FR, scenario
from tests.gateway.timestamp.local import LocalAuthority, needs_openssl

NAMES = ["FR/1", "RO/1", "DE/1"]
WITNESS = WitnessKey(node="DE/1", seed=b"w" * 32).signer()
SALT = b"s" * 16
HOUR_MS = 60 * 60 * 1000


@dataclass
class Notary:
    """The attestations port over what a test puts in."""

    held: dict[LogOrigin, list[Attested]] = field(default_factory=dict)

    async def of(self, origin: LogOrigin, size: int, indices: Sequence[int]) -> Sequence[Attested]:
        """Return what is held of a log."""
        del size, indices
        return self.held.get(origin, [])


async def head_of(net: Network, name: str) -> SignedHead:
    """Return the newest head of a node, once everything is signed."""
    store = net[name].store
    await store.state([checkpoint_seen(b"nothing", SALT)], must_leave=True)
    head = store.head()
    assert head is not None
    return head


async def seen_by(net: Network, name: str, note: bytes) -> SeenBy:
    """Let a node state that it saw a note."""
    store = net[name].store
    index = await store.state([checkpoint_seen(note, SALT)], must_leave=True)
    head = store.head()
    assert head is not None
    proofs = await store.prove(head.size, [index], old=head.size)
    proof = format_tlog_proof(index, proofs.inclusion[0], head.note)
    return SeenBy(note=note, salt=SALT, proof=proof)


def cosigned(head: SignedHead, at_ms: int) -> bytes:
    """Let the witness cosign a head."""
    tree = SignedTree(origin=str(head.origin), size=head.size, root=head.root)
    return encode_lines([WITNESS.cosign(tree, at_ms // 1000)])


def policy() -> Policy:
    """Ask for the witness."""
    witness = PolicyWitness(name=b"de", cosigner=WITNESS.cosigner)
    return Policy(logs=(), witnesses=(witness,), groups=(), quorum=b"de")


def sealing(report: Report) -> Finding:
    """Return what is found of the sealing."""
    (found,) = [each for each in report.findings if each.said.what == "submitted"]
    return found


async def story(net: Network) -> tuple[MessageId, SignedHead, SignedHead]:
    """Let a message go between two moments at which FR/1 has a head; an hour lies around it."""
    before = await head_of(net, "FR/1")
    net.clock.ms += HOUR_MS
    mid = await acknowledged(net)
    net.clock.ms += HOUR_MS
    return mid, before, await head_of(net, "FR/1")


async def of_seen(net: Network, book: Book, mid: MessageId, head: SignedHead, *, by: str) -> bytes:
    """Return a bundle with a leaf of one node about a head."""
    seen = await seen_by(net, by, head.note)
    notary = Notary({head.origin: [Attested(note=head.note, seen=(seen,))]})
    return (await exported(net["FR/1"], book, mid, attestations=notary))[0]


@scenario
async def test_leaf_of_a_third_node_makes_a_statement_witnessed(tmp_path: Path) -> None:
    """By its own log; one of the two sides itself would not do."""
    async with network(tmp_path, NAMES, Wire()) as net:
        book = Book.of(net, tmp_path / "directory")
        mid, _, after = await story(net)
        own = await of_seen(net, book, mid, after, by="RO/1")
        assert sealing(verified(own, book, net)).assessment.verdict is Verdict.ANSWERED
        data = await of_seen(net, book, mid, after, by="DE/1")
        report = verified(data, book, net)
        assert report.faults == ()
        assert sealing(report).assessment.verdict is Verdict.WITNESSED
        found = sealing(report).assessment
        assert found.witnesses == ("a35/DE/1/witness",)
        assert found.bounds.before_s == net.clock.ms // 1000
        assert "  proven     a35/DE/1/witness saw the log with it" in list(report_lines(report))
        shown = sealing(report).to_json()
        assert (shown["verdict"], shown["witnesses"]) == ("witnessed", ["a35/DE/1/witness"])
        dropped = {x: y for x, y in unpacked(data).items() if not x.startswith("consistency/")}
        unjoined = verified(packed(dropped, manifest=True), book, net)
        assert sealing(unjoined).assessment.verdict is Verdict.ANSWERED
        assert sealing(unjoined).assessment.unjoined == 1


@scenario
async def test_cosignatures_bound_the_time_from_both_sides(tmp_path: Path) -> None:
    """By the reader's own policy, never by the one in the bundle."""
    async with network(tmp_path, NAMES, Wire()) as net:
        book = Book.of(net, tmp_path / "directory")
        mid, before, after = await story(net)
        now_ms = net.clock.ms
        notary = Notary({
            after.origin: [
                Attested(note=before.note, cosignatures=cosigned(before, now_ms - 2 * HOUR_MS)),
                Attested(note=after.note, cosignatures=cosigned(after, now_ms)),
            ]
        })  # fmt: skip
        data, _ = await exported(
            net["FR/1"], book, mid, attestations=notary, policy=format_policy(policy())
        )
        alone = verified(data, book, net)
        assert alone.faults == ()
        assert sealing(alone).assessment.verdict is Verdict.ANSWERED
        assert any("--policy" in each for each in alone.remarks)
        report = verified(data, book, net, trust=Trust(policy=policy()))
        found = sealing(report).assessment
        assert (report.faults, found.verdict) == ((), Verdict.WITNESSED)
        assert (found.bounds.after_s, found.bounds.before_s) == (
            (now_ms - 2 * HOUR_MS) // 1000,
            now_ms // 1000,
        )
        assert found.bounds.judge(now_ms - HOUR_MS) is SaidTime.WITHIN
        assert not any("own word" in each for each in sealing(report).to_json()["not_proven"])
        name = next(each for each in unpacked(data) if each.startswith("cosignatures/"))
        spoiled = unpacked(data)[name].replace(b"A", b"B", 400)
        files = unpacked(data) | {name: spoiled}
        broken = verified(packed(files, manifest=True), book, net, trust=Trust(policy=policy()))
        assert not broken.is_valid


@scenario
async def test_after_its_keys_ended_only_what_was_witnessed_stands(tmp_path: Path) -> None:
    """Whoever holds an old key can make up an old log."""
    async with network(tmp_path, NAMES, Wire()) as net:
        book = Book.of(net, tmp_path / "directory")
        mid, _, after = await story(net)
        attested = Attested(note=after.note, cosignatures=cosigned(after, net.clock.ms))
        notary = Notary({after.origin: [attested]})
        data, _ = await exported(net["FR/1"], book, mid, attestations=notary)
        net.clock.ms += 4000 * DAY_MS
        report = verified(data, book, net, trust=Trust(policy=policy()))
        assert report.faults == ()
        verdicts = {each.by: set[object]() for each in report.findings}
        for each in report.findings:
            verdicts[each.by].add(each.assessment.verdict)
        assert verdicts[FR] == {Verdict.WITNESSED}
        assert {x for by, found in verdicts.items() if by != FR for x in found} == {None}
        others = [each.to_json() for each in report.findings if each.by != FR]
        assert others[0]["verdict"] is None
        assert "keys of this log have ended" in others[0]["proven"][0]
        assert any("NO VERDICT" in line for line in report_lines(report))


@scenario
async def test_log_that_the_policy_does_not_name_is_witnessed_by_nobody(tmp_path: Path) -> None:
    """The reader decides which logs count."""
    async with network(tmp_path, NAMES, Wire()) as net:
        book = Book.of(net, tmp_path / "directory")
        mid, _, after = await story(net)
        attested = Attested(note=after.note, cosignatures=cosigned(after, net.clock.ms))
        data, _ = await exported(
            net["FR/1"], book, mid, attestations=Notary({after.origin: [attested]})
        )
        entry = net.entries[net["RO/1"].id].logs[0].verifier
        other = f"log {_vkey(entry.name, entry.ed25519)}\n".encode()
        strict = parse_policy(other + format_policy(policy()))
        report = verified(data, book, net, trust=Trust(policy=strict))
        assert sealing(report).assessment.verdict is Verdict.ANSWERED
        assert any("none of the logs of the policy" in each for each in report.remarks)
        none = replace(policy(), quorum=NONE)
        nobody = verified(data, book, net, trust=Trust(policy=none))
        assert sealing(nobody).assessment.verdict is Verdict.WITNESSED


def _vkey(name: str, public: bytes) -> str:
    return str(VerifierKey(name=name, kind=SignatureType.ED25519, public=public))


@scenario
async def test_stamp_bounds_the_time_and_witnesses_nothing(tmp_path: Path) -> None:
    """Verified by the reader's authorities; the program of OpenSSL says the same."""
    (tmp_path / "tsa").mkdir()
    authority = LocalAuthority(tmp_path / "tsa", "first")
    async with network(tmp_path, NAMES, Wire()) as net:
        book = Book.of(net, tmp_path / "directory")
        mid, _, after = await story(net)
        answer = authority.answer(ask(after.note).data)
        notary = Notary({after.origin: [Attested(note=after.note, stamps=(answer,))]})
        data, _ = await exported(net["FR/1"], book, mid, attestations=notary)
        assert any("--authorities" in each for each in verified(data, book, net).remarks)
        trust = Trust(authorities=(authority.trusted,))
        report = verified(data, book, net, trust=trust)
        assert report.faults == ()
        assert sealing(report).assessment.verdict is Verdict.ANSWERED
        assert sealing(report).assessment.stamped_s is not None
        files = unpacked(data)
        (stamp,) = [name for name in files if name.startswith("stamps/")]
        note = files[stamp.replace("stamps/", "checkpoints/").removesuffix(".01.tsr") + ".note"]
        assert authority.verifies(note, files[stamp])
        changed = packed(files | {stamp: files[stamp][:-1] + b"\0"}, manifest=True)
        assert not verified(changed, book, net, trust=trust).is_valid


@scenario
async def test_log_with_two_roots_at_one_size_is_a_fault(tmp_path: Path) -> None:
    """Both notes are signed: the bundle shows a fork, and nothing of it counts."""
    async with network(tmp_path, NAMES, Wire()) as net:
        book = Book.of(net, tmp_path / "directory")
        mid, _, after = await story(net)
        forged = net._signer(net["FR/1"].keys)
        twin = forged(replace(_tree(after), root=bytes(32)))
        seen = await seen_by(net, "DE/1", twin.note)
        notary = Notary({after.origin: [Attested(note=after.note, seen=(seen,))]})
        data, _ = await exported(net["FR/1"], book, mid, attestations=notary)
        report = verified(data, book, net)
        assert [(x.file, "two histories" in x.what) for x in report.faults] == [
            ("sightings/001", True)
        ]


def _tree(head: SignedHead) -> TreeHead:
    return TreeHead(origin=head.origin, size=head.size, root=head.root)


@needs_openssl
@scenario
async def test_stamp_of_an_authority_that_the_reader_does_not_know_spoils_nothing(
    tmp_path: Path,
) -> None:
    """Two States trust different ones; over another note, or under a known name, it is a fault."""
    for name in ("first", "second", "double"):
        (tmp_path / name).mkdir()
    first = LocalAuthority(tmp_path / "first", "first")
    trust = Trust(authorities=(LocalAuthority(tmp_path / "second", "second").trusted,))
    double = Trust(authorities=(LocalAuthority(tmp_path / "double", "first").trusted,))
    async with network(tmp_path, NAMES, Wire()) as net:
        book = Book.of(net, tmp_path / "directory")
        mid, _, after = await story(net)
        answer = first.answer(ask(after.note).data)
        notary = Notary({after.origin: [Attested(note=after.note, stamps=(answer,))]})
        data, _ = await exported(net["FR/1"], book, mid, attestations=notary)
        report = verified(data, book, net, trust=trust)
        assert report.faults == ()
        assert any("no authority trusted gave them" in each for each in report.remarks)
        assert sealing(report).assessment.stamped_s is None
        assert not verified(data, book, net, trust=double).is_valid
        files = unpacked(data)
        (stamp,) = [name for name in files if name.startswith("stamps/")]
        others = (first.answer(ask(b"another note").data), b"no stamp at all", b"0" * 65_537)
        for other in others:
            changed = packed(files | {stamp: other}, manifest=True)
            assert not verified(changed, book, net, trust=trust).is_valid
