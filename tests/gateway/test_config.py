"""Settings: every option has one origin, a mistake is named and never becomes a default."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.config import (
    DirectorySection,
    DutySection,
    NodeConfig,
    PeerSection,
    config_text,
    load_config,
    write_config,
)
from gateway.errors import ConfigError
from protocol.identifiers import NodeId

BASIC = 'node = "RO/1"\nname = "Romania"\nurl = "https://ro.example:8443"\n'


def _home(tmp_path: Path, text: str = BASIC) -> Path:
    (tmp_path / "node.toml").write_text(text, encoding="utf-8")
    return tmp_path


def test_defaults_file_and_environment_are_told_apart(tmp_path: Path) -> None:
    """`a35 config show` says where each value came from."""
    home = _home(tmp_path, BASIC + "[desk]\nport = 0\n[policy]\nkeep_own_copy = false\n")
    loaded = load_config(
        home,
        environ={"A35_PEER_LISTEN": "[::1]:0", "A35_HOME": "elsewhere", "PATH": "/bin",
                 "A35_DUTY_LANGUAGES": "en, fr", "A35_DESK_PORT": "8036"},
    )  # fmt: skip
    config = loaded.config
    assert config.node_id == NodeId("RO", 1)
    assert (config.peer.host, config.peer.port) == ("::1", 0)
    assert (config.desk.port, config.duty.languages) == (8036, ("en", "fr"))
    assert config.policy.keep_own_copy is False
    assert loaded.origins["node"] == "node.toml"
    assert loaded.origins["peer.listen"] == "environment A35_PEER_LISTEN"
    assert loaded.origins["desk.port"] == "environment A35_DESK_PORT"
    assert loaded.origins["desk.name"] == "default"


def test_another_file_may_be_named(tmp_path: Path) -> None:
    """`a35 run --config` reads it instead."""
    other = tmp_path / "other.toml"
    other.write_text(BASIC, encoding="utf-8")
    assert load_config(tmp_path, file=other, environ={}).origins["url"] == "other.toml"


@pytest.mark.parametrize(
    ("text", "environ", "words"),
    [
        (BASIC + "[peer]\nlistne = 1\n", {}, ("peer.listne", "node.toml", "peer.listen")),
        (BASIC + "peer = 1\n", {}, ("'peer'", "node.toml")),
        (BASIC, {"A35_DESK_PROT": "1"}, ("A35_DESK_PROT", "environment", "A35_DESK_PORT")),
        (BASIC, {"A35_PASSPHRASE": "canary"}, ("A35_PASSPHRASE", "config show")),
        (BASIC, {"A35_DESK_PORT": "canary"}, ("desk.port", "A35_DESK_PORT")),
        (BASIC, {"A35_POLICY_KEEP_OWN_COPY": "canary"}, ("policy.keep_own_copy",)),
        (BASIC + "[desk]\nport = 65536\n", {}, ("desk.port", "node.toml")),
        (BASIC + '[desk]\nport = "canary"\n', {}, ("desk.port", "node.toml")),
        (BASIC + '[peer]\nlisten = "canary"\n', {}, ("peer.listen", "host:port")),
        (BASIC + '[peer]\nlisten = "127.0.0.1:70000"\n', {}, ("peer.listen",)),
        (BASIC + '[duty]\ntime_zone = "Canary/None"\n', {}, ("duty.time_zone",)),
        (BASIC + '[duty]\nname = "canary\\u001b"\n', {}, ("duty.name",)),
        (BASIC + '[duty]\nlanguages = ["CANARY!"]\n', {}, ("duty.languages",)),
        (BASIC + '[directory]\nurl = "ftp://canary"\nroot = "r"\n', {}, ("directory.url",)),
        (BASIC + '[directory]\nurl = "http://canary.example"\nroot = "r"\n', {}, ("https://",)),
        (BASIC + '[directory]\nurl = "https://d.example/x"\n', {}, ("belong together",)),
        (BASIC.replace("RO/1", "ro/canary"), {}, ("option node (node.toml)",)),
        (BASIC.replace("https", "http"), {}, ("option url",)),
        (BASIC.replace(":8443", ":84430"), {}, ("option url",)),
        ('name = "x"\n', {}, ("option node is not set", "A35_NODE")),
        ("= canary", {}, ("not TOML",)),
        ("x" * 70_000, {}, ("larger",)),
    ],
)
def test_fault_is_named_with_its_origin_and_without_its_value(
    tmp_path: Path, text: str, environ: dict[str, str], words: tuple[str, ...]
) -> None:
    """A value may be a secret that was typed into the wrong place."""
    with pytest.raises(ConfigError) as caught:
        load_config(_home(tmp_path, text), environ=environ)
    told = f"{caught.value} {caught.value.hint}"
    assert all(word in told for word in words), told
    assert "canary" not in told.lower()


def test_missing_or_unreadable_file_is_a_configuration_error(tmp_path: Path) -> None:
    """Exit 78, not a traceback."""
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path, environ={})
    (tmp_path / "node.toml").write_bytes(b"name = '\xff'")
    with pytest.raises(ConfigError, match="not TOML"):
        load_config(tmp_path, environ={})


_WORDS = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=30)


@given(names=st.tuples(_WORDS, _WORDS), listen=st.integers(0, 65535), keep=st.booleans())
@settings(max_examples=40, deadline=None)
def test_written_settings_are_read_back_equal(
    tmp_path_factory: pytest.TempPathFactory,
    names: tuple[str, str],
    listen: int,
    keep: bool,  # noqa: FBT001 - drawn
) -> None:
    """What `a35 init` writes is what `a35 run` reads, whatever a name contains."""
    config = NodeConfig.model_validate(
        {
            "node": "RO/1",
            "name": names[0],
            "url": "https://[::1]:1",
            "peer": {"listen": f"localhost:{listen}"},
            "desk": {"name": names[1]},
            "policy": {"keep_own_copy": keep},
            "duty": DutySection(languages=("en", "pt-BR"), time_zone="Europe/Bucharest"),
            "directory": DirectorySection(url="http://127.0.0.1:1/d/", root="ROOT.json"),
        }
    )
    folder = tmp_path_factory.mktemp("home")
    write_config(folder, config)
    assert load_config(folder, environ={}).config == config
    assert (folder / "node.toml").stat().st_mode & 0o777 == 0o600
    assert config_text(config).startswith("node = ")


def test_existing_settings_are_never_overwritten(tmp_path: Path) -> None:
    """A second init must not destroy a node."""
    home = _home(tmp_path)
    config = load_config(home, environ={}).config
    with pytest.raises(ConfigError, match="exists"):
        write_config(home, config)
    assert (home / "node.toml").read_text(encoding="utf-8") == BASIC


def test_default_peer_address_is_this_machine_only() -> None:
    """Opening to the network is a decision."""
    assert PeerSection().host == "127.0.0.1"
