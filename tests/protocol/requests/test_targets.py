"""Targets: one value of one kind, and the fields that go with it."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.protocol.requests.samples import changed, errors, example, valid, warnings

REQUEST = example("subscriber_information_request")
TARGET = "body.items[1].targets[1]"
AT = {"at": "2026-09-14T21:07:31+02:00"}


def with_target(target: dict[str, Any]) -> dict[str, Any]:
    """Return a request with this as its only target."""
    path = "body.items[0]" if target.get("kind") == "ip" else "body.items[1]"
    return changed(REQUEST, (f"{path}.targets", [target]))


def kept(target: dict[str, Any]) -> object:
    """Return the value that a target is kept with."""
    body: Any = valid(with_target(target)).body
    return body.items[0 if target["kind"] == "ip" else 1].targets[0].value


@pytest.mark.parametrize(
    ("kind", "value", "stored"),
    [
        ("ip", "192.0.2.17", "192.0.2.17"),
        ("ip", "2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
        ("ip", "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
        ("ip", "::FFFF:192.0.2.1", "::ffff:192.0.2.1"),
        ("ip", "::", "::"),
        ("email", "accounts@invoices.example", "accounts@invoices.example"),
        ("phone", "+40 21 555 0142", "+40215550142"),
        ("domain", "panel.example", "panel.example"),
        ("domain", "_dmarc.xn--bcher-kva.example", "_dmarc.xn--bcher-kva.example"),
        ("domain", "bücher.example", "bücher.example"),
        ("domain", "हिन्दी.example", "हिन्दी.example"),
        ("domain", f"{'a' * 63}.example", f"{'a' * 63}.example"),
        ("url", "https://cam-update.example/fw/2.bin?x=1#y", None),
        ("url", "ftp://user@[2001:db8::1]:21/x", None),
        ("device", "IMEI 490154203237518", None),
        ("wallet", "bc1qexample", None),
        ("other", "licence plate B 00 AAA", None),
    ],
)
def test_values_of_each_kind_are_kept(kind: str, value: str, stored: str | None) -> None:
    """IP addresses in RFC 5952 form, telephone numbers as digits, all else as written."""
    extra = AT if kind == "ip" else {}
    assert kept({"kind": kind, "value": value} | extra) == (stored or value)


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        ("ip", "192.0.2.017", "bad_ip"),
        ("ip", "192.0.2.0/24", "bad_ip"),
        ("ip", "192.0.2", "bad_ip"),
        ("ip", "192.0.2.1:443", "bad_ip"),
        ("ip", "192.0.2.256", "bad_ip"),
        ("ip", "fe80::1%eth0", "bad_ip"),
        ("ip", "2001:db8::/32", "bad_ip"),
        ("ip", "[2001:db8::1]", "bad_ip"),
        ("ip", "localhost", "bad_ip"),
        ("ip", " ", "empty"),
        ("account", "a\nb", "bad_character"),
        ("account", "a" * 201, "too_long"),
        ("email", "nobody", "bad_format"),
        ("phone", "021 555 0142", "bad_format"),
        ("domain", "localhost", "bad_format"),
        ("domain", "https://panel.example", "bad_format"),
        ("domain", "panel.example/x", "bad_format"),
        ("domain", "panel .example", "bad_format"),
        ("domain", "panel..example", "bad_format"),
        ("domain", "panel.example.", "bad_format"),
        ("domain", "-panel.example", "bad_format"),
        ("domain", f"{'a' * 64}.example", "bad_format"),
        ("domain", f"{'a.' * 124}example", "bad_format"),
        ("domain", "a\u202eb.example", "bad_format"),
        ("url", "panel.example/x", "bad_format"),
        ("url", "https:///x", "bad_format"),
        ("url", "https://panel.example/a b", "bad_format"),
        ("url", "https://[::1/x", "bad_format"),
        ("url", f"https://panel.example/{'x' * 2_000}", "bad_format"),
        ("device", "a\tb", "bad_character"),
        ("wallet", 5, "wrong_type"),
        ("other", None, "missing"),
    ],
)
def test_a_value_that_is_not_of_its_kind_is_refused(kind: str, value: object, code: str) -> None:
    """A mistyped target leads to the wrong person."""
    target: dict[str, Any] = {"kind": kind, "value": value}
    if kind == "ip":
        target |= AT
    if kind == "account":
        target |= {"platform": "Example Mail"}
    where = "body.items[0]" if kind == "ip" else "body.items[1]"
    assert errors(with_target(target)) == [(f"{where}.targets[0].value", code)]


def test_a_value_is_not_judged_while_its_kind_is_unknown() -> None:
    """Only the kind is at fault."""
    assert errors(changed(REQUEST, (f"{TARGET}.kind", "cookie"))) == [
        (f"{TARGET}.kind", "not_allowed_value")
    ]


@pytest.mark.parametrize(
    ("field", "value"), [("port", 443), ("protocol", "tcp"), ("precision", "second")]
)
def test_only_ip_addresses_have_ports_protocols_and_precision(field: str, value: object) -> None:
    """Section 4.2."""
    assert errors(changed(REQUEST, (f"{TARGET}.{field}", value))) == [
        (f"{TARGET}.{field}", "not_allowed_here")
    ]


@pytest.mark.parametrize(
    ("value", "code"),
    [(0, "out_of_range"), (65_536, "out_of_range"), ("443", "wrong_type"), (443.0, "wrong_type")],
)
def test_ports_are_numbers_in_range(value: object, code: str) -> None:
    """G4: no coercion."""
    path = "body.items[0].targets[0].port"
    assert errors(changed(REQUEST, (path, value))) == [(path, code)]


def test_an_account_names_its_platform() -> None:
    """The same name exists on every platform."""
    target = {"kind": "account", "value": "kage_0091"}
    assert errors(with_target(target)) == [("body.items[1].targets[0].platform", "missing")]


def test_a_shared_address_without_port_is_warned_of() -> None:
    """IPv4 alone: IPv6 addresses are not shared."""
    assert warnings(with_target({"kind": "ip", "value": "192.0.2.1"} | AT)) == [
        ("body.items[0].targets[0].port", "port_advised")
    ]
    assert warnings(with_target({"kind": "ip", "value": "2001:db8::1"} | AT)) == []
    assert warnings(REQUEST) == []


@settings(max_examples=100, deadline=None)
@given(st.ip_addresses())
def test_every_address_is_kept_in_a_form_that_reads_the_same(address: object) -> None:
    """Keeping is idempotent, or two nodes would disagree on the canonical body."""
    first = kept({"kind": "ip", "value": str(address)} | AT)
    assert kept({"kind": "ip", "value": first} | AT) == first
