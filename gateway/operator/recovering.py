"""The command `a35 recover`: where a node stands with its log, and going on after a loss.

Without an option, and with --keep-log, it speaks to the running node; a new generation is opened
on a home that no node runs on.
"""

import os
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from json import dumps, loads
from pathlib import Path
from socket import AF_UNIX, SOCK_STREAM, socket
from typing import Annotated, Final, cast

import typer

from gateway.clock import SystemClock
from gateway.errors import (
    ConfigError,
    DataError,
    GatewayError,
    ProofError,
    RecoveringError,
    UnavailableError,
    UsageError,
)
from gateway.home import Home
from gateway.operator.listing import listed_entry
from gateway.operator.node import LISTED_DAYS
from gateway.operator.options import CredentialOption, PassphraseOption, secret_source
from gateway.operator.recover import Renewed, renew
from gateway.operator.start import configured_file, load_home, refused_keys, unlock
from gateway.service.fingerprint import digit_groups
from gateway.storage.generations import Survey, survey
from gateway.terminal import HomeOption, JsonOption, Terminal
from keys.errors import KeyFileError
from keys.keystore import read_spare, write_spare
from keys.nodekeys import new_log_keys
from protocol.directory import LogKey
from protocol.directory_values import key_text, time_text
from protocol.limits import MAX_REASON_BYTES
from protocol.log.recovery import Start

ANSWER_S: Final = 40.0
"""How long a running node may take to answer: a commit on a slow disk."""

_BASE: Final = "/api/v1"
_MAX_BYTES: Final = 1024 * 1024
_HTTP_OK: Final = 200
_DAY_MS: Final = 24 * 60 * 60 * 1000

app = typer.Typer()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What the command line asked for."""

    keep_log: str | None
    new_generation: str | None
    spare: Path | None
    make_spare: Path | None

    def check(self) -> None:
        """Refuse options that do not go together.

        Raises:
            UsageError: They do not.
            DataError: A reason is empty or too long.
        """
        given = [each for each in (self.keep_log, self.new_generation, self.make_spare) if each]
        reasons = [each for each in (self.keep_log, self.new_generation) if each is not None]
        if len(given) > 1:
            raise UsageError("one of --keep-log, --new-generation and --make-spare at a time")
        if self.spare is not None and self.new_generation is None:
            raise UsageError("--spare belongs to --new-generation")
        if any(not each.strip() or len(each.encode()) > MAX_REASON_BYTES for each in reasons):
            raise DataError("a reason is a sentence: it is stated in the log for ever")


@app.command(epilog='Example: a35 recover --new-generation "the disk was lost, no newer copy"')
def recover(
    *,
    home: HomeOption,
    keep_log: Annotated[
        str | None,
        typer.Option(
            "--keep-log", metavar="REASON", help="Sign before all have answered (running node)."
        ),
    ] = None,
    new_generation: Annotated[
        str | None,
        typer.Option(
            "--new-generation", metavar="REASON", help="Give the log up for a new one (stopped)."
        ),
    ] = None,
    spare: Annotated[
        Path | None,
        typer.Option("--spare", metavar="FILE", help="Keys of the new log that were made ahead."),
    ] = None,
    make_spare: Annotated[
        Path | None,
        typer.Option(
            "--make-spare", metavar="FILE", help="Make keys of the next log, to be kept offline."
        ),
    ] = None,
    passphrase_file: PassphraseOption = None,
    credential_file: CredentialOption = None,
    json: JsonOption = False,
) -> int:
    """Show whether the log may be signed, who holds what of it, and what to do."""
    terminal = Terminal(json=json)
    asked = _Asked(
        keep_log=keep_log, new_generation=new_generation, spare=spare, make_spare=make_spare
    )
    asked.check()
    place = Home(home)
    files = (passphrase_file, credential_file)
    if asked.new_generation is not None:
        return _renew(place, asked, terminal, files=files)
    if asked.make_spare is not None:
        return _make_spare(place, asked.make_spare, terminal, files=files)
    if asked.keep_log is not None:
        view = call(place, "POST", "/recovery/keep-log", {"reason": asked.keep_log})
        return _show(view, terminal)
    return _look(place, terminal)


# ------------------------------------------------------------------ looking


def _look(place: Home, terminal: Terminal) -> int:
    try:
        return _show(call(place, "GET", "/recovery"), terminal)
    except UnavailableError:
        if not place.store.exists():
            raise
    return _show_files(survey(place.store, anchor=place.anchor), terminal)


def _show(view: dict[str, object], terminal: Terminal) -> int:
    terminal.document(view)
    terminal.say(f"{view['origin']}: {view['state']}")
    terminal.say(f"{view['size']} entries, {view['signed']} below the newest signed head")
    if view["missing"]:
        terminal.say(f"at least {view['missing']} signed entries are missing here")
    holdings = cast("list[dict[str, object]]", view["holdings"])
    for held in holdings:
        size = f", {held['size']} entries" if held["size"] else ""
        terminal.say(f"  {held['node']}: {_HELD[str(held['told'])]}{size}")
    for closed in cast("list[dict[str, object]]", view["closed"]):
        short = "; WE HOLD MORE OF IT THAN ITS OWNER NAMED" if closed["short"] else ""
        terminal.say(f"  {closed['log']} was given up for {closed['successor']}{short}")
    for fork in cast("list[str]", view["forks"]):
        terminal.say(f"  {fork} has two histories: telephone, then a35 peers accept NODE")
    for line in cast("list[str]", view["advice"]):
        terminal.say(line)
    return 0 if view["phase"] == "signing" else RecoveringError.exit_code


_HELD: Final = {
    "nothing": "holds nothing of this log",
    "head": "holds what we signed and have",
    "loss": "SHOWS WHAT WE SIGNED AND DO NOT HAVE",
    "unreached": "not reached",
    "unproven": "answered what our keys did not sign",
}


def _show_files(found: Survey, terminal: Terminal) -> int:
    signed = 0 if found.head is None else found.head.size
    terminal.document(
        {
            "origin": str(found.origin),
            "phase": "stopped",
            "start": found.decision.start.value,
            "why": found.decision.why,
            "size": found.size,
            "signed": signed,
            "loss": None if found.loss is None else str(found.loss.by),
        }
    )
    terminal.say(f"{found.origin}: no node runs on this home; {found.decision.why}")
    terminal.say(f"{found.size} entries, {signed} below the newest signed head")
    terminal.say(_NEXT[found.decision.start])
    return 0 if found.decision.start is Start.ORDINARY else RecoveringError.exit_code


_NEXT: Final = {
    Start.ORDINARY: "start the node: it signs with the first answer of a peer, or after 30 s",
    Start.HALF: "start the node: it signs once half of the other nodes have answered",
    Start.ALL: "start the node: it signs once all other nodes have answered, or by your word",
    Start.NEVER: (
        "put a newer copy back if there is one; else: a35 recover --new-generation REASON"
    ),
}


# ------------------------------------------------------------------ a new generation


def _renew(
    place: Home, asked: _Asked, terminal: Terminal, *, files: tuple[Path | None, Path | None]
) -> int:
    config = load_home(place, file=None, environ=os.environ).config
    secret = secret_source(*files).secret(configured=configured_file(place, config))
    unlock(place, secret)  # a mistyped passphrase changes nothing
    log = None
    if asked.spare is not None:
        try:
            log = read_spare(asked.spare, secret)
        except KeyFileError as error:
            refused = refused_keys(error)
            raise refused from error
    done = renew(
        place,
        config,
        secret,
        reason=asked.new_generation or "",
        clock=SystemClock(),
        spare=log,
    )
    _tell(done, terminal)
    return 0


def _tell(done: Renewed, terminal: Terminal) -> None:
    spoken = {key: digit_groups(digest) for key, digest in done.fingerprints.items()}
    terminal.document(
        {
            "old": str(done.old),
            "origin": str(done.origin),
            "size": done.size,
            "lost": done.lost,
            "listed": done.is_listed,
            "renewal": str(done.renewal),
            "fingerprints": dict(done.fingerprints),
            "spoken": spoken,
        }
    )
    terminal.say(f"{done.old} is given up; this node writes {done.origin} from now on")
    if done.lost:
        terminal.say(f"{done.lost} signed entries are known to be lost")
    if done.is_listed:
        terminal.say("the directory lists it already: start the node")
        return
    name = f"log {done.origin}"
    terminal.say(f"{name}\n  {done.fingerprints[name]}\n  {spoken[name]}")
    terminal.say(
        f"next: send {done.renewal.name} to the directory authority"
        " (a35 directory admit --replace), read the fingerprint over the telephone, start the"
        " node: it waits until the directory lists the new log"
    )


def _make_spare(
    place: Home, file: Path, terminal: Terminal, *, files: tuple[Path | None, Path | None]
) -> int:
    config = load_home(place, file=None, environ=os.environ).config
    secret = secret_source(*files).secret(configured=configured_file(place, config))
    keys = unlock(place, secret)
    clock = SystemClock()
    entry = listed_entry(place, config, clock)
    listed = [] if entry is None else [key.log_origin.generation for key in entry.logs]
    spare = new_log_keys(keys.node, 1 + max([keys.generation, *listed]))
    try:
        write_spare(file, spare, secret)
    except KeyFileError as error:
        refused = refused_keys(error)
        raise refused from error
    verifier, now_ms = spare.signer().verifier, clock.now_ms()
    listing = LogKey(
        origin=verifier.name,
        ed25519=key_text(verifier.ed25519),
        mldsa44=key_text(verifier.mldsa44),
        not_before=time_text(now_ms),
        not_after=time_text(now_ms + LISTED_DAYS * _DAY_MS),
    )
    terminal.document({"file": str(file), "log": loads(listing.model_dump_json())})
    terminal.say(f"spare keys of {verifier.name} in {file.name}: keep it away from this machine")
    terminal.say("have your Party's entry list this log beside the present one:")
    terminal.say(listing.model_dump_json())
    return 0


# ------------------------------------------------------------------ the running node


def call(
    home: Home, method: str, path: str, body: dict[str, object] | None = None
) -> dict[str, object]:
    """Ask the running node through its control socket.

    Args:
        home: The node's folder.
        method: GET or POST.
        path: Below the API's base.
        body: For POST.

    Returns:
        Its answer.

    Raises:
        ConfigError: There is no such home.
        UnavailableError: No node answers.
        GatewayError: What it refused with.
    """
    if not home.path.is_dir():
        raise ConfigError("there is no node in this home", code="no_home")
    try:
        with socket(AF_UNIX, SOCK_STREAM) as line:
            line.settimeout(ANSWER_S)
            line.connect(str(home.control))
            connection = HTTPConnection("localhost")
            connection.sock = line
            data = None if body is None else dumps(body).encode()
            headers = {} if data is None else {"Content-Type": "application/json"}
            connection.request(method, f"{_BASE}{path}", data, headers)
            with closing(connection.getresponse()) as response:
                status, answer = response.status, loads(response.read(_MAX_BYTES))
    except (OSError, ValueError, HTTPException) as error:
        raise UnavailableError(
            "no node answers on the control socket of this home",
            code="node_not_running",
            hint="start it with: a35 run --home DIR",
        ) from error
    if status != _HTTP_OK:
        refused = _refusal(answer)
        raise refused
    return cast("dict[str, object]", answer)


def _refusal(answer: object) -> GatewayError:
    """Return what a node refused with; its code decides the exit code."""
    fields = cast("dict[str, object]", answer) if isinstance(answer, dict) else {}
    code, detail = str(fields.get("code", "unavailable")), str(fields.get("detail", "refused"))
    hint = str(fields.get("hint", ""))
    family = {
        "recovering": RecoveringError,
        "invalid_body": DataError,
        "not_allowed": DataError,
        "proof_failed": ProofError,
    }.get(code, UnavailableError)
    return family(detail, code=code, hint=hint)
