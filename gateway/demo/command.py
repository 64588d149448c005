"""`a35 demo`: three nodes and a directory on this machine, real requests between them."""

import asyncio
import shutil
import signal
import sys
import tempfile
import webbrowser
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer

from gateway.demo.cases import CasePlays
from gateway.demo.documents import Example
from gateway.demo.load import Load, run_load
from gateway.demo.network import CLOCK, DemoNetwork, described, running
from gateway.demo.people import Seat, seat_people
from gateway.demo.prompt import Prompt
from gateway.demo.story import Story, Tally, load_examples
from gateway.errors import ConfigError, DataError
from gateway.terminal import JsonOption, Terminal

app = typer.Typer()

_FAILED: Final = 70
_LOADED: Final = "subscriber_information_request"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the command line asks of the demo besides examples."""

    check: bool
    cases: bool
    load: int
    members: bool
    four_eyes: bool
    open_page: bool


@app.command(epilog="Example: a35 demo --check --load 500 --json")
def demo(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Play the examples, verify everything, end.")
    ] = False,
    keep: Annotated[
        Path | None, typer.Option("--keep", metavar="DIR", help="Keep the network's files there.")
    ] = None,
    open_page: Annotated[
        bool,
        typer.Option("--open", help="Open the page of Romania's officer in the browser."),
    ] = False,
    four_eyes: Annotated[
        bool, typer.Option("--four-eyes", help="Let second persons approve, as at a real desk.")
    ] = False,
    requests: Annotated[
        list[Path] | None,
        typer.Option("--requests", metavar="FILE", help="Send this document; repeatable."),
    ] = None,
    cases: Annotated[
        bool,
        typer.Option("--cases", help="Also play a preservation and an emergency by commands."),
    ] = False,
    members: Annotated[
        bool,
        typer.Option(
            "--members", help="List the published members too, as example data without nodes."
        ),
    ] = False,
    load: Annotated[
        int, typer.Option("--load", metavar="N", min=0, help="Send N further envelopes of 4 KiB.")
    ] = 0,
    json: JsonOption = False,
) -> int:
    """Run three nodes and a directory on this machine, with real requests between them."""
    terminal = Terminal(json=json)
    examples = load_examples(requests or [])
    folder = _folder(keep)
    try:
        return asyncio.run(
            _demo(
                folder,
                examples,
                terminal,
                Asked(
                    check=check,
                    cases=cases,
                    load=load,
                    members=members,
                    four_eyes=four_eyes,
                    open_page=open_page,
                ),
            )
        )
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)
        if not check:
            terminal.note("All of it is removed." if keep is None else f"Its files stay in {keep}.")


async def _demo(folder: Path, examples: list[Example], terminal: Terminal, asked: Asked) -> int:
    """Run the demo to its end, or until a signal; both ways its processes end first.

    Raises:
        typer.Abort: A signal ended a check before it knew.
    """
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    playing = asyncio.create_task(_play(folder, examples, terminal, asked))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({playing, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if playing.done():
        return await playing
    terminal.note("Stopping ...")
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)
    if asked.check:
        raise typer.Abort
    return 0


async def _play(folder: Path, examples: list[Example], terminal: Terminal, asked: Asked) -> int:
    began_s = CLOCK.monotonic_s()
    terminal.note("Making keys, a signed directory and three nodes ...")
    async with running(
        folder, members=asked.members, four_eyes=asked.four_eyes and not asked.check
    ) as network:
        terminal.note(f"Ready after {CLOCK.monotonic_s() - began_s:.1f} s.")
        if not asked.check:
            await _stay(network, examples, terminal, asked)
        story = Story(network, terminal)
        await story.play(examples)
        await _cases(network, terminal, asked)
        loaded = await _load(network, examples, terminal, asked.load) if asked.load else None
        await story.verify()
        return _report(story.tally, loaded, terminal, CLOCK.monotonic_s() - began_s)


async def _stay(
    network: DemoNetwork, examples: list[Example], terminal: Terminal, asked: Asked
) -> NoReturn:
    """Play the examples once, leave an emergency waiting, then stay up until cancelled."""
    if asked.four_eyes:
        await _prepare(network, examples, terminal, asked)
    seats = await seat_people(network, four_eyes=asked.four_eyes)
    if terminal.json:
        print(described(network), flush=True)
    if not asked.four_eyes:
        await _prepare(network, examples, terminal, asked)
    if asked.load:
        await _load(network, examples, terminal, asked.load)
    _invite(network, seats, terminal, asked)
    await Prompt(network, terminal).obey()


async def _prepare(
    network: DemoNetwork, examples: list[Example], terminal: Terminal, asked: Asked
) -> None:
    """Play what was asked for, then leave an emergency in Romania's inbox.

    Before there are people where second persons must approve: programs cannot.
    """
    await Story(network, terminal).play(examples)
    await _cases(network, terminal, asked)
    await CasePlays(network, terminal, load_examples([])).waiting()


def _invite(network: DemoNetwork, seats: list[Seat], terminal: Terminal, asked: Asked) -> None:
    """Say how to come in, and what to try."""
    for seat in sorted(seats, key=lambda seat: seat.node != "RO/1"):
        terminal.say(f"  {seat.node}  {seat.role.value:<8}  {seat.link}")
    a35 = sys.argv[0] if Path(sys.argv[0]).name == "a35" else "a35"
    terminal.say("Each link lets you in once, for 10 minutes.")
    if not asked.four_eyes:
        terminal.say("Second persons are waived here: --four-eyes brings them.")
    terminal.say("Three things to try:")
    terminal.say("  1. In Romania an emergency from Japan waits: open it, acknowledge it;")
    terminal.say("     in Japan, in another browser window, watch its timeline move.")
    terminal.say("  2. Write a request from France, and answer it in Romania.")
    terminal.say("  3. Type here: stop RO   What is sent to Romania waits, queued, until: start RO")
    terminal.say("Look around in another terminal, with one of these before each command:")
    for node in network.nodes:
        terminal.say(f"  {node.name}  {node.api}   A35_HOME={node.home.path}")
    terminal.say(f"as in  A35_HOME=... {a35} inbox  or, for another link,  {a35} user link 1")
    terminal.say("Ctrl-C ends all of it.")
    if asked.open_page and seats:
        webbrowser.open(next((each.link for each in seats if each.node == "RO/1"), seats[0].link))


async def _cases(network: DemoNetwork, terminal: Terminal, asked: Asked) -> None:
    """Play the two whole cases, if they were asked for."""
    if asked.cases:
        plays = CasePlays(network, terminal, load_examples([]))
        await plays.preservation()
        await plays.emergency()


async def _load(
    network: DemoNetwork, examples: list[Example], terminal: Terminal, messages: int
) -> Load:
    example = next((one for one in examples if one.type == _LOADED), None)
    if example is None:
        example = next(one for one in load_examples([]) if one.type == _LOADED)
    sender, receiver = network.nodes[0], network.nodes[1]
    terminal.note(f"Sending {messages} envelopes of about 4 KiB from {sender.name} ...")
    loaded = await run_load(sender, receiver, example, messages)
    terminal.say(
        f"  {loaded.messages} accepted and settled in {loaded.seconds:.1f} s:"
        f" {loaded.per_second:.0f} a second, {loaded.batches} frames,"
        f" {loaded.cpu_seconds:.1f} s of processor time at both ends"
    )
    return loaded


def _report(tally: Tally, loaded: Load | None, terminal: Terminal, seconds: float) -> int:
    result: dict[str, object] = {
        "nodes": len(tally.logs),
        "sent": tally.sent,
        "accepted": tally.accepted,
        "consigned": tally.consigned,
        "acknowledged": tally.acknowledged,
        "answered": tally.answered,
        "lost": tally.lost,
        "duplicates": tally.duplicates,
        "logs": [asdict(log) for log in tally.logs],
        "seconds": round(seconds, 2),
        "p50_ms": tally.quantile(0.5),
        "p99_ms": tally.quantile(0.99),
    }
    if loaded is not None:
        result["load"] = loaded.as_json()
    terminal.document(result)
    for log in tally.logs:
        terminal.say(
            f"  log of {log.node}: {log.size} leaves, {'verified' if log.verified else 'DAMAGED'}"
        )
    terminal.say(
        f"{tally.sent} messages sent, {tally.accepted} accepted, {tally.lost} lost,"
        f" {tally.duplicates} twice; p50 {tally.quantile(0.5)} ms, p99 {tally.quantile(0.99)} ms"
    )
    return 0 if tally.holds() else _FAILED


def _folder(keep: Path | None) -> Path:
    if keep is None:
        return Path(tempfile.mkdtemp(prefix="a35-demo-"))
    if keep.exists() and any(keep.iterdir()):
        raise ConfigError(f"{keep} is not empty", hint="name a folder that does not exist yet")
    try:
        keep.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"{keep} cannot be made") from error
    return keep.absolute()
