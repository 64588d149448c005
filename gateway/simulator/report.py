"""What a run of many seeds came to, and whether it was worth anything.

A run without one fault, or in which a checker looked at nothing, is a failed run: that it found
nothing says nothing.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.simulator.faults import Tally
from gateway.simulator.findings import Invariant
from gateway.simulator.plan import Outcome

_ENOUGH: int = 8
"""Seeds from which on a run must have met faults and looked at everything."""


@dataclass(slots=True)
class Report:
    """The sum of all seeds of a run.

    Args:
        wants_faults: Whether faults were allowed at all.
    """

    wants_faults: bool
    seeds: int = 0
    messages: int = 0
    node_days: float = 0.0
    requests: int = 0
    lost: int = 0
    duplicates: int = 0
    forks_undetected: int = 0
    faults: Tally = field(default_factory=Tally)
    examined: Counter[Invariant] = field(default_factory=Counter)
    failing: dict[int, list[str]] = field(default_factory=dict)

    def add(self, outcome: Outcome) -> None:
        """Add one seed."""
        findings = outcome.findings
        self.seeds += 1
        self.messages += outcome.messages
        self.node_days += outcome.node_days
        self.requests += outcome.requests
        self.lost += len(findings.lost)
        self.duplicates += len(findings.duplicates)
        self.forks_undetected += len(findings.forks_undetected)
        self.faults.update(outcome.faults)
        self.examined.update(findings.examined)
        if not findings.is_good:
            self.failing[outcome.seed] = findings.sentences()

    def vacuous(self) -> list[str]:
        """Return why the run says nothing; empty for a single seed that is replayed."""
        if self.seeds < _ENOUGH:
            return []
        why = [
            f"nothing was examined for {each}"
            for each in Invariant
            if each not in {Invariant.NO_BUGS, Invariant.STORY} and not self.examined[each]
        ]
        if self.wants_faults and not self.faults.total():
            why.append("no fault happened")
        return why

    @property
    def is_good(self) -> bool:
        """Whether everything held, and that means something."""
        return not self.failing and not self.vacuous()

    def document(self) -> dict[str, object]:
        """Return the report for programs."""
        return {
            "seeds": self.seeds,
            "messages": self.messages,
            "node_days": round(self.node_days, 1),
            "faults": {fault.value: count for fault, count in sorted(self.faults.items())},
            "lost": self.lost,
            "duplicates": self.duplicates,
            "forks_undetected": self.forks_undetected,
            "failing_seeds": sorted(self.failing),
            "requests": self.requests,
            "examined": {each.value: self.examined[each] for each in Invariant},
            "vacuous": self.vacuous(),
        }

    def sentences(self) -> Sequence[str]:
        """Return the report for people."""
        return (
            f"{self.seeds} seeds, {self.messages} messages, {self.node_days:.0f} node-days",
            f"{self.requests} requests, {self.faults.total()} faults of {len(self.faults)} kinds",
            f"lost {self.lost}, duplicates {self.duplicates}",
            f"forks undetected {self.forks_undetected}, failing seeds {len(self.failing)}",
        )
