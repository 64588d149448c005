"""A round of pings as a file: CSV for tables, JSON for programs, a page for people.

The JSON is byte for byte what the node stated the digest of when it closed the round. Cells of the
CSV that a spreadsheet would take for a formula begin with an apostrophe; the page needs no network
and runs no script.
"""

import csv
import json
from collections.abc import Sequence
from enum import StrEnum
from html import escape
from io import StringIO
from typing import Final, assert_never

from gateway.officer.shapes.pings import AvailabilityView, OutcomeItem, RoundView

FIELDS: Final = (
    "node",
    "node_ok",
    "node_ms",
    "human_ok",
    "human_seconds",
    "details_valid",
    "why",
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_STYLE: Final = (
    "body{font:16px sans-serif;margin:2em;max-width:75em}table{border-collapse:collapse}"
    "th,td{border:1px solid #767676;padding:.3em .6em;text-align:left}"
    "caption{text-align:left;padding:.5em 0;font-weight:bold}"
    ".no{background:#fdd}.ok{background:#dfd}"
)


class Form(StrEnum):
    """How a report is written; the end of its file's name says it."""

    CSV = "csv"
    JSON = "json"
    HTML = "html"


def report(view: RoundView, form: Form, matrix: AvailabilityView | None = None) -> bytes:
    """Return a round as a file.

    Args:
        view: The round.
        form: How it is written.
        matrix: The availability of the last days, for the page.
    """
    match form:
        case Form.CSV:
            return _csv(view.items)
        case Form.JSON:
            return _json(view.items)
        case Form.HTML:
            return _page(view, matrix)
        case _:
            assert_never(form)


def counted(items: Sequence[OutcomeItem]) -> str:
    """Return the numbers of a round in words."""
    nodes = sum(1 for one in items if one.node_ok)
    desks = sum(1 for one in items if one.human_ok)
    wait = sum(1 for one in items if one.node_ok is None or one.human_ok is None)
    end = f", {wait} still open" if wait else ""
    return f"{len(items)} asked: {nodes} nodes and {desks} desks answered{end}"


def in_word(value: bool | None) -> str:  # noqa: FBT001  one value and its word
    """Return `ok`, `no`, or `...` for what is not known yet."""
    return "..." if value is None else "ok" if value else "no"


def _json(items: Sequence[OutcomeItem]) -> bytes:
    fields = [one.model_dump(mode="json") for one in items]
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def _csv(items: Sequence[OutcomeItem]) -> bytes:
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(FIELDS)
    for one in items:
        row = one.model_dump(mode="json")
        writer.writerow([_cell(row[name]) for name in FIELDS])
    return text.getvalue().encode()


def _cell(value: object) -> str:
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _page(view: RoundView, matrix: AvailabilityView | None) -> bytes:
    title = escape(view.campaign or f"Ping {view.number}")
    stated = ""
    if view.log is not None:
        stated = f"<p>Stated as {escape(view.log.origin)} #{view.log.index}.</p>"
    rows = "".join(map(_row, view.items))
    heads = "".join(
        f'<th scope="col">{head}</th>'
        for head in ("Node", "Machine", "ms", "Desk", "Seconds", "Details right", "Why")
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><h1>{title}</h1>"
        f"<p>{escape(counted(view.items))}. Asked {view.began}, open until {view.expires}.</p>"
        f"{stated}<table><caption>Nodes and desks</caption><thead><tr>{heads}</tr></thead>"
        f"<tbody>{rows}</tbody></table>{'' if matrix is None else _matrix(matrix)}</body></html>\n"
    ).encode()


def _row(one: OutcomeItem) -> str:
    cells = (
        f'<th scope="row">{escape(one.node)}</th>',
        _marked(one.node_ok),
        _plain(one.node_ms),
        _marked(one.human_ok),
        _plain(one.human_seconds),
        _marked(one.details_valid),
        _plain(one.why),
    )
    return f"<tr>{''.join(cells)}</tr>"


def _matrix(matrix: AvailabilityView) -> str:
    heads = "".join(f'<th scope="col">{day}</th>' for day in matrix.days)
    rows = []
    for node in matrix.items:
        known = {each.day: each for each in node.days}
        cells = "".join(
            _plain(f"{known[day].answered}/{known[day].called}" if day in known else None)
            for day in matrix.days
        )
        rows.append(f'<tr><th scope="row">{escape(node.node)}</th>{cells}</tr>')
    return (
        "<table><caption>Calls answered, by day</caption>"
        f'<thead><tr><th scope="col">Node</th>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _marked(value: bool | None) -> str:  # noqa: FBT001  one value and its cell
    if value is None:
        return "<td></td>"
    word = in_word(value)
    return f'<td class="{word}">{word}</td>'


def _plain(value: object) -> str:
    return f"<td>{'' if value is None else escape(str(value))}</td>"
