"""Marks for rules between the fields of a form.

A rule is a method of the form that yields faults with paths relative to the form;
protocol.requests.walk finds it by its mark and runs it. Rules also run on a document with faults:
there the faulty values are UNSOUND, a rule that reads one stops, all others still speak. A rule
is therefore as small as the statement it checks.

Source: docs/domain.md, section 3 (last paragraph).
"""

from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from protocol.requests.faults import Fault
from protocol.requests.part import Part
from protocol.requests.scene import Scene

RULE_MARK: Final = "_a35_rule"
"""Attribute by which a marked method is found; true when the rule needs to know the scene."""

P = TypeVar("P", bound=Part)
Rule = Callable[..., Iterator[Fault]]
"""A function of a form, or of a form and a scene."""


def rule(method: Callable[[P], Iterator[Fault]]) -> Callable[[P], Iterator[Fault]]:
    """Mark a rule between the fields of one form.

    Args:
        method: Yields a fault for each thing that does not hold.

    Returns:
        The method itself.
    """
    setattr(method, RULE_MARK, False)
    return method


def scene_rule(
    method: Callable[[P, Scene], Iterator[Fault]],
) -> Callable[[P, Scene], Iterator[Fault]]:
    """Mark a rule that needs to know the circumstances.

    Args:
        method: Yields a fault for each thing that does not hold.

    Returns:
        The method itself.
    """
    setattr(method, RULE_MARK, True)
    return method
