"""Who gets one of the node's workers: a part is for P0 and P1 alone, and a P0 never waits for one.

Workers are counted over all lanes. Dead neighbours must not use them up: what only looks whether
a node is back has a small part, and an emergency for a node that answers waits for nobody. While
others wait, no lane has more than a quarter.

Source: docs/delivery.md, "Delivery in rules", 4, 11 and 15.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, assert_never

WORKERS: Final = 64
"""Attempts under way at a time, to all nodes together, unless configured otherwise."""

LEAST_WORKERS: Final = 8

_PART: Final = 4
"""One in so many workers is kept for P0 and P1; a lane may have one in so many while others wait;
one in so many of those for all classes may look whether a broken node is back. So many times the
workers may carry emergencies to nodes that did not answer lately: what each holds is memory."""


class Job(Enum):
    """What a worker is wanted for."""

    EMERGENCY = auto()
    """A P0 waits in the lane. Only where a thousand nodes may be dead, some wait for others."""
    URGENT = auto()
    """P0 or P1."""
    BULK = auto()
    """All classes."""
    PROBE = auto()
    """One attempt to a node whose circuit is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Workers under way, over all lanes, by what they were granted for."""

    emergency: int = 0
    urgent: int = 0
    bulk: int = 0
    probes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """The workers of a node.

    Args:
        workers: How many, LEAST_WORKERS at least; what carries emergencies comes on top.
    """

    workers: int = WORKERS

    def __post_init__(self) -> None:
        """Check the number.

        Raises:
            ValueError: Too few to share.
        """
        if self.workers < LEAST_WORKERS:
            raise ValueError("too few workers to share")

    @property
    def bulk(self) -> int:
        """Workers that serve all classes."""
        return self.workers - self.workers // _PART

    @property
    def lane_share(self) -> int:
        """Workers for all classes that one lane may have while others wait."""
        return max(1, self.workers // _PART)

    @property
    def probes(self) -> int:
        """Workers that may look whether a broken node is back."""
        return max(1, self.bulk // _PART)

    @property
    def unsure(self) -> int:
        """Workers that may carry emergencies to nodes that did not answer lately."""
        return self.workers * _PART

    def grants(
        self,
        job: Job,
        usage: Usage,
        *,
        of_lane: int = 0,
        others_wait: bool = False,
        is_live: bool = True,
    ) -> bool:
        """Tell whether a worker may begin.

        Args:
            job: What for.
            usage: Workers under way.
            of_lane: Those of them that serve all classes of this lane.
            others_wait: Whether another lane waits for a worker.
            is_live: Whether the node answered the last attempt of this run.
        """
        free = usage.urgent + usage.bulk + usage.probes < self.workers
        shared = free and usage.bulk + usage.probes < self.bulk
        match job:
            case Job.EMERGENCY:
                return is_live or usage.emergency < self.unsure
            case Job.URGENT:
                return free
            case Job.BULK:
                return shared and not (others_wait and of_lane >= self.lane_share)
            case Job.PROBE:
                return shared and usage.probes < self.probes
            case _:
                assert_never(job)
