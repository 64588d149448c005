"""Who comes to the desk, by which way, and what becomes of those who may not."""

from gateway.people import Role
from tests.gateway.officer.pages.world import DeskWorld, desk_test


@desk_test
async def test_person_with_a_session_reads_and_a_stranger_does_not(desk: DeskWorld) -> None:
    """The cookie says who asks; without one the API says so and pages lead to sign-in."""
    officer = await desk.visitor(Role.OFFICER)
    mid = await desk.received()
    listed = await officer.get("/api/v1/messages?box=in")
    assert listed.status == 200, listed.text
    assert (listed.status, listed.json()["items"][0]["mid"]) == (200, str(mid))
    stranger = await desk.visitor()
    refused = await stranger.get("/api/v1/messages?box=in")
    assert (refused.status, refused.json()["code"]) == (401, "not_signed_in")
