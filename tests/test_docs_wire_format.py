"""docs/wire-format.md against the code: every limit, label, code, map, path and hex example.

The document is the authority for a second implementation, so neither may change alone. That what
it says suffices is shown beside the vectors, by tests/vectors/exchange/test_second_reader.py.
"""

import json
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest

from gateway.directory import client, layout, metadata
from gateway.peer.calling import CallLimits
from gateway.peer.connection import PortLimits
from gateway.peer.exchange import SERVED_PER_S
from gateway.peer.places import PlaceLimits
from gateway.peer.quota import PeerLimits
from gateway.peer.reader import Pace
from gateway.peer.refusal import STATUS_OF, UNPROVEN, told
from gateway.peer.resources import MAX_PIECE_BYTES
from gateway.peer.routes import OFFSET_HEADER, TEXT_TYPE, Resource, allows, target_of
from gateway.storage.arrivals import HINTED_ROWS
from gateway.storage.inbox import CONFLICTS_OF_PEER
from keys.cosignature import SignatureType
from keys.digest import Label
from keys.nodekeys import PREKEY_GRACE_MS
from keys.suite import SUITE, WRAP_BYTES, XWING_PUBLIC_BYTES
from protocol import limits
from protocol.answer import Receipted, encode_answer
from protocol.delivery import admission
from protocol.delivery.outcome import (
    LEAST_WAIT_MS,
    SOON_MS,
    STUCK_RETRY_MS,
    STUCK_RETRY_URGENT_MS,
    TOLD_AFTER,
    Remedy,
    remedy_for,
)
from protocol.delivery.pace import LEAST_PIECE_BYTES
from protocol.delivery.urgency import BACK_OFF_CAP_S
from protocol.directory import DEFAULT_BLOB_BYTES
from protocol.envelope.padding import padded_bytes
from protocol.errors import Code, NotAllowedError
from protocol.frame import MAGIC, MEDIA_TYPE, PREFIX_BYTES
from protocol.joining import JOIN_FORMAT
from protocol.log.statement import StatementKind, digest_of
from protocol.receipt import Stage
from protocol.renewing import PREKEY_LIFE_MS
from tests.protocol.samples import MID, ORIGIN
from tests.vectors.exchange.examples import MAPS, REPRODUCED, keys_of
from tests.vectors.exchange.generate import deterministic_cases
from tests.vectors.exchange.story import NAMES
from tests.vectors.exchange_cases import answer
from tests.vectors.generate import DRAWING, KEEPING

ROOT: Final = Path(__file__).parents[1]
VECTORS: Final = ROOT / "tests" / "vectors"
PACKAGES: Final = ("keys", "protocol", "gateway")

if not (ROOT / "docs" / "wire-format.md").exists():
    pytest.skip("the tests were copied away from the documents", allow_module_level=True)

TEXT: Final = (ROOT / "docs" / "wire-format.md").read_text(encoding="utf-8")
FLAT: Final = " ".join(TEXT.split())
HEX: Final = re.findall(r"^```hex (\S+)\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)

Row = list[str]


def table(*head: str) -> list[Row]:
    """Return the rows of the one table with this head."""
    return table_behind(TEXT, "| " + " | ".join(head) + " |\n")


def table_behind(text: str, mark: str) -> list[Row]:
    """Return the rows of the table that begins with a line."""
    assert mark in text, mark
    lines = text.partition(mark)[2].split("\n")[1:]
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        cells = re.split(r"(?<!\\)\|", line)[1:-1]
        rows.append([cell.strip().replace("\\|", "|") for cell in cells])
    return rows


def bare(cell: str) -> str:
    """Return a cell without its marks of code."""
    return cell.replace("`", "")


def test_limits_are_those_of_the_code() -> None:
    """Every limit by name and value, none missing, none that does not exist."""
    stated = {bare(row[0]): int(row[1]) for row in table("name", "value", "unit", "of what")}
    assert stated == {name: value for name, value in vars(limits).items() if name.isupper()}


def test_labels_are_those_of_the_code() -> None:
    """The list is closed."""
    stated = {row[1]: bare(row[0]) for row in table("label", "name", "used in")}
    assert stated == {label.name: label.value for label in Label}


def test_leaf_types_are_those_of_the_code() -> None:
    """Type byte, name, label and salt of each kind of statement."""
    rows = table("type", "statement", "label", "salt", "preimage", "today")
    assert [(int(row[0], 16), row[1]) for row in rows] == [
        (kind.value, kind.name.lower()) for kind in StatementKind
    ]
    for kind, row in list(zip(StatementKind, rows, strict=True))[1:]:
        salt = bytes(16) if row[3] == "yes" else None
        assert digest_of(kind, b"x", salt)
        with pytest.raises(NotAllowedError):
            digest_of(kind, b"x", None if salt else bytes(16))
        assert bare(row[2]) in set(Label)


def test_maps_have_the_keys_of_the_code_in_the_order_of_the_wire() -> None:
    """A reader refuses one key more or less; a writer must sort them."""
    stated = {}
    for part in TEXT.split("**Map `")[1:]:
        name, _, rest = part.partition("`**")
        rows = table_behind(rest, "| key | type | meaning |\n")
        stated[name] = [bare(row[0]) for row in rows]
    assert stated == MAPS
    assert keys_of(encode_answer(answer()), "r", 0) == ["i", "ok", "p"]
    assert Receipted(receipt=None, index=None, path=()).to_value() == {"ok": None}


def test_codes_have_their_status_and_what_the_sender_does() -> None:
    """Code, HTTP status, remedy: the closed list of rule 25."""
    rows = table("code", "HTTP", "means", "the sender")
    stated = [(bare(row[0]), int(row[1]), row[3]) for row in rows]
    assert stated == [
        (code.value, STATUS_OF[code], remedy_for(code).name.lower().replace("_", " "))
        for code in Code
    ]
    for remedy in Remedy:
        assert f"**{remedy.name.lower().replace('_', ' ')}**" in TEXT


def test_waits_are_those_of_the_code() -> None:
    """What a receiver asks for, and the caps of the classes."""
    waits = {}
    for code in (Code.BUSY, Code.QUOTA, Code.STORE):
        retry_ms = told(code, t_ms=0).retry_ms
        assert retry_ms is not None
        waits[code] = retry_ms // 1000
    assert (
        f"{waits[Code.BUSY]} s with `E_BUSY`, {waits[Code.QUOTA]} s with `E_QUOTA`,"
        f" {waits[Code.STORE]} s with `E_STORE`"
    ) in FLAT
    assert ", ".join(f"{cap:g}" for cap in BACK_OFF_CAP_S.values()) + " s for P0 to P3" in FLAT
    minutes = [each // 60_000 for each in (STUCK_RETRY_MS, STUCK_RETRY_URGENT_MS)]
    assert "repeat every {} min, every {} min for P0".format(*minutes) in FLAT
    assert f"after n * {SOON_MS // 1000} s, at most the cap" in FLAT
    assert f"at least {LEAST_WAIT_MS // 1000} s, at most the cap" in FLAT
    assert f"people hear when n is above {TOLD_AFTER}." in FLAT
    mute = re.search(r"too slow, and (.*?) of a whole request", FLAT)
    assert mute is not None
    assert set(re.findall(r"E_[A-Z_]+", mute[1])) == UNPROVEN


def test_paths_are_those_of_the_port() -> None:
    """Each path of the table exists with its method, and there is no other."""
    found = set()
    for row in table("method", "path", "body of the request", "200"):
        path = bare(row[1]).replace("=N", "=1").replace("{origin}", str(ORIGIN))
        path = path.replace("{mid}", "0" * 32).replace("{file}", "metadata/timestamp.json")
        target = target_of(path.replace("{H}", "0" * 64))
        assert target is not None
        assert allows(target, row[0])
        found.add((target.resource, row[0]))
    methods = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")
    samples = {target.resource: target for target in map(target_of, _one_of_each()) if target}
    assert set(samples) == set(Resource)
    assert found == {
        (resource, method)
        for resource in Resource
        for method in methods
        if allows(samples[resource], method)
    }


def _one_of_each() -> Sequence[str]:
    digest = "0" * 64
    return (
        "/v1/envelopes",
        "/v1/receipts",
        "/v1/log/epoch",
        "/v1/witness/add-checkpoint",
        "/v1/revocations",
        f"/v1/sealings/{'0' * 32}",
        "/v1/keys",
        "/v1/log/proof?old=1&new=2",
        f"/v1/logs/{ORIGIN}",
        "/v1/dir/metadata/timestamp.json",
        f"/v1/receipts/{MID}",
        f"/v1/blobs/{digest}",
    )


def test_stages_are_those_of_the_code() -> None:
    """What `ev` may say."""
    assert [bare(row[0]) for row in table("stage", "says")] == [stage.value for stage in Stage]


def test_padded_lengths_are_those_of_the_code() -> None:
    """The small table of rule 12."""
    found = re.search(r"^\| inner \|(.*)\|\n.*\n\| plain \|(.*)\|$", TEXT, re.MULTILINE)
    assert found is not None
    inner, plain = ([int(cell) for cell in row.split("|")] for row in found.groups())
    assert [padded_bytes(size) for size in inner] == plain


PORT, PEER, PACE, CALL = PortLimits(), PeerLimits(), Pace(), CallLimits()
PLACES = PlaceLimits()
KEPT = admission.Places.of(PLACES.places).kept


@pytest.mark.parametrize(
    "line",
    [
        f"| handshake | {PORT.handshake_timeout_s:g} s; {PORT.handshakes} under way in all |",
        f"| {CALL.connect_s:g} s to a finished handshake |",
        f"| idle, or head of a request | {PORT.idle_timeout_s:g} s |",
        f"| keeps a connection {CALL.keepalive_s:g} s |",
        f"| a body | {PACE.read_timeout_s:g} s without a byte; {PACE.floor_bytes_per_s} bytes/s",
        f"over windows of {PACE.window_s:g} s, else 408 and close |",
        f"| may take {CALL.attempt_s:g} s and 1 s for each {CALL.floor_bytes_per_s} bytes |",
        f"| connections | {PEER.connections} for a peer | {CALL.connections} to an endpoint |",
        f"| at once, for a peer | {PEER.frames} frames, {PEER.blobs} pieces of blobs | - |",
        f"| at once, for all peers | {PLACES.places} frames and pieces; {KEPT} of these places",
        f"who finds none in {PLACES.patience_s:g} s gets `E_BUSY`",
        f"| waiting for the disk | {admission.QUEUE_MOST} operations, the last",
        f"last {admission.QUEUE_KEPT} for urgent frames alone;",
        f"| blobs begun by a peer | {PEER.unfinished.blobs}, of {PEER.unfinished.size_bytes} bytes",
        f"| rate, for a peer | {PEER.frames_per_s:g} requests/s ({PEER.frame_burst:g} at once",
        f"after a pause), {PEER.bytes_per_s:.0f} bytes/s: beyond it the peer waits, and gets",
        f"if that would take more than {PEER.patience_s:g} s; ",
        f"pieces of {LEAST_PIECE_BYTES} bytes or more count by their bytes alone |",
        f"one after the other, {SERVED_PER_S:g} a second",
        f"it keeps at most {HINTED_ROWS} ranges",
        f"and {CONFLICTS_OF_PEER} of one sender",
        f"| refusals that prove nothing | {PEER.unproven_per_minute} a minute, then",
        f"have at most {PORT.line_bytes} bytes, a head at most {PORT.headers} fields",
        f"at most {MAX_PIECE_BYTES} bytes a piece",
        f"| root | {layout.MAX_ROOT_BYTES} |",
        f"| timestamp | {layout.MAX_TIMESTAMP_BYTES} |",
        f"| snapshot | {layout.MAX_SNAPSHOT_BYTES} |",
        f"| targets, and a Party's role | {layout.MAX_TARGETS_BYTES} |",
        f"| an entry | {limits.MAX_ENTRY_BYTES} |",
        f"| all files of one state | {client.MAX_DIRECTORY_BYTES} |",
        f"n of m (2 of 3) | {metadata.ROOT_LIFE.days} days |",
        f"it only delegates | {metadata.TARGETS_LIFE.days} days |",
        f"| {metadata.SNAPSHOT_LIFE.days} days, {metadata.TIMESTAMP_LIFE.days} days |",
        f"(2 of 2) | {metadata.PARTY_LIFE.days} days |",
        f"absent: {limits.MAX_BODY_BYTES} and {DEFAULT_BLOB_BYTES} |",
        (
            f"| prekey | X-Wing seed | {PREKEY_LIFE_MS // 86_400_000} days, then"
            f" {PREKEY_GRACE_MS // 86_400_000} days of grace,"
        ),
        f"an X-Wing public key of {XWING_PUBLIC_BYTES} bytes",
        f"| c | bin of {WRAP_BYTES} |",
        f"| Ed25519 (RFC 8032) | 0x{SignatureType.ED25519:02x} | 32 bytes | 64 bytes,",
        f"| ML-DSA-44 (FIPS 204, empty context) | 0x{SignatureType.MLDSA44:02x} | 1312 bytes |",
        f"errors and every other msgpack body is `{MEDIA_TYPE}`",
        f"of a note `{TEXT_TYPE}`",
        f"with the header `{OFFSET_HEADER}`",
        f"`format` (`{JOIN_FORMAT}`)",
        f'"{MAGIC[:-1].decode()}" || `0x{MAGIC[-1]:02x}` || u32be(length of head)',
        f"exactly {PREFIX_BYTES} + length of head",
        f"# The wire format of {SUITE}",
    ],
)
def test_figures_are_those_of_the_code(line: str) -> None:
    """Lengths, times and names that stand in a sentence or a table."""
    assert line in FLAT


def shown(block: str) -> bytes:
    """Return the bytes of a hex block: what stands behind two blanks is a remark."""
    lines = (re.split(r"\s{2,}", line.strip())[0] for line in block.split("\n"))
    return bytes.fromhex("".join(lines))


@pytest.mark.parametrize(("source", "block"), HEX, ids=[source for source, _ in HEX])
def test_hex_examples_are_those_of_the_vectors_and_of_the_code(source: str, block: str) -> None:
    """An example that no program makes would be believed and wrong."""
    path, _, key = source.partition("#")
    value: Any = json.loads((VECTORS / path).read_text())
    for step in key.split("."):
        if "cases" in value:
            value = next(case for case in value["cases"] if case["name"] == step)
        else:
            value = value[int(step) if step.isdigit() else step]
    assert shown(block).hex() == "".join(value)
    assert shown(block) == REPRODUCED[source]()


def test_every_rule_that_the_code_cites_is_there() -> None:
    """Headings in order, each number once, nothing cited that does not exist."""
    rules = re.findall(r"^### Rule (\d+)([ab]?):", TEXT, re.MULTILINE)
    assert [int(number) for number, letter in rules if not letter] == list(range(1, 34))
    assert all((int(one), a) < (int(two), b) for (one, a), (two, b) in pairwise(rules))
    known = {number + letter for number, letter in rules}
    cited = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            text = " ".join(path.read_text(encoding="utf-8").split())
            for numbers in re.findall(r"wire-format\.md, rules? ([0-9ab, and-]+)", text):
                cited |= set(re.findall(r"\d+[ab]?", numbers))
    assert cited
    assert cited <= known


@pytest.mark.parametrize("name", ["wire-format.md", "vectors.md"])
def test_vectors_that_are_named_exist(name: str) -> None:
    """By folder, by file or by pattern."""
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    folders = {path.name for path in VECTORS.iterdir() if (path / "__init__.py").exists()}
    folders |= {path.parent.name for path in VECTORS.glob("*/*.json")}
    named = re.findall(rf"`((?:{'|'.join(sorted(folders))})/[^`# ]*)", text)
    assert {place.split("/")[0] for place in named} == folders
    for place in named:
        assert list(VECTORS.glob(place)), place


def test_vectors_page_names_every_file_of_the_exchange() -> None:
    """They are read in order, with the page beside them."""
    text = (ROOT / "docs" / "vectors.md").read_text(encoding="utf-8")
    for name in (*NAMES, *(case.name for case in deterministic_cases())):
        pattern = "exchange/linking-*.json" if name.startswith("linking") else f"{name}.json"
        assert pattern in text


def test_one_module_runs_every_generator() -> None:
    """A generator that is forgotten there is forgotten altogether."""
    known = {run.__module__ for run in (*KEEPING, *DRAWING)}
    there = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in VECTORS.rglob("generate*.py")
    }
    assert known == there - {"tests.vectors.generate"}


def test_what_is_reserved_is_listed_once_more() -> None:
    """Whoever implements only this version finds all of it in section 10."""
    listed = {
        rule
        for row in table("rule", "what is reserved", "what a receiver does today")
        for rule in row[0].split(", ")
    }
    parts = re.split(r"^### Rule (\w+):", TEXT.partition("\n## 8.")[0], flags=re.MULTILINE)
    for number, text in zip(parts[1::2], parts[2::2], strict=True):
        if "not in this version" in text:
            assert number in listed, number
