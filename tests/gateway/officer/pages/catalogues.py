"""Keeps the catalogues of words: what pages use, what is missing, and adding it in one go.

    python -m tests.gateway.officer.pages.catalogues missing        # as lines to be filled in
    python -m tests.gateway.officer.pages.catalogues add < lines    # into all three languages
    python -m tests.gateway.officer.pages.catalogues prune          # takes out what nobody uses

A line is one JSON object: `{"ui": "Inbox", "fr": "...", "ar": "..."}`; with a plural
`{"ui": "%(n)s file", "many": "%(n)s files", "fr": ["...", "..."], "ar": [six]}`; the name of a
field `{"forms": "type.path", "en": "...", "fr": "..."}` with or without `ar`.
Catalogues are sorted and written by one hand, so that two changes at once do not collide.
"""

import ast
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from jinja2 import Environment
from jinja2.ext import extract_from_ast

from gateway.officer.adapters.languages import LANGUAGES

PAGES: Final = Path(__file__).parents[4] / "gateway" / "officer" / "pages"
OFFICER: Final = PAGES.parent
LOCALE: Final = PAGES / "locale"
PLURALS: Final = {
    "en": "nplurals=2; plural=(n != 1);",
    "fr": "nplurals=2; plural=(n > 1);",
    "ar": "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : "
    "n%100>=11 && n%100<=99 ? 4 : 5);",
}


@dataclass(frozen=True, slots=True, order=True)
class Sentence:
    """One id: a sentence, or its two English forms."""

    one: str
    many: str = ""


def used() -> set[Sentence]:
    """Return every sentence that a template or a module of the desk shows."""
    return {*_in_templates(), *_in_modules()}


def fields_used() -> set[str]:
    """Return the paths of fields that templates name outright."""
    environment = Environment(autoescape=True)
    return {
        text
        for path in (PAGES / "templates").rglob("*.html")
        for _, _, text in extract_from_ast(
            environment.parse(path.read_text("utf-8")), gettext_functions=("field",)
        )
        if isinstance(text, str)
    }


def _in_templates() -> Iterator[Sentence]:
    environment = Environment(autoescape=True)
    for path in (PAGES / "templates").rglob("*.html"):
        tree = environment.parse(path.read_text("utf-8"))
        for _, function, found in extract_from_ast(tree, gettext_functions=("_", "_n")):
            texts = found if isinstance(found, tuple) else (found,)
            known = [text for text in texts if isinstance(text, str)]
            if function == "_n" and len(known) == 2:
                yield Sentence(*known)
            elif known:
                yield Sentence(known[0])


def _in_modules() -> Iterator[Sentence]:
    for path in OFFICER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id="message"), args=[ast.Constant(value=str(text))]):
                    yield Sentence(text)
                case _:
                    pass


def place(language: str, domain: str) -> Path:
    """Return the file of a catalogue."""
    return LOCALE / language / "LC_MESSAGES" / f"{domain}.po"


def read(language: str, domain: str) -> dict[Sentence, tuple[str, ...]]:
    """Read a catalogue as it is written, without fuzzy entries' mercy."""
    path = place(language, domain)
    catalogue = Catalog(locale=language)
    if path.exists():
        with path.open("rb") as stream:
            catalogue = read_po(stream, locale=language)
    found: dict[Sentence, tuple[str, ...]] = {}
    for entry in catalogue:
        if not entry.id:
            continue
        ids = entry.id if isinstance(entry.id, tuple) else (entry.id,)
        texts = entry.string if isinstance(entry.string, tuple) else (entry.string or "",)
        found[Sentence(*ids)] = () if entry.fuzzy else tuple(map(str, texts))
    return found


def write(language: str, domain: str, entries: dict[Sentence, tuple[str, ...]]) -> None:
    """Write a catalogue: sorted, without dates."""
    head = (
        f'msgid ""\nmsgstr ""\n"Language: {language}\\n"\n'
        f'"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: {PLURALS[language]}\\n"\n'
    )
    parts = [head]
    for sentence, texts in sorted(entries.items()):
        if sentence.many:
            lines = [f"msgid {_quoted(sentence.one)}", f"msgid_plural {_quoted(sentence.many)}"]
            lines += [f"msgstr[{n}] {_quoted(text)}" for n, text in enumerate(texts)]
        else:
            lines = [f"msgid {_quoted(sentence.one)}", f"msgstr {_quoted(texts[0])}"]
        parts.append("\n".join(lines) + "\n")
    place(language, domain).write_text("\n".join(parts), encoding="utf-8")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def add(lines: list[dict[str, str | list[str]]]) -> None:
    """Put new entries into the catalogues.

    Args:
        lines: As said above.

    Raises:
        ValueError: A line names neither `ui` nor `forms`.
    """
    with (LOCALE / ".." / "__init__.py").open("rb") as lock:
        flock(lock, LOCK_EX)
        for domain in ("ui", "forms"):
            chosen = [line for line in lines if domain in line]
            for language in LANGUAGES if chosen else ():
                entries = read(language, domain)
                for line in chosen:
                    _put(entries, line, domain, language)
                write(language, domain, entries)
    if any("ui" not in line and "forms" not in line for line in lines):
        raise ValueError("a line names neither ui nor forms")


def _put(
    entries: dict[Sentence, tuple[str, ...]],
    line: dict[str, str | list[str]],
    domain: str,
    language: str,
) -> None:
    one, many = str(line[domain]), str(line.get("many", ""))
    own = (one, many) if many else (one,)
    given = line.get(language, own if domain == "ui" and language == LANGUAGES[0] else "")
    texts = tuple(given) if isinstance(given, (list, tuple)) else (given,)
    if any(texts):
        entries[Sentence(one, many)] = texts


def missing() -> list[dict[str, str | list[str]]]:
    """Return a line to fill in for each sentence that some language does not have."""
    held = {language: read(language, "ui") for language in LANGUAGES}
    return [
        {
            "ui": sentence.one,
            **({"many": sentence.many} if sentence.many else {}),
            "fr": "",
            "ar": "",
        }
        for sentence in sorted(used())
        if not all(all(held[language].get(sentence, ("",))) for language in LANGUAGES)
    ]


def prune() -> None:
    """Take out of `ui` what nothing shows any more."""
    wanted = used()
    for language in LANGUAGES:
        kept = {key: texts for key, texts in read(language, "ui").items() if key in wanted}
        write(language, "ui", kept)


def main(verb: str) -> None:
    """Do what the command line says."""
    match verb:
        case "missing":
            sys.stdout.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in missing())
        case "add":
            add([json.loads(line) for line in sys.stdin if line.strip()])
        case "prune":
            prune()
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main("".join(sys.argv[1:2]))
