"""Bundles of real exchanges verify, and say what is proven and what is not."""

import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from gateway.delivery.engine import BULK
from gateway.errors import NoInputError
from gateway.evidence.export import Export
from gateway.evidence.lines import report_lines
from gateway.evidence.material import Variant
from gateway.evidence.verify import verify_bundle
from gateway.evidence.write import write_bundle
from protocol.cases.ladder import MessageState
from protocol.errors import Code
from protocol.evidence.verdict import Verdict
from protocol.log.deed import Act
from protocol.log.statement import StatementKind
from tests.gateway.evidence.world import (
    Book,
    acknowledged,
    exported,
    unpacked,
    until_taken,
    verified,
)
from tests.gateway.network import DAY_MS, Wire, message_id, network, renew
from tests.gateway.service.test_escalate import emergency, evidence, rows
from tests.gateway.service.test_remedies import refusing
from tests.gateway.service.world import (
    FR,
    RO,
    decision,
    pass_time,
    request,
    scenario,
    send,
    until_state,
)

NAMES = ["FR/1", "RO/1"]
LADDER = ["submitted", "relay_accepted", "consigned", "opened", "acknowledged"]


@scenario
async def test_bundle_of_the_sender_shows_the_whole_ladder(tmp_path: Path) -> None:
    """Each step by the node whose word it is, and each answered by the other side."""
    async with network(tmp_path, NAMES, Wire()) as net:
        book = Book.of(net, tmp_path / "directory")
        mid = await acknowledged(net)
        data, done = await exported(net["FR/1"], book, mid)
        report = verified(data, book, net)
        assert report.faults == ()
        assert (done.unproven, done.missing_blobs, report.document) == (0, 0, None)
        steps = [each for each in report.findings if each.said.rung is not None]
        assert [each.said.what for each in steps] == LADDER
        assert [str(each.by) for each in steps] == ["FR/1", "RO/1", "RO/1", "RO/1", "RO/1"]
        assert {each.assessment.verdict for each in steps} == {Verdict.ANSWERED}
        others = [each.said.what for each in report.findings if each.said.rung is None]
        assert others == ["receipt_obtained"] * 4 + ["act:submitted"]
        assert len(report.findings) == done.statements
        lines = list(report_lines(report))
        assert "  not proven 'sent at 2026-11-22T03:00:00.000Z' is FR/1's own word" in lines
        assert lines[-1].startswith("VALID")


@scenario
async def test_bundle_of_the_receiver_shows_what_it_holds(tmp_path: Path) -> None:
    """The sender's leaf as it came; its own receipts, which nobody answered in what it holds."""
    async with network(tmp_path, NAMES, Wire()) as net:
        book = Book.of(net, tmp_path / "directory")
        mid = await acknowledged(net)
        report = verified((await exported(net["RO/1"], book, mid))[0], book, net)
        assert report.faults == ()
        steps = {each.said.what: each.assessment.verdict for each in report.findings}
        assert steps.pop("submitted") is Verdict.ANSWERED
        assert set(steps) == {*LADDER[1:], "act:opened"}
        assert set(steps.values()) == {Verdict.STATED}


@scenario
async def test_output_for_programs_has_what_acceptance_reads(tmp_path: Path) -> None:
    """One JSON document, with the keys of the list of commands."""
    async with network(tmp_path, NAMES, Wire()) as net:
        book = Book.of(net, tmp_path / "directory")
        mid = await acknowledged(net)
        report = verified((await exported(net["FR/1"], book, mid))[0], book, net)
        shown = json.loads(json.dumps(report.to_json()))
        assert {"valid", "statements", "faults"} <= shown.keys()
        assert (shown["valid"], shown["faults"]) == (True, [])
        first = shown["statements"][0]
        keys = {"what", "by", "at", "log_index", "verdict", "witnesses"}
        assert keys <= first.keys()
        assert (first["what"], first["by"], first["verdict"]) == ("submitted", "FR/1", "answered")
        assert first["at"] == "2026-11-22T03:00:00.000Z"


@scenario
async def test_same_material_gives_the_same_bytes(tmp_path: Path) -> None:
    """Whoever exports again can compare."""
    async with network(tmp_path, NAMES, Wire()) as net:
        book = Book.of(net, tmp_path / "directory")
        mid = await acknowledged(net, files={"note.pdf": b"p" * 100_000})
        node = net["FR/1"]
        export = Export(store=node.store, blobs=node.blobs, states=book, clock=node.clock)
        exhibit = await node.store.exhibit(FR, mid)
        assert exhibit is not None
        material = await export._material(exhibit, Variant.DISCLOSED)
        turned = replace(material, states=dict(reversed(list(material.states.items()))))
        written = []
        for each in (material, turned):
            target = BytesIO()
            await write_bundle(each, node.blobs, target)
            written.append(target.getvalue())
        assert written[0] == written[1]


@scenario
async def test_redacted_bundle_proves_the_exchange_without_the_content(tmp_path: Path) -> None:
    """Neither ciphertext nor key, nor what officers did and why."""
    async with network(tmp_path, NAMES, Wire()) as net:
        book = Book.of(net, tmp_path / "directory")
        mid = await acknowledged(net, files={"note.pdf": b"p" * 100_000})
        data, _ = await exported(net["FR/1"], book, mid, Variant.REDACTED)
        report = verified(data, book, net)
        assert report.faults == ()
        assert [x.said.what for x in report.findings if x.said.rung is not None] == LADDER
        names = set(unpacked(data))
        assert not {name for name in names if "body" in name or "blob" in name or "-act" in name}
        assert "envelope/content.key" not in names
        assert b"officer 3" not in data


@scenario
async def test_disclosed_content_opens_and_is_shown_only_on_request(tmp_path: Path) -> None:
    """The key commits to the body; attachments are opened too."""
    async with network(tmp_path, NAMES, Wire()) as net:
        book = Book.of(net, tmp_path / "directory")
        mid = await acknowledged(net, files={"note.pdf": b"p" * 100_000})
        for name in NAMES:
            data, done = await exported(net[name], book, mid, Variant.DISCLOSED)
            report = verified(data, book, net)
            assert (report.faults, done.missing_blobs) == ((), 0)
            assert report.document is not None
            assert report.document["type"] == "subscriber_information_request"
            assert "content" not in report.to_json()
            assert report.to_json(with_content=True)["content"]["to"] == "RO/1"
            assert "subscriber_information_request" not in "\n".join(report_lines(report))


@scenario
async def test_content_is_not_disclosed_before_a_person_opened_it(tmp_path: Path) -> None:
    """Its sender would not hear of it."""
    async with network(tmp_path, NAMES, Wire()) as net:
        book = Book.of(net, tmp_path / "directory")
        mid = (await send(net["FR/1"], request())).mid
        await until_state(net["FR/1"], mid, MessageState.CONSIGNED)
        with pytest.raises(NoInputError) as caught:
            await exported(net["RO/1"], book, mid, Variant.DISCLOSED)
        assert caught.value.code == "not_opened"
        assert (await exported(net["RO/1"], book, mid))[0]
        with pytest.raises(NoInputError, match="no such message"):
            await exported(net["RO/1"], book, message_id(9))


@scenario
async def test_exporting_is_an_act_in_the_log_and_not_in_the_bundle(tmp_path: Path) -> None:
    """Who, when, which message and how much of it; committed and signed before a byte leaves."""
    async with network(tmp_path, NAMES, Wire()) as net:
        book = Book.of(net, tmp_path / "directory")
        mid = await acknowledged(net)
        node = net["RO/1"]
        data, _ = await exported(node, book, mid, Variant.REDACTED)
        head = node.store.head()
        assert head is not None
        acts = [
            Act.decode(leaf.preimage)
            for leaf in await node.store.leaves(0, head.size)
            if leaf.kind == StatementKind.ACT and leaf.preimage is not None
        ]
        (act,) = [one for one in acts if one.act == "exported"]
        assert (act.ref, act.why) == (mid, "redacted")
        assert act.who == "RO/1 officer 3"
        again, _ = await exported(node, book, mid)
        assert not any("export" in each.said.what for each in verified(again, book, net).findings)
        assert data != again


@scenario
async def test_message_with_several_sealings_shows_each(tmp_path: Path) -> None:
    """Wrapped again after E_KEM_EXPIRED: the receipt names one of them, both are stated."""
    wire = Wire()
    async with network(tmp_path, NAMES, wire, run=[]) as net:
        book = Book.of(net, tmp_path / "directory")
        french, romanian = net["FR/1"], net["RO/1"]
        mid = (await send(french, request())).mid
        wire.answering = refusing(Code.KEM_EXPIRED, 2)
        for _ in range(3):
            await french.runtime.dispatch.deliver(RO, BULK)
            pass_time(net, 300_000)
        await romanian.runtime.consign.open_some()
        report = verified((await exported(french, book, mid))[0], book, net)
        assert report.faults == ()
        found = [each for each in report.findings if each.said.what == "submitted"]
        assert len(found) == 3
        assert Verdict.ANSWERED in {each.assessment.verdict for each in found}


@scenario
async def test_declined_message_says_so(tmp_path: Path) -> None:
    """Its first answer granted nothing."""
    async with network(tmp_path, NAMES, Wire()) as net:
        book = Book.of(net, tmp_path / "directory")
        asked = request()
        mid = (await send(net["FR/1"], asked)).mid
        await until_state(net["FR/1"], mid, MessageState.CONSIGNED)
        await net["RO/1"].runtime.act.open(mid, who="RO/1 officer 3")
        answer = (await send(net["RO/1"], decision(asked, mid, refuse=True))).mid
        await until_state(net["FR/1"], answer, MessageState.CONSIGNED)
        await until_state(net["FR/1"], mid, MessageState.ANSWERED)
        await until_taken(net["FR/1"], mid, "declined")
        report = verified((await exported(net["FR/1"], book, mid))[0], book, net)
        assert report.faults == ()
        assert "declined" in {each.said.what for each in report.findings}
        assert "acknowledged" not in {each.said.what for each in report.findings}


@scenario
async def test_silence_is_evidence_of_the_sender_alone(tmp_path: Path) -> None:
    """Nobody answered: its own word, and nothing more."""
    async with network(tmp_path, NAMES, Wire(cut={(FR, RO)}), run=[]) as net:
        book = Book.of(net, tmp_path / "directory")
        french = net["FR/1"]
        mid = (await send(french, emergency())).mid
        began = net.clock.ms
        for after_ms in (15_000, 30_000, 60_000):
            net.clock.ms = began + after_ms
            await french.runtime.escalate.look()
        assert (await evidence(french, (await rows(french, mid))[-1])).mid == mid
        report = verified((await exported(french, book, mid))[0], book, net)
        assert report.faults == ()
        verdicts = {each.said.what: each.assessment.verdict for each in report.findings}
        assert verdicts["not_accepted"] is Verdict.STATED
        assert verdicts["submitted"] is Verdict.STATED


@scenario
async def test_expired_metadata_do_not_matter_for_the_past(tmp_path: Path) -> None:
    """The statement's time decides; what has become of its key decides what still stands."""
    async with network(tmp_path, NAMES, Wire()) as net:
        book = Book.of(net, tmp_path / "directory")
        mid = await acknowledged(net)
        data, _ = await exported(net["FR/1"], book, mid)
        for days, verdicts in ((300, {Verdict.ANSWERED, Verdict.STATED}), (4000, {None})):
            later = verify_bundle(BytesIO(data), book.root, now_ms=net.clock.ms + days * DAY_MS)
            assert later.faults == ()
            assert {each.assessment.verdict for each in later.findings} == verdicts
        before = verify_bundle(BytesIO(data), book.root, now_ms=net.clock.ms - DAY_MS)
        assert {fault.what for fault in before.faults} >= {"a checkpoint from the future"}


@scenario
async def test_statement_of_a_log_that_was_given_up_stays_proven(tmp_path: Path) -> None:
    """Each by the checkpoint of its own generation."""
    async with network(tmp_path, NAMES, Wire()) as net:
        book = Book.of(net, tmp_path / "directory")
        mid = await acknowledged(net)
        node = await renew(net, "FR/1")
        book.publish(net)
        report = verified((await exported(node, book, mid))[0], book, net)
        assert report.faults == ()
        assert [x.said.what for x in report.findings if x.said.rung is not None] == LADDER
        (sealing,) = [each for each in report.findings if each.said.what == "submitted"]
        assert sealing.origin.generation == 1
        assert node.store.origin.generation == 2


@scenario
async def test_directory_of_the_time_comes_with_it(tmp_path: Path) -> None:
    """The state that the sender spoke by, and the newest one."""
    async with network(tmp_path, NAMES, Wire()) as net:
        book = Book.of(net, tmp_path / "directory")
        mid = await acknowledged(net)
        net.clock.ms += DAY_MS
        book.publish(net)
        data, _ = await exported(net["FR/1"], book, mid)
        report = verified(data, book, net)
        assert report.faults == ()
        states = {name.split("/")[1] for name in unpacked(data) if name.startswith("directory/")}
        assert states == {digest.hex() for digest in book.states}
        assert len(states) == 2


@scenario
async def test_root_of_somebody_else_shows_nothing(tmp_path: Path) -> None:
    """Who made the bundle cannot bring the root along."""
    async with network(tmp_path, NAMES, Wire()) as net:
        book = Book.of(net, tmp_path / "directory")
        other = Book.of(net, tmp_path / "other")
        mid = await acknowledged(net)
        data, _ = await exported(net["FR/1"], other, mid)
        report = verified(data, book, net)
        assert not report.is_valid
        assert report.findings == ()
        for root in (b"", b"{}", b"[" * 100_000):
            assert not verify_bundle(BytesIO(data), root, now_ms=net.clock.ms).is_valid
