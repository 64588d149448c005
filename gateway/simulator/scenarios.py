"""Named stories: what broke earlier forms of the design, played again with the real code.

Each is a world of a few nodes with a script in place of a storm. Whatever a world checks at its
end is checked here too; a story adds what must have happened for it to say anything.

Source: docs/simulation.md, "Scenarios".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from gateway.simulator import stories_delivery as delivery
from gateway.simulator import stories_histories as histories
from gateway.simulator import stories_recovery as recovery
from gateway.simulator.faults import CALM
from gateway.simulator.plan import Outcome, Plan
from gateway.simulator.run import run_seed
from gateway.simulator.staging import DE, FR, IT, RO
from gateway.simulator.world import Story
from protocol.identifiers import NodeId

_THREE: Final = (DE, FR, RO)
_FOUR: Final = (DE, FR, IT, RO)
_TWO: Final = (FR, RO)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One story: its number in the list of docs/simulation.md, its nodes, its script."""

    number: int
    names: tuple[NodeId, ...]
    story: Story


SCENARIOS: Final[Mapping[str, Scenario]] = MappingProxyType(
    {
        "anchor-lags": Scenario(1, _THREE, recovery.anchor_lags),
        "crash-before-anchor": Scenario(2, _THREE, recovery.crash_before_anchor),
        "anchor-ahead": Scenario(3, _THREE, recovery.anchor_ahead),
        "anchor-lost-while-waiting": Scenario(4, _THREE, recovery.anchor_lost_while_waiting),
        "unreachable-for-a-day": Scenario(5, _THREE, delivery.unreachable_for_a_day),
        "successor-after-lost-answer": Scenario(6, _THREE, recovery.successor_after_lost_answer),
        "restored-without-prekeys": Scenario(7, _THREE, recovery.restored_without_prekeys),
        "sender-restored-before-wrapping-again": Scenario(
            8, _THREE, recovery.sender_restored_before_wrapping_again
        ),
        "second-note-in-play": Scenario(9, _FOUR, recovery.second_note_in_play),
        "both-restored": Scenario(10, _THREE, recovery.both_restored),
        "answer-overtaken": Scenario(11, _TWO, delivery.answer_overtaken),
        "late-receipt-of-closed-log": Scenario(12, _THREE, recovery.late_receipt_of_closed_log),
        "clock-passes-expiry": Scenario(13, _TWO, delivery.clock_passes_expiry),
        "prekey-goes-between": Scenario(14, _TWO, delivery.prekey_goes_between),
        "busy-pair": Scenario(15, _TWO, delivery.busy_pair),
    }
)
"""Every story by its name."""

MEASURES: Final[Mapping[str, Scenario]] = MappingProxyType(
    {"other-history": Scenario(0, _THREE, histories.other_history)}
)
"""Stories that are short, and meant to be played with many seeds."""


def play(name: str, seed: int, *, keep_trace: bool = False) -> Outcome:
    """Play one story.

    Args:
        name: One of SCENARIOS or MEASURES.
        seed: Draws order and delays.
        keep_trace: Whether the outcome has the trace.
    """
    scenario = SCENARIOS.get(name) or MEASURES[name]
    plan = Plan(seed=seed, keep_trace=keep_trace)
    return run_seed(plan, weather=CALM, names=scenario.names, story=scenario.story)
