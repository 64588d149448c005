"""The places of a home are those that operators and their backups know."""

from pathlib import Path

from gateway.home import Home


def test_places_are_the_documented_ones(tmp_path: Path) -> None:
    """Backups, units and other commands name them."""
    home = Home(tmp_path / "ro")
    inside = {
        home.config_file: "node.toml",
        home.keys: "keys",
        home.store: "store.db",
        home.blobs: "blobs",
        home.directory: "directory",
        home.control: "control",
        home.login: "login",
        home.lock: "store.db.lock",
        home.ports_file: "ports.json",
    }
    assert all(place == home.path / name for place, name in inside.items())


def test_anchor_lies_beside_the_home_not_in_it(tmp_path: Path) -> None:
    """A backup of the home must not take the anchor along (rule 8)."""
    assert Home(tmp_path / "ro").anchor == tmp_path / "ro.anchor"
    assert Home(Path("ro.d")).anchor.name == "ro.d.anchor"
    assert Home(Path("ro")).path.is_absolute()


def test_relative_setting_means_the_home(tmp_path: Path) -> None:
    """A home can be moved with everything that its settings name."""
    home = Home(tmp_path)
    assert home.path_of("ROOT.json") == tmp_path / "ROOT.json"
    assert home.path_of("/etc/root.json") == Path("/etc/root.json")
