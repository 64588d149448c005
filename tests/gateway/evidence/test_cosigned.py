"""From a witness's signature to a bundle that says `witnessed`, with nothing but the root."""

from pathlib import Path

from gateway.evidence.attestations import HeldAttestations
from gateway.evidence.cosigned import KeptCosignatures
from gateway.evidence.report import Report
from protocol.evidence.verdict import Verdict
from protocol.identifiers import LogOrigin
from tests.gateway.evidence.test_attested import HOUR_MS, NAMES, head_of, sealing
from tests.gateway.evidence.world import Book, acknowledged, exported, verified
from tests.gateway.network import Network, Wire, network, renew
from tests.gateway.service.witness_world import Line, asking, list_witness, witness_at
from tests.gateway.service.world import DE, FR, scenario


async def told(net: Network, folder: Path, *, listed: bool, anew: bool = False) -> Report:
    """Let DE/1 cosign FR/1's log before and after a message, and verify FR/1's bundle of it."""
    signer = list_witness(net, "DE/1")
    line = Line(asker=FR, witnesses={DE: await witness_at(net["DE/1"], signer)})
    book = Book.of(net, folder)
    await head_of(net, "FR/1")
    await asking(net["FR/1"], line).once()
    net.clock.ms += HOUR_MS
    mid = await acknowledged(net)
    net.clock.ms += HOUR_MS
    await head_of(net, "FR/1")
    await asking(net["FR/1"], line).once()
    if not listed:
        net.entries[DE] = net.entries[DE].model_copy(update={"witness": None})
        book = Book.of(net, folder.with_name("other"))
    if anew:
        await renew(net, "FR/1")
        book = Book.of(net, folder.with_name("other"))
    held = HeldAttestations([KeptCosignatures(net["FR/1"].store)])
    data, _ = await exported(net["FR/1"], book, mid, attestations=held)
    return verified(data, book, net)


@scenario
async def test_cosignature_of_a_listed_key_makes_a_statement_witnessed(tmp_path: Path) -> None:
    """By the directory in the bundle alone; its times bound the sealing from both sides."""
    async with network(tmp_path, NAMES, Wire()) as net:
        report = await told(net, tmp_path / "directory", listed=True)
        assert report.faults == ()
        found = sealing(report).assessment
        assert found.verdict is Verdict.WITNESSED
        assert found.witnesses == ("a35/DE/1/witness",)
        assert found.bounds.after_s is not None
        assert found.bounds.before_s == found.bounds.after_s + 2 * HOUR_MS // 1000


@scenario
async def test_cosignature_of_a_key_that_nobody_names_does_not_count(tmp_path: Path) -> None:
    """Whoever makes a bundle can make keys too."""
    async with network(tmp_path, NAMES, Wire()) as net:
        report = await told(net, tmp_path / "directory", listed=False)
        assert report.faults == ()
        assert sealing(report).assessment.verdict is Verdict.ANSWERED
        assert any("cosignatures do not count" in each for each in report.remarks)


@scenario
async def test_log_that_was_given_up_is_still_witnessed(tmp_path: Path) -> None:
    """Its cosigned heads are joined to the head that proves, from what is stored."""
    async with network(tmp_path, NAMES, Wire()) as net:
        report = await told(net, tmp_path / "directory", listed=True, anew=True)
        assert report.faults == ()
        found = sealing(report)
        assert found.origin == LogOrigin(FR, 1)
        assert found.assessment.verdict is Verdict.WITNESSED
