"""`a35 directory client ...`: the node's TUF client in the conformance suite's command form.

Does: options before the verb, as the suite writes them, and its two exit codes: 0 done, 1 not.
Leaves the work to gateway.directory.conformance.

Source: tuf-conformance, CLIENT-CLI.md.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import typer

from gateway.clock import SystemClock
from gateway.directory.conformance import BareClient
from gateway.errors import GatewayError, UsageError
from gateway.terminal import Terminal

NOT_DONE: Final = 1

client_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Use the node's TUF client by itself: the conformance suite's command form.",
)


class _Options:
    """What stood before the verb."""

    def __init__(
        self,
        metadata_dir: Path,
        metadata_url: str | None,
        target_names: list[str],
        target_base_url: str | None,
        *,
        target_dir: Path | None,
    ) -> None:
        self.client = BareClient(metadata_dir, SystemClock().monotonic_s)
        self.metadata_url = metadata_url
        self.target_names = target_names
        self.target_base_url = target_base_url
        self.target_dir = target_dir


@client_app.callback(
    epilog="Example: a35 directory client --metadata-dir m --metadata-url URL refresh. "
    "Exit code: 0 if it was done, 1 if anything failed."
)
def options(  # noqa: PLR0917  typer gives them by name
    context: typer.Context,
    metadata_dir: Annotated[Path, typer.Option(help="Where trusted metadata are kept.")],
    metadata_url: Annotated[str | None, typer.Option(help="Where metadata are.")] = None,
    target_name: Annotated[list[str] | None, typer.Option(help="A target; repeatable.")] = None,
    target_base_url: Annotated[str | None, typer.Option(help="Where targets are.")] = None,
    target_dir: Annotated[Path | None, typer.Option(help="Where targets are put.")] = None,
) -> None:
    """Use the node's TUF client by itself."""
    context.obj = _Options(
        metadata_dir, metadata_url, target_name or [], target_base_url, target_dir=target_dir
    )


@client_app.command(
    "init",
    epilog="Example: a35 directory client init ROOT.json, with --metadata-dir DIR before init",
)
def init_command(
    context: typer.Context,
    root: Annotated[Path, typer.Argument(help="The trusted root.", metavar="ROOT.json")],
) -> None:
    """Trust a root; nobody is asked."""
    given: _Options = context.obj
    _run(lambda: given.client.init(root))


@client_app.command(
    "refresh",
    epilog="Example: a35 directory client refresh, with --metadata-dir and --metadata-url before",
)
def refresh_command(context: typer.Context) -> None:
    """Bring the top-level metadata up to date."""
    given: _Options = context.obj

    def refresh() -> None:
        given.client.refresh(_needed(given.metadata_url, "--metadata-url"))

    _run(refresh)


@client_app.command(
    "download",
    epilog="Example: a35 directory client download, with the five options of --help before it",
)
def download_command(context: typer.Context) -> None:
    """Bring targets here, each verified."""
    given: _Options = context.obj

    def download() -> None:
        given.client.download(
            given.target_names,
            metadata_url=_needed(given.metadata_url, "--metadata-url"),
            targets_url=_needed(given.target_base_url, "--target-base-url"),
            folder=Path(_needed(given.target_dir, "--target-dir")),
        )

    _run(download)


def _needed(value: str | Path | None, option: str) -> str:
    """Return an option that this verb needs.

    Raises:
        UsageError: It was not given.
    """
    if value is None:
        raise UsageError(f"{option} is needed here")
    return str(value)


def _run(act: Callable[[], None]) -> None:
    """Do it, or say why not and end with 1, the suite's only code for it.

    Raises:
        typer.Exit: It was not done.
    """
    try:
        act()
    except GatewayError as error:
        Terminal(json=False).note(f"a35: {error}")
        raise typer.Exit(NOT_DONE) from None
