"""One run of exchanges between two ends, and what it took."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run took.

    Attributes:
        messages: How many were acknowledged.
        seconds: From the first to the last.
        cpu_s: Processor time of each end, whole: with what follows the last acknowledgement.
        cpu_to_accepted_s: The same until the last acknowledgement.
        times_s: Of each exchange.
        ends_s: When each was acknowledged, since the start; empty unless it ran by time.
        wire: Bytes that the sending end sent and received, as the kernel counted them.
        rss_kib: Largest memory of each end during the run.
        posts: POSTs in both directions.
        heads: Heads that each end signed.
    """

    messages: int
    seconds: float
    cpu_s: Sequence[float]
    cpu_to_accepted_s: Sequence[float]
    times_s: Sequence[float]
    wire: Sequence[int]
    rss_kib: Sequence[float]
    ends_s: Sequence[float] = ()
    posts: int = 0
    heads: Sequence[int] = ()

    @property
    def cpu_us(self) -> float:
        """Return processor time of one exchange at both ends, in microseconds."""
        return sum(self.cpu_s) / self.messages * 1e6

    def at(self, share: float) -> float:
        """Return the time that a share of the exchanges does not pass, in milliseconds."""
        return share_of(self.times_s, share) * 1000

    def as_json(self) -> dict[str, Any]:
        """Return it as `--json` prints it."""
        found = {
            "messages": self.messages,
            "per_second": round(self.messages / self.seconds, 1),
            "cpu_us": round(self.cpu_us, 1),
            "cpu_us_to_accepted": round(sum(self.cpu_to_accepted_s) / self.messages * 1e6, 1),
            "cpu_us_by_end": [round(one / self.messages * 1e6, 1) for one in self.cpu_s],
            "p50_ms": round(self.at(0.5), 2),
            "p99_ms": round(self.at(0.99), 2),
            "wire_bytes": round(sum(self.wire) / self.messages),
            "rss_mib": [round(one / 1024, 1) for one in self.rss_kib],
        }
        if self.posts:
            found["messages_per_post"] = round(self.messages / self.posts, 2)
        if self.heads:
            found["messages_per_head"] = round(self.messages / max(sum(self.heads), 1), 2)
        return found


def share_of(values: Sequence[float], share: float) -> float:
    """Return what a share of the values does not pass.

    Args:
        values: At least one.
        share: 0 to 1.
    """
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]
