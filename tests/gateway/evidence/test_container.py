"""The zip of a bundle: one spelling, and every trick of the format refused before it is read."""

import struct
import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.evidence.container import BundleError, Entry, measured, read_contents, tail_of
from protocol.evidence.manifest import MAX_FILES

FILES = {"envelope/blobs/000.bin": b"b" * 200_000, "manifest.json": b"{}", "README.txt": b"read"}


def plain(files: dict[str, bytes]) -> bytes:
    """Write files as a bundle does, whatever they are called."""
    entries = [measured(name, files[name])[0] for name in sorted(files)]
    return b"".join([*(one.local + files[one.name] for one in entries), tail_of(entries)])


def zipped(*files: tuple[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """Write files as the standard library does."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w", method) as held:
        for name, data in files:
            held.writestr(zipfile.ZipInfo(name), data, method)
    return target.getvalue()


def refused(data: bytes) -> str:
    """Check that bytes are no bundle; return what is said."""
    with pytest.raises(BundleError) as caught:
        read_contents(BytesIO(data))
    return str(caught.value)


def test_bundle_is_a_zip_that_other_tools_read() -> None:
    """Names, sizes, check sums, a date and a mode."""
    data = plain(FILES)
    with zipfile.ZipFile(BytesIO(data)) as held:
        assert held.testzip() is None
        assert {name: held.read(name) for name in held.namelist()} == FILES
        assert {one.date_time for one in held.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {one.external_attr >> 16 for one in held.infolist()} == {0o100644}


def test_bundle_is_read_back_and_attachments_stay_where_they_lie() -> None:
    """They may be larger than memory."""
    contents = read_contents(BytesIO(plain(FILES)))
    assert contents.small == {name: data for name, data in FILES.items() if "blob" not in name}
    (offset,) = contents.offsets.values()
    assert plain(FILES)[offset:].startswith(b"b" * 100)
    assert contents.marks["envelope/blobs/000.bin"].size == 200_000


@pytest.mark.parametrize(
    "name",
    [
        "../manifest.json", "/manifest.json", "envelope/../../x", "C:\\x", "inner.zip", "a/b",
        "envelope/body.bin/", "directory/" + "0" * 64 + "/metadata/../../x", "manifest.json\n",
        "statements/001-cover/preimage.bin", "statements/1-act/salt.bin", "envelope/blobs/1.bin",
    ],
)  # fmt: skip
def test_name_that_no_bundle_has_is_refused(name: str) -> None:
    """No path leaves its folder, no archive lies in another."""
    assert "name" in refused(plain({"manifest.json": b"{}", name: b"x"}))


def _twice() -> bytes:
    entries = [measured("manifest.json", b"{}")[0]] * 2
    return b"".join([*(one.local + b"{}" for one in entries), tail_of(entries)])


def _backwards() -> bytes:
    entries = [measured(name, b"x")[0] for name in ("summary.txt", "manifest.json")]
    return b"".join([*(one.local + b"x" for one in entries), tail_of(entries)])


def _longer() -> bytes:
    entry, _ = measured("manifest.json", b"{}")
    liar = Entry(name=entry.name, size=2**32 - 1, crc=entry.crc)
    end = struct.pack(
        "<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, len(liar.listed(0)), len(entry.local) + 2, 0
    )
    return entry.local + b"{}" + liar.listed(0) + end


def _many() -> bytes:
    return struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 65_535, 65_535, 0, 0, 0)


def _changed(old: bytes, new: bytes) -> Callable[[], bytes]:
    def made() -> bytes:
        data = plain(FILES)
        assert old in data
        return data.replace(old, new)

    return made


@pytest.mark.parametrize(
    "make",
    [
        _twice, _backwards, _longer, _many,
        lambda: b"", lambda: b"PK", lambda: b"x" * 100_000,
        lambda: plain({"README.txt": b"x"}),
        lambda: b"front" + plain(FILES),
        lambda: plain(FILES) + b"behind",
        lambda: plain(FILES)[:-1],
        lambda: plain(FILES)[:-2] + b"\1\0c",
        lambda: zipped(*FILES.items()),
        lambda: zipped(("manifest.json", b"0" * 50_000_000), method=zipfile.ZIP_DEFLATED),
        lambda: zipped(("manifest.json", b"{}"), ("manifest.json", b"[]")),
        _changed(b"PK\x03\x04\x0a\x00\x00\x00", b"PK\x03\x04\x0a\x00\x01\x00"),
        _changed(b"PK\x03\x04\x0a\x00\x00\x00", b"PK\x03\x04\x0a\x00\x08\x00"),
        _changed(b"PK\x01\x02\x0a\x03", b"PK\x01\x02\x2d\x03"),
        _changed(struct.pack("<I", 0o100644 << 16), struct.pack("<I", 0o120777 << 16)),
        _changed(b"read", b"raed"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_trick_of_the_format_is_refused(make: Callable[[], bytes]) -> None:
    """Twice the same name, a bomb, junk around, a link, a size that lies, flags, other writers."""
    refused(make())


def test_more_files_than_a_bundle_has_are_refused_before_they_are_read() -> None:
    """Time and memory are bounded by the list."""
    many = {f"statements/{n:03d}-{k}/salt.bin": b"" for n in range(999) for k in ("act", "receipt")}
    more = {f"envelope/blobs/{n:03d}.bin": b"" for n in range(999)}
    folders = {f"sightings/{n:03d}/salt.bin": b"" for n in range(999)}
    sealed = {f"statements/{n:03d}-silence/salt.bin": b"" for n in range(999)}
    files = {"manifest.json": b"{}", **many, **more, **folders, **sealed}
    assert len(files) > MAX_FILES
    assert "more files" in refused(plain(files))


def test_more_data_than_memory_should_hold_is_refused() -> None:
    """Attachments apart, which are never held."""
    assert "more data" in refused(plain({"manifest.json": b"{}", "README.txt": bytes(2**26)}))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_refused_with_our_error(data: bytes) -> None:
    """Never another one."""
    refused(data)
    refused(data + plain(FILES)[-22:])
