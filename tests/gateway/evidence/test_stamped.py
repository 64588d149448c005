"""From the hourly stamp to the bundle: what a real authority gave is in it, and bounds the time."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gateway.evidence.attestations import HeldAttestations
from gateway.evidence.attesting import Trust
from gateway.evidence.lines import report_lines
from gateway.evidence.report import Report
from gateway.evidence.stamped import KeptStamps
from gateway.journal import get_journal
from gateway.metrics import Metrics
from gateway.service.alerting import Alerting
from gateway.service.stamps import Stamping
from gateway.timestamp.asking import ConfiguredAuthorities
from gateway.timestamp.obtain import REPLY_TYPE, Reply
from protocol.cases.ladder import MessageState
from protocol.evidence.ladder import Rung
from tests.gateway.evidence.test_attested import NAMES, sealing
from tests.gateway.evidence.world import Book, acknowledged, exported, unpacked, verified
from tests.gateway.network import Node, Wire, network, renew
from tests.gateway.service.world import request, scenario, send, until_state
from tests.gateway.timestamp.local import LocalAuthority, needs_openssl


@dataclass
class Wired:
    """The wire to one authority; refuses as long as a test says so."""

    authority: LocalAuthority
    is_cut: bool = False

    async def __call__(self, url: str, body: bytes, *, content_type: str, max_bytes: int) -> Reply:
        """Hand the request to it."""
        await asyncio.sleep(0)
        del url, content_type, max_bytes
        if self.is_cut:
            return Reply(status=503, content_type=None, body=b"")
        return Reply(status=200, content_type=REPLY_TYPE, body=self.authority.answer(body))


def stamping_of(node: Node, wire: Wired) -> Stamping:
    """Return what has the log of a node stamped."""
    return Stamping(
        ConfiguredAuthorities([wire.authority.trusted], wire),
        book=node.store,
        clock=node.clock,
        journal=get_journal("test"),
        metrics=Metrics(),
    )


def notary_of(node: Node) -> HeldAttestations:
    """Return what a node attests in its bundles."""
    return HeldAttestations([KeptStamps(node.store)])


def stamped(report: Report) -> int:
    """Return by when the sealing was stamped."""
    assert report.faults == ()
    found = sealing(report).assessment.stamped_s
    assert found is not None
    return found


@needs_openssl
@scenario
async def test_stamp_of_the_hour_is_in_every_later_bundle(tmp_path: Path) -> None:
    """Also after an outage, and of a log that was given up since."""
    (tmp_path / "tsa").mkdir()
    wire = Wired(LocalAuthority(tmp_path / "tsa", "first"), is_cut=True)
    trust = Trust(authorities=(wire.authority.trusted,))
    async with network(tmp_path, NAMES, Wire()) as net:
        book, here = Book.of(net, tmp_path / "directory"), net["FR/1"]
        stamping = stamping_of(here, wire)
        mid = await acknowledged(net)
        await stamping.look()
        data, _ = await exported(here, book, mid, attestations=notary_of(here))
        assert not any(name.startswith("stamps/") for name in unpacked(data))
        assert "1 failures in a row" in stamping.check().detail
        wire.is_cut = False
        net.clock.ms += 120_000
        await stamping.look()
        data, _ = await exported(here, book, mid, attestations=notary_of(here))
        now_s = int(datetime.now(UTC).timestamp())
        assert abs(stamped(verified(data, book, net, trust=trust)) - now_s) < 60
        node = await renew(net, "FR/1")
        book.publish(net)
        await stamping_of(node, wire).load()
        data, _ = await exported(node, book, mid, attestations=notary_of(node))
        assert stamped(verified(data, book, net, trust=trust))


@scenario
async def test_alert_is_a_rung_of_the_ladder_in_the_bundle(tmp_path: Path) -> None:
    """The receiver's own word, proven in its log, once however often it was told."""
    async with network(tmp_path, NAMES, Wire()) as net:
        book, there = Book.of(net, tmp_path / "directory"), net["RO/1"]
        alerting = Alerting(node=there.id, book=there.store, clock=there.clock)
        mid = (await send(net["FR/1"], request())).mid
        await until_state(net["FR/1"], mid, MessageState.CONSIGNED)
        events = await there.store.events(after=0, limit=200)
        for _ in range(2):
            await alerting.told(events, "the event stream of the desk")
        await alerting.told([], "nothing")
        await there.runtime.act.open(mid, who="RO/1 officer 3")
        data, _ = await exported(there, book, mid)
        report = verified(data, book, net)
        assert report.faults == ()
        (found,) = [one for one in report.findings if one.said.rung is Rung.OFFICER_ALERTED]
        assert (str(found.by), str(found.origin)) == ("RO/1", "a35/RO/1/log/1")
        assert any("it told the programs of its desk" in line for line in report_lines(report))
