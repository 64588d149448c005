"""Handing over at home: the requester is told, the act is stated with it, the thread goes on."""

from pathlib import Path
from typing import Any

import pytest

from gateway.service.draft import DocumentRefusedError
from protocol.cases.ladder import MessageState
from protocol.cases.phases import Phase
from protocol.identifiers import MessageId
from protocol.log.statement import Act, StatementKind
from protocol.requests.check import read_document
from tests.gateway.network import Node, Wire, network
from tests.gateway.service.world import (
    decision,
    request,
    scenario,
    send,
    until_state,
)


def referral(asked: dict[str, Any], mid: MessageId, **changed: object) -> dict[str, Any]:
    """Return the notice that a prosecutor in Romania has a request now."""
    body: dict[str, object] = {
        "referred_to": {"organisation": "Example Office", "kind": "prosecution", "country": "RO"},
        "referred_on": "2026-11-22",
        "scope": "Order the customer's data.",
        "expected_decision_by": "2026-12-01",
    }
    return {
        "type": "referral_notice",
        "to": "FR",
        "in_reply_to": str(mid),
        "urgency": asked["urgency"],
        "handling_code": asked["handling_code"],
        "language": "en",
        "body": body | changed,
    }


async def acts(node: Node) -> list[Act]:
    """Return the acts of handing over that a node stated."""
    leaves = await node.store.leaves(0, node.store.size)
    stated = [
        Act.decode(leaf.preimage)
        for leaf in leaves
        if leaf.kind == StatementKind.ACT.value and leaf.preimage is not None
    ]
    return [act for act in stated if act.act == "handed_over"]


@scenario
async def test_a_request_is_handed_over_and_answered_in_the_same_thread(tmp_path: Path) -> None:
    """The requester knows whom to expect; the point of contact goes on answering."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire()) as net:
        france, romania = net["FR/1"], net["RO/1"]
        asked = request(to="RO")
        sent = await send(france, asked)
        await until_state(romania, sent.mid, MessageState.CONSIGNED)
        (item,) = [each["item_id"] for each in asked["body"]["items"]]
        notice = await send(romania, referral(asked, sent.mid, item_ids=[item]))
        assert notice.thread == sent.thread
        await until_state(france, sent.mid, MessageState.ACKNOWLEDGED)
        (act,) = await acts(romania)
        assert act.ref == sent.mid
        assert act.why == "to prosecution until 2026-12-01, 1 items"
        assert act.subject is not None
        await until_state(france, notice.mid, MessageState.CONSIGNED)
        seen = await france.runtime.cases.case(sent.thread)
        assert seen.thread.phase is Phase.DELIVERED  # undecided, as before: the thread goes on
        here = await romania.runtime.cases.case(sent.thread)
        assert {"decision", "referral_notice", "delay_notice"} <= set(here.sendable)
        # It may be handed over again, without a term, and is then decided here.
        again = referral(asked, sent.mid)
        del again["body"]["expected_decision_by"]
        await send(romania, again)
        assert [act.why for act in await acts(romania)][1] == "to prosecution"
        decided = await send(romania, decision(asked, sent.mid))
        assert decided.thread == sent.thread
        await until_state(france, sent.mid, MessageState.ANSWERED)


@scenario
async def test_a_notice_that_is_refused_states_nothing(tmp_path: Path) -> None:
    """A term that is past helps nobody, and an item that was not asked for is a mistake."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire()) as net:
        france, romania = net["FR/1"], net["RO/1"]
        asked = request(to="RO")
        sent = await send(france, asked)
        await until_state(romania, sent.mid, MessageState.CONSIGNED)
        for changed in ({"expected_decision_by": "2026-11-20"}, {"item_ids": ["nothing"]}):
            with pytest.raises(DocumentRefusedError):
                await send(romania, referral(asked, sent.mid, **changed))
        assert await acts(romania) == []


def test_a_notice_without_scope_and_term_is_one_as_before() -> None:
    """Both are for the requester; the form of earlier notices stays valid."""
    notice = referral(request(), MessageId(bytes(16)))
    for name in ("scope", "expected_decision_by"):
        del notice["body"][name]
    assert read_document(notice).type == "referral_notice"
