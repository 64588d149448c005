"""Named stories: what broke earlier forms of the design, played again with the real code.

Each is a world of a few nodes with a script in place of a storm. Whatever a world checks at its
end is checked here too; a story adds what must have happened for it to say anything.

Source: docs/simulation.md, "Scenarios".
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gateway.simulator.faults import CALM, Weather
from gateway.simulator.findings import Invariant
from gateway.simulator.world import Plan, World, run_seed
from protocol.identifiers import NodeId


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One story.

    Args:
        number: In the list of docs/simulation.md.
        names: Its nodes.
        tell: The script.
        weather: Beside it.
    """

    number: int
    names: tuple[str, ...]
    tell: Callable[[World], object]
    weather: Weather = CALM


SCENARIOS: dict[str, Scenario] = {}


def run_scenario(name: str, seed: int) -> list[str]:
    return []
