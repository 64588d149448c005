"""D13: every code of the table of problems leaves the API as the table says, and comes back."""

import asyncio

import pytest

from gateway.officer.shapes.problems import KINDS, Problem, error_of, problem_of
from tests.gateway.officer.api.test_reply import SPLIT, ask
from tests.gateway.officer.world import World


@pytest.mark.parametrize("code", list(KINDS))
def test_code_has_its_status_and_its_exit_code_on_the_other_side(code: str) -> None:
    """What a service raised is what a program catches."""
    world, kind = World(), KINDS[code]
    world.submit.failure = error_of(problem_of(code, "what happened", hint="what to do"))
    status, media, body = asyncio.run(ask(world, "POST", SPLIT, b'{"document": {"type": "x"}}'))
    assert (status, media) == (kind.status, "application/problem+json")
    assert (body["code"], body["title"], body["hint"]) == (code, kind.title, "what to do")
    caught = error_of(Problem.model_validate({**body, "errors": ()}))
    assert (caught.code, caught.exit_code) == (code, kind.exit_code)
