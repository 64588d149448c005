"""What pages show of a form: what is in sight, faults in the page's order, answers to be read."""

from gateway.officer.adapters.languages import Languages
from gateway.officer.pages.forms.arranging import arrange, names_in_order
from gateway.officer.pages.forms.building import build
from gateway.officer.pages.forms.faulting import place
from gateway.officer.pages.forms.nodes import Control, Group, Node
from gateway.officer.pages.forms.printing import differences, printed
from gateway.officer.pages.forms.showing import Shown
from gateway.officer.pages.forms.wording import Wording
from protocol.requests.catalogue import TYPES
from protocol.requests.check import check_document
from protocol.requests.faults import FaultCode, Finding
from tests.protocol.requests.samples import TODAY, example

WORDS = Wording.of(Languages.load(), "en")
KIND = TYPES["preservation_request"]


def node(root: Group, *names: str) -> Node:
    """Return a field of a form by the names on the way to it."""
    found: Node = root
    for name in names:
        assert isinstance(found, Group)
        found = next(each for each in found.nodes if each.path[-1] == name)
    return found


def test_faults_are_listed_in_the_order_of_the_page() -> None:
    """Whoever mends them goes down the page once."""
    document = {"type": KIND.name, "body": {}}
    root = build(KIND, document)
    sections = arrange(KIND, root)
    order = tuple(name for each in sections for name in names_in_order(each.nodes))
    faults = place(root, check_document(document, today=TODAY).errors)
    listed = list(Shown(words=WORDS, faults=faults, order=order).errors)
    assert listed.index("to") < listed.index("handling_code") < listed.index("body.case_reference")
    assert "body.request_date~day" in listed
    assert "body.request_status~is~new_request" in listed


def test_two_faults_of_one_field_are_one_line_and_lost_ones_come_first() -> None:
    """Nothing that is wrong is left out."""
    root = build(KIND, {"to": "x"})
    findings = [
        Finding(path="to", code=FaultCode.BAD_FORMAT, message="x"),
        Finding(path="", code=FaultCode.TOO_DEEP, message="x"),
        Finding(path="to", code=FaultCode.UNKNOWN_COUNTRY, message="x"),
    ]
    errors = Shown(words=WORDS, faults=place(root, findings), order=("to",)).errors
    assert list(errors) == ["", "to"]
    assert str(errors["to"]).count("To: ") == 2


def test_what_does_not_go_with_a_choice_is_folded_until_it_is_at_fault() -> None:
    """And never while something stands in it."""
    root = build(KIND, {"handling_code": "H1"})
    text = node(root, "handling_text")
    assert not Shown(words=WORDS).is_open(text)
    fault = Finding(path="handling_text", code=FaultCode.MISSING, message="x")
    assert Shown(words=WORDS, faults=place(root, [fault])).is_open(text)
    assert Shown(words=WORDS).is_open(node(build(KIND, {"handling_text": "x"}), "handling_text"))
    met = node(build(KIND, {"handling_code": "H3"}), "handling_text")
    assert not met.is_apart


def test_warnings_stand_at_their_field() -> None:
    """What the receiver will ask for."""
    document = example("preservation_request")
    document["body"]["items"][0]["targets"] = [{"kind": "ip", "value": "192.0.2.1"}]
    root = build(KIND, document)
    others = place(root, check_document(document, today=TODAY).warnings)
    port = others.all[0].node
    assert port is not None
    assert "source port" in Shown(words=WORDS, others=others).warning(port)
    assert Shown(words=WORDS).warning(port) == ""


def test_answers_are_read_with_days_times_and_what_no_field_holds() -> None:
    """In one language, or in both."""
    kind = TYPES["emergency_disclosure_request"]
    document = {
        "valid_until": "2026-12-01T10:00:00+02:00",
        "mood": "odd",
        "copies_to": "none",
        "body": {
            "special_procedure": None,
            "issued_on": "31\n2\n2026",
            "items": [{"item_id": "7"}],
        },
    }
    root = build(kind, document)
    rows = {row.name: row for each in printed(arrange(kind, root), [WORDS]) for row in each.rows}
    assert rows["body.special_procedure"].values == ("None",)
    assert "2026-12-01 10:00 +02:00" in rows["valid_until"].values[0]
    assert "08:00:00 UTC" in rows["valid_until"].values[0]
    assert "2026-2-31" in rows["body.issued_on"].values[0]
    assert "none" in rows["copies_to"].values[0]
    assert not any(row.is_changed for row in rows.values())


def test_texts_of_one_draft_are_compared_answer_by_answer() -> None:
    """Added, taken away, changed."""
    one = build(KIND, {"to": "FR", "language": "fr", "urgency": "routine"})
    other = build(KIND, {"to": "RO", "urgency": "routine", "classification": "X"})
    found = differences(one, other, WORDS)
    assert [str(each.label) for each in found] == ["To", "Language", "National classification"]
    assert "FR" in found[0].mine
    assert found[2].mine == ""
    assert found[1].theirs == ""


def test_rows_of_text_grow_with_what_stands_in_them() -> None:
    """Lists are read whole."""
    root = build(KIND, {"body": {"facts": "x", "requesting_authority": {"languages": ["a", "b"]}}})
    languages = node(root, "body", "requesting_authority", "languages")
    facts = node(root, "body", "facts")
    assert isinstance(languages, Control)
    assert isinstance(facts, Control)
    shown = Shown(words=WORDS)
    assert (shown.rows(languages), shown.rows(facts)) == (3, 5)
    assert shown.is_optional(languages)
    assert not shown.is_optional(facts)


def test_what_stands_in_place_of_a_form_is_shown_as_it_is() -> None:
    """And a value that the form does not have."""
    document = {"mood": "odd", "urgency": "soon", "body": {"proceedings": 7}}
    root = build(KIND, document)
    rows = {row.name: row for each in printed(arrange(KIND, root), [WORDS]) for row in each.rows}
    assert "soon" in rows["urgency"].values[0]
    assert "7" in rows["body.proceedings"].values[0]
    shown = Shown(words=WORDS)
    kinds = {shown.kind(each) for each in (root, *root.nodes)}
    assert {"group", "entries", "line", "radios", "ticks", "moment"} <= kinds
    body = root.nodes
    assert len(shown.opened(body)) + len(shown.folded(body)) == len(body)
