"""The lines of issue 8: what was asked for, and whether what was measured meets it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One line.

    Attributes:
        text: What is measured.
        place: Where the result has it: keys, joined by dots.
        bound: What was asked for.
        at_least: Whether the bound is the least or the most.
        unit: Behind the figures.
    """

    text: str
    place: str
    bound: float
    at_least: bool
    unit: str = "x"

    def asked(self) -> str:
        """Return what was asked for, in words."""
        word = "at least" if self.at_least else "at most"
        return f"{word} {self.bound:g} {self.unit}"

    def measured(self, result: Mapping[str, Any]) -> float | None:
        """Return what was measured, None if it was left out."""
        found: Any = result
        for key in self.place.split("."):
            if not isinstance(found, Mapping) or key not in found:
                return None
            found = found[key]
        return float(found)

    def verdict(self, result: Mapping[str, Any]) -> str:
        """Return 'met', 'missed' or 'not measured'."""
        value = self.measured(result)
        if value is None:
            return "not measured"
        is_met = value >= self.bound if self.at_least else value <= self.bound
        return "met" if is_met else "missed"


def _least(text: str, place: str, bound: float, unit: str = "x") -> Target:
    return Target(text=text, place=place, bound=bound, at_least=True, unit=unit)


def _most(text: str, place: str, bound: float, unit: str = "x") -> Target:
    return Target(text=text, place=place, bound=bound, at_least=False, unit=unit)


TARGETS: Final = (
    _least(
        "processor time of AS2 over ours, 4 KiB, 64 at once (many a POST)",
        "ratios.as2_over_a35_cpu_4k_at_64", 20,
    ),
    _least(
        "the same, 4 KiB, one at a time (one a POST)", "ratios.as2_over_a35_cpu_4k_at_1", 10
    ),
    _least("the same, 1 MiB, 16 at once", "ratios.as2_over_a35_cpu_1m_at_16", 20),
    _most(
        "processor time of ours over its own primitives and packing, 4 KiB, 64 at once",
        "ratios.a35_over_floor_cpu_4k_at_64", 3,
    ),
    _least(
        "in process: DIDComm over ours, 1 KiB, one a batch", "ratios.didcomm_over_a35_1k_by_1", 2
    ),
    _least("the same, 1 KiB, 16 a batch", "ratios.didcomm_over_a35_1k_by_16", 2),
    _least("the same, 1 MiB, one a batch", "ratios.didcomm_over_a35_1m_by_1", 20),
    _least("the same, 1 MiB, 16 a batch", "ratios.didcomm_over_a35_1m_by_16", 20),
    _least(
        "acknowledged 4-KiB messages a second for a minute",
        "figures.sustained_4k.mean_per_second", 600, "/s",
    ),
    _least(
        "drift of that rate in a minute", "ratios.sustained_drift_per_minute", -0.05, "of the mean"
    ),
    _most("p99 over p50, 4 KiB, 16 at once", "ratios.p99_over_p50_4k_at_16", 3),
    _least(
        "p50 of one exchange of GnuPG over ours, 4 KiB, one at a time",
        "ratios.gnupg_over_a35_p50_4k_at_1", 4,
    ),
    _most(
        "2-GiB attachment: memory more at the sender",
        "figures.attached.whole.extra_rss_mib.RO/1", 16, "MiB",
    ),
    _most(
        "2-GiB attachment: memory more at the receiver",
        "figures.attached.whole.extra_rss_mib.FR/1", 16, "MiB",
    ),
    _least(
        "2-GiB attachment: speed over chunked encryption alone",
        "figures.attached.ratios.stored_over_encryption", 0.15,
    ),
    _most("start with a million log entries", "figures.growth_million.start_s", 2, "s"),
    _most("idle memory, headless", "figures.idle_headless.rss_mib", 64, "MiB"),
    _most("idle memory, with the desk", "figures.idle_desk.rss_mib", 120, "MiB"),
)  # fmt: skip
