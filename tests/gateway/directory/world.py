"""A small world for the tests of the directory: nodes with real keys, an authority, a clock."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from gateway.directory.publish import KeyFolder, admit, delegate, new_root, publish
from keys.digest import sha256
from keys.keyfile import Credential
from tests.protocol.entries import DAY_MS, join_request, node_keys

__all__ = ("DAY_MS", "SECRET", "Authority", "FakeClock")

SECRET = Credential(bytes(range(32)))


@dataclass
class FakeClock:
    """A clock whose hands a test moves; sleeping moves them too."""

    now: int
    seconds: float = 0.0
    slept: tuple[float, ...] = ()
    on_sleep: Callable[[], None] | None = None

    def now_ms(self) -> int:
        """Return the time that the test set."""
        return self.now

    def monotonic_s(self) -> float:
        """Return seconds that the test moves."""
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Note the pause and let the test act in it."""
        self.slept += (seconds,)
        if self.on_sleep is not None:
            self.on_sleep()


@dataclass(frozen=True)
class Authority:
    """An authority with its folder and its keys at one moment."""

    folder: Path
    keys: KeyFolder
    now_ms: int

    @classmethod
    def found(
        cls, base: Path, now_ms: int, *, parties: tuple[str, ...] = ("FR", "RO")
    ) -> "Authority":
        """Make a directory and delegate to some Parties; nothing of theirs is published yet."""
        authority = cls(base / "out", KeyFolder(base / "keys", SECRET), now_ms)
        new_root(authority.folder, authority.keys, now_ms=now_ms)
        for country in parties:
            authority.delegate(country)
        return authority

    @property
    def root(self) -> bytes:
        """What nodes get as ROOT.json."""
        return (self.folder / "metadata" / "1.root.json").read_bytes()

    @property
    def url(self) -> str:
        """The folder as a mirror."""
        return self.folder.as_uri() + "/"

    def at(self, now_ms: int) -> "Authority":
        """Return the same authority at another time."""
        return replace(self, now_ms=now_ms)

    def delegate(self, country: str) -> None:
        """Give a Party its part."""
        delegate(self.folder, self.keys, country, now_ms=self.now_ms)

    def admit(self, *names: str, salt: int = 0) -> None:
        """Admit nodes by their names."""
        for name in names:
            request = join_request(node_keys(name, salt), self.now_ms)
            admit(self.folder, request, now_ms=self.now_ms, replace=salt != 0)

    def publish(self) -> int:
        """Publish; return the version of the timestamp."""
        return publish(self.folder, self.keys, now_ms=self.now_ms).stamp.timestamp_version

    def digest(self) -> bytes:
        """Return the SHA-256 of the timestamp as it lies in the folder."""
        return sha256((self.folder / "metadata" / "timestamp.json").read_bytes())
