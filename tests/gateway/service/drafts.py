"""The desk of a node with drafts: people, passkeys in software, and what a test does with them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from json import dumps
from pathlib import Path
from typing import Any

from gateway.drafting import Assertion, DraftRow, Passkey
from gateway.people import Caller, Role, Way
from gateway.service.draft_desk import DraftPorts
from gateway.service.drafting import Drafting
from gateway.storage.draft_parts import FolderParts
from keys.digest import sha256
from tests.gateway.network import Network, Node, Wire, network
from tests.gateway.service.world import request
from tests.passkeys import HOST_ORIGIN, SoftPasskey

PASSWORD = "correct horse battery"  # noqa: S105  of a test


def person(number: int, *roles: Role, way: Way = Way.SESSION) -> Caller:
    """Return somebody of the desk."""
    return Caller(
        person=number,
        name=f"Person {number}",
        who=f"FR/1 {roles[0].value} {number}",
        roles=frozenset(roles),
        way=way,
    )


POP = person(3, Role.OFFICER)
STAN = person(4, Role.APPROVER)
BOTH = person(5, Role.OFFICER, Role.APPROVER)
CHIEF = person(6, Role.SUPERVISOR)
DESK = Caller(person=None, name="", who="FR/1 desk", roles=frozenset(Role), way=Way.SOCKET)


@dataclass
class Staff:
    """Implements drafting.Signatories over passkeys in software."""

    is_there: bool = True
    keys: dict[int, SoftPasskey] = field(default_factory=dict)
    former: set[int] = field(default_factory=set)

    async def approves(self, person: int) -> bool:
        """Tell whether somebody is an approver still."""
        return person not in self.former

    async def exist(self) -> bool:
        """Tell whether any person exists."""
        return self.is_there

    async def passkeys(self, person: int) -> tuple[Passkey, ...]:
        """Return a person's passkeys."""
        key = self.keys.get(person)
        return () if key is None else (Passkey(credential=key.credential, spki=key.spki),)

    async def password_is(self, person: int, password: str) -> bool:
        """Tell whether this is a person's password."""
        return (person, password) == (STAN.person, PASSWORD)


@dataclass
class Bureau:
    """A node with a desk."""

    net: Network
    node: Node
    staff: Staff
    folder: Path
    drafting: Drafting

    def reopened(self) -> Drafting:
        """Return the drafts as a new process finds them."""
        self.drafting = make_drafting(self.node, self.staff, self.folder)
        return self.drafting

    async def submitted(self, document: dict[str, Any] | None = None) -> DraftRow:
        """Write and submit a draft."""
        text = dumps(request() if document is None else document).encode()
        row = await self.drafting.create(text, by=POP)
        return await self.drafting.submit(row.id, by=POP)

    async def assertion(self, draft: str, *, by: Caller = STAN) -> Assertion:
        """Let somebody's passkey answer for a draft."""
        options = await self.drafting.approval_options(draft, by=by)
        return answered(self.staff.keys[by.person or 0], options.challenge)

    async def upload(self, draft: str, name: str, data: bytes) -> int:
        """Give a draft a file."""
        size = len(data)
        file = await self.drafting.begin_file(
            draft, name, size_bytes=size, media_type="application/pdf", by=POP
        )
        for k in range(file.parts):
            part = data[k * 4 * 1024 * 1024 : (k + 1) * 4 * 1024 * 1024]
            await self.drafting.put_part(draft, file.n, k, part, digest=sha256(part), by=POP)
        assert await self.drafting.complete(draft, file.n) == sha256(data)
        return file.n


def answered(key: SoftPasskey, challenge: bytes) -> Assertion:
    """Return what a browser gives back."""
    answer = key.answer(challenge)
    return Assertion(
        credential=answer.credential,
        authenticator_data=answer.authenticator_data,
        client_data=answer.client_data,
        signature=answer.signature,
    )


def make_drafting(node: Node, staff: Staff, folder: Path) -> Drafting:
    """Build the use case over a node of the test network."""
    return Drafting(
        DraftPorts(
            node=node.id,
            store=node.store,
            parts=FolderParts(folder),
            blobs=node.blobs,
            submit=node.runtime.submit,
            people=staff,
            clock=node.clock,
            randomness=node.runtime._ports.randomness,
            origins=lambda: {HOST_ORIGIN},
        )
    )


@asynccontextmanager
async def bureau(tmp_path: Path, *, run: list[str] | None = None) -> AsyncIterator[Bureau]:
    """Run a network of two, with a desk at FR/1."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire(), run=run or []) as net:
        node, staff, folder = net["FR/1"], Staff(), tmp_path / "drafts"
        staff.keys = {number: SoftPasskey(credential=b"key %d" % number) for number in (4, 5, 6)}
        yield Bureau(net, node, staff, folder, make_drafting(node, staff, folder))
