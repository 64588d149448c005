"""A Party's own entry by the commands: out, edited, refused or drawn up; a node's state."""

import json
import time
from pathlib import Path

import pytest

from protocol.joining import encode_join_request
from tests.gateway.operator.test_ceremony import Command, a35, founded
from tests.protocol.entries import join_request, node_keys

__all__ = ("a35",)


@pytest.fixture
def listed(a35: Command) -> Command:
    """Return the commands over a directory in which RO/1 is published."""
    founded(a35)
    request = join_request(node_keys("RO/1"), int(time.time() * 1000))
    Path("join.json").write_bytes(encode_join_request(request))
    assert a35("admit join.json --out pub")[0] == 0
    publish(a35, "first")
    return a35


def publish(a35: Command, name: str, *, draft: bool = True) -> None:
    """Take out the draft, sign it and publish it."""
    if draft:
        assert a35(f"entry RO --out pub --to {name}.json")[0] == 0
    assert a35(f"draw-party {name}.json --out pub --sheet {name}.sheet --yes")[0] == 0
    assert a35(f"sign {name}.sheet --keys-dir keys --yes")[0] == 0
    code, stamped = a35(f"stamp --out pub --keys-dir keys --sheet {name}.sheet")
    assert (code, stamped["taken"]) == (0, ["party-RO"])


def states(a35: Command) -> list[tuple[str, str]]:
    """Return what is published of RO."""
    parties = a35("show --out pub")[1]["parties"]
    return [(node["node"], node["state"]) for node in parties[0]["nodes"]]


def test_an_edited_entry_is_published_and_a_wrong_one_refused(listed: Command) -> None:
    """The place of the fault is named, never a value."""
    assert listed("entry RO --out pub --to mine.json")[0] == 0
    assert listed("entry RO --out pub --to mine.json")[0] == 78
    entry = json.loads(Path("mine.json").read_text())
    Path("bad.json").write_text(json.dumps(entry | {"telephone": "secret"}))
    code, error = listed("draw-party bad.json --out pub --sheet bad.sheet --yes")
    assert (code, "secret" in json.dumps(error)) == (65, False)
    Path("good.json").write_text(json.dumps(entry | {"name": "Night desk"}, indent=4))
    assert listed("draw-party good.json --out pub --sheet other.sheet")[0] == 64
    publish(listed, "good", draft=False)
    assert listed("show --out pub")[1]["parties"][0]["name"] == "Night desk"


def test_a_node_is_suspended_brought_back_and_removed_by_its_party(listed: Command) -> None:
    """Each counts when the Party has signed it."""
    for place, state in enumerate(("suspended", "active", "removed")):
        assert listed(f"state RO/1 {state} --out pub")[0] == 0
        publish(listed, f"step-{place}")
        assert states(listed) == ([] if state == "removed" else [("RO/1", state)])


def test_what_is_not_there_has_no_state(listed: Command) -> None:
    """And what is no state or node is a wrong command line."""
    assert listed("state RO/2 suspended --out pub")[0] == 66
    assert listed("state FR/1 suspended --out pub")[0] == 66
    assert listed("state RO/1 tired --out pub")[0] == 64
    assert listed("state Romania active --out pub")[0] == 64
    assert listed("entry FR --out pub --to fr.json")[0] == 66
