"""New keys of a Party at a desk with people: one proposes, another confirms exactly these."""

from dataclasses import replace
from pathlib import Path

import pytest
from typing_extensions import override

from gateway.drafting import FROZEN_MS, ApprovalOptions
from gateway.errors import GatewayError
from gateway.people import Caller, Role, Way
from gateway.service.keyapproval import KeyApproval
from gateway.service.keychange import subject_of
from keys.digest import sha256
from protocol.errors import NotAllowedError
from tests.gateway.network import Network, Node, Wire, network
from tests.gateway.operator.test_newkeys import NAMES, Waiting, change, newest_act
from tests.gateway.service.drafts import PASSWORD, POP, STAN, Staff, answered, person
from tests.gateway.service.world import scenario
from tests.passkeys import HOST_ORIGIN, SoftPasskey

ADMIN = person(1, Role.OPERATOR)
OTHER = person(2, Role.OPERATOR)
SOCKET = replace(ADMIN, person=None, who="RO/1 operator", way=Way.SOCKET)
WHY = "both read them with J. Martin"
DIGEST = subject_of(sorted(NAMES))


def made(net: Network, keys: Waiting, *, is_there: bool = True) -> tuple[Node, KeyApproval, Staff]:
    """Return the use case at a desk with people."""
    node = net["RO/1"]
    staff = Staff(is_there=is_there)
    for one in (ADMIN, OTHER, STAN):
        staff.keys[one.person or 0] = SoftPasskey(credential=b"key %d" % (one.person or 0))
    service = KeyApproval(
        change(node, keys),
        log=node.store,
        people=staff,
        clock=node.clock,
        origins=lambda: frozenset({HOST_ORIGIN}),
    )
    return node, service, staff


async def refused(code: str, call: object) -> None:
    """Expect a refusal with a code."""
    with pytest.raises(GatewayError) as caught:
        await call  # type: ignore[misc]
    assert caught.value.code == code


async def proposes(service: KeyApproval, by: Caller = ADMIN) -> int:
    """Let somebody propose, naming people who are asked nothing."""
    return await service.accept("FR", by=by, people=("A", "B"), reason=WHY)


@scenario
async def test_keys_count_when_another_person_confirmed_these(tmp_path: Path) -> None:
    """Two names that one person typed count for nothing; the passkey's answer is in the act."""
    keys = Waiting()
    async with network(tmp_path, ["RO/1"], Wire(), run=[]) as net:
        node, service, staff = made(net, keys)
        assert await service.must_confirm()
        assert await proposes(service) == 0
        assert (keys.renewed, list(service.waiting())) == (0, ["FR"])
        act = await newest_act(node)
        assert (act.act, act.who, act.why) == ("propose_keys", ADMIN.who, WHY)
        assert act.subject == DIGEST == sha256("\n".join(sorted(NAMES)).encode())
        options: ApprovalOptions = await service.options("FR", by=STAN, shown=DIGEST)
        assert options.digest == DIGEST
        answer = answered(staff.keys[STAN.person or 0], options.challenge)
        assert await service.confirm("FR", by=STAN, shown=DIGEST, assertion=answer) == 2
        act = await newest_act(node)
        assert (act.act, act.who) == ("accept_keys", f"{ADMIN.who}; {STAN.who}")
        assert act.approval is not None
        assert act.approval.check(DIGEST) == HOST_ORIGIN
        assert (keys.held, keys.renewed, service.proposed()) == ({}, 1, {})


@scenario
async def test_nobody_confirms_what_they_proposed(tmp_path: Path) -> None:
    """Nor an operator what came by the socket, which may have been the same one."""
    keys = Waiting()
    async with network(tmp_path, ["RO/1"], Wire(), run=[]) as net:
        _, service, _ = made(net, keys)
        await proposes(service)
        program = replace(OTHER, is_program=True)
        for by, code in (
            (ADMIN, "own_draft"),
            (SOCKET, "forbidden_role"),
            (POP, "forbidden_role"),
            (program, "forbidden_role"),
        ):
            await refused(code, service.options("FR", by=by, shown=DIGEST))
            await refused(code, service.confirm("FR", by=by, shown=DIGEST, password=PASSWORD))
        await proposes(service, SOCKET)
        await refused("own_draft", service.options("FR", by=OTHER, shown=DIGEST))
        assert keys.renewed == 0
        assert await service.confirm("FR", by=STAN, shown=DIGEST, password=PASSWORD) == 2


@scenario
async def test_only_the_keys_that_were_shown_are_confirmed_and_for_a_day(tmp_path: Path) -> None:
    """Others that came meanwhile, an answer of yesterday, a token: nothing counts."""
    keys = Waiting()
    async with network(tmp_path, ["RO/1"], Wire(), run=[]) as net:
        node, service, staff = made(net, keys)
        await refused("not_found", service.options("FR", by=STAN, shown=DIGEST))
        await proposes(service)
        await refused("approval_stale", service.options("FR", by=STAN, shown=bytes(32)))
        by_token = replace(STAN, way=Way.TOKEN)
        for by, password in ((STAN, None), (STAN, "wrong"), (by_token, PASSWORD)):
            call = service.confirm("FR", by=by, shown=DIGEST, password=password)
            await refused("fresh_sign_in_needed", call)
        options = await service.options("FR", by=STAN, shown=DIGEST)
        other = answered(staff.keys[OTHER.person or 0], options.challenge)
        call = service.confirm("FR", by=STAN, shown=DIGEST, assertion=other)
        await refused("approval_stale", call)
        keys.held = {"FR": frozenset({f"FR/1 log {'c' * 64}"})}
        await refused("not_found", service.confirm("FR", by=STAN, shown=DIGEST, password=PASSWORD))
        await proposes(service)
        node.clock.ms += FROZEN_MS
        assert service.proposed() == {}
        keys.held = {}
        with pytest.raises(NotAllowedError):
            await proposes(service)


class Slow(Staff):
    """Whose check of a password lets something else happen first."""

    service: KeyApproval

    @override
    async def password_is(self, person: int, password: str) -> bool:
        """Propose anew meanwhile."""
        await proposes(self.service)
        return await super().password_is(person, password)


@scenario
async def test_proposal_that_was_exchanged_meanwhile_is_not_confirmed(tmp_path: Path) -> None:
    """Its reason, and who asked, would be others than were read."""
    async with network(tmp_path, ["RO/1"], Wire(), run=[]) as net:
        keys, node = Waiting(), net["RO/1"]
        slow = Slow()
        slow.service = KeyApproval(
            change(node, keys), log=node.store, people=slow, clock=node.clock, origins=frozenset
        )
        await proposes(slow.service)
        call = slow.service.confirm("FR", by=STAN, shown=DIGEST, password=PASSWORD)
        await refused("approval_stale", call)
        assert keys.renewed == 0
