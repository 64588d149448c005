"""What an operator may configure as an authority."""

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.errors import ConfigError
from gateway.timestamp.authority import (
    MAX_CERTIFICATES,
    MAX_PEM_BYTES,
    Authority,
    read_certificates,
)
from tests.gateway.timestamp.local import LocalAuthority


def test_certificates_are_read_each_once(first: LocalAuthority) -> None:
    """Files of roots often hold one twice."""
    pem = first.root.public_bytes(Encoding.PEM)
    assert read_certificates(pem + first.middle.public_bytes(Encoding.PEM) + pem) == (
        first.root,
        first.middle,
    )


@pytest.mark.parametrize("pem", [b"", b"text", b"x" * (MAX_PEM_BYTES + 1)])
def test_file_without_certificates_is_refused(pem: bytes) -> None:
    """Empty, something else, too long."""
    with pytest.raises(ConfigError):
        read_certificates(pem)


@pytest.mark.parametrize(("roots", "intermediates"), [(0, 0), (17, 0), (1, 17)])
def test_authority_needs_roots_and_not_too_many(
    first: LocalAuthority, roots: int, intermediates: int
) -> None:
    """Without a root anything would be trusted, or nothing."""
    with pytest.raises(ConfigError):
        Authority(
            name="a",
            url="http://a",
            roots=(first.root,) * roots,
            intermediates=(first.middle,) * intermediates,
        )
    assert MAX_CERTIFICATES == 16
