"""How commands show what a node says: harmless text, times in words, tables.

Whatever came from outside passes through `foreign` before it reaches a terminal: a document may
hold escape sequences that rewrite the screen, or bidi marks that turn a reference around.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from gateway.errors import UsageError
from gateway.officer.shapes.delivery import AttemptView
from gateway.officer.shapes.models import (
    CardView,
    CaseClock,
    ClockView,
    ContentView,
    MessageItem,
    MessageView,
    ThreadView,
    TimelineEntry,
)
from gateway.officer.shapes.moments import milliseconds
from gateway.officer.shapes.problems import Fault

_UNSAFE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_UNIT_S: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_MINUTE_MS: Final = 60_000
_HOUR_MIN: Final = 60
_DAY_MIN: Final = 24 * 60
_MAX_DIGITS: Final = 6


def foreign(text: str) -> str:
    r"""Return text with everything that a terminal or a reader could be misled by written out.

    Args:
        text: Whatever somebody else wrote.

    Returns:
        The same text; control, format and bidi characters, line and paragraph separators, lone
        surrogates and unassigned characters stand as `\u{202e}`.
    """
    return "".join(
        f"\\u{{{ord(sign):x}}}" if unicodedata.category(sign) in _UNSAFE else sign for sign in text
    )


def lines_of(value: object, indent: int = 0) -> Iterable[str]:
    """Yield a document as indented lines for people; every text in it is made harmless.

    Args:
        value: What JSON can hold.
        indent: Blanks before each line.
    """
    blank = " " * indent
    match value:
        case Mapping():
            for name, inner in value.items():
                yield from _entry(f"{blank}{foreign(str(name))}:", inner, indent)
        case list() | tuple():
            for inner in value:
                yield from _entry(f"{blank}-", inner, indent)
        case _:
            yield blank + _scalar(value)


def local_time(at: str) -> str:
    """Return a time of the API in local wording and UTC: `21 Nov 2026 16:05:40 EET (14:05:40Z)`.

    Args:
        at: RFC 3339.
    """
    moment = datetime.fromtimestamp(milliseconds(at) / 1000, UTC)
    here = moment.astimezone()
    utc = "%H:%M:%SZ" if here.date() == moment.date() else "%d %b %H:%M:%SZ"
    return f"{here:%d %b %Y %H:%M:%S %Z} ({moment.strftime(utc)})"


def in_words(due: str | None, now_ms: int) -> str:
    """Return how far a due time is: `in 3 h 10 min`, `40 min late`; `-` if there is none.

    Args:
        due: RFC 3339, or None.
        now_ms: The present time.
    """
    if due is None:
        return "-"
    left_ms = milliseconds(due) - now_ms
    span = _span(abs(left_ms) // _MINUTE_MS)
    return f"in {span}" if left_ms >= 0 else f"{span} late"


def seconds_of(text: str) -> float:
    """Read a duration: `45s`, `30m`, `2h`, `1d`, or seconds.

    Args:
        text: What stood on the command line.

    Raises:
        UsageError: Not a duration.
    """
    number, unit = (text[:-1], text[-1]) if text and text[-1] in _UNIT_S else (text, "s")
    if not (number.isascii() and number.isdigit() and len(number) <= _MAX_DIGITS):
        raise UsageError("a duration is written as 45s, 30m, 2h or 1d")
    return float(int(number) * _UNIT_S[unit])


def message_rows(items: Sequence[MessageItem], now_ms: int) -> list[list[str]]:
    """Return the rows of a list of messages, in the order of `MESSAGE_HEADS`."""
    return [
        [
            item.mid,
            item.state,
            in_words(item.due, now_ms),
            f"{item.party} {foreign(item.party_name)}",
            foreign(item.type or "-"),
            foreign(item.reference or "-"),
            item.urgency,
            foreign(item.handling or "-"),
            "-" if item.late is None else f"{item.late.missing} {item.late.stage}",
            item.code,
        ]
        for item in items
    ]


MESSAGE_HEADS: Final = (
    "Message",
    "State",
    "Due",
    "Party",
    "Type",
    "Reference",
    "Urgency",
    "Handling",
    "Late",
    "Code",
)


def message_lines(view: MessageView, now_ms: int) -> Iterable[str]:
    """Yield one message for people: what it is, its clocks, what to do, its timeline."""
    yield f"message    {view.mid}"
    yield f"code       {view.code} ({view.spoken})"
    yield f"thread     {view.thread or '-'}"
    yield f"from, to   {view.sender} -> {view.recipient} ({foreign(view.party_name)})"
    yield f"type       {foreign(view.type or 'not known yet')}, {view.urgency}"
    yield f"reference  {foreign(view.reference or '-')}"
    yield f"state      {view.state}" + (f": {foreign(view.why)}" if view.why else "")
    yield f"written    {local_time(view.at)}"
    yield f"expires    {local_time(view.expires)}"
    for clock in view.clocks:
        yield _clock_line(clock, now_ms)
    if view.copy_of is not None:
        yield f"copy of    {view.copy_of}"
    for sentence in view.advice:
        yield f"late       {foreign(sentence)}"
    if view.card is not None:
        yield from _card_lines(view.card)
    for entry in view.timeline:
        yield timeline_line(entry)


def _card_lines(card: CardView) -> Iterable[str]:
    """Yield a telephone card; every text in it is another Party's."""
    other = " (stands in for the one addressed)" if card.is_other else ""
    yield f"call       {card.node} {foreign(card.name)}, {foreign(card.remit)}{other}"
    for each in card.telephones:
        remark = "" if each.remark is None else f", {foreign(each.remark)}"
        yield f"  phone    {foreign(each.number)}{remark}"
    if card.email is not None:
        yield f"  mail     {foreign(card.email)}"
    yield f"  hours    {foreign(card.hours)}, {foreign(card.time_zone)}"
    yield f"  speaks   {', '.join(map(foreign, card.languages))}"


def case_lines(view: ThreadView, now_ms: int) -> Iterable[str]:
    """Yield where a case stands: its state, items, clocks, what may be sent now."""
    side = {"Q": "we ask", "A": "we are asked", None: "not one of its two sides"}[view.side]
    ending = "" if view.ending is None else f" ({view.ending})"
    state = view.state or "its first message is not here"
    yield f"case       {view.thread}, {state}{ending}; {side}"
    for request in view.requests:
        yield f"request    {request.mid} {foreign(request.type)}: {request.state}"
        for item in request.items:
            until = item.preserved_until
            kept = "" if until is None else f", preserved until {local_time(until)}"
            yield f"  item     {foreign(item.item_id)}: {item.status}{kept}"
    for clock in view.clocks:
        yield _case_clock_line(clock, now_ms)
    for entry in view.items:
        if entry.out_of_order is not None:
            yield f"no effect  {entry.mid} {foreign(entry.type or '-')}: {entry.out_of_order}"
    if view.sendable:
        yield f"may send   {', '.join(view.sendable)}"


def _case_clock_line(clock: CaseClock, now_ms: int) -> str:
    item = "" if clock.item_id is None else f" of {foreign(clock.item_id)}"
    due = "" if clock.due is None else f", {in_words(clock.due, now_ms)} ({local_time(clock.due)})"
    law = "" if clock.article is None else f", {clock.article}"
    return f"clock      {clock.what}{item}: {clock.state}{due}{law}"


def timeline_line(entry: TimelineEntry) -> str:
    """Return one thing that happened."""
    leaf = "" if entry.log is None else f"  {entry.log.origin} #{entry.log.index}"
    return f"{local_time(entry.at)}  {foreign(entry.what)}  {foreign(entry.by)}{leaf}"


def content_lines(view: ContentView) -> Iterable[str]:
    """Yield a document and its attachments for people."""
    yield from lines_of(view.document)
    for each in view.files:
        yield (
            f"attachment {each.index}: {foreign(each.name)}, {each.size_bytes} bytes, "
            f"{foreign(each.media_type)}"
        )


def attempt_line(attempt: AttemptView) -> str:
    """Return one attempt to deliver, with its reason and the next one."""
    following = "" if attempt.next is None else f", next {local_time(attempt.next)}"
    what = f"{foreign(attempt.what)}: {foreign(attempt.outcome)}"
    return f"{local_time(attempt.at)}  {attempt.kind}  {what}{following}"


def fault_line(fault: Fault) -> str:
    """Return one fault of a document: where, which rule, in words."""
    return f"{foreign(fault.path) or 'document'}: {foreign(fault.message)} ({foreign(fault.code)})"


def _clock_line(clock: ClockView, now_ms: int) -> str:
    shown = in_words(clock.due, now_ms) if clock.state in {"running", "overdue"} else clock.state
    return f"clock      {clock.name} {shown}, due {local_time(clock.due)}"


def _entry(head: str, value: object, indent: int) -> Iterable[str]:
    if isinstance(value, Mapping | list | tuple):
        yield head
        yield from lines_of(value, indent + 2)
    elif isinstance(value, str) and "\n" in value:
        yield head
        for line in value.split("\n"):
            yield " " * (indent + 2) + foreign(line)
    else:
        yield f"{head} {_scalar(value)}"


def _scalar(value: object) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case _:
            return foreign(str(value))


def _span(minutes: int) -> str:
    if minutes < _HOUR_MIN:
        return f"{minutes} min"
    if minutes < _DAY_MIN:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes // _DAY_MIN} d {minutes % _DAY_MIN // 60} h"
