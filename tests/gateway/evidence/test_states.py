"""The states of the directory for a bundle: the newest one, and those that were named."""

import asyncio
from pathlib import Path

import pytest

from gateway.errors import UnavailableError
from gateway.evidence.findings import Findings
from gateway.evidence.logkeys import MAX_STATES, read_states
from gateway.evidence.moment import moment, moment_or_none
from gateway.evidence.states import ArchivedStates
from protocol.evidence.naming import directory_file
from tests.gateway.directory.setting import Setting
from tests.gateway.evidence.world import Book, acknowledged, exported
from tests.gateway.network import Wire, network
from tests.gateway.service.world import scenario


def test_newest_state_and_those_that_are_named_are_given(tmp_path: Path) -> None:
    """As far as they were ever in use; nothing while there is none."""
    setting = Setting(tmp_path)

    async def story() -> None:
        client = setting.client()
        states = ArchivedStates(client)
        assert await states.held([bytes(32)]) == {}
        await client.refresh()
        first = client.stamp()
        setting.authority.at(setting.now_ms + 1).publish()
        await client.refresh()
        second = client.stamp()
        assert first is not None
        assert second is not None
        assert set(await states.held([])) == {second.digest}
        held = await states.held([first.digest, bytes(32), second.digest])
        assert set(held) == {first.digest, second.digest}
        files = {
            directory_file(digest, name): data
            for digest, published in held.items()
            for name, data in published.items()
        }
        findings = Findings()
        read = read_states(files, setting.authority.root, findings)
        assert [each.stamp for each in read] == [first, second]
        assert findings.faults == ()

    asyncio.run(story())


@pytest.mark.parametrize(
    ("states", "size"), [(MAX_STATES + 1, 1), (1, 1024 * 1024 + 1), (1, 10), (0, 0)]
)
def test_too_many_too_long_or_unreadable_states_are_faults(states: int, size: int) -> None:
    """Before anything of them is parsed, where that is enough."""
    files = {
        directory_file(bytes((number,)) * 32, "metadata/timestamp.json"): b"[" * size
        for number in range(states)
    }
    findings = Findings()
    assert read_states(files, b"{}", findings) == ()
    assert findings.faults


@scenario
async def test_node_without_a_directory_exports_nothing(tmp_path: Path) -> None:
    """No key would be known."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire()) as net:
        book = Book.of(net, tmp_path / "directory")
        mid = await acknowledged(net)

        class Nowhere:
            async def held(self, digests: object) -> dict[bytes, dict[str, bytes]]:
                del digests
                return {}

        with pytest.raises(UnavailableError):
            await exported(net["FR/1"], Nowhere(), mid)  # type: ignore[arg-type]
        assert (await exported(net["FR/1"], book, mid))[0]


def test_time_that_no_calendar_has_is_shown_as_the_last_one() -> None:
    """A speaker may state any number."""
    assert moment(0) == "1970-01-01T00:00:00.000Z"
    assert moment(2**53) == "9999-12-31T23:59:59.999Z"
    assert moment_or_none(None) is None
