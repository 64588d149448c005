"""The command that tries the webhooks of the settings: webhook test.

It works without a running node: a signed call of the type `webhook.test` goes to each receiver,
just as the node would make it, and what came back is told.
"""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from json import dumps
from pathlib import Path
from typing import Final

import typer

from gateway.clock import SystemClock
from gateway.config import NodeConfig, load_config
from gateway.errors import ConfigError, TransportError
from gateway.home import Home
from gateway.officer.webhook import HttpCaller, read_secrets
from gateway.service.webhooks import Receiver, is_taken, signed_headers
from gateway.terminal import HomeOption, JsonOption, Terminal

NOT_TAKEN: Final = 69
"""The exit code when a receiver did not take its call."""

TYPE: Final = "webhook.test"

app = typer.Typer(no_args_is_help=True, help="Programs that are told of events.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tried:
    """What became of one call; the status is 0 if there was no answer."""

    number: int
    url: str
    status: int

    @property
    def outcome(self) -> str:
        """In words."""
        if not self.status:
            return "no answer in 10 seconds, or no connection"
        return "taken" if is_taken(self.status) else f"not taken: it answered {self.status}"


@app.callback()
def webhook() -> None:
    """Programs that are told of events."""


@app.command("test", epilog="Example: a35 webhook test --home /var/lib/a35")
def webhook_test(*, home: HomeOption, json: JsonOption = False) -> int:
    """Send a signed test event to each webhook of the settings, and say what came back.

    Exit code: 0 if every one took it, 69 if one did not.
    """
    terminal = Terminal(json=json)
    config = load_config(home, file=None, environ=os.environ).config
    tried = asyncio.run(_call_all(_receivers(home, config), config.node))
    terminal.document(
        [
            {
                "number": one.number,
                "url": one.url,
                "status": one.status or None,
                "taken": is_taken(one.status),
            }
            for one in tried
        ]
    )
    rows = [[str(one.number), one.url, one.outcome] for one in tried]
    terminal.table(("Number", "Address", "Outcome"), rows)
    return 0 if all(is_taken(one.status) for one in tried) else NOT_TAKEN


def _receivers(home: Path, config: NodeConfig) -> list[Receiver]:
    """Return the receivers of the settings.

    Raises:
        ConfigError: None is named, or a secret cannot be read.
        AccessDeniedError: Others may read a secret.
    """
    if not config.webhook:
        raise ConfigError(
            "no webhook is named in node.toml", hint="add a table [[webhook]] with its url"
        )
    place = Home(home)
    return [
        Receiver(
            url=each.url, secrets=read_secrets(place.path_of(each.secret_file)), kinds=each.kinds
        )
        for each in config.webhook
    ]


async def _call_all(receivers: Sequence[Receiver], node: str) -> list[_Tried]:
    async with HttpCaller() as caller:
        return [
            _Tried(number=number, url=each.url, status=await _call(caller, each, node))
            for number, each in enumerate(receivers, 1)
        ]


async def _call(caller: HttpCaller, receiver: Receiver, node: str) -> int:
    now_ms = SystemClock().now_ms()
    moment = datetime.fromtimestamp(now_ms / 1000, UTC)
    at = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    body = dumps({"type": TYPE, "timestamp": at, "data": {"node": node}}).encode()
    headers = signed_headers(receiver, f"{node}/test/{now_ms}", now_ms // 1000, body)
    try:
        return await caller.post(receiver.url, headers, body)
    except TransportError:
        return 0
