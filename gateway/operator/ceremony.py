"""`a35 directory ...`: the ceremony: keys on media of their own, sheets that go from hand to hand.

Does: makes one key on one medium, draws sheets up, shows and signs them, and stamps what is signed.
Each command does one step of docs/directory-ceremony.md, says what came of it and what comes next.
Leaves the work to gateway.directory.

Rule kept: nobody signs what was not shown: signing and drawing up show the whole, or what changes,
and ask; `--yes` is for programs.
"""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from gateway.directory.cards import (
    MAX_CARD_BYTES,
    KeyCard,
    card_of,
    encode_card,
    is_role,
    parse_card,
)
from gateway.directory.describing import describe
from gateway.directory.drawing import draw_root, draw_targets, with_sheets
from gateway.directory.files import write_whole
from gateway.directory.layout import ROOT, TARGETS
from gateway.directory.repository import Repository
from gateway.directory.revoking import draw_revocation
from gateway.directory.sheet import (
    MAX_SHEET_BYTES,
    Sheet,
    encode_sheet,
    parse_sheet,
    sign_sheet,
    standing,
)
from gateway.directory.signers import KeyFolder
from gateway.directory.stamping import stamp
from gateway.errors import ConfigError, GatewayError, UsageError
from gateway.operator.keyholding import (
    CredentialOption,
    KeysOption,
    OutOption,
    PassphraseOption,
    key_secret,
    now_ms,
    read_named,
    version_of,
)
from gateway.service.fingerprint import digit_groups, words
from gateway.terminal import JsonOption, Terminal
from protocol.directory_values import time_text

ceremony_app = typer.Typer()

_NOWHERE: Final = Path("/nonexistent")
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{16,64}")
SheetOption: TypeAlias = Annotated[
    Path, typer.Option("--sheet", help="Where the sheet is written.", metavar="FILE")
]
SheetArgument: TypeAlias = Annotated[
    Path, typer.Argument(help="The signing sheet.", metavar="SHEET")
]
CardsOption: TypeAlias = Annotated[
    list[Path] | None, typer.Option("--card", help="A key card; repeatable.", metavar="FILE")
]
AfterOption: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option("--after", help="A sheet that comes before this one; repeatable."),
]
SeenOption: TypeAlias = Annotated[
    Path | None,
    typer.Option("--out", help="A copy of the published folder: shows what changes."),
]
YesOption: TypeAlias = Annotated[
    bool, typer.Option("--yes", help="Do not ask: for programs that have shown it themselves.")
]


@ceremony_app.command("key", epilog="Example: a35 directory key root 1 --keys-dir /media/stick")
def key_command(
    role: Annotated[str, typer.Argument(help="root, targets, online or party-CC.")],
    number: Annotated[int, typer.Argument(min=1, max=9, help="Which of its keys.")],
    keys_dir: KeysOption,
    *,
    passphrase_file: PassphraseOption = None,
    credential_file: CredentialOption = None,
    json: JsonOption = False,
) -> None:
    """Make one holder's key on one medium.

    Writes the key, locked, and its card, which is public and goes to whoever draws up the sheet.
    """
    _check_role(role)
    terminal = Terminal(json=json)
    secret = key_secret(passphrase_file, credential_file, is_new=True)
    card = card_of(role, number, KeyFolder(keys_dir, secret).add(role, number))
    path = keys_dir / f"{card.name}.card"
    write_whole(path, encode_card(card))
    terminal.document({"card": str(path), **_spoken(card.fingerprint)})
    terminal.say(f"card         {path}")
    say_fingerprint(terminal, card.name, card.fingerprint)
    terminal.say("Write this fingerprint on paper. Give the card, never the key, to the others.")


@ceremony_app.command(
    "draw-root",
    epilog="Example: a35 directory draw-root --out pub --card root-1.card ... --sheet root.sheet",
)
def draw_root_command(
    out: OutOption,
    sheet: SheetOption,
    *,
    card: CardsOption = None,
    root_threshold: Annotated[int | None, typer.Option(help="How many must sign a root.")] = None,
    targets_threshold: Annotated[
        int | None, typer.Option(help="How many must sign the list of Parties.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Draw up the next root: who holds the authority's keys.

    A role of which a card is given is held by exactly the cards given; the others stay.
    """
    given = {ROOT: root_threshold, TARGETS: targets_threshold}
    thresholds = {role: number for role, number in given.items() if number is not None}
    state = Repository(out)
    drawn = draw_root(state, _cards(card), thresholds, now_ms=now_ms())
    write_drawn(Terminal(json=json), drawn, sheet, state)


@ceremony_app.command(
    "draw-targets",
    epilog="Example: a35 directory draw-targets --out pub --card party-RO-1.card --sheet t.sheet",
)
def draw_targets_command(
    out: OutOption,
    sheet: SheetOption,
    *,
    card: CardsOption = None,
    threshold: Annotated[
        int, typer.Option(min=2, help="How many of a Party's keys must sign: two people at least.")
    ] = 2,
    remove: Annotated[
        list[str] | None, typer.Option(help="A Party that is taken out.", metavar="CC")
    ] = None,
    after: AfterOption = None,
    json: JsonOption = False,
) -> None:
    """Draw up the list of Parties: whose keys sign which entry.

    A Party of which a card is given is held by exactly the cards given; the others stay.
    """
    state = with_sheets(Repository(out), [read_sheet(path) for path in after or ()])
    drawn = draw_targets(
        state, cards=_cards(card), threshold=threshold, removed=remove or (), now_ms=now_ms()
    )
    write_drawn(Terminal(json=json), drawn, sheet, state)


@ceremony_app.command(
    "revoke",
    epilog="Example: a35 directory revoke 9f86d081884c7d65 --out pub --sheet revoke.sheet",
)
def revoke_command(
    fingerprint: Annotated[
        str, typer.Argument(help="Of the key, 16 to 64 hex digits.", metavar="FINGERPRINT")
    ],
    out: OutOption,
    sheet: SheetOption,
    *,
    card: CardsOption = None,
    json: JsonOption = False,
) -> None:
    """Draw up what takes a key away: the next root, or the next list of Parties, without it.

    A card given takes its place; without one the others must be enough.
    """
    state = Repository(out)
    drawn = draw_revocation(state, _hex(fingerprint), _cards(card), now_ms=now_ms())
    write_drawn(Terminal(json=json), drawn, sheet, state)


@ceremony_app.command("inspect", epilog="Example: a35 directory inspect root.sheet --out pub")
def inspect_command(
    sheet: SheetArgument, *, out: SeenOption = None, json: JsonOption = False
) -> None:
    """Show what a sheet says, and who has still to sign it."""
    terminal = Terminal(json=json)
    found = read_sheet(sheet)
    say_sheet(terminal, found, Repository(out or _NOWHERE))
    terminal.document(_sheet_document(found, sheet))


@ceremony_app.command("sign", epilog="Example: a35 directory sign root.sheet --keys-dir /media/a")
def sign_command(
    sheet: SheetArgument,
    keys_dir: KeysOption,
    *,
    out: SeenOption = None,
    yes: YesOption = False,
    passphrase_file: PassphraseOption = None,
    credential_file: CredentialOption = None,
    json: JsonOption = False,
) -> None:
    """Sign a sheet with the keys of one medium.

    Shows it and asks; adds the signature to the same file, which then goes to the next holder.
    """
    terminal = Terminal(json=json)
    found = read_sheet(sheet)
    say_sheet(terminal, found, Repository(out or _NOWHERE))
    confirm("Sign this? Type yes: ", yes=yes)
    keys = KeyFolder(keys_dir, key_secret(passphrase_file, credential_file))
    signed = sign_sheet(found, keys.all())
    write_whole(sheet, encode_sheet(signed))
    terminal.document(_sheet_document(signed, sheet))
    _say_standing(terminal, signed)


@ceremony_app.command("stamp", epilog="Example: a35 directory stamp --out pub --keys-dir online")
def stamp_command(
    out: OutOption,
    keys_dir: KeysOption,
    *,
    sheet: Annotated[
        list[Path] | None, typer.Option("--sheet", help="A signed sheet; repeatable.")
    ] = None,
    inbox: Annotated[
        Path | None, typer.Option(help="A folder of Parties' sheets: NAME.sheet.", metavar="DIR")
    ] = None,
    passphrase_file: PassphraseOption = None,
    credential_file: CredentialOption = None,
    json: JsonOption = False,
) -> None:
    """Publish signed sheets with the online key; daily, to say that nothing changed."""
    terminal = Terminal(json=json)
    waiting, unreadable = _inbox(inbox)
    stamped = stamp(
        out,
        KeyFolder(keys_dir, key_secret(passphrase_file, credential_file)),
        sheets=[read_sheet(path) for path in sheet or ()],
        inbox={path.name: each for path, each in waiting.items()},
        now_ms=now_ms(),
    )
    refused = unreadable | dict(stamped.refused)
    kept = [path.name for path in waiting if path.name not in refused and not _put_aside(path)]
    verified = stamped.verified
    terminal.document(
        {
            "version": version_of(verified.stamp),
            "taken": list(stamped.taken),
            "refused": refused,
            "left_out": dict(verified.left_out),
            "expires": time_text(verified.expires_ms),
        }
    )
    version = f"{verified.stamp.root_version}.{verified.stamp.timestamp_version}"
    terminal.say(f"version {version}, until {time_text(verified.expires_ms)}")
    for role in stamped.taken:
        terminal.say(f"  taken in: {role}")
    for name, why in refused.items():
        terminal.note(f"  refused: {name}: {why}")
    for country, why in verified.left_out.items():
        terminal.note(f"  left out: {country}: {why}")
    for name in kept:
        terminal.note(f"  taken in, but it cannot be renamed: take {name} out of the inbox")


def read_sheet(path: Path) -> Sheet:
    """Read a sheet that was named on the command line."""
    return parse_sheet(read_named(path, MAX_SHEET_BYTES))


def write_drawn(terminal: Terminal, drawn: Sheet, path: Path, state: Repository) -> None:
    """Write a sheet that was drawn up, and show it.

    Raises:
        ConfigError: There is another file.
    """
    refuse_existing(path)
    say_sheet(terminal, drawn, state)
    write_whole(path, encode_sheet(drawn))
    terminal.document(_sheet_document(drawn, path))


def refuse_existing(path: Path) -> None:
    """Refuse to write over a file that somebody may still need.

    Raises:
        ConfigError: There is one.
    """
    if path.exists():
        raise ConfigError(f"there is a file {path} already", hint="name another file")


def say_sheet(terminal: Terminal, sheet: Sheet, state: Repository) -> None:
    """Show what a sheet says and who must sign."""
    for line in describe(sheet, state):
        terminal.say(line)
    _say_standing(terminal, sheet)


def confirm(question: str, *, yes: bool) -> None:
    """Ask before something is signed or written.

    Raises:
        UsageError: Nobody can be asked, or the answer was no; nothing was done.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("nobody can be asked here", hint="say --yes after you have looked at it")
    if input(question).strip() != "yes":
        raise UsageError("nothing was done", hint="the answer was not yes")


def say_fingerprint(terminal: Terminal, name: str, digest: str) -> None:
    """Show a fingerprint in hex, digits and words."""
    terminal.say(f"{name}\n  {digest}\n  {digit_groups(digest)}\n  {words(digest)}")


def _hex(fingerprint: str) -> str:
    """Return a fingerprint, or its beginning, as it is compared.

    Raises:
        UsageError: It is none.
    """
    text = fingerprint.lower()
    if _FINGERPRINT.fullmatch(text) is None:
        raise UsageError("a fingerprint is 16 to 64 hex digits, as `inspect` shows it")
    return text


def _check_role(role: str) -> None:
    if not is_role(role):
        raise UsageError("a role is root, targets, online or party-CC")


def _say_standing(terminal: Terminal, sheet: Sheet) -> None:
    for each in standing(sheet):
        wanted = f"{each.have} of {each.need.threshold} signatures by {each.need.what}"
        terminal.say(f"{wanted}: {'enough' if not each.missing else f'{each.missing} to go'}")


def _sheet_document(sheet: Sheet, path: Path) -> dict[str, object]:
    return {
        "sheet": str(path),
        "role": sheet.role,
        "version": sheet.signed.version,
        "standing": [
            {"what": each.need.what, "have": each.have, "threshold": each.need.threshold}
            for each in standing(sheet)
        ],
        "enough": not any(each.missing for each in standing(sheet)),
    }


def _cards(paths: Sequence[Path] | None) -> list[KeyCard]:
    return [parse_card(read_named(path, MAX_CARD_BYTES)) for path in paths or ()]


def _inbox(folder: Path | None) -> tuple[dict[Path, Sheet], dict[str, str]]:
    """Return the sheets of a folder, and what is none with the reason."""
    sheets: dict[Path, Sheet] = {}
    refused: dict[str, str] = {}
    for path in [] if folder is None else sorted(folder.glob("*.sheet")):
        try:
            sheets[path] = read_sheet(path)
        except GatewayError as error:
            refused[path.name] = str(error)
    return sheets, refused


def _put_aside(path: Path) -> bool:
    """Rename a sheet that was taken in; tell whether that could be done. It is published by now."""
    try:
        path.rename(path.with_suffix(".taken"))
    except OSError:
        return False
    return True


def _spoken(digest: str) -> dict[str, str]:
    return {"fingerprint": digest, "spoken": digit_groups(digest), "words": words(digest)}
