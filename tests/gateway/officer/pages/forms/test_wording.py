"""Words of forms: complete in both languages, for every field, value and fault."""

import ast
from itertools import product
from pathlib import Path

import pytest

from gateway.officer.adapters.languages import Languages
from gateway.officer.pages.forms.arranging import arrange
from gateway.officer.pages.forms.building import build
from gateway.officer.pages.forms.faulting import Fault, place
from gateway.officer.pages.forms.nodes import Control, Group, Node
from gateway.officer.pages.forms.widgets import CONDITIONS, fields_of
from gateway.officer.pages.forms.wording import Wording
from protocol.requests.catalogue import TYPES
from protocol.requests.check import check_document
from protocol.requests.consultation import DRAFTED
from protocol.requests.faults import FaultCode, Finding
from protocol.requests.forms import forms_below
from tests.protocol.requests.samples import TODAY, example

LANGUAGES = Languages.load()
REQUESTS = Path(__file__).parents[5] / "protocol" / "requests"


def words(page: str) -> Wording:
    """Return the words for pages in a language."""
    return Wording.of(LANGUAGES, page)


def walk(node: Node) -> None:
    """Ask for every word of a node and all below it, in both languages."""
    for page in ("en", "fr"):
        said = words(page)
        assert said.label(node)
        assert said.hint(node)
        assert said.trail(node)
        if node.condition is not None:
            assert said.condition(node, node.condition)
    if isinstance(node, Control):
        for page, choice in product(("en", "fr"), node.choices):
            assert "bdi" not in words(page).value(node, choice.value)
        return
    for each in node.nodes if isinstance(node, Group) else node.groups:
        walk(each)


def filled(name: str) -> dict[str, object]:
    """Return a document with one entry in every list of its body."""
    kind = TYPES[name]
    body: dict[str, object] = {
        each.name: [{}] for each in fields_of(kind.model) if each.many and each.form
    }
    return {"type": name, "copies_to": [{}], "attachments": [{}], "body": body}


@pytest.mark.parametrize("name", TYPES)
def test_every_field_of_every_form_has_its_words(name: str) -> None:
    """In English and in French."""
    kind = TYPES[name]
    root = build(kind, filled(name))
    for node in root.nodes:
        if node.name == "body":
            assert isinstance(node, Group)
            for each in node.nodes:
                walk(each)
        else:
            walk(node)
    for page, section in product(("en", "fr"), arrange(kind, root)):
        assert words(page).heading(section)


def test_drafts_of_consultations_have_their_words() -> None:
    """Their forms are made from those of requests."""
    kind = TYPES["pre_consultation"]
    for name in DRAFTED:
        walk(build(kind, {"body": {"draft_type": name, "draft": {"items": [{}]}}}).nodes[-1])


@pytest.mark.parametrize("page", ["en", "fr"])
def test_every_code_has_a_sentence(page: str) -> None:
    """An officer is told what to do."""
    for code in FaultCode:
        said = words(page).fault(Fault(node=None, code=code, sentence=""))
        assert str(said).endswith(".")


def sentences() -> set[str]:
    """Return the sentences that rules bring of their own."""
    return {
        node.value
        for path in REQUESTS.glob("*.py")
        if path.name != "messages.py"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_one(node.value)
    } - _docstrings()


def _is_one(text: str) -> bool:
    # Parts of sentences that are put together begin with a quotation mark or a blank.
    is_schema = text.startswith("A body of the type")
    whole = text.endswith(".") and " " in text and "\n" not in text and text[0] not in "` "
    return whole and not is_schema


def _docstrings() -> set[str | None]:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {
        ast.get_docstring(node)
        for path in REQUESTS.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, kinds)
    }


def test_every_sentence_of_a_rule_is_translated() -> None:
    """Those of one case are more help than that of the code."""
    held = [each for each in sentences() if not _is_constant_doc(each)]
    assert len(held) > 30
    for sentence in held:
        english, french = (words(page).text(f"rule.{sentence}") for page in ("en", "fr"))
        assert english != french


def _is_constant_doc(text: str) -> bool:
    """Tell whether a text stands alone below a constant, as its description."""
    return any(
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and node.value.value == text
        for path in REQUESTS.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
    )


def test_a_page_in_another_language_shows_english_marked_as_such() -> None:
    """Forms speak the official languages of the Council of Europe."""
    root = build(TYPES["note"], {})
    assert 'lang="en"' in words("ar").label(root.nodes[0])
    assert "bdi" not in words("fr").label(root.nodes[0])


def test_faults_are_tied_to_their_fields() -> None:
    """Each error of an empty form has a place on the page."""
    for name, kind in TYPES.items():
        document = {"type": name, "body": {}}
        root = build(kind, document)
        faults = place(root, check_document(document, today=TODAY).errors)
        assert faults.all
        assert all(fault.node is not None for fault in faults.all)
        assert set(faults.names) == {fault.node.name for fault in faults.all if fault.node}


def finding(path: str, code: FaultCode = FaultCode.MISSING) -> Finding:
    """Return a finding of the check."""
    return Finding(path=path, code=code, message="Words.")


def test_a_fault_below_a_field_is_shown_at_the_field() -> None:
    """A line of a list, a field that the form does not know, the whole document."""
    document = example("preservation_request") | {"colour": 1}
    root = build(TYPES["preservation_request"], document)
    faults = place(
        root,
        [
            finding("body.requesting_authority.languages[1]", FaultCode.UNKNOWN_LANGUAGE),
            finding("body.items[0].colour.red", FaultCode.UNKNOWN_FIELD),
            finding("colour", FaultCode.UNKNOWN_FIELD),
            finding("", FaultCode.TOO_DEEP),
            finding("body.urgency_reasons[0]", FaultCode.NOT_ALLOWED_VALUE),
        ],
    ).all
    said = words("en")
    assert [fault.node.name if fault.node else "" for fault in faults] == [
        "body.requesting_authority.languages",
        "body.items[0]",
        "",
        "",
        "body.urgency_reasons",
    ]
    assert str(said.summary(faults[0])).startswith("Languages: Line 2: ")
    assert str(said.summary(faults[1])).startswith(f"{said.label(faults[1].node)}: ")  # type: ignore[arg-type]
    assert said.summary(faults[2]) == said.fault(faults[2])


def test_a_moment_says_which_of_its_fields_is_wrong() -> None:
    """As the wireframe has it: enter a time zone."""
    document = {"body": {"items": [{"period": {"start": "20\n11\n2026\n17:40\n"}}]}}
    root = build(TYPES["preservation_request"], document)
    (fault,) = place(root, [finding("body.items[0].period.start", FaultCode.BAD_TIME)]).all
    assert fault.code is FaultCode.NAIVE_TIME
    assert words("en").summary(fault) == "Time zone (1): Enter a time zone."


def test_a_sentence_that_nobody_translated_is_that_of_the_code() -> None:
    """Better a general sentence in the right language."""
    fault = Fault(node=None, code=FaultCode.MISSING, sentence="Unheard of.")
    assert words("fr").fault(fault) == "À remplir."


def test_conditions_name_fields_and_values_that_there_are() -> None:
    """A table beside the models must not go stale."""
    forms = {
        base.__name__: form
        for kind in TYPES.values()
        for form in (*forms_below(kind.model), *forms_below(TYPES["note"].model))
        for base in form.__mro__
    }
    for (name, field), condition in CONDITIONS.items():
        if name == "Document":
            continue
        known = {each.name: each for each in fields_of(forms[name])}
        assert field in known
        assert set(condition.values) <= set(known[condition.by].values)
