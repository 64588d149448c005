"""Deliberate faults of a copy of the sources: a harness that does not find them is worth nothing.

To add one: what it is, the edits that make it (each text must stand in its file exactly once), the
script and side in which it shows, and which check must find it.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from tests.crash.campaign import Plan
from tests.crash.checks import Check
from tests.crash.processes import REPOSITORY
from tests.crash.scripts import SCRIPTS
from tests.crash.shim import Mode
from tests.crash.world import Side

_SOURCES: Final = ("gateway", "protocol", "keys", "node.py")
_SEED: Final = 20261121


class Edit(NamedTuple):
    """A text of a file, and what stands there instead."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """One fault.

    Attributes:
        name: For the table.
        edits: What makes it.
        script: During which exchange it shows.
        side: Who must die.
        modes: In which ways.
        found_by: Any of these checks.
    """

    name: str
    edits: Sequence[Edit]
    script: str
    side: Side
    modes: frozenset[Mode]
    found_by: frozenset[Check]

    def plan(self, tree: Path) -> Plan:
        """Return a plan that ends with the first finding."""
        return Plan(
            scripts=(SCRIPTS[self.script],),
            sides=(self.side,),
            modes=self.modes,
            seed=_SEED,
            worlds=2,
            tree=tree,
            stop_at=1,
        )


class PlantError(Exception):
    """The sources have changed so that a fault cannot be planted any more."""


def plant(fault: Plant, folder: Path) -> Path:
    """Copy the sources and plant a fault.

    Args:
        fault: Which.
        folder: Where the copy is made.

    Returns:
        The copy.

    Raises:
        PlantError: A text to be changed is not there exactly once.
    """
    tree = folder / "tree"
    tree.mkdir()
    for name in _SOURCES:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tree / name)
    for edit in fault.edits:
        file = tree / edit.file
        text = file.read_text(encoding="utf-8")
        if text.count(edit.old) != 1:
            raise PlantError(f"{fault.name}: {edit.file} does not hold this once: {edit.old}")
        file.write_text(text.replace(edit.old, edit.new), encoding="utf-8")
    return tree


_ANSWERED_EARLY: Final = """\
        from asyncio import create_task as later, sleep
        async def commit() -> None:
            await sleep(0.05)
            await self._store.submit(submission, now_ms=self._clock.now_ms())
        self._committing = later(commit())
        submitted = Submitted(
            mid=submission.mid, thread=submission.thread, index=0, queue_number=0, repeated=False
        )
"""

PLANTS: Final = (
    Plant(
        name="queued is answered before the commit",
        edits=(
            Edit(
                "gateway/service/submit.py",
                "        with self._guard.watched():\n            submitted = await"
                " self._store.submit(submission, now_ms=self._clock.now_ms())\n",
                _ANSWERED_EARLY,
            ),
        ),
        script="submit",
        side=Side.SENDER,
        modes=frozenset({Mode.BEFORE, Mode.AFTER}),
        found_by=frozenset({Check.PROMISE}),
    ),
    Plant(
        name="the anchor is written before the commit",
        edits=(
            Edit(
                "gateway/storage/group.py",
                '        execute("COMMIT")\n',
                "        if head is not None:\n            self._anchor.write(head)\n"
                '        execute("COMMIT")\n',
            ),
        ),
        script="submit",
        side=Side.RECEIVER,
        modes=frozenset({Mode.BEFORE}),
        found_by=frozenset({Check.ANCHOR}),
    ),
    Plant(
        name="the request key is not kept",
        edits=(
            Edit(
                "gateway/service/submit.py",
                "        key = None if request_key is None else _stored_key(request_key)\n",
                "        key = None\n",
            ),
        ),
        script="submit",
        side=Side.SENDER,
        modes=frozenset({Mode.BEFORE}),
        found_by=frozenset({Check.TWICE}),
    ),
    Plant(
        name="a repeated envelope gets a receipt made anew",
        edits=(
            Edit(
                "gateway/storage/inbox.py",
                "        return Accepted(receipt=receipt, index=leaf, fresh=False)\n",
                "        leaf = session.state(item.receipt_statement, must_leave=True)\n"
                "        return Accepted(receipt=item.receipt, index=leaf, fresh=False)\n",
            ),
        ),
        script="submit",
        side=Side.RECEIVER,
        modes=frozenset({Mode.BEFORE, Mode.TORN}),
        found_by=frozenset({Check.DIFFERENT, Check.RECEIPT}),
    ),
    Plant(
        name="what a start finds unopened is never opened",
        edits=(
            Edit(
                "gateway/storage/inbox.py",
                '        " ORDER BY w.cls, w.message LIMIT ?",\n        (left, limit),\n',
                '        " WHERE w.message > ? ORDER BY w.cls, w.message LIMIT ?",\n'
                "        (left, left, limit),\n",
            ),
        ),
        script="submit",
        side=Side.RECEIVER,
        modes=frozenset({Mode.BEFORE}),
        found_by=frozenset({Check.STUCK, Check.LOST}),
    ),
    Plant(
        name="a piece of an attachment is written under the name of the whole",
        edits=(
            Edit(
                "gateway/storage/blob_files.py",
                "    return path.with_name(path.name + PART)\n",
                "    return path\n",
            ),
        ),
        script="attachment",
        side=Side.RECEIVER,
        modes=frozenset({Mode.BEFORE, Mode.TORN}),
        found_by=frozenset({Check.STUCK, Check.CONTENT}),
    ),
    Plant(
        name="a mark of the running process blocks the next start",
        edits=(
            Edit(
                "gateway/assembly.py",
                "    options.home.ports_file.write_text(",
                '    mark = options.home.path / "running"\n'
                "    mark.touch(exist_ok=False)\n"
                "    stack.callback(mark.unlink)\n"
                "    options.home.ports_file.write_text(",
            ),
        ),
        script="submit",
        side=Side.SENDER,
        modes=frozenset({Mode.BEFORE}),
        found_by=frozenset({Check.START}),
    ),
)
