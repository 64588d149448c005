"""All counters of the node, in a registry of their own, as typed methods named by what happened.

Leaves to its callers: to pass only nodes of the directory, codes of the protocol and fixed
words as labels, so that no peer can make the number of series grow. Nothing personal is ever a
label. Calls cost about a microsecond and may come from any thread.
"""

from collections.abc import Sequence
from typing import Final, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

CONTENT_TYPE: Final = "text/plain; version=1.0.0; charset=utf-8"
"""Media type of what `Metrics.render` returns."""

_GROUPS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
_SECONDS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60)


class Metrics:  # noqa: PLR0904 - a flat list of events; a caller needs two or three of them
    """What a node counts, from its start on.

    Every method only adds to a number; none fails, waits or writes a line.
    """

    def __init__(self) -> None:
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._registry = registry
        self._exchange(registry)
        self._port(registry)
        self._store(registry)

    def _exchange(self, registry: CollectorRegistry) -> None:
        self._accepted = Counter("a35_accepted", "Envelopes accepted from peers", registry=registry)
        self._settled = Counter(
            "a35_settled",
            "Own envelopes and receipts settled by a proven answer",
            registry=registry,
        )
        self._submitted = Counter("a35_submitted", "Envelopes queued", registry=registry)
        self._opened = Counter(
            "a35_opened", "Accepted envelopes opened, by outcome", ("outcome",), registry=registry
        )
        self._refused = Counter(
            "a35_refused", "Refusals told to a peer", ("peer", "code"), registry=registry
        )
        self._refused_by = Counter(
            "a35_refused_by", "Refusals that a peer told us", ("peer", "code"), registry=registry
        )
        self._unheeded = Counter(
            "a35_unheeded", "Accepted messages that expired unopened", registry=registry
        )
        self._lost_by = Counter(
            "a35_lost_by_peer", "Receipted messages that a peer lost", ("peer",), registry=registry
        )
        self._voided = Counter(
            "a35_voided", "Numbers named to a peer as never to come", ("peer",), registry=registry
        )
        self._position_repeats = Counter(
            "a35_position_repeats", "Frames repeated from a stated position", registry=registry
        )
        self._lane_failures = Counter(
            "a35_lane_failures", "Attempts that did not reach a node", ("peer",), registry=registry
        )
        self._attempt_seconds = Histogram(
            "a35_attempt_seconds", "From sending a frame to its answer", buckets=_SECONDS,
            registry=registry,
        )  # fmt: skip
        self._alarms = Counter("a35_alarms", "Alarms raised, by kind", ("kind",), registry=registry)
        self._escalations = Counter(
            "a35_escalations", "Stages told of messages that were late, by stage and class",
            ("stage", "cls"), registry=registry,
        )  # fmt: skip
        self._webhook_calls = Counter(
            "a35_webhook_calls", "Calls of webhooks, by outcome", ("outcome",), registry=registry
        )

    def _port(self, registry: CollectorRegistry) -> None:
        frames = Counter("a35_frames", "Frames, by direction", ("direction",), registry=registry)
        sizes = Counter(
            "a35_frame_bytes", "Bytes of frames, by direction", ("direction",), registry=registry
        )
        ways = ("in", "out")  # looked up once: this is counted for every frame
        self._frames = {way: (frames.labels(way), sizes.labels(way)) for way in ways}
        self._turned_away = Counter(
            "a35_turned_away", "What the peer port refused before a request was read, by reason",
            ("reason",), registry=registry,
        )  # fmt: skip
        self._http_refused = Counter(
            "a35_http_refused", "Requests refused by form, by HTTP status", ("status",),
            registry=registry,
        )  # fmt: skip
        self._misdirected = Counter(
            "a35_misdirected", "Answers that were not our protocol", ("peer",), registry=registry
        )
        self._bugs = Counter("a35_bugs", "Errors nobody expected", ("place",), registry=registry)
        self._put_off = Counter(
            "a35_put_off", "Requests of peers put off, by what was short", ("reason",),
            registry=registry,
        )  # fmt: skip
        self._places = Gauge(
            "a35_places", "Frames and pieces of peers read and answered now", registry=registry
        )
        self._connections = Gauge(
            "a35_peer_connections", "Open connections on the peer port", registry=registry
        )

    def _store(self, registry: CollectorRegistry) -> None:
        self._commits = Counter("a35_commits", "Group commits", registry=registry)
        self._group = Histogram(
            "a35_commit_operations", "Operations in one group commit", buckets=_GROUPS,
            registry=registry,
        )  # fmt: skip
        self._commit_seconds = Histogram(
            "a35_commit_seconds", "One group commit with its sync", buckets=_SECONDS,
            registry=registry,
        )  # fmt: skip
        self._leaves = Counter("a35_leaves", "Leaves appended to our log", registry=registry)
        self._log_size = Gauge("a35_log_size", "Size of our log as committed", registry=registry)
        self._disk_free = Gauge(
            "a35_disk_free_bytes", "Bytes that this node may still write", registry=registry
        )
        self._disk_room = Gauge(
            "a35_disk_room", "0 everything is taken, 1 urgent alone, 2 nothing new",
            registry=registry,
        )  # fmt: skip
        self._waiting = Gauge(
            "a35_waiting", "Items in the outbox that wait, by node and class", ("peer", "cls"),
            registry=registry,
        )  # fmt: skip
        self._lane_state = Gauge(
            "a35_lane_state", "Circuit of a lane: 0 closed, 1 half open, 2 open", ("peer",),
            registry=registry,
        )  # fmt: skip
        self._backup_age = Gauge(
            "a35_backup_age_seconds", "Age of the newest nightly backup", registry=registry
        )
        self._stamps = Counter(
            "a35_stamps", "Time stamping authorities asked, by outcome", ("outcome",),
            registry=registry,
        )  # fmt: skip
        self._stamp_age = Gauge(
            "a35_stamp_age_seconds", "Age of the newest time stamp over our log", registry=registry
        )
        self._cosigned = Counter(
            "a35_cosigned", "Requests to cosign another log, by outcome", ("outcome",),
            registry=registry,
        )  # fmt: skip
        self._cosignatures = Counter(
            "a35_cosignatures", "Witnesses asked to cosign our log, by outcome", ("outcome",),
            registry=registry,
        )  # fmt: skip
        self._directory_age = Gauge(
            "a35_directory_age_seconds",
            "Since the directory was confirmed by its source",
            registry=registry,
        )

    def accepted(self, count: int = 1) -> None:
        """Envelopes of peers were accepted: committed with their receipts."""
        self._accepted.inc(count)

    def settled(self, count: int = 1) -> None:
        """Items of ours were settled by answers that verified."""
        self._settled.inc(count)

    def submitted(self, count: int = 1) -> None:
        """Envelopes of ours were queued."""
        self._submitted.inc(count)

    def opened(self, outcome: str) -> None:
        """An accepted envelope was opened; outcome: consigned, rejected or parked."""
        self._opened.labels(outcome).inc()

    def refused(self, peer: str, code: str) -> None:
        """A frame or an item of a peer was refused with a code."""
        self._refused.labels(peer, code).inc()

    def refused_by(self, peer: str, code: str) -> None:
        """A peer refused a frame or an item of ours with a code."""
        self._refused_by.labels(peer, code).inc()

    def unheeded(self, count: int) -> None:
        """Messages passed their time before anybody opened them; their senders are told."""
        self._unheeded.inc(count)

    def lost_by_peer(self, node: str, count: int) -> None:
        """A node lost messages that it had receipted."""
        self._lost_by.labels(node).inc(count)

    def voided(self, node: str, count: int) -> None:
        """Numbers of ours are named to a node as never to come."""
        self._voided.labels(node).inc(count)

    def position_repeats(self, count: int = 1) -> None:
        """Frames were repeated because the receiver stood elsewhere in our log."""
        self._position_repeats.inc(count)

    def lane_failures(self, node: str) -> None:
        """An attempt did not reach a node."""
        self._lane_failures.labels(node).inc()

    def attempt_seconds(self, seconds: float) -> None:
        """A frame of ours was answered after this time."""
        self._attempt_seconds.observe(seconds)

    def alarms(self, kind: str) -> None:
        """An alarm was raised; kind is a fixed word."""
        self._alarms.labels(kind).inc()

    def escalations(self, stage: str, cls: str) -> None:
        """A stage (hasten, telephone, silence) was told of a message of a class (P0 to P2)."""
        self._escalations.labels(stage, cls).inc()

    def webhook_calls(self, outcome: str) -> None:
        """A webhook was called; outcome: taken or failed."""
        self._webhook_calls.labels(outcome).inc()

    def frames(self, direction: Literal["in", "out"], size_bytes: int) -> None:
        """A whole frame went in or out."""
        count, size = self._frames[direction]
        count.inc()
        size.inc(size_bytes)

    def turned_away(self, reason: str) -> None:
        """A connection was refused: handshake, stranger, crowd (too many), unparsable."""
        self._turned_away.labels(reason).inc()

    def http_refused(self, status: int) -> None:
        """A request was refused by its form alone, without a code of the protocol."""
        self._http_refused.labels(str(status)).inc()

    def misdirected(self, node: str) -> None:
        """Something answered for a node that is not our protocol or not that node."""
        self._misdirected.labels(node).inc()

    def bugs(self, place: str) -> None:
        """An error nobody expected was caught by an outermost loop."""
        self._bugs.labels(place).inc()

    def put_off(self, reason: str) -> None:
        """A request was put off: places, writer, share or attachments."""
        self._put_off.labels(reason).inc()

    def places(self, taken: int) -> None:
        """So many frames and pieces are read and answered now."""
        self._places.set(taken)

    def connections(self, change: int) -> None:
        """Connections on the peer port: +1 opened, -1 closed."""
        self._connections.inc(change)

    def commits(self, operations: int, seconds: float | None = None) -> None:
        """A group commit is durable; `seconds` is what it took, with its sync."""
        self._commits.inc()
        self._group.observe(operations)
        if seconds is not None:
            self._commit_seconds.observe(seconds)

    def leaves(self, count: int = 1) -> None:
        """Leaves were appended to our log."""
        self._leaves.inc(count)

    def log_size(self, size: int) -> None:
        """Our log has this size as committed."""
        self._log_size.set(size)

    def disk_free_bytes(self, size: int) -> None:
        """The node may still write so many bytes."""
        self._disk_free.set(size)

    def disk_room(self, level: int) -> None:
        """The disk stands so: 0 ample, 1 short, 2 spent."""
        self._disk_room.set(level)

    def waiting(self, peer: str, counts: Sequence[int]) -> None:
        """So many items for a node wait in the outbox, by class from P0 on."""
        for number, count in enumerate(counts):
            self._waiting.labels(peer, f"P{number}").set(count)

    def lane_state(self, peer: str, state: int) -> None:
        """The circuit of a lane changed: 0 closed, 1 half open, 2 open."""
        self._lane_state.labels(peer).set(state)

    def backup_age(self, seconds: float) -> None:
        """The newest nightly backup is this old."""
        self._backup_age.set(seconds)

    def cosigned(self, outcome: str) -> None:
        """We were asked to cosign; outcome: granted, or why not, a fixed word."""
        self._cosigned.labels(outcome).inc()

    def cosignatures(self, outcome: str) -> None:
        """A witness was asked to cosign our log; outcome: obtained or failed."""
        self._cosignatures.labels(outcome).inc()

    def stamps(self, outcome: str) -> None:
        """An authority was asked for a time stamp; outcome: obtained or failed."""
        self._stamps.labels(outcome).inc()

    def stamp_age(self, seconds: float) -> None:
        """The newest time stamp over our log is this old."""
        self._stamp_age.set(seconds)

    def directory_age(self, seconds: float) -> None:
        """The directory was confirmed by its source so long ago."""
        self._directory_age.set(seconds)

    def value(self, name: str, labels: dict[str, str] | None = None) -> float:
        """Return one number as it stands, 0 if nothing was counted; for checks and reports.

        Args:
            name: The sample's name as rendered, for example `a35_accepted_total`.
            labels: The labels that name the series.
        """
        found = self._registry.get_sample_value(name, labels or {})
        return 0.0 if found is None else found

    def render(self) -> bytes:
        """Return everything in the Prometheus text format, media type CONTENT_TYPE."""
        return generate_latest(self._registry)
