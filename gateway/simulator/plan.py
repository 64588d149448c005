"""What one seed is made of, and what it came to."""

from dataclasses import dataclass, field

from gateway.simulator.faults import Fault, Tally
from gateway.simulator.findings import Findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one seed is made of."""

    seed: int
    allowed: frozenset[Fault] = frozenset(Fault)
    messages: int = 94
    keep_trace: bool = False


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What one seed came to."""

    seed: int
    messages: int
    node_days: float
    requests: int
    steps: int
    digest: str
    faults: Tally
    findings: Findings
    lines: list[str] = field(default_factory=list)
