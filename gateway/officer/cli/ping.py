"""`a35 ping`: ask nodes and the people at them, answer those who ask, report campaigns."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Final

import typer

from gateway.clock import SystemClock
from gateway.errors import NotYetError, StorageError, UsageError
from gateway.officer.cli.output import foreign, in_words, local_time, seconds_of
from gateway.officer.cli.session import at_desk
from gateway.officer.client import Client
from gateway.officer.pings import PingDesk
from gateway.officer.reports import Form, counted, in_word, report
from gateway.officer.shapes.pings import (
    MAX_DAYS,
    MAX_HOURS,
    AskedList,
    AvailabilityView,
    DetailsView,
    OutcomeItem,
    RoundView,
)
from gateway.terminal import HomeOption, JsonOption, Terminal

app = typer.Typer()


class Step(Enum):
    """What a person does to a round that is under way, in the order of the options."""

    PAUSE = "pause"
    RESUME = "resume"
    END = "end"


_STEPS: Final = {
    Step.PAUSE: PingDesk.pause,
    Step.RESUME: PingDesk.resume,
    Step.END: PingDesk.close,
}
_STEERED: Final = {
    Step.PAUSE: "is paused: nobody further is asked, answers still count",
    Step.RESUME: "goes on",
    Step.END: "is over, as the log states",
}

HEADS: Final = ("Node", "Machine", "ms", "Desk", "Seconds", "Details right", "Why")
_LOOK_S: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the command line asks for besides whom."""

    parties: tuple[str, ...]
    campaign: str | None
    everybody: bool
    show: int | None
    hours: int
    timeout_s: float
    file: Path | None


@app.command(epilog='Example: a35 ping --campaign "autumn 2026" --all --report autumn.html')
def ping(
    parties: Annotated[
        list[str] | None,
        typer.Argument(metavar="PARTY...", help="Whom to ask: CC for a Party, CC/n for a node."),
    ] = None,
    *,
    home: HomeOption,
    everybody: Annotated[bool, typer.Option("--all", help="Ask every active node.")] = False,
    campaign: Annotated[
        str | None,
        typer.Option(
            "--campaign", metavar="NAME", help="Give the round a name; the same name goes on."
        ),
    ] = None,
    hours: Annotated[
        int, typer.Option("--hours", min=1, max=MAX_HOURS, help="How long people have to answer.")
    ] = 24,
    timeout: Annotated[
        str, typer.Option("--timeout", help="How long to watch: 45s, 30m, 2h; the round goes on.")
    ] = "60s",
    file: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE", help="Write a report: .csv, .json or .html."),
    ] = None,
    show: Annotated[
        int | None, typer.Option("--show", metavar="N", help="Go on watching round N.")
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="List the rounds.")] = False,
    pause: Annotated[
        int | None,
        typer.Option("--pause", metavar="N", help="Ask nobody further in round N; answers count."),
    ] = None,
    resume: Annotated[
        int | None, typer.Option("--resume", metavar="N", help="Let round N go on.")
    ] = None,
    end: Annotated[
        int | None,
        typer.Option("--end", metavar="N", help="End round N now; the log states what came."),
    ] = None,
    asked: Annotated[
        bool, typer.Option("--asked", help="List what other desks ask of this one.")
    ] = False,
    code: Annotated[
        str | None, typer.Option("--answer", metavar="CODE", help="Answer the ping of this code.")
    ] = None,
    changed: Annotated[
        str | None,
        typer.Option(
            "--changed",
            metavar="TEXT",
            help="With --answer: the directory's details of this desk are not right any more.",
        ),
    ] = None,
    days: Annotated[
        int | None,
        typer.Option(
            "--availability", metavar="DAYS", min=1, max=MAX_DAYS, help="Show who answered when."
        ),
    ] = None,
    json: JsonOption = False,
) -> int:
    """Ask whether other nodes, and the people at them, are there.

    The machine answers by itself; the person at the other desk types a code and says whether the
    directory's details are right. Without a Party it lists what others ask of this desk.

    Raises:
        UsageError: Options that do not go together.
    """
    terminal = Terminal(json=json)
    wanted = Wanted(
        parties=tuple(parties or ()),
        campaign=campaign,
        everybody=everybody,
        show=show,
        hours=hours,
        timeout_s=seconds_of(timeout),
        file=file,
    )
    if code is not None:
        return _answer(home, terminal, code, changed)
    if changed is not None:
        raise UsageError("--changed goes with --answer CODE")
    if days is not None:
        return _availability(home, terminal, days)
    steered = [
        (step, of) for step, of in zip(Step, (pause, resume, end), strict=True) if of is not None
    ]
    if steered:
        return _steer(home, terminal, steered)
    if listed:
        return _list(home, terminal)
    if asked or not (wanted.parties or everybody or show is not None or campaign):
        return _asked(home, terminal)
    return _round(home, terminal, wanted)


def _round(home: Path, terminal: Terminal, wanted: Wanted) -> int:
    """Begin a round or go on with one; watch it, show it, write its report.

    Raises:
        UsageError: Whom to ask is not said, or twice; or a report of no known form.
    """
    if wanted.everybody and wanted.parties:
        raise UsageError("name Parties or say --all, not both")
    form = None if wanted.file is None else _form(wanted.file)

    async def work(desk: Client) -> int:
        view = await _begun(desk, wanted)
        terminal.note(f"round {view.number}, open {in_words(view.expires, _now_ms())}")
        view = await _watched(desk, view, terminal, wanted.timeout_s)
        if wanted.file is not None and form is not None:
            matrix = await desk.pings.availability(days=14) if form is Form.HTML else None
            _write(wanted.file, report(view, form, matrix))
            terminal.note(f"written: {wanted.file}")
        terminal.document([item.model_dump(mode="json") for item in view.items])
        terminal.table(HEADS, list(map(_row, view.items)))
        terminal.say(counted(view.items))
        if _is_over(view):
            return 0
        terminal.note(f"not everybody has answered yet: a35 ping --show {view.number}")
        return NotYetError.exit_code  # no error: what is known stands on standard output

    return at_desk(home, work)


async def _begun(desk: Client, wanted: Wanted) -> RoundView:
    """Return the round that is meant.

    Raises:
        UsageError: A campaign that is not there, and nobody named to begin it with.
    """
    if wanted.show is not None:
        return await desk.pings.board(wanted.show)
    if not wanted.parties and not wanted.everybody:
        for known in (await desk.pings.rounds()).items:
            if known.campaign == wanted.campaign:
                return await desk.pings.board(known.number)
        raise UsageError("there is no campaign of this name", hint="begin it with --all")
    return await desk.pings.begin(wanted.parties, campaign=wanted.campaign, hours=wanted.hours)


async def _watched(
    desk: Client, view: RoundView, terminal: Terminal, timeout_s: float
) -> RoundView:
    """Show how a round goes until it is over, or the time is."""
    clock = SystemClock()
    end_s = clock.monotonic_s() + timeout_s
    while not _is_over(view) and clock.monotonic_s() < end_s:
        terminal.progress(counted(view.items))
        await clock.sleep(min(_LOOK_S, max(0.0, end_s - clock.monotonic_s())))
        view = await desk.pings.board(view.number)
    terminal.progress("")
    return view


def _steer(home: Path, terminal: Terminal, steered: Sequence[tuple[Step, int]]) -> int:
    """Pause a round, let it go on, or end it.

    Raises:
        UsageError: Two of these at once.
    """
    if len(steered) > 1:
        raise UsageError("say one of --pause, --resume and --end")
    step, number = steered[0]

    async def work(desk: Client) -> int:
        view = await _STEPS[step](desk.pings, number)
        terminal.document(view.model_dump(mode="json"))
        terminal.say(f"round {view.number} {_STEERED[step]}; so far {counted(view.items)}")
        return 0

    return at_desk(home, work)


def _asked(home: Path, terminal: Terminal) -> int:
    async def work(desk: Client) -> int:
        view = await desk.pings.asked()
        terminal.document(view.model_dump(mode="json"))
        for line in asked_lines(view, _now_ms()):
            terminal.say(line)
        return 0

    return at_desk(home, work)


def _answer(home: Path, terminal: Terminal, code: str, changed: str | None) -> int:
    async def work(desk: Client) -> int:
        view = await desk.pings.answer(code, details_valid=changed is None, note=changed)
        terminal.document(view.model_dump(mode="json"))
        said = "are right" if changed is None else "have changed"
        terminal.say(f"{view.reply} queued: tells {view.node} that our details {said}")
        return 0

    return at_desk(home, work)


def _list(home: Path, terminal: Terminal) -> int:
    async def work(desk: Client) -> int:
        view = await desk.pings.rounds()
        terminal.document([item.model_dump(mode="json") for item in view.items])
        terminal.table(
            ("Round", "Campaign", "Began", "Paused", "Closed"),
            [
                [
                    str(item.number),
                    foreign(item.campaign or "-"),
                    local_time(item.began),
                    "-" if item.paused is None else local_time(item.paused),
                    "-" if item.closed is None else local_time(item.closed),
                ]
                for item in view.items
            ],
        )
        return 0

    return at_desk(home, work)


def _availability(home: Path, terminal: Terminal, days: int) -> int:
    async def work(desk: Client) -> int:
        view = await desk.pings.availability(days=days)
        terminal.document(view.model_dump(mode="json"))
        terminal.table(("Node", *view.days), availability_rows(view))
        return 0

    return at_desk(home, work)


def availability_rows(view: AvailabilityView) -> list[list[str]]:
    """Return the rows of the matrix: calls answered of calls made, by day.

    Args:
        view: As the node gives it.
    """
    rows = []
    for node in view.items:
        known = {each.day: f"{each.answered}/{each.called}" for each in node.days}
        rows.append([node.node, *(known.get(day, "-") for day in view.days)])
    return rows


def asked_lines(view: AskedList, now_ms: int) -> list[str]:
    """Return what the person on duty reads: whose ping, its code, and what the directory says.

    Args:
        view: As the node gives it.
        now_ms: The present time.
    """
    if not view.items:
        return ["Nobody waits for an answer to a ping."]
    lines = []
    for item in view.items:
        name = "" if item.campaign is None else f" ({foreign(item.campaign)})"
        code = f"{item.code[:3]} {item.code[3:]}"
        lines.append(f"Ping from {item.node}{name}: code {code}, {in_words(item.expires, now_ms)}")
    lines += _details_lines(view.details)
    lines.append('Answer: a35 ping --answer CODE, or with --changed "what is not right"')
    return lines


def _details_lines(details: DetailsView | None) -> list[str]:
    if details is None:
        return ["The directory has no point of contact for this desk: tell the authority."]
    return [
        "The directory says of this desk:",
        f"  {foreign(details.name)}; {foreign(details.remit)}",
        f"  {foreign(details.hours)} ({details.time_zone}); {' '.join(details.languages)}",
        f"  telephone {', '.join(details.telephones)}; electronic mail {details.email or '-'}",
    ]


def _row(item: OutcomeItem) -> list[str]:
    return [
        item.node,
        in_word(item.node_ok),
        "-" if item.node_ms is None else str(item.node_ms),
        in_word(item.human_ok),
        "-" if item.human_seconds is None else str(item.human_seconds),
        "-" if item.details_valid is None else in_word(item.details_valid),
        foreign(item.why or "-"),
    ]


def _is_over(view: RoundView) -> bool:
    return all(item.node_ok is not None and item.human_ok is not None for item in view.items)


def _form(file: Path) -> Form:
    """Return the form that a file's name asks for.

    Raises:
        UsageError: None of the three.
    """
    try:
        return Form(file.suffix.removeprefix(".").lower())
    except ValueError as error:
        raise UsageError("a report is written to a file ending in .csv, .json or .html") from error


def _write(file: Path, data: bytes) -> None:
    """Write a report.

    Raises:
        StorageError: The disk refused.
    """
    try:
        file.write_bytes(data)
    except OSError as error:
        raise StorageError(f"{file} cannot be written", hint="check the folder") from error


def _now_ms() -> int:
    return SystemClock().now_ms()
