"""A bundle tells who approved what: which person of the sender, by what, of which bytes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.evidence.lines import report_lines
from gateway.evidence.material import Variant
from gateway.evidence.report import Report
from gateway.records import OfficerAct, Submitted
from keys.digest import new_salt, sha256
from protocol.cases.ladder import MessageState
from protocol.errors import NotProvenError
from protocol.evidence.reading import Matter, Spoken, read_spoken
from protocol.log.deed import Act
from protocol.log.statement import StatementKind, officer_act
from tests.gateway.evidence.world import Book, exported, verified
from tests.gateway.service.drafts import PASSWORD, POP, STAN, Bureau, bureau
from tests.gateway.service.world import ask, request, scenario, until_state

PASSKEY = "approved by FR/1 approver 4 with a passkey: these bytes"


@asynccontextmanager
async def desk(tmp_path: Path) -> AsyncIterator[tuple[Bureau, Book]]:
    """Run a network with a desk at FR/1, and a directory of it."""
    async with bureau(tmp_path, run=["FR/1", "RO/1"]) as here:
        yield here, Book.of(here.net, tmp_path / "authority")


async def sent(here: Bureau, *, password: str | None = None, override: bool = False) -> Submitted:
    """Send a draft as approved; wait until it is there."""
    row = await here.submitted(request(urgency="emergency" if override else "routine"))
    drafting = here.drafting
    submitted = None
    if override:
        submitted = await drafting.override(row.id, by=POP, reason="a life", request_key=None)
    assertion = None if password else await here.assertion(row.id)
    await drafting.approve(row.id, by=STAN, assertion=assertion, password=password)
    if submitted is None:
        submitted = await drafting.send(row.id, by=POP, request_key=None)
    await until_state(here.node, submitted.mid, MessageState.CONSIGNED)
    return submitted


async def report_of(here: Bureau, book: Book, submitted: Submitted, variant: Variant) -> Report:
    """Export what is held of a message, and verify it."""
    data, _ = await exported(here.node, book, submitted.mid, variant)
    return verified(data, book, here.net)


def approvals(report: Report) -> list[dict[str, Any]]:
    """Return what programs read of approvals."""
    return [one["approved"] for one in report.to_json()["statements"] if "approved" in one]


@scenario
async def test_bundle_shows_who_approved_these_bytes_with_a_passkey(tmp_path: Path) -> None:
    """Anybody can check it, with the key that stands in the act."""
    async with desk(tmp_path) as (here, book):
        submitted = await sent(here)
        report = await report_of(here, book, submitted, Variant.DISCLOSED)
        assert report.faults == ()
        assert PASSKEY in "\n".join(report_lines(report))
        (shown,) = approvals(report)
        assert (shown["by"], shown["passkey"]) == (STAN.who, True)
        assert (shown["this_content"], shown["after_sending"]) == (True, False)
        words = [each.said.what for each in report.findings]
        assert {"act:submitted", "act:approved", "act:sent"} <= set(words)


@scenario
async def test_sealed_bundle_shows_the_digest_that_was_approved(tmp_path: Path) -> None:
    """The content is not there to be compared; a redacted one holds no acts at all."""
    async with desk(tmp_path) as (here, book):
        submitted = await sent(here)
        report = await report_of(here, book, submitted, Variant.SEALED)
        (shown,) = approvals(report)
        assert shown["this_content"] is None
        text = "\n".join(report_lines(report))
        assert f"the content of digest {shown['content']}, which is not disclosed" in text
        redacted = await report_of(here, book, submitted, Variant.REDACTED)
        assert (redacted.faults, approvals(redacted)) == ((), [])


@scenario
async def test_weaker_and_later_approvals_are_called_so(tmp_path: Path) -> None:
    """By password; and after an emergency went without a second person."""
    async with desk(tmp_path) as (here, book):
        submitted = await sent(here, password=PASSWORD)
        report = await report_of(here, book, submitted, Variant.DISCLOSED)
        text = "\n".join(report_lines(report))
        assert "approver 4 by password, the node's own word alone: these bytes" in text
        assert [one["passkey"] for one in approvals(report)] == [False]
    (tmp_path / "second").mkdir()
    async with desk(tmp_path / "second") as (here, book):
        submitted = await sent(here, override=True)
        report = await report_of(here, book, submitted, Variant.DISCLOSED)
        assert "confirmed after the sending by FR/1 approver 4" in "\n".join(report_lines(report))
        assert "act:override" in [each.said.what for each in report.findings]


async def claim(here: Bureau, submitted: Submitted, act: str, *, who: str, content: bytes) -> None:
    """Let a node state an approval of its own message that its desk would have refused."""
    other = Act(
        act=act, who=who, ref=submitted.mid, subject=content, why="", t_ms=here.net.clock.ms
    )
    stated = officer_act(other.encode(), new_salt())
    await here.node.store.act(
        OfficerAct(acts=(stated,), receipts=(), effects=()), now_ms=here.net.clock.ms
    )


@pytest.mark.parametrize(
    ("act", "who", "faults"),
    [
        ("approved", "FR/1 approver 3", 1),
        ("confirmed", "FR/1 officer 3", 1),
        ("approved", "FR/1 approver 33", 0),
        ("approved", "FR/1 desk", 0),
    ],
)
def test_approval_by_whoever_submitted_is_a_fault(
    tmp_path: Path, act: str, who: str, faults: int
) -> None:
    """A person has one number, whichever of their roles a node calls them by."""

    @scenario
    async def story(folder: Path) -> None:
        async with desk(folder) as (here, book):
            here.staff.is_there = False
            row = await here.submitted()
            submitted = await here.drafting.send(row.id, by=POP, request_key=None)
            await until_state(here.node, submitted.mid, MessageState.CONSIGNED)
            await claim(here, submitted, act, who=who, content=row.digest or b"")
            report = await report_of(here, book, submitted, Variant.DISCLOSED)
            assert [fault.what for fault in report.faults] == [
                "approved by the person who submitted it: not a second one"
            ] * faults

    story(tmp_path)


@scenario
async def test_approval_of_another_content_is_a_fault(tmp_path: Path) -> None:
    """A node states one for its own message that was made for other bytes."""
    async with desk(tmp_path) as (here, book):
        here.staff.is_there = False
        row = await here.submitted()
        submitted = await here.drafting.send(row.id, by=POP, request_key=None)
        await until_state(here.node, submitted.mid, MessageState.CONSIGNED)
        other = sha256(b"another content")
        await claim(here, submitted, "approved", who=STAN.who, content=other)
        report = await report_of(here, book, submitted, Variant.DISCLOSED)
        assert [fault.what for fault in report.faults] == [
            "an approval of another content than this one"
        ]


@scenario
async def test_approval_must_be_the_senders_and_hold(tmp_path: Path) -> None:
    """In the log of the sender, of one of its people, by what a passkey signed."""
    async with desk(tmp_path) as (here, _book):
        submitted = await sent(here)
        ((header,),) = ask(here.node, "SELECT header FROM envelope")
        rows = ask(here.node, "SELECT bytes FROM preimage ORDER BY i")
        acts = [row[0] for row in rows if b"approved" in row[0]]
        act = Act.decode(acts[0])
        assert act.ref == submitted.mid
        assert act.approval is not None
        matter = Matter.of(header)

        def read(changed: Act, *, node: str = "sender") -> str:
            spoken = Spoken(
                kind=StatementKind.ACT,
                preimage=changed.encode(),
                wraps=None,
                node=getattr(matter.exchange, node),
            )
            return read_spoken(spoken, matter).what

        assert read(act) == "act:approved"
        signature = act.approval.signature[:-1] + bytes((act.approval.signature[-1] ^ 1,))
        for wrong in (
            replace(act, subject=sha256(b"another")),
            replace(act, subject=None),
            replace(act, act="returned"),
            replace(act, who="RO/1 approver 4"),
            replace(act, approval=replace(act.approval, signature=signature)),
        ):
            with pytest.raises(NotProvenError):
                read(wrong)
        with pytest.raises(NotProvenError):
            read(act, node="receiver")
