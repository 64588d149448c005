"""docs/evidence.md, "By hand": the same answers without this program, as far as tools are here."""

import hashlib
import re
import shutil
import subprocess
from base64 import b64decode
from json import loads
from pathlib import Path

import pytest

from tests.gateway.evidence.world import Book, acknowledged, exported, unpacked
from tests.gateway.network import Wire, network
from tests.gateway.service.world import scenario

NAMES = ["FR/1", "RO/1"]
LABELS = {"envelope": 1, "receipt": 2, "obtained": 3, "act": 9, "silence": 10}
DER = bytes.fromhex("302a300506032b6570032100")


def sha256(data: bytes) -> bytes:
    """Return a digest by the standard library."""
    return hashlib.sha256(data).digest()


def root_by_rfc(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """Return the root that an inclusion proof leads to: RFC 9162, section 2.1.3.2."""
    fn, sn, r = index, size - 1, leaf
    for p in path:
        assert sn != 0
        if fn & 1 or fn == sn:
            r = sha256(b"\x01" + p + r)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = sha256(b"\x01" + r + p)
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0
    return r


def split(proof: str) -> tuple[int, list[bytes], str]:
    """Return index, hashes and note of a tlog-proof."""
    head, note = proof.split("\n\n", 1)
    first, index, *hashes = head.split("\n")
    assert first == "c2sp.org/tlog-proof@v1"
    return int(index.removeprefix("index ")), [b64decode(each) for each in hashes], note


async def files_of(tmp_path: Path) -> dict[str, bytes]:
    """Return the files of a bundle."""
    async with network(tmp_path, NAMES, Wire()) as net:
        book = Book.of(net, tmp_path / "directory")
        data, _ = await exported(net["FR/1"], book, await acknowledged(net))
        return unpacked(data)


@scenario
async def test_digests_and_inclusion_proofs_hold_by_the_standard_library(tmp_path: Path) -> None:
    """Manifest, statement, leaf, root: steps 1 to 3."""
    files = await files_of(tmp_path)
    manifest = loads(files["manifest.json"])
    listed = {each["name"]: (each["sha256"], each["size"]) for each in manifest["files"]}
    assert listed == {
        name: (sha256(data).hex(), len(data))
        for name, data in files.items()
        if name != "manifest.json"
    }
    folders = {name.rsplit("/", 1)[0] for name in files if name.startswith("statements/")}
    assert len(folders) == 10
    for folder in folders:
        kind = folder.split("-")[1]
        salt = files.get(f"{folder}/salt.bin", b"")
        stated = f"a35/1/{kind}".encode() + b"\0" + salt + files[f"{folder}/preimage.bin"]
        leaf = sha256(b"\0" + bytes((LABELS[kind],)) + sha256(stated))
        index, path, note = split(files[f"{folder}/statement.tlog-proof"].decode())
        _origin, size, root, *_ = note.split("\n")
        assert root_by_rfc(leaf, index, int(size), path) == b64decode(root)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not here")
@scenario
async def test_ed25519_lines_hold_by_the_program_of_openssl(tmp_path: Path) -> None:
    """Step 4, with the key from the entry in the bundle."""
    files = await files_of(tmp_path)
    notes = [data.decode() for name, data in files.items() if name.startswith("checkpoints/")]
    assert len(notes) >= 2
    for note in notes:
        text, lines = note.split("\n\n", 1)
        origin = text.split("\n")[0]
        line = re.match(rf"— {origin} (\S+)\n", lines)
        assert line is not None
        signature = b64decode(line[1])[4:]
        key = ed25519_of(files, origin)
        (tmp_path / "text").write_bytes(text.encode() + b"\n")
        (tmp_path / "signature").write_bytes(signature)
        (tmp_path / "key.der").write_bytes(DER + key)
        command = [
            "openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "key.der",
            "-keyform", "DER", "-in", "text", "-sigfile", "signature",
        ]  # fmt: skip
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)  # noqa: S603, ASYNC221
        assert done.returncode == 0, done.stderr
        (tmp_path / "text").write_bytes(text.encode() + b"x\n")
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)  # noqa: S603, ASYNC221
        assert done.returncode != 0


def ed25519_of(files: dict[str, bytes], origin: str) -> bytes:
    """Return the key that an entry in the bundle lists for a log."""
    for name, data in files.items():
        if "/targets/parties/" in name:
            for node in loads(data)["nodes"]:
                for log in node["logs"]:
                    if log["origin"] == origin:
                        return b64decode(log["ed25519"])
    raise AssertionError(origin)
