"""The circuit of a lane: three failures open it, each answer closes it by a step."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.delivery.circuit import OPENS_AFTER, SLOTS_MOST, Circuit, Phase, answered, failed


@given(st.lists(st.booleans(), max_size=40))
@settings(max_examples=100, deadline=None)
def test_circuit_is_open_exactly_after_three_failures_in_a_row(events: list[bool]) -> None:
    """An answer between them shows that the node is there."""
    circuit, in_a_row = Circuit(), 0
    for good in events:
        circuit = answered(circuit) if good else failed(circuit)
        in_a_row = 0 if good else in_a_row + 1
        assert (circuit.phase is Phase.OPEN) == (in_a_row >= OPENS_AFTER)
        assert circuit.failures == in_a_row
        assert 1 <= circuit.slots <= SLOTS_MOST


def test_node_that_is_back_gets_one_two_three_at_a_time() -> None:
    """It has just started; everybody has a backlog for it."""
    circuit = failed(failed(failed(Circuit())))
    slots = []
    phases = []
    for _ in range(4):
        circuit = answered(circuit)
        slots.append(circuit.slots)
        phases.append(circuit.phase)
    assert slots == [1, 2, 3, 3]
    assert phases == [Phase.HALF_OPEN, Phase.HALF_OPEN, Phase.CLOSED, Phase.CLOSED]


def test_failure_halves_what_may_be_under_way() -> None:
    """A way that begins to fail is loaded less before it is given up."""
    assert failed(Circuit(slots=3)).slots == 1
    assert failed(Circuit(slots=2)).phase is Phase.HALF_OPEN


@pytest.mark.parametrize(("failures", "slots"), [(-1, 1), (0, 0), (0, SLOTS_MOST + 1)])
def test_numbers_that_are_no_circuit_are_refused(failures: int, slots: int) -> None:
    """A lane without a slot would never find out."""
    with pytest.raises(ValueError, match="no circuit"):
        Circuit(failures=failures, slots=slots)
