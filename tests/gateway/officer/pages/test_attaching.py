"""Files of a draft and the entries that name them."""

from gateway.drafting import DraftFile
from gateway.officer.pages.attaching import path_in, with_files, without_file

FILE = DraftFile(
    n=0, name="a.pdf", media_type="x/y", size_bytes=1, parts=1, held=1, sha256=bytes(32)
)


def test_a_file_without_an_entry_gets_one() -> None:
    """Behind those that there are."""
    assert with_files({}, [FILE]) == {"attachments": [{"path": "a.pdf"}]}
    held = {"attachments": [{"path": "b.pdf"}, "odd"]}
    assert with_files(held, [FILE])["attachments"] == [{"path": "b.pdf"}, "odd", {"path": "a.pdf"}]
    assert held == {"attachments": [{"path": "b.pdf"}, "odd"]}


def test_what_has_its_entry_or_is_no_list_stays_as_it_is() -> None:
    """Nothing is written twice, nothing is replaced."""
    named = {"attachments": [{"path": "a.pdf", "role": "order"}]}
    assert with_files(named, [FILE]) == named
    assert with_files({"attachments": "odd"}, [FILE]) == {"attachments": "odd"}


def test_entries_go_with_their_file() -> None:
    """And the list with the last of them."""
    both = {"to": "FR", "attachments": [{"path": "a.pdf"}, {"path": "b.pdf"}]}
    assert without_file(both, "a.pdf") == {"to": "FR", "attachments": [{"path": "b.pdf"}]}
    assert without_file({"attachments": [{"path": "a.pdf"}]}, "a.pdf") == {}
    assert without_file({"attachments": 7}, "a.pdf") == {"attachments": 7}
    assert path_in("odd") is None
