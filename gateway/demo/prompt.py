"""What may be typed while the demo stays up: a node is stopped, and started again."""

import asyncio
import os
import sys
from contextlib import suppress
from typing import Final, NoReturn

from gateway.demo.network import DemoNetwork, DemoNode
from gateway.errors import GatewayError
from gateway.terminal import Terminal

_READ_BYTES: Final = 4096


class Prompt:
    """Reads commands from standard input beside the demo.

    Args:
        network: A running network.
        terminal: Where it says what it did.
    """

    def __init__(self, network: DemoNetwork, terminal: Terminal) -> None:
        self._network = network
        self._terminal = terminal
        self._lines: asyncio.Queue[str] = asyncio.Queue()
        self._begun = b""

    async def obey(self) -> NoReturn:
        """Do what is typed, until cancelled; without an input to read, only wait."""
        loop = asyncio.get_running_loop()
        # A file and /dev/null are nothing that could be waited for.
        with suppress(OSError):
            if sys.stdin is not None:
                source = sys.stdin.fileno()
                loop.add_reader(source, self._read, source)
        while True:
            await self._do(await self._lines.get())

    def _read(self, source: int) -> None:
        if os.isatty(source) and os.tcgetpgrp(source) != os.getpgrp():
            return  # in the background the terminal is somebody else's: reading would halt us
        got = os.read(source, _READ_BYTES)
        if not got:
            asyncio.get_running_loop().remove_reader(source)
        *lines, self._begun = (self._begun + got).split(b"\n")
        for line in lines:
            self._lines.put_nowait(line.decode("utf-8", "replace"))

    async def _do(self, line: str) -> None:
        match line.upper().split():
            case []:
                return
            case ["STOP" | "START" as verb, name] if (node := self._named(name)) is not None:
                try:
                    await (self._stop(node) if verb == "STOP" else self._start(node))
                except GatewayError as error:
                    self._terminal.note(str(error))
            case _:
                names = " or ".join(node.country for node in self._network.nodes)
                self._terminal.note(f"Type stop or start and {names}; Ctrl-C ends.")

    def _named(self, name: str) -> DemoNode | None:
        return next((n for n in self._network.nodes if name in {n.country, n.name}), None)

    async def _stop(self, node: DemoNode) -> None:
        await self._network.stop_node(node)
        self._terminal.note(f"{node.name} is down. What is sent to it waits: start {node.country}")

    async def _start(self, node: DemoNode) -> None:
        if node.is_up:
            self._terminal.note(f"{node.name} is up already.")
            return
        await self._network.start_node(node)
        await self._network.wait_ready(node)
        self._terminal.note(f"{node.name} is up again.")
