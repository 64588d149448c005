"""Where the stories happen: two Parties, one node that looks them up, one thief."""

import time
from collections.abc import Callable
from pathlib import Path

from tuf.api.metadata import (  # type: ignore[attr-defined]  # public, but not marked so
    TargetFile,
    Targets,
)

from gateway.directory.layout import entry_file, entry_target, party_role
from gateway.directory.trusted import TrustedDirectory
from gateway.journal import get_journal
from keys.digest import sha256
from protocol.directory import PartyEntry, parse_entry
from protocol.identifiers import NodeId
from tests.gateway.directory.forge import Forger
from tests.gateway.directory.world import Authority, FakeClock

RO = NodeId("RO", 1)


class Setting:
    """An authority with RO/1 and FR/1 published, a node's folder, and a thief."""

    def __init__(self, base: Path) -> None:
        # python-tuf reads the time of the machine itself, so the stories happen today.
        self.now_ms = int(time.time() * 1000)
        self.base = base
        self.authority = Authority.found(base, self.now_ms)
        self.authority.admit("RO/1", "FR/1")
        self.authority.publish()
        self.forger = Forger(self.authority.folder, self.authority.keys)
        self.home = base / "home"

    def client(self, *, url: str | None = None, later_ms: int = 0) -> TrustedDirectory:
        """Return the node's directory, not started yet."""
        return TrustedDirectory(
            self.home,
            url=self.authority.url if url is None else url,
            root=self.authority.root,
            clock=FakeClock(self.now_ms + later_ms),
            journal=get_journal("test"),
        )

    def entry(self, country: str) -> PartyEntry:
        """Return a Party's published entry."""
        data = self.forger.repository.entry(country)
        assert data is not None
        return parse_entry(data)

    async def refuses(self, act: Callable[[], None]) -> TrustedDirectory:
        """Check that after an act nothing is adopted, the former state stays, and why is said."""
        client = self.client()
        assert await client.refresh()
        before = client.stamp()
        act()
        assert not await client.refresh()
        assert client.stamp() == before
        assert client.node(RO) is not None
        assert client.why is not None
        newcomer = TrustedDirectory(
            self.base / "newcomer",
            url=self.authority.url,
            root=self.authority.root,
            clock=FakeClock(self.now_ms),
            journal=get_journal("test"),
        )
        await newcomer.refresh()
        return newcomer


def publish_entry(setting: Setting, country: str, data: bytes) -> None:
    """Sign any bytes as a Party's entry, with that Party's own keys."""
    name = entry_target(country)

    def change(targets: Targets) -> None:
        targets.targets = {name: TargetFile.from_data(name, data, ["sha256"])}

    setting.forger.write(entry_file(country, sha256(data).hex()), data)
    setting.forger.party(country, change)
    setting.forger.online(party_role(country))
