"""The places in and beside the folder of one node; opens, creates and checks nothing.

Source: the layout of a node's home in docs/operations.md.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one node, by name; opens and creates nothing.

    Args:
        path: The folder, as given; made absolute.
    """

    path: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", self.path.absolute())

    @property
    def config_file(self) -> Path:
        """Settings."""
        return self.path / "node.toml"

    @property
    def keys(self) -> Path:
        """Folder of the key files, 0700."""
        return self.path / "keys"

    @property
    def store(self) -> Path:
        """The database."""
        return self.path / "store.db"

    @property
    def blobs(self) -> Path:
        """Folder of sealed attachments."""
        return self.path / "blobs"

    @property
    def directory(self) -> Path:
        """Folder of the last verified directory."""
        return self.path / "directory"

    @property
    def anchor(self) -> Path:
        """The newest signed head, beside the home and outside every backup of it (rule 8)."""
        return self.path.with_name(self.path.name + ".anchor")

    @property
    def control(self) -> Path:
        """Socket of the administration, 0600."""
        return self.path / "control"

    @property
    def login(self) -> Path:
        """What `a35 login` stored, 0600."""
        return self.path / "login"

    @property
    def lock(self) -> Path:
        """Locked exclusively by the one process that may open the store."""
        return self.path / "store.db.lock"

    @property
    def ports_file(self) -> Path:
        """JSON {"peer", "desk", "pid"} of the running node: what port 0 became."""
        return self.path / "ports.json"

    def path_of(self, text: str) -> Path:
        """Return what a setting names: relative paths start at the home."""
        return self.path / Path(text).expanduser()
