"""The sections of `node.toml`: what each setting may be, checked where it is read.

Leaves to gateway.config: where settings come from, and what they make together.
"""

from re import compile as pattern
from typing import Annotated, Final, Literal, Self, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from protocol.cases.retention import Keep
from protocol.delivery.currency import DAY_MS, HOUR_MS, AgeLimits
from protocol.delivery.escalation import Budget, Budgets
from protocol.delivery.room import LEAST_BYTES, LEAST_PERCENT, Floor
from protocol.delivery.slots import LEAST_WORKERS, WORKERS
from protocol.errors import MalformedError
from protocol.identifiers import NodeId

_URL: Final = pattern(r"https://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?\Z")
_FETCH_URL: Final = pattern(
    r"(?:https://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])"
    r"|http://(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\]))(?::[0-9]{1,5})?(?:/[^?#\s]*)?\Z"
    r"|file:///[^?#\s]+\Z"
)
_HOOK_URL: Final = pattern(
    r"(?:https://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])"
    r"|http://(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\]))(?::[0-9]{1,5})?(?:/[^#\s@]*)?\Z"
)
_STAMP_URL: Final = pattern(
    r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?(?:/[^#\s@]*)?\Z"
)
_LISTEN: Final = pattern(r"(\[[0-9a-f:]+\]|[a-z0-9.-]+):([0-9]{1,5})\Z")
_TIME: Final = pattern(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]\Z")
_MAX_PORT: Final = 65_535
_MEBIBYTE: Final = 1024 * 1024
_MOST_DAYS: Final = 36_525
_DAY_S: Final = 24 * 3_600


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


def _hook_url(text: str) -> str:
    if _HOOK_URL.match(text) is None:
        raise ValueError("a webhook is https://..., or http:// on this machine")
    return text


def _stamp_url(text: str) -> str:
    if _STAMP_URL.match(text) is None:
        raise ValueError("an authority is at http:// or https://, without a name or a password")
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


def _time_of_day(text: str) -> str:
    if _TIME.match(text) is None:
        raise ValueError("a time of day is written as 03:15, in UTC")
    return text


def _is_port(text: str) -> bool:
    return not text.isdigit() or int(text) <= _MAX_PORT


NodeName: TypeAlias = Annotated[str, AfterValidator(_node)]
NodeUrl: TypeAlias = Annotated[str, AfterValidator(_url)]
Line: TypeAlias = Annotated[
    str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")
]
Language: TypeAlias = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]


class Section(BaseModel):
    """What every section is: frozen, strict, without options that nobody knows."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", hide_input_in_errors=True, validate_default=True
    )


class PeerSection(Section):
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


class DeskSection(Section):
    """[desk]: the officers' side, on this machine only.

    `origins`: where a proxy on this machine serves the pages under another name. `combined_roles`:
    whether one person may be operator and see content, as a small desk may have to. `demo`: keys
    are for testing, and every page says so; only then may `one_person` waive second persons.
    """

    port: int = Field(default=8035, ge=0, le=_MAX_PORT)
    name: Line = "24/7 desk"
    origins: Annotated[tuple[Annotated[str, AfterValidator(_url)], ...], Field(max_length=8)] = ()
    combined_roles: bool = False
    demo: bool = False
    one_person: bool = False

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if self.one_person and not self.demo:
            raise ValueError("desk.one_person is for demos alone: see desk.demo")
        return self


class DutySection(Section):
    """[duty]: the contact that `a35 ack` proposes, as other Parties should see it."""

    name: Line | None = None
    job_title: Line | None = None
    telephone: Line | None = None
    cell_phone: Line | None = None
    email: Line | None = None
    office_hours: Line | None = None
    time_zone: Annotated[str, AfterValidator(_zone)] | None = None
    languages: tuple[Language, ...] = Field(default=(), max_length=16)


class DirectorySection(Section):
    """[directory]: where the verified list of nodes comes from, and the root it starts at."""

    url: Annotated[str, AfterValidator(_fetch_url)] | None = None
    root: Line | None = None
    mirrors: tuple[Annotated[str, AfterValidator(_fetch_url)], ...] = ()
    warn_hours: int = Field(default=24, ge=1, le=24)
    urgent_only_days: int = Field(default=7, ge=1, le=7)
    stop_days: int = Field(default=30, ge=1, le=30)

    @property
    def ages(self) -> AgeLimits:
        """What the directory's age means."""
        return AgeLimits(
            warn_ms=self.warn_hours * HOUR_MS,
            urgent_only_ms=self.urgent_only_days * DAY_MS,
            stop_ms=self.stop_days * DAY_MS,
        )

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.url is None) != (self.root is None):
            raise ValueError("directory.url and directory.root belong together")
        if self.stop_days < self.urgent_only_days:
            raise ValueError("directory.stop_days comes after directory.urgent_only_days")
        return self


class DiskSection(Section):
    """[disk]: what is to stay free for urgent messages: the larger of the two."""

    least_free_mib: int = Field(default=LEAST_BYTES // _MEBIBYTE, ge=0, le=1024 * 1024)
    least_free_percent: int = Field(default=LEAST_PERCENT, ge=0, le=50)

    @property
    def floor(self) -> Floor:
        """The rule that the two make."""
        return Floor(least_bytes=self.least_free_mib * _MEBIBYTE, percent=self.least_free_percent)


class DeliverySection(Section):
    """[delivery]: how much is sent at a time, to all nodes together."""

    workers: int = Field(default=WORKERS, ge=LEAST_WORKERS, le=1024)


class BackupSection(Section):
    """[backup]: a sealed copy each night, if a folder is named."""

    folder: Line | None = None
    keep: int = Field(default=7, ge=1, le=1000)
    at: Annotated[str, AfterValidator(_time_of_day)] = "03:15"

    @property
    def at_minute(self) -> int:
        """The minute of the day, UTC, at which it is due."""
        hours, minutes = self.at.split(":")
        return int(hours) * 60 + int(minutes)


class RetentionSection(Section):
    """[retention]: how long what is kept, in days; what is not set is kept for ever.

    `statements_days` is what the log's statements say, never their 32 bytes.
    """

    contents_days: int | None = Field(default=None, ge=30, le=_MOST_DAYS)
    attachments_days: int | None = Field(default=None, ge=30, le=_MOST_DAYS)
    statements_days: int | None = Field(default=None, ge=30, le=_MOST_DAYS)

    @property
    def keep(self) -> Keep:
        """The rule that the numbers make."""
        return Keep(
            contents_days=self.contents_days,
            attachments_days=self.attachments_days,
            statements_days=self.statements_days,
        )


class EscalationSection(Section):
    """[escalation]: how long the steps of a message may take before people are told, in seconds.

    By class: P0 emergency, P1 urgent, P2 the rest. `second_contact_point` says whether a request
    of P0 or P1 that nobody takes in time is copied to the second point of contact.
    """

    p0_accepted_s: int = Field(default=60, ge=15, le=3_600)
    p0_acknowledged_s: int = Field(default=900, ge=60, le=4 * 3_600)
    p1_accepted_s: int = Field(default=900, ge=60, le=4 * 3_600)
    p1_acknowledged_s: int = Field(default=3_600, ge=300, le=_DAY_S)
    p2_accepted_s: int = Field(default=3_600, ge=300, le=_DAY_S)
    p2_acknowledged_s: int = Field(default=_DAY_S, ge=3_600, le=7 * _DAY_S)
    second_contact_point: bool = True

    @property
    def budgets(self) -> Budgets:
        """The rule that the numbers make."""
        return Budgets(
            p0=_budget(self.p0_accepted_s, self.p0_acknowledged_s),
            p1=_budget(self.p1_accepted_s, self.p1_acknowledged_s),
            p2=_budget(self.p2_accepted_s, self.p2_acknowledged_s),
        )

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        try:
            _ = self.budgets
        except ValueError as error:
            raise ValueError("escalation: acknowledged may not come before accepted") from error
        return self


def _budget(accepted_s: int, acknowledged_s: int) -> Budget:
    return Budget(accepted_ms=accepted_s * 1000, acknowledged_ms=acknowledged_s * 1000)


Hooked: TypeAlias = Literal[
    "receipt", "escalation", "notice", "received", "state", "stuck", "emergency", "deadline", "node"
]
"""What a program may be told of; gateway.service.webhooks says which events each word means."""


class WebhookSection(Section):
    """[[webhook]]: a program of this Party that is told of events; ids and states, never content.

    `secret_file` holds one or two secrets (`whsec_...`), one a line: two while one is replaced.
    """

    url: Annotated[str, Field(max_length=500), AfterValidator(_hook_url)]
    secret_file: Line
    kinds: Annotated[tuple[Hooked, ...], Field(min_length=1, max_length=9)] = (
        "receipt",
        "escalation",
        "notice",
    )


class TimestampSection(Section):
    """[[timestamp]]: an authority of RFC 3161 that stamps our log; asked in order of the tables.

    `certificates` names a file of PEM: roots, and certificates between if it does not send them.
    Its answers are signed, so that plain HTTP will do.
    """

    name: Line
    url: Annotated[str, Field(max_length=500), AfterValidator(_stamp_url)]
    certificates: Line
    policy: Annotated[str, Field(pattern=r"^[0-2](\.[0-9]{1,19}){1,31}$")] | None = None


class WitnessSection(Section):
    """[witness]: who is asked to cosign our log: those of a policy file of C2SP, or a few drawn."""

    policy: Line | None = None
    every_minutes: int = Field(default=60, ge=1, le=1440)


class PolicySection(Section):
    """[policy]: what this Party decides for itself."""

    keep_own_copy: bool = True
