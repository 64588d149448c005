"""Whose case it is: proofs and the record of a case are for whoever had to do with it.

Supervisors and auditors see every case; an officer or an approver those with which they did
something: opened, wrote, approved, acknowledged or read a message of it.

Source: docs/desk.md, "Inbox and cases".
"""

import re
from typing import Final

from gateway.casework import Access, Casework
from gateway.errors import AccessDeniedError
from gateway.officer.access import May, allows
from gateway.people import Caller
from protocol.identifiers import MessageId

_NUMBERED: Final = re.compile(r"(\S+) [a-z]+ ([0-9]+)")


async def record_of(
    casework: Casework, thread: MessageId | None, caller: Caller
) -> tuple[Access, ...]:
    """Return who did what with a case, if the asker may know.

    Args:
        casework: Keeps it.
        thread: The case; None for a message that belongs to none yet.
        caller: Who asks.

    Raises:
        AccessDeniedError: They never did anything with it (`forbidden_role`).
        StorageError: It cannot be read.
    """
    record = () if thread is None else await casework.access_record(thread)
    if not allows(caller, May.AUDIT) and not any(_is(one.who, caller.who) for one in record):
        raise AccessDeniedError(
            "this case was never yours",
            code="forbidden_role",
            hint="ask a supervisor or the auditor",
        )
    return record


def _is(who: str, other: str) -> bool:
    """Tell whether two are one person, whom other roles may call otherwise."""
    one, two = _NUMBERED.fullmatch(who), _NUMBERED.fullmatch(other)
    return who == other if one is None or two is None else one.groups() == two.groups()
