"""Commands of an operator on a stopped node that are killed, and said once more.

What such a command makes durable it makes in steps; a second time it finishes what the first left.
"""

import asyncio
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from typing_extensions import override

from tests.crash.checks import Books, Check, Finding, read_dead
from tests.crash.scene import Script
from tests.crash.shim import Call
from tests.crash.world import Side, World


class CommandScript(Script):
    """One command on a home that no node uses; only its own process dies."""

    sides: ClassVar[tuple[Side, ...]] = (Side.SENDER,)

    @override
    async def prepare(self) -> None:
        """Bring the home to where the command is due; no node runs."""

    @override
    async def play(self) -> None:
        """Say it."""
        await self.said()

    async def said(self) -> tuple[int, str]:
        """Say it once, its calls counted; return exit code and output."""
        world = self.scene.world
        return await world.run(*self.arguments(world), control=world.controls[self.victim])

    @abstractmethod
    def arguments(self, world: World) -> Sequence[str | Path]:
        """Return what stands behind `a35`."""

    @abstractmethod
    def compare(self, before: Books, after: Books) -> list[Finding]:
        """Return what is wrong once the command has succeeded."""


class Generation(CommandScript):
    """The anchor is lost; the log is given up for a new one, with new keys."""

    name = "generation"

    @override
    async def prepare(self) -> None:
        """Lose the anchor: nobody gives up a log that can simply go on."""
        self.scene.world.homes[self.victim].anchor.unlink()

    @override
    def arguments(self, world: World) -> Sequence[str | Path]:
        """Return the command."""
        return (
            *("recover", "--new-generation", "a test lost the disk"),
            *("--home", world.homes[self.victim].path),
            *("--credential-file", world.network.credential),
        )

    @override
    def compare(self, before: Books, after: Books) -> list[Finding]:
        """One new log, and everything that was there beside the old one's leaves."""
        found = []
        old, new = (books.origin.rpartition("/") for books in (before, after))
        if (old[0], int(old[2]) + 1) != (new[0], int(new[2])):
            found.append(Finding(Check.TWICE, f"{after.origin} follows {before.origin}"))
        if set(before.messages) != set(after.messages) or before.contents != after.contents:
            found.append(Finding(Check.LOST, "messages of before are not those of now"))
        if before.given != after.given or before.got != after.got:
            found.append(Finding(Check.DIFFERENT, "receipts of before are not those of now"))
        if not after.heads:
            found.append(Finding(Check.LOG, "the new log has no signed head"))
        return found


@dataclass(slots=True, kw_only=True)
class Said:
    """What became of a command that was said once or twice.

    Attributes:
        calls: What its first process called.
        is_fired: Whether that died where it was to.
        is_torn: Whether half of the bytes of its last call are done.
        findings: What is wrong.
    """

    calls: Sequence[Call]
    is_fired: bool
    is_torn: bool
    findings: list[Finding] = field(default_factory=list)


async def run_command(script: CommandScript, scratch: Path) -> Said:
    """Say a command once and, if it died, once more; compare what came of it.

    Args:
        script: Its control is armed.
        scratch: A folder for copies.
    """
    home = script.scene.world.homes[script.victim]
    control = script.scene.world.controls[script.victim]
    await script.prepare()
    before = await asyncio.to_thread(read_dead, home.store, scratch)
    code, said = await script.said()
    done = Said(
        calls=control.calls()[: control.fired or None],
        is_fired=bool(control.fired),
        is_torn=control.is_torn,
    )
    control.disarm()
    if done.is_fired:
        dead = await asyncio.to_thread(read_dead, home.store, scratch)
        if dead.integrity != "ok":
            done.findings.append(Finding(Check.DATABASE, dead.integrity))
            return done
        code, said = await script.said()
    if code != 0:
        word = script.scene.world.folder / "commands.journal"
        last = word.read_text(encoding="utf-8", errors="replace").splitlines()[-1:]
        detail = f"it ends with {code}: {said.strip()} {last}"
        done.findings.append(Finding(Check.START, detail))
        return done
    after = await asyncio.to_thread(read_dead, home.store, scratch)
    done.findings += script.compare(before, after)
    if after.integrity != "ok":
        done.findings.append(Finding(Check.DATABASE, after.integrity))
    return done
