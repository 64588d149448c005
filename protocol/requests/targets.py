"""What a request is about: addresses, accounts, domains, devices; one value of one kind each.

Source: docs/domain.md, section 4.2; RFC 5952 (text of IPv6 addresses).
"""

import re
from collections.abc import Callable, Iterator
from ipaddress import AddressValueError, IPv6Address
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator

from protocol.requests.faults import Fault, FaultCode
from protocol.requests.part import Part
from protocol.requests.parts import Precision
from protocol.requests.rules import rule
from protocol.requests.text import (
    Line,
    TextKind,
    checked_email,
    checked_line,
    checked_phone,
    line_faults,
    refusal,
)
from protocol.requests.times import Instant

URL_LENGTH: Final = 2_000
DOMAIN_LENGTH: Final = 253
_LAST_PORT: Final = 65_535

_OCTET: Final = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4: Final = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")
_LABEL: Final = r"(?!-)[^\s\x00-,./:-@\[-^`{-\x9f]{1,63}(?<!-)"
"""Not blank, and of ASCII only letters, digits, hyphen inside, and underscore."""

_DOMAIN: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")

TargetKind = Literal[
    "ip", "account", "email", "phone", "domain", "url", "device", "wallet", "other"
]


def _any(value: str) -> str:
    if not value.strip():
        raise refusal(value)
    return value


def _ip(value: str) -> str:
    if _IPV4.fullmatch(value) is not None:
        return value  # a dotted quad without leading zeros has one spelling
    try:
        address = IPv6Address(value)
    except AddressValueError:
        raise refusal(value, FaultCode.BAD_IP) from None
    if address.scope_id is not None:
        raise refusal(value, FaultCode.BAD_IP)
    # RFC 5952, section 5: an address known to hold an IPv4 one shows it.
    mapped = address.ipv4_mapped
    return str(address) if mapped is None else f"::ffff:{mapped}"


def _fits(test: Callable[[str], bool]) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not test(value):
            raise refusal(value, FaultCode.BAD_FORMAT)
        return value

    return check


def _is_domain(value: str) -> bool:
    return not line_faults(value, DOMAIN_LENGTH) and _DOMAIN.fullmatch(value) is not None


def _is_url(value: str) -> bool:
    if line_faults(value, URL_LENGTH) or _URL.fullmatch(value) is None:
        return False
    try:
        return bool(urlsplit(value).hostname)
    except ValueError:  # brackets that hold no IPv6 address
        return False


TargetValue = Annotated[str, TextKind(_any, {"maxLength": URL_LENGTH})]
"""Any text that is not blank; its kind says the rest."""

_CHECKS: Final[dict[str, Callable[[str], str]]] = {
    "ip": _ip,
    "account": checked_line,
    "email": checked_email,
    "phone": checked_phone,
    "domain": _fits(_is_domain),
    "url": _fits(_is_url),
    "device": checked_line,
    "wallet": checked_line,
    "other": checked_line,
}


class Target(Part):
    """One address, account, device or the like; an IP address is kept in RFC 5952 form."""

    kind: TargetKind
    value: TargetValue
    port: Annotated[int, Field(ge=1, le=_LAST_PORT)] | None = None
    at: Instant | None = None
    protocol: Literal["tcp", "udp", "other"] | None = None
    precision: Precision | None = None
    platform: Line | None = None
    note: Line | None = None

    @field_validator("value")
    @classmethod
    def _fits_its_kind(cls, value: str, info: ValidationInfo) -> str:
        kind: Any = info.data.get("kind")  # absent when it is at fault itself
        return value if kind is None else _CHECKS[kind](value)

    @rule
    def only_addresses_have_ports(self) -> Iterator[Fault]:
        """`port`, `protocol` and `precision` belong to IP addresses (section 4.2)."""
        if self.kind == "ip":
            return
        if self.port is not None:
            yield Fault(("port",), FaultCode.NOT_ALLOWED_HERE)
        if self.protocol is not None:
            yield Fault(("protocol",), FaultCode.NOT_ALLOWED_HERE)
        if self.precision is not None:
            yield Fault(("precision",), FaultCode.NOT_ALLOWED_HERE)

    @rule
    def account_names_its_platform(self) -> Iterator[Fault]:
        """An account names its platform (section 4.2)."""
        if self.kind == "account" and self.platform is None:
            yield Fault(("platform",), FaultCode.MISSING, "Say on which platform the account is.")

    @rule
    def shared_address_should_have_a_port(self) -> Iterator[Fault]:
        """Warns of an IPv4 address without port: many share one (section 4.2)."""
        if self.kind == "ip" and self.port is None and ":" not in self.value:
            yield Fault(("port",), FaultCode.PORT_ADVISED, warning=True)


def lacks_time(target: Target) -> bool:
    """Tell whether a port was given without the moment at which it was in use.

    Args:
        target: With or without a port; outside an item, or in one without a period.
    """
    return target.kind == "ip" and target.port is not None and target.at is None


MISSING_TIME: Final = "A port names a subscriber only at a moment: give `at`, or the item's period."


class LoneTarget(Target):
    """A target outside an item, where no period can stand for the moment."""

    @rule
    def port_has_its_moment(self) -> Iterator[Fault]:
        """Outside an item, a port has `at` (section 4.2)."""
        if lacks_time(self):
            yield Fault(("at",), FaultCode.MISSING, MISSING_TIME)
