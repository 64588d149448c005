"""A reader that shares none of our code accepts what ours makes, and refuses what ours refuses.

If a rule changes in the code alone, or is missing in docs/wire-format.md, these tests fail.
"""

import json
from typing import Any

import pytest

from tests.vectors.case_file import FOLDER, Vector, load
from tests.vectors.exchange.kept import kept, raw, seed_of
from tests.vectors.exchange.second_directory import read_directory
from tests.vectors.exchange.second_node import (
    Log,
    believe,
    log_key,
    read_answer,
    read_envelope,
    read_keys,
    read_receipt,
    split_frame,
)
from tests.vectors.exchange.second_opener import padded
from tests.vectors.exchange.second_reader import (
    RefusedError,
    cmp,
    consistent_roots,
    fields,
    included_root,
    labelled,
    leaf_hash,
)

ENCODINGS = sorted((FOLDER / "encoding").glob("*.json"))


def log_of(node: str) -> Log:
    """Return a log of which nothing is held yet."""
    return Log(key=log_key(kept("directory")["files"], node))


def verdict_of(name: str, log: Log, of: dict[str, Any]) -> str:
    """Return the stage of the one receipt of an answer."""
    answer = read_answer(raw(name))
    (verdict,) = answer["r"]
    return read_receipt(verdict["ok"], verdict, log.reach(answer), of=of)


def test_second_reader_follows_the_whole_exchange() -> None:
    """From the key set to the repeated envelope, both sides."""
    of_fr, of_ro, seeds = log_of("FR/1"), log_of("RO/1"), [seed_of("FR/1", "prekey")]
    assert read_keys(raw("keys-answer"), of_fr)["node"] == "FR/1"
    head, (body,) = split_frame(raw("frame-1-envelope"))
    (item,) = head["env"]
    content = read_envelope(item, body, of_ro.reach(head), seeds)
    assert content["type"] == "acknowledgement"
    assert verdict_of("answer-1-accepted", of_fr, item) == "accepted"
    behind, _ = split_frame(raw("frame-2-receipt-behind"))
    with pytest.raises(RefusedError, match="E_LOG_POSITION"):
        of_fr.reach(behind)
    error = fields(cmp(raw("error-2-position")), "v", "err", "mid", "t", "retry", "size")
    assert (error["err"], error["size"]) == ("E_LOG_POSITION", of_fr.size)
    pushed, _ = split_frame(raw("frame-3-receipt"))
    (later,) = pushed["rcp"]
    assert read_receipt(later["r"], later, of_fr.reach(pushed), of=item) == "consigned"
    taken = read_answer(raw("answer-3-taken"))
    of_ro.reach(taken)
    assert taken["r"] == [{"ok": None}]
    repeat, (again,) = split_frame(raw("frame-4-repeat"))
    assert read_envelope(repeat["env"][0], again, of_ro.reach(repeat), seeds) == content
    assert verdict_of("answer-4-same-receipt", of_fr, repeat["env"][0]) == "accepted"


def test_second_reader_follows_the_directory_from_its_root() -> None:
    """To the stamp that the header names, and to both entries."""
    case = kept("directory")
    files = {name: text.encode() for name, text in case["files"].items()}
    stamp, entries = read_directory(case["anchor"].encode(), files)
    head, _ = split_frame(raw("frame-1-envelope"))
    assert cmp(head["env"][0]["h"])["dir"] == stamp
    assert {country: entry["party"] for country, entry in entries.items()} == {
        "FR": "FR",
        "RO": "RO",
    }


def test_second_reader_takes_no_entry_of_other_hands() -> None:
    """One byte of a Party's entry, or of its signed metadata."""
    case = kept("directory")
    for name in (each for each in case["files"] if "FR" in each):
        files = {each: text.encode() for each, text in case["files"].items()}
        files[name] = files[name].replace(b"FR", b"RO", 1)
        with pytest.raises(RefusedError):
            read_directory(case["anchor"].encode(), files)


def test_second_reader_believes_no_changed_receipt() -> None:
    """The log is the signature: another byte is another leaf."""
    of_fr = log_of("FR/1")
    read_keys(raw("keys-answer"), of_fr)
    answer = read_answer(raw("answer-1-accepted"))
    (verdict,) = answer["r"]
    receipt = bytearray(verdict["ok"])
    receipt[-1] ^= 1
    with pytest.raises(RefusedError, match="not proven"):
        believe(2, labelled("a35/1/receipt", bytes(receipt)), verdict, of_fr.reach(answer))


@pytest.mark.parametrize("path", ENCODINGS, ids=[path.stem for path in ENCODINGS])
def test_second_reader_takes_the_same_encodings(path: str) -> None:
    """One value has one encoding, for both."""
    case = json.loads(FOLDER.joinpath(path).read_text())
    data = bytes.fromhex(case["bytes"])
    if case["expect"] == "accepted":
        cmp(data)
    elif len(data) <= case["max_bytes"]:
        with pytest.raises(RefusedError):
            cmp(data)


@pytest.mark.parametrize("case", load("exchange", "linking"))
def test_second_reader_links_the_same(case: Vector) -> None:
    """Rule 9a as the document states it."""
    linked = {size: bytes.fromhex(root) for size, root in case.value("linked")}
    log = Log(key={}, linked=linked)
    proof = [bytes.fromhex(one) for one in case.value("con")]
    got = "ok"
    try:
        log.link(case.value("size"), case.bytes("root"), old=case.value("old"), proof=proof)
    except RefusedError as error:
        got = str(error)
    assert (got, log.size) == (case.expect, case.value("head"))


def test_second_reader_builds_the_same_tree() -> None:
    """Leaf hashes, both kinds of proof, and the roots that they lead to."""
    case = json.loads((FOLDER / "exchange" / "derivation-tree.json").read_text())
    hashes = {
        key: [bytes.fromhex(one) for one in value]
        for key, value in case.items()
        if isinstance(value, list)
    }
    assert hashes["leaf_hashes"] == [leaf_hash(0, bytes((n,)) * 32) for n in range(7)]
    roots = hashes["roots"]
    for index in (2, 6):
        path = hashes[f"inclusion_{index}_of_7"]
        assert included_root(index, 7, hashes["leaf_hashes"][index], path) == roots[7]
    for old in (3, 4):
        path = hashes[f"consistency_{old}_to_7"]
        assert consistent_roots(old, 7, roots[old], path) == (roots[old], roots[7])


def test_second_reader_pads_to_the_same_lengths() -> None:
    """Rule 12."""
    table = json.loads((FOLDER / "envelope" / "padded-bytes-table.json").read_text())["table"]
    assert [[size, padded(size)] for size, _ in table] == table
