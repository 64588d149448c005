"""The settings of a node and the places of its home: read once at start, frozen from then on.

Settings come from `node.toml` in the home and from the environment, where every option is
called A35_ and its key in capitals (`peer.listen` is A35_PEER_LISTEN); the environment wins. An
option that does not exist is an error that names the nearest one, so that a typing mistake
never becomes a default. Secrets are no settings: a passphrase comes by terminal, file or
credential, never by the environment.

Leaves to others: opening, creating or checking anything in the home but `node.toml` itself.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from json import dumps
from pathlib import Path
from tomllib import TOMLDecodeError, loads
from types import NoneType
from typing import Final, TypeAlias, get_args

from pydantic import BaseModel, Field, ValidationError

from gateway.errors import ConfigError
from gateway.home import Home
from gateway.sections import (
    BackupSection,
    DeliverySection,
    DeskSection,
    DirectorySection,
    DiskSection,
    DutySection,
    EscalationSection,
    Line,
    NodeName,
    NodeUrl,
    PeerSection,
    PolicySection,
    RetentionSection,
    Section,
    TimestampSection,
    WebhookSection,
    WitnessSection,
)
from protocol.identifiers import NodeId

__all__ = (
    "BackupSection", "DeliverySection", "DeskSection", "DirectorySection", "DiskSection",
    "DutySection", "EscalationSection", "Home", "LoadedConfig", "NodeConfig", "PeerSection",
    "PolicySection", "RetentionSection", "TimestampSection", "WebhookSection", "WitnessSection",
    "config_text", "load_config", "write_config",
)  # fmt: skip

ENVIRONMENT_PREFIX: Final = "A35_"
NOT_OPTIONS: Final = frozenset({"A35_HOME", "A35_DESK_URL", "A35_DESK_TOKEN_FILE"})
"""Variables with our prefix that name no option: the command line reads them."""

_MAX_FILE_BYTES: Final = 64 * 1024
_TABLES: Final = ("timestamp", "webhook")
"""The keys that hold tables; they cannot stand in the environment."""

Scalar: TypeAlias = "str | int | bool | tuple[str, ...]"


class NodeConfig(Section):
    """Every setting of a node.

    `node` is CC/n; `name` is what people call it; `url` is the address that other nodes use.
    `credential_file` names a file that holds the passphrase or the key of the key files.
    Relative paths mean the home: use Home.path_of.
    """

    node: NodeName
    name: Line
    url: NodeUrl
    credential_file: Line | None = None
    peer: PeerSection = PeerSection()
    desk: DeskSection = DeskSection()
    duty: DutySection = DutySection()
    directory: DirectorySection = DirectorySection()
    policy: PolicySection = PolicySection()
    disk: DiskSection = DiskSection()
    delivery: DeliverySection = DeliverySection()
    backup: BackupSection = BackupSection()
    retention: RetentionSection = RetentionSection()
    escalation: EscalationSection = EscalationSection()
    witness: WitnessSection = WitnessSection()
    webhook: tuple[WebhookSection, ...] = Field(default=(), max_length=16)
    timestamp: tuple[TimestampSection, ...] = Field(default=(), max_length=8)

    @property
    def node_id(self) -> NodeId:
        """The node's identifier."""
        return NodeId.parse(self.node)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedConfig:
    """Settings with where each came from.

    Attributes:
        config: The settings.
        origins: Key -> `default`, the file's name, or `environment A35_...`, for every option.
    """

    config: NodeConfig
    origins: Mapping[str, str]


def load_config(
    home: Path, *, file: Path | None = None, environ: Mapping[str, str]
) -> LoadedConfig:
    """Read the settings of a node.

    Args:
        home: The node's folder.
        file: Another file than the home's `node.toml`.
        environ: The environment; only names that begin with A35_ are looked at.

    Returns:
        Settings that passed every check.

    Raises:
        ConfigError: No such file, not TOML, an unknown option, a value that cannot be. The text
            names option and origin, never the value.
    """
    source = Home(home).config_file if file is None else file
    values: dict[str, object] = {}
    origins = dict.fromkeys(_OPTIONS, "default")
    for key, value in _flat(_read(source)):
        _known(key, source.name)
        values[key] = _frozen(value)
        origins[key] = source.name
    for name in sorted(environ):
        if name.startswith(ENVIRONMENT_PREFIX) and name not in NOT_OPTIONS:
            key = _key_of(name)
            values[key] = _typed(key, environ[name])
            origins[key] = f"environment {name}"
    return LoadedConfig(config=_checked(values, origins), origins=origins)


def config_text(config: NodeConfig) -> str:
    """Write settings as `node.toml`: what is set, with section heads, in a fixed order."""
    lines: list[str] = []
    section = ""
    for key in _OPTIONS:
        head, _, name = key.rpartition(".")
        value = _get(config, key)
        if value is None or key in _TABLES:
            continue
        if head != section:
            lines.extend(("", f"[{head}]"))
            section = head
        lines.append(f"{name} = {dumps(value, ensure_ascii=False)}")
    for table in _TABLES:
        for each in getattr(config, table):
            lines.extend(("", f"[[{table}]]"))
            lines.extend(
                f"{name} = {dumps(value, ensure_ascii=False)}"
                for name, value in each
                if value is not None
            )
    return "\n".join((*lines, ""))


def write_config(home: Path, config: NodeConfig) -> None:
    """Create `node.toml` in a home, readable by its owner alone.

    Raises:
        ConfigError: The file exists; it was not changed.
        OSError: The disk refused.
    """
    target = Home(home).config_file
    try:
        target.touch(mode=0o600, exist_ok=False)
    except FileExistsError as error:
        raise ConfigError(
            f"{target.name} exists already", hint="choose another folder, or edit the file"
        ) from error
    target.write_text(config_text(config), encoding="utf-8")


def _options(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, type]]:
    for name, field in model.model_fields.items():
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from _options(annotation, f"{prefix}{name}.")
        else:
            yield prefix + name, _kind(annotation)


def _kind(annotation: object) -> type:
    for kind in (bool, int, str):
        if annotation is kind:
            return kind
    inner = [part for part in get_args(annotation) if part is not NoneType]
    return tuple if getattr(annotation, "__origin__", None) is tuple else _kind(inner[0])


_OPTIONS: Final = dict(_options(NodeConfig))


def _read(source: Path) -> dict[str, object]:
    try:
        data = source.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{source.name} cannot be read", hint=f"check {source}, or make a node with: a35 init"
        ) from error
    if len(data) > _MAX_FILE_BYTES:
        raise ConfigError(f"{source.name} is larger than {_MAX_FILE_BYTES} bytes")
    try:
        return loads(data.decode("utf-8"))
    except (UnicodeDecodeError, TOMLDecodeError) as error:
        where = f": {error}" if isinstance(error, TOMLDecodeError) else ""
        raise ConfigError(
            f"{source.name} is not TOML{where}", hint="text stands in quotes, true and false not"
        ) from error


def _flat(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _known(key: str, origin: str) -> None:
    if key not in _OPTIONS:
        raise ConfigError(f"unknown option {key!r} in {origin}", hint=_nearest(key, _OPTIONS))


def _key_of(name: str) -> str:
    by_name = {ENVIRONMENT_PREFIX + key.upper().replace(".", "_"): key for key in _OPTIONS}
    if name not in by_name:
        raise ConfigError(
            f"unknown option {name!r} in the environment", hint=_nearest(name, by_name)
        )
    return by_name[name]


def _nearest(name: str, names: Mapping[str, object]) -> str:
    near = get_close_matches(name, names, n=1, cutoff=0.7)
    return f"the nearest option is {near[0]}" if near else "list all with: a35 config show"


def _typed(key: str, text: str) -> Scalar:
    kind = _OPTIONS[key]
    if kind is bool:
        return {"true": True, "false": False}.get(text, text)
    if kind is int:
        return int(text) if text.isascii() and text.isdigit() else text
    if kind is tuple:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text


def _checked(values: Mapping[str, object], origins: Mapping[str, str]) -> NodeConfig:
    nested: dict[str, object] = {}
    sections: dict[str, dict[str, object]] = {"": nested}
    for key, value in values.items():
        head, _, name = key.rpartition(".")
        if head not in sections:
            nested[head] = sections[head] = {}
        sections[head][name] = value
    try:
        return NodeConfig.model_validate(nested)
    except ValidationError as error:
        raise _fault(error, origins) from error


def _fault(error: ValidationError, origins: Mapping[str, str]) -> ConfigError:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    key = ".".join(part for part in first["loc"] if isinstance(part, str))
    table, _, option = key.partition(".")
    if table in _TABLES and option:
        return ConfigError(f"[[{table}]] {option}: {_why(first['msg'])}")
    if key not in origins:  # a rule over a whole section, which says itself what it is about
        return ConfigError(_why(first["msg"]))
    hint = f"set it in node.toml or as {ENVIRONMENT_PREFIX}{key.upper().replace('.', '_')}"
    if first["type"] == "missing":
        return ConfigError(f"option {key} is not set", hint=hint)
    return ConfigError(f"option {key} ({origins[key]}): {_why(first['msg'])}", hint=hint)


def _why(message: str) -> str:
    return message.removeprefix("Value error, ")


def _frozen(value: object) -> object:
    """Return what TOML gave with tuples for its lists, as strict models take them."""
    if isinstance(value, list):
        return tuple(_frozen(each) for each in value)
    if isinstance(value, dict):
        return {name: _frozen(each) for name, each in value.items()}
    return value


def _get(config: NodeConfig, key: str) -> object:
    value: object = config
    for name in key.split("."):
        value = getattr(value, name)
    return value
