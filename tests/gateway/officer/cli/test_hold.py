"""hold: an officer keeps a case from being erased, and lets it go again."""

import pytest

from protocol.log.deed import Act
from tests.gateway.officer.cli.session import shell_of
from tests.gateway.officer.world import World, mid

Capture = pytest.CaptureFixture[str]


def test_hold_and_release_are_acts_with_a_reason(capsys: Capture) -> None:
    """Who erases, or does not, must be able to say by whose word."""
    world = World()
    with shell_of(world, capsys) as shell:
        ended = shell("hold", str(mid(1)), "on", "--reason", "appeal pending", "--json")
        assert ended.code == 0
        shown = ended.document()
        assert isinstance(shown, dict)
        assert (shown["thread"], shown["on"]) == (str(mid(1)), True)
        said = shell("hold", str(mid(1)), "off", "--reason", "appeal over")
        assert "not held any more" in said.out
    acts = [Act.decode(data) for data in world.held.acts]
    assert [(act.act, act.why, act.ref) for act in acts] == [
        ("held", "appeal pending", mid(1)),
        ("released", "appeal over", mid(1)),
    ]


def test_hold_of_nothing_or_without_a_reason_is_refused(capsys: Capture) -> None:
    """A typing mistake must not look like a hold."""
    with shell_of(World(), capsys) as shell:
        assert shell("hold", str(mid(9)), "on", "--reason", "x").code == 66
        assert shell("hold", str(mid(1)), "on", "--reason", "").code == 64
        assert shell("hold", "no id", "on", "--reason", "x").code == 66


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_a_node_is_not_accepted_without_a_reason(capsys: Capture, reason: str) -> None:
    """The reason is stated in the log for ever; a missing one is a mistake, no fault of ours."""
    with shell_of(World(), capsys) as shell:
        assert shell("peers", "accept", "RO/1", "--reason", reason).code == 64
