"""log show, verify and proof, as scripts read them."""

from pathlib import Path
from typing import Any, cast

import pytest

from gateway.service.prove import LogFault
from gateway.service.witnesses import WitnessState
from protocol.log.audited import RESTORE
from tests.gateway.officer.cli.session import shell_of
from tests.gateway.officer.world import World

Capture = pytest.CaptureFixture[str]


def test_log_is_verified_anew(capsys: Capture) -> None:
    """Every key that scripts rely on; 0 only without a fault."""
    with shell_of(World(), capsys) as shell:
        ended = shell("log", "verify", "--json")
    assert ended.code == 0
    assert ended.document() == {
        "origin": "a35/RO/1/log/1",
        "size": 9,
        "root": bytes(range(32)).hex(),
        "checked": 8,
        "erased": 1,
        "faults": [],
    }


def test_damaged_log_is_76(capsys: Capture) -> None:
    """Somebody cheated, or a disk is broken: the script must stop."""
    world = World()
    world.prove.faults = (LogFault(index=3, what="another digest"), LogFault(index=None, what="x"))
    with shell_of(world, capsys) as shell:
        ended = shell("log", "verify")
        assert ended.code == 76
        assert "#3: another digest" in ended.out
        assert RESTORE in ended.err
        shown = cast("dict[str, Any]", shell("log", "verify", "--json").document())
    assert shown["faults"][0] == {"index": 3, "what": "another digest", "remedy": RESTORE}


def test_log_of_another_name_is_not_here(capsys: Capture) -> None:
    """A node verifies its own logs only."""
    with shell_of(World(), capsys) as shell:
        assert shell("log", "verify", "--origin", "a35/FR/1/log/1").code == 66
        assert shell("log", "verify", "--origin", "no log").code == 66
        assert shell("log", "verify", "--origin", "a35/RO/1/log/1").code == 0


def test_checkpoint_of_others_goes_to_the_node_byte_for_byte(
    capsys: Capture, tmp_path: Path
) -> None:
    """Its signatures are over bytes."""
    world = World()
    (tmp_path / "held.note").write_bytes(b"a\n1\n\xe2\x80\x94 note\n")
    (tmp_path / "empty").touch()
    (tmp_path / "long").write_bytes(b"x" * (1 << 20))
    with shell_of(world, capsys) as shell:
        assert shell("log", "verify", "--against", tmp_path / "held.note").code == 0
        given = [world.prove.against]
        assert shell("log", "verify").code == 0
        given.append(world.prove.against)
        assert given == [b"a\n1\n\xe2\x80\x94 note\n", None]
        assert shell("log", "verify", "--against", tmp_path / "nowhere").code == 66
        for name in ("empty", "long"):
            assert shell("log", "verify", "--against", tmp_path / name).code == 65


def test_head_and_proof_are_shown(capsys: Capture) -> None:
    """The proof is what a C2SP verifier reads, byte for byte."""
    with shell_of(World(), capsys) as shell:
        assert "9 entries" in shell("log", "show").out
        assert shell("log", "proof", "3").out == "c2sp.org/tlog-proof@v1\nindex 3\n"
        shown = cast("dict[str, Any]", shell("log", "proof", "3", "--json").document())
        assert shown == {"index": 3, "proof": "c2sp.org/tlog-proof@v1\nindex 3\n"}
        assert shell("log", "proof", "99").code == 66


class Seen:
    """Two witnesses, of which one saw the log."""

    async def states(self) -> tuple[WitnessState, ...]:
        """Return both."""
        saw = WitnessState(
            witness="a35/DE/1/witness",
            is_asked=True,
            size=9,
            cosigned_s=1_800_000_000,
            failed=None,
        )
        away = WitnessState(
            witness="a35/FR/1/witness",
            is_asked=False,
            size=0,
            cosigned_s=None,
            failed="unreached",
        )
        return saw, away

    async def witnessed_size(self) -> int:
        """Return what the one saw."""
        return 9


def test_witnesses_are_listed_with_what_each_saw(capsys: Capture) -> None:
    """And why one did not; where nobody is asked the list is empty."""
    world = World()
    world.witnesses = Seen()
    with shell_of(world, capsys) as shell:
        shown = cast("dict[str, Any]", shell("log", "witnesses", "--json").document())
        assert shown["witnessed"] == 9
        assert shown["items"] == [
            {
                "witness": "a35/DE/1/witness",
                "asked": True,
                "size": 9,
                "cosigned": "2027-01-15T08:00:00Z",
                "failed": None,
            },
            {
                "witness": "a35/FR/1/witness",
                "asked": False,
                "size": 0,
                "cosigned": None,
                "failed": "unreached",
            },
        ]
        said = shell("log", "witnesses").out
        assert "enough witnesses saw 9 entries" in said
        assert "unreached" in said
    with shell_of(World(), capsys) as shell:
        assert shell("log", "witnesses", "--json").document() == {"witnessed": 0, "items": []}
