"""Programs are told of everything they asked for, at least once, in order, and of no content."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

from gateway.errors import TransportError
from gateway.journal import get_journal
from gateway.metrics import Metrics
from gateway.service.alerting import Alerting
from gateway.service.webhooks import ALARM_AFTER, KINDS, WAITS_S, Receiver, Webhooks
from gateway.storage.escalations import KIND_ESCALATED, KIND_OF_SILENCE
from keys.webhook import WebhookSecret
from protocol.cases.ladder import MessageState
from protocol.delivery.reference import code_of
from protocol.identifiers import MessageId
from protocol.log.deed import Act
from tests.gateway.network import Network, Node, Wire, network
from tests.gateway.service.world import ask, request, scenario, send, until_state

SECRETS = (WebhookSecret(bytes(range(32))), WebhookSecret(b"n" * 24))
URL = "https://desk.example.org/a35"


class Turning:
    """A clock whose sleeps are noted and end at once."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now_ms(self) -> int:
        """Return the test's time."""
        return 1_795_000_000_500

    def monotonic_s(self) -> float:
        """Return the test's time."""
        return 0.0

    async def sleep(self, seconds: float) -> None:
        """Note it and yield."""
        self.slept.append(seconds)
        await asyncio.sleep(0)


class Even:
    """Chance that is always in the middle."""

    def between(self, low: float, high: float) -> float:
        """Return the middle."""
        return (low + high) / 2

    def message_id(self) -> MessageId:
        """Return one id."""
        return MessageId(bytes(16))


class Post:
    """Takes calls, or refuses the next ones."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Mapping[str, str], bytes]] = []
        self.taken: list[tuple[str, bytes]] = []
        self.answers: list[int] = []
        self.hangs: set[str] = set()

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Answer as the test says: 0 is no answer, none left is 204."""
        if url in self.hangs:
            await asyncio.Event().wait()
        self.calls.append((url, headers, body))
        status = self.answers.pop(0) if self.answers else 204
        if status == 0:
            raise TransportError("a webhook was not reached")
        if 200 <= status < 300:
            self.taken.append((headers["webhook-id"], body))
        return status


def made(node: Node, post: Post, *receivers: Receiver) -> tuple[Webhooks, Turning]:
    """Return the calls of a node."""
    clock = Turning()
    webhooks = Webhooks(
        receivers or (Receiver(url=URL, secrets=SECRETS, kinds=("receipt",)),),
        book=node.store,
        origin=node.store.origin,
        api="/api/v1",
        caller=post,
        clock=clock,
        randomness=Even(),
        journal=get_journal("test"),
        metrics=Metrics(),
        told=Alerting(node=node.id, book=node.store, clock=node.clock).told,
    )
    return webhooks, clock


async def begun(net: Network, node: Node) -> None:
    """Wait until a receiver has its place."""
    await net.turn_until(lambda: bool(ask(node, "SELECT 1 FROM webhook")))


@scenario
async def test_receiver_is_told_what_it_asked_for_under_both_secrets(tmp_path: Path) -> None:
    """Ids, states, times and links; two signatures while a secret is replaced."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire()) as net:
        here, post = net["FR/1"], Post()
        webhooks, _ = made(here, post)
        running = asyncio.create_task(webhooks.run())
        await begun(net, here)
        sent = await send(here, request())
        await until_state(here, sent.mid, MessageState.CONSIGNED)
        await net.turn_until(lambda: len(post.taken) >= 2)
        running.cancel()
        bodies = [json.loads(body) for _, body in post.taken]
        assert {body["type"] for body in bodies} == {"receipt"}
        assert {body["data"]["what"] for body in bodies} == {"accepted", "consigned"}
        assert bodies[0]["data"] | {"event": 0, "log": 0, "what": 0} == {
            "event": 0,
            "node": "FR/1",
            "mid": str(sent.mid),
            "code": code_of(sent.mid),
            "thread": str(sent.mid),
            "what": 0,
            "by": "RO/1",
            "log": 0,
            "links": {"message": f"/api/v1/messages/{sent.mid}"},
        }
        _, headers, body = post.calls[0]
        assert headers["webhook-signature"].split() == [
            secret.sign(headers["webhook-id"], 1_795_000_000, body) for secret in SECRETS
        ]
        assert headers["webhook-timestamp"] == "1795000000"
        assert "." not in headers["webhook-id"]
        assert headers["webhook-id"].startswith("a35/FR/1/log/1/")


@scenario
async def test_failed_call_is_repeated_with_the_same_id_at_growing_waits(tmp_path: Path) -> None:
    """Nothing is lost: the same call, until it is taken."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire(), run=[]) as net:
        here, post = net["FR/1"], Post()
        post.answers = [0, 500, 404, 302, 0, 500, 429]
        receiver = Receiver(url=URL, secrets=SECRETS, kinds=("state",))
        webhooks, clock = made(here, post, receiver)
        running = asyncio.create_task(webhooks.run())
        await begun(net, here)
        await send(here, request())
        await net.turn_until(lambda: len(post.taken) >= 1)
        running.cancel()
        assert clock.slept == [*WAITS_S, WAITS_S[-1]]
        assert len({headers["webhook-id"] for _, headers, _ in post.calls}) == 1
        assert len(post.calls) == 8
        assert webhooks._metrics.value("a35_webhook_calls_total", {"outcome": "failed"}) == 7
        assert (
            webhooks._metrics.value("a35_alarms_total", {"kind": "webhook_away"})
            == 7 - ALARM_AFTER + 1
        )
        assert webhooks.check().ok


@scenario
async def test_restart_loses_nothing_and_repeats_at_most_the_last_call(tmp_path: Path) -> None:
    """What happened while nobody called is told afterwards; the past before it began is not."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire(), run=[]) as net:
        here, post = net["FR/1"], Post()
        receiver = Receiver(url=URL, secrets=SECRETS, kinds=("state",))
        await send(here, request(1))
        webhooks, _ = made(here, post, receiver)
        running = asyncio.create_task(webhooks.run())
        await begun(net, here)
        second = await send(here, request(2))
        await net.turn_until(lambda: len(post.taken) >= 1)
        running.cancel()
        await asyncio.wait([running])
        third = await send(here, request(3))
        here = await net.restart("FR/1")
        again, _ = made(here, post, receiver)
        running = asyncio.create_task(again.run())
        await net.turn_until(lambda: str(third.mid).encode() in post.taken[-1][1])
        running.cancel()
        mids = [json.loads(body)["data"]["mid"] for body in dict(post.taken).values()]
        assert mids == [str(second.mid), str(third.mid)]
        assert len(post.taken) <= 3


@scenario
async def test_slow_receiver_delays_no_other(tmp_path: Path) -> None:
    """Each has a task of its own."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire(), run=[]) as net:
        here, post = net["FR/1"], Post()
        slow = Receiver(url="https://slow.example.org", secrets=SECRETS, kinds=("state",))
        quick = Receiver(url=URL, secrets=SECRETS, kinds=("state",))
        post.hangs.add(slow.url)
        webhooks, _ = made(here, post, slow, quick)
        running = asyncio.create_task(webhooks.run())
        await begun(net, here)
        for number in (1, 2, 3):
            await send(here, request(number))
        await net.turn_until(lambda: len(post.taken) >= 3)
        running.cancel()
        assert {url for url, _, _ in post.calls} == {URL}


def test_words_of_the_settings_cover_the_kinds_of_escalation() -> None:
    """An event that no word names could not be had."""
    assert {KIND_ESCALATED, *KIND_OF_SILENCE.values()} == KINDS["escalation"]


@scenario
async def test_call_that_tells_of_an_arrival_is_stated_once_as_an_alert(tmp_path: Path) -> None:
    """With the receiver's place in the settings; a second receiver and a repeat add nothing."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire()) as net:
        here, post = net["RO/1"], Post()
        post.answers = [500]
        both = [
            Receiver(url=URL + name, secrets=SECRETS, kinds=("received", "state"))
            for name in ("/1", "/2")
        ]
        webhooks, _ = made(here, post, *both)
        running = asyncio.create_task(webhooks.run())
        await net.turn_until(lambda: ask(here, "SELECT count(*) FROM webhook") == [(2,)])
        sent = await send(net["FR/1"], request())
        await until_state(net["FR/1"], sent.mid, MessageState.CONSIGNED)
        await net.turn_until(lambda: len(post.taken) >= 2)
        await net.turn_until(lambda: bool(ask(here, "SELECT 1 FROM alert")))
        running.cancel()
        events = await here.store.events(after=0, limit=100)
        alerts = [event for event in events if event.kind == "message.alerted"]
        assert [(event.mid, event.what) for event in alerts] == [(sent.mid, "desk")]
        place = alerts[0].index
        assert place is not None
        (leaf,) = await here.store.leaves(place, place + 1)
        act = Act.decode(leaf.preimage or b"")
        assert (act.act, act.who, act.ref) == ("alerted", "RO/1", sent.mid)
        assert act.why in {"webhook 1 took the call", "webhook 2 took the call"}
        assert len(ask(here, "SELECT 1 FROM alert")) == 1
