"""The commands `a35 keys waiting` and `a35 keys accept`: a Party's new keys, and two persons' word.

Both speak to the running node.
"""

from typing import Annotated, Any, cast

import typer

from gateway.errors import UsageError
from gateway.home import Home
from gateway.operator.recovering import call
from gateway.service.fingerprint import digit_groups
from gateway.terminal import HomeOption, JsonOption, Terminal

MAX_PERSON = 60
MAX_REASON = 500

wait_app = typer.Typer()


@wait_app.command("waiting", epilog="Example: a35 keys waiting --home /var/lib/a35")
def keys_waiting(*, home: HomeOption, json: JsonOption = False) -> int:
    """List new keys of Parties that count for nothing yet, to be compared by telephone."""
    terminal = Terminal(json=json)
    view = cast("dict[str, Any]", call(Home(home), "GET", "/keys/waiting"))
    for party in view["items"]:
        for key in party["keys"]:
            key["spoken"] = digit_groups(key["fingerprint"])
    terminal.document(view["items"])
    for party in view["items"]:
        terminal.say(f"{party['party']}: other people sign for it than before")
        if party["proposed"]:
            terminal.say(f"proposed by {party['proposed']['who']}: waits for a second person")
        for key in party["keys"]:
            terminal.say(f"{key['node']} {key['kind']}\n  {key['fingerprint']}\n  {key['spoken']}")
    if not view["items"]:
        terminal.say("no key waits")
    return 0


@wait_app.command(
    "accept",
    epilog='Example: a35 keys accept FR --first "head of desk" --second "officer 4" '
    '--reason "both read them with FR by telephone"',
)
def keys_accept(
    country: Annotated[str, typer.Argument(metavar="CC", help="The Party.")],
    *,
    home: HomeOption,
    reason: Annotated[str, typer.Option("--reason", help="With whom, and why not wait.")],
    first: Annotated[
        str,
        typer.Option("--first", help="Who compared the fingerprints, on a node without people."),
    ] = "",
    second: Annotated[str, typer.Option("--second", help="Who did so too: another person.")] = "",
    json: JsonOption = False,
) -> int:
    """Let a Party's new keys count before their day of waiting is over.

    Two people compare the fingerprints by telephone first. At a desk with people this proposes it,
    and another one confirms it on the page; without, both are named, and stated with the reason.

    Raises:
        UsageError: A name is too long, or the reason is, or is empty.
    """
    terminal = Terminal(json=json)
    if any(len(name.strip()) > MAX_PERSON for name in (first, second)):
        raise UsageError(f"a name has 1 to {MAX_PERSON} characters")
    if not 1 <= len(reason.strip()) <= MAX_REASON:
        raise UsageError(f"a reason has 1 to {MAX_REASON} characters")
    asked: dict[str, object] = {"first": first, "second": second, "reason": reason}
    view = call(Home(home), "POST", f"/keys/waiting/{country}/accept", asked)
    terminal.document(view)
    if view["accepted"]:
        terminal.say(f"{view['accepted']} keys of {view['party']} count from now on")
    else:
        terminal.say("proposed: an approver, or another operator, confirms it on the page /keys")
    return 0
