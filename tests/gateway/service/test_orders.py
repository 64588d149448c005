"""What a node sends by itself, and what it leaves to people; the evidence of silence."""

from dataclasses import replace
from pathlib import Path

from gateway.lateness import Order, Rival
from gateway.records import OutboxKind
from gateway.rows import AttemptRow, MessageRow
from gateway.service.evidence import Evidence
from gateway.service.orders import MAX_COPIED_BYTES, Orders, may_be_copied
from protocol.delivery.escalation import Step
from protocol.directory import ContactPoint, PartyEntry, Telephone
from protocol.envelope.content import FileEntry
from protocol.identifiers import MessageId, NodeId
from protocol.limits import MAX_TRIES
from protocol.log.deed import Act, Silence
from protocol.log.statement import StatementKind
from tests.gateway.network import Network, Node, Wire, network
from tests.gateway.service.test_escalate import SECOND, THREE, content_of, emergency
from tests.gateway.service.world import FR, RO, request, scenario, send

FAR = MessageId(bytes(range(16)))


def orders_of(node: Node) -> Orders:
    """Return what sends copies at a node."""
    return node.runtime.escalate._silences._orders


async def row_of(node: Node, mid: MessageId) -> MessageRow:
    """Return the one message with an id."""
    (row,) = await node.store.message(mid)
    return row


def listed(net: Network, name: str, *, equivalent: bool) -> None:
    """List a contact point of RO for the node of FR/1."""
    point = ContactPoint(
        number=NodeId.parse(name).number,
        name="Desk",
        remit="cybercrime",
        hours="24/7",
        time_zone="Europe/Bucharest",
        languages=("ro",),
        telephones=(Telephone(number="+40215550100"),),
        equivalent=equivalent,
    )
    party = PartyEntry.model_construct(party="RO", name="Romania", contact_points=(point,))
    parties = {"RO": party}
    net["FR/1"].directory.party = lambda country: parties.get(country)  # type: ignore[method-assign]  # noqa: PLW0108


@scenario
async def test_second_contact_point_is_another_node_that_may_stand_in(tmp_path: Path) -> None:
    """Two points of contact may have different remits: the directory says so."""
    async with network(tmp_path, THREE, Wire(), run=[]) as net:
        orders = orders_of(net["FR/1"])
        assert orders.second(RO) == SECOND
        assert orders.second(SECOND) == RO
        assert orders.second(NodeId("JP", 1)) is None
        assert orders.second(NodeId("FR", 2)) is None
        listed(net, "RO/2", equivalent=False)
        assert orders.second(RO) is None
        listed(net, "RO/2", equivalent=True)
        assert orders.second(RO) == SECOND


@scenario
async def test_only_what_can_stand_alone_is_copied(tmp_path: Path) -> None:
    """A reply means nothing to somebody without its thread; large files stay behind."""
    async with network(tmp_path, THREE, Wire(), run=[]) as net:
        here = net["FR/1"]
        sent = await send(here, emergency())
        row, content = await row_of(here, sent.mid), await content_of(here, sent.mid)
        assert may_be_copied(row, content)
        assert not may_be_copied(replace(row, thread=FAR), content)
        assert not may_be_copied(row, replace(content, re=FAR))
        assert not may_be_copied(row, replace(content, body={**content.body, "supersedes": "x"}))
        assert not may_be_copied(row, replace(content, extra={"copy_of": FAR.value}))
        large = FileEntry(
            name="a",
            media_type="b",
            size_bytes=MAX_COPIED_BYTES + 1,
            digest=bytes(32),
            blob=bytes(32),
            key=bytes(32),
        )
        assert not may_be_copied(row, replace(content, files=(large,)))


@scenario
async def test_copy_waits_for_a_directory_and_is_made_once(tmp_path: Path) -> None:
    """Nothing is sealed without knowing for whom; nothing goes twice."""
    async with network(tmp_path, THREE, Wire(), run=[]) as net:
        here = net["FR/1"]
        sent = await send(here, emergency())
        row = await row_of(here, sent.mid)
        here.directory.current, kept = None, here.directory.current
        assert not await orders_of(here).copy(row, SECOND)
        here.directory.current = kept
        assert await orders_of(here).copy(row, SECOND)
        assert not await orders_of(here).copy(row, SECOND)
        acts = [
            Act.decode(leaf.preimage)
            for leaf in await here.store.leaves(0, here.store.size)
            if leaf.kind == StatementKind.ACT.value and leaf.preimage is not None
        ]
        copied = next(act for act in acts if act.act == Order.COPY)
        assert (copied.who, copied.ref) == ("FR/1", sent.mid)


@scenario
async def test_withdrawal_waits_until_the_other_node_has_the_request(tmp_path: Path) -> None:
    """What was never there cannot be taken back."""
    async with network(tmp_path, THREE, Wire(), run=[]) as net:
        here = net["FR/1"]
        sent = await send(here, emergency())
        rival = Rival(mid=sent.mid, taken=FAR, taken_by=SECOND)
        assert not await orders_of(here).withdraw(rival)
        assert not await orders_of(here).withdraw(replace(rival, mid=FAR))


@scenario
async def test_node_that_does_not_answer_a_question_is_no_fault(tmp_path: Path) -> None:
    """Cut off, or an answer that is not our protocol: silence is stated all the same."""
    wire = Wire(cut={(FR, RO)})
    async with network(tmp_path, ["FR/1", "RO/1"], wire, run=[]) as net:
        here = net["FR/1"]
        sent = await send(here, emergency())
        inquire = here.runtime.escalate._silences._inquire
        assert not await inquire.ask(RO, sent.mid)
        wire.cut.clear()
        assert await inquire.ask(RO, sent.mid)
        wire.answering = lambda *_: (500, b"")
        assert not await inquire.ask(RO, sent.mid)
        wire.answering = lambda *_: (200, b"nonsense")
        assert not await inquire.ask(RO, sent.mid)


class ManyTries:
    """A store that knows of more attempts than an evidence names."""

    def __init__(self, node: Node) -> None:
        self._store = node.store
        self.statement = node.store.statement
        self.escalations = node.store.escalations

    async def attempts(self, mid: MessageId) -> tuple[AttemptRow, ...]:
        """Return a thousand."""
        del mid
        return tuple(
            AttemptRow(
                at_ms=number,
                kind=OutboxKind.ENVELOPE if number else OutboxKind.RECEIPT,
                what="envelope",
                outcome="unreachable" * 9,
                next_ms=None,
            )
            for number in range(1001)
        )


@scenario
async def test_evidence_names_the_first_and_the_last_of_very_many_attempts(tmp_path: Path) -> None:
    """A month of attempts does not fit; how it began and how it stands do."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire(), run=[]) as net:
        here = net["FR/1"]
        sent = (await send(here, request())).mid
        evidence = Evidence(store=ManyTries(here), clock=net.clock)  # type: ignore[arg-type]
        statement = await evidence.of(await row_of(here, sent), Step.ACCEPTED, due_ms=5)
        assert statement.preimage is not None
        tries = Silence.decode(statement.preimage).tries
        assert len(tries) == MAX_TRIES
        assert (tries[0][0], tries[-1][0]) == (1, 1000)
        assert len(tries[0][1].encode()) <= 64
