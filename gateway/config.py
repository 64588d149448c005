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
from re import compile as pattern
from tomllib import TOMLDecodeError, loads
from types import NoneType
from typing import Annotated, Final, Self, TypeAlias, get_args
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from gateway.errors import ConfigError
from gateway.home import Home
from protocol.delivery.room import LEAST_BYTES, LEAST_PERCENT, Floor
from protocol.errors import MalformedError
from protocol.identifiers import NodeId

__all__ = (
    "DeskSection", "DirectorySection", "DiskSection", "DutySection", "Home", "LoadedConfig",
    "NodeConfig", "PeerSection", "PolicySection", "config_text", "load_config", "write_config",
)  # fmt: skip

ENVIRONMENT_PREFIX: Final = "A35_"
NOT_OPTIONS: Final = frozenset({"A35_HOME"})
"""Variables with our prefix that name no option: the command line reads them."""

_URL: Final = pattern(r"https://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?\Z")
_FETCH_URL: Final = pattern(
    r"(?:https://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])"
    r"|http://(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\]))(?::[0-9]{1,5})?(?:/[^?#\s]*)?\Z"
    r"|file:///[^?#\s]+\Z"
)
_LISTEN: Final = pattern(r"(\[[0-9a-f:]+\]|[a-z0-9.-]+):([0-9]{1,5})\Z")
_MAX_PORT: Final = 65_535
_MAX_FILE_BYTES: Final = 64 * 1024
_MEBIBYTE: Final = 1024 * 1024

Scalar: TypeAlias = "str | int | bool | tuple[str, ...]"


def _node(text: str) -> str:
    try:
        NodeId.parse(text)
    except MalformedError as error:
        raise ValueError("a node is named CC/n, as RO/1") from error
    return text


def _url(text: str) -> str:
    if _URL.match(text) is None or not _is_port(text.rpartition(":")[2]):
        raise ValueError("an address is written https://host or https://host:port, no path")
    return text


def _fetch_url(text: str) -> str:
    if _FETCH_URL.match(text) is None:
        raise ValueError("it is written https://..., file:///FOLDER, or http:// on this machine")
    return text


def _listen(text: str) -> str:
    match = _LISTEN.match(text)
    if match is None or int(match[2]) > _MAX_PORT:
        raise ValueError("a place to listen is written host:port, as 127.0.0.1:8443")
    return text


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ValueError, OSError, LookupError) as error:
        raise ValueError("a time zone is named as Europe/Bucharest") from error
    return text


def _is_port(text: str) -> bool:
    return not text.isdigit() or int(text) <= _MAX_PORT


Line: TypeAlias = Annotated[
    str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")
]
Language: TypeAlias = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]


class _Section(BaseModel):
    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", hide_input_in_errors=True, validate_default=True
    )


class PeerSection(_Section):
    """[peer]: where other nodes reach this one."""

    listen: Annotated[str, AfterValidator(_listen)] = "127.0.0.1:8443"

    @property
    def host(self) -> str:
        """The address to bind, without brackets."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port to bind; 0 lets the system choose."""
        return int(self.listen.rpartition(":")[2])


class DeskSection(_Section):
    """[desk]: the officers' side, on this machine only."""

    port: int = Field(default=8035, ge=0, le=_MAX_PORT)
    name: Line = "24/7 desk"


class DutySection(_Section):
    """[duty]: the contact that `a35 ack` proposes, as other Parties should see it."""

    name: Line | None = None
    job_title: Line | None = None
    telephone: Line | None = None
    cell_phone: Line | None = None
    email: Line | None = None
    office_hours: Line | None = None
    time_zone: Annotated[str, AfterValidator(_zone)] | None = None
    languages: tuple[Language, ...] = Field(default=(), max_length=16)


class DirectorySection(_Section):
    """[directory]: where the verified list of nodes comes from, and the root it starts at."""

    url: Annotated[str, AfterValidator(_fetch_url)] | None = None
    root: Line | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.url is None) != (self.root is None):
            raise ValueError("directory.url and directory.root belong together")
        return self


class DiskSection(_Section):
    """[disk]: what is to stay free for urgent messages: the larger of the two."""

    least_free_mib: int = Field(default=LEAST_BYTES // _MEBIBYTE, ge=0, le=1024 * 1024)
    least_free_percent: int = Field(default=LEAST_PERCENT, ge=0, le=50)

    @property
    def floor(self) -> Floor:
        """The rule that the two make."""
        return Floor(least_bytes=self.least_free_mib * _MEBIBYTE, percent=self.least_free_percent)


class PolicySection(_Section):
    """[policy]: what this Party decides for itself."""

    keep_own_copy: bool = True


class NodeConfig(_Section):
    """Every setting of a node.

    `node` is CC/n; `name` is what people call it; `url` is the address that other nodes use.
    `credential_file` names a file that holds the passphrase or the key of the key files.
    Relative paths mean the home: use Home.path_of.
    """

    node: Annotated[str, AfterValidator(_node)]
    name: Line
    url: Annotated[str, AfterValidator(_url)]
    credential_file: Line | None = None
    peer: PeerSection = PeerSection()
    desk: DeskSection = DeskSection()
    duty: DutySection = DutySection()
    directory: DirectorySection = DirectorySection()
    policy: PolicySection = PolicySection()
    disk: DiskSection = DiskSection()

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
        values[key] = tuple(value) if isinstance(value, list) else value
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
        if value is None:
            continue
        if head != section:
            lines.extend(("", f"[{head}]"))
            section = head
        lines.append(f"{name} = {dumps(value, ensure_ascii=False)}")
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
    if key not in origins:  # a rule over a whole section, which says itself what it is about
        return ConfigError(first["msg"].removeprefix("Value error, "))
    hint = f"set it in node.toml or as {ENVIRONMENT_PREFIX}{key.upper().replace('.', '_')}"
    if first["type"] == "missing":
        return ConfigError(f"option {key} is not set", hint=hint)
    why = first["msg"].removeprefix("Value error, ")
    return ConfigError(f"option {key} ({origins[key]}): {why}", hint=hint)


def _get(config: NodeConfig, key: str) -> object:
    value: object = config
    for name in key.split("."):
        value = getattr(value, name)
    return value
