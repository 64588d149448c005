"""Policy files of C2SP as bytes: lines of logs, witnesses, groups and one quorum.

Does: file to `Policy` and back, strict and bounded. Names and addresses are opaque octets, as the
specification has them; keys are text. A witness of another type than ML-DSA-44 is refused: its
cosignatures could not be verified here, and a quorum that counts on it would never be met.

Source: C2SP tlog-policy, section Structure.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from keys.cosigner import Cosigner
from keys.errors import UnknownSuiteError
from keys.vkey import VerifierKey
from protocol.errors import Code, MalformedError
from protocol.witness.policy import Group, Policy, PolicyLog, PolicyWitness

MAX_POLICY_BYTES: Final = 1024 * 1024
"""Longest policy file that is read: 512 ML-DSA-44 keys of 1.8 KB each, and room."""

_FORBIDDEN: Final = re.compile(rb"[^\x09\x0a\x20-\x7e\x80-\xff]")
_BLANKS: Final = re.compile(rb"[ \t]+")
_BLANK: Final = b" \t"
_NUMBER: Final = re.compile(rb"[1-9][0-9]{0,3}\Z")
_COMMENT: Final = b"#"


@dataclass(slots=True)
class _Draft:
    """What the lines so far say; owned by one call of `parse_policy`."""

    logs: list[PolicyLog] = field(default_factory=list)
    witnesses: list[PolicyWitness] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    quorum: bytes | None = None

    def log(self, items: list[bytes]) -> None:
        key, url = _with_url(items, 1)
        self.logs.append(PolicyLog(key=_key(key[0]), url=url))

    def witness(self, items: list[bytes]) -> None:
        (name, key), url = _with_url(items, 2)
        try:
            cosigner = Cosigner(key=_key(key))
        except UnknownSuiteError as error:
            raise MalformedError("a witness that does not sign with ML-DSA-44") from error
        self.witnesses.append(PolicyWitness(name=name, cosigner=cosigner, url=url))

    def group(self, items: list[bytes]) -> None:
        if len(items) < 3:  # noqa: PLR2004 - name, number and one member
            raise MalformedError("a group without members")
        name, number, *members = items
        # Members must be known here already, which `Policy` sees by the order of groups alone.
        known = {each.name for each in self.witnesses} | {each.name for each in self.groups}
        if not set(members) <= known:
            raise MalformedError("a member that is not defined before its group")
        group = Group(name=name, threshold=_threshold(number, members), members=tuple(members))
        self.groups.append(group)

    def quorum_is(self, items: list[bytes]) -> None:
        if len(items) != 1 or self.quorum is not None:
            raise MalformedError("a policy has one quorum, of one name")
        # The name must be known here already; a whole policy is checked for it again.
        Policy(
            logs=(),
            witnesses=tuple(self.witnesses),
            groups=tuple(self.groups),
            quorum=items[0],
        )
        self.quorum = items[0]


_LINES: Final[dict[bytes, Callable[[_Draft, list[bytes]], None]]] = {
    b"log": _Draft.log,
    b"witness": _Draft.witness,
    b"group": _Draft.group,
    b"quorum": _Draft.quorum_is,
}


def parse_policy(data: bytes) -> Policy:
    """Read a policy file.

    Args:
        data: The file, any bytes.

    Returns:
        The policy; comments and blank lines are gone.

    Raises:
        MalformedError: Longer than MAX_POLICY_BYTES (E_SIZE); a forbidden octet, an unfinished
            last line, a line of another form or with a key that is not of the suite; no quorum or
            two; whatever `Policy` refuses.

    Source:
        C2SP tlog-policy.
    """
    if len(data) > MAX_POLICY_BYTES:
        raise MalformedError("a policy longer than any", code=Code.SIZE)
    if _FORBIDDEN.search(data):
        raise MalformedError("a policy with a forbidden octet")
    *lines, rest = data.split(b"\n")
    if rest:
        raise MalformedError("a policy whose last line does not end")
    draft = _Draft()
    for line in lines:
        bare = line.strip(_BLANK)
        if not bare or bare.startswith(_COMMENT):
            continue
        word, *items = _BLANKS.split(bare)
        read = _LINES.get(word)
        if read is None:
            raise MalformedError("a line that no policy has")
        read(draft, items)
    if draft.quorum is None:
        raise MalformedError("a policy without a quorum")
    return Policy(
        logs=tuple(draft.logs),
        witnesses=tuple(draft.witnesses),
        groups=tuple(draft.groups),
        quorum=draft.quorum,
    )


def format_policy(policy: Policy) -> bytes:
    """Write a policy file.

    Args:
        policy: Whose names and addresses have no blanks and no control octets.

    Returns:
        Logs, witnesses, groups and the quorum, a line each; `parse_policy` gives it back.

    Raises:
        MalformedError: It would not read back equal.
    """
    lines = [_line(b"log", str(log.key).encode(), url=log.url) for log in policy.logs]
    lines += [
        _line(b"witness", each.name, str(each.cosigner.key).encode(), url=each.url)
        for each in policy.witnesses
    ]
    lines += [
        _line(b"group", group.name, b"%d" % group.threshold, *group.members)
        for group in policy.groups
    ]
    data = b"".join((*lines, _line(b"quorum", policy.quorum)))
    if parse_policy(data) != policy:
        raise MalformedError("a policy with names that its file cannot hold")
    return data


def _line(*items: bytes, url: bytes | None = None) -> bytes:
    return b" ".join(items if url is None else (*items, url)) + b"\n"


def _with_url(items: list[bytes], needed: int) -> tuple[list[bytes], bytes | None]:
    if not needed <= len(items) <= needed + 1:
        raise MalformedError("a line with too few or too many items")
    return items[:needed], items[needed] if len(items) > needed else None


def _key(text: bytes) -> VerifierKey:
    try:
        return VerifierKey.parse(text.decode())
    except (UnknownSuiteError, UnicodeDecodeError) as error:
        raise MalformedError("a key that is not of the suite") from error


def _threshold(number: bytes, members: list[bytes]) -> int:
    if number == b"all":
        return len(members)
    if number == b"any":
        return 1
    if not _NUMBER.match(number):
        raise MalformedError("a threshold that is no number")
    return int(number)
