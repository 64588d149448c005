"""Calls of webhooks over HTTP: one POST, no redirect, no proxy, ten seconds, the answer unread.

An address is https, or http to this machine (gateway.sections); certificates are checked against
the system's authorities. What the receiver answers but its status is not looked at.
"""

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from gateway.errors import AccessDeniedError, ConfigError
from gateway.outside import OutsideCalls
from keys.webhook import WebhookSecret, WebhookSecretError

CALL_S: Final = 10.0
_AT_ONCE: Final = 100
_MAX_SECRETS: Final = 2
_MAX_SECRET_FILE_BYTES: Final = 1024
_OTHERS: Final = 0o077


class HttpCaller(OutsideCalls):
    """Makes the calls, for the time of an `async with`; one connection to a receiver at a time."""

    def __init__(self) -> None:
        super().__init__("a webhook", wait_s=CALL_S, at_once=_AT_ONCE)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Return the status of the answer.

        Args:
            url: Where.
            headers: With id, time and signatures.
            body: The bytes that were signed.

        Raises:
            TransportError: There was no answer in time.
        """
        answer = await self.send(url, body, headers=headers, max_bytes=None)
        return answer.status


def read_secrets(file: Path) -> tuple[WebhookSecret, ...]:
    """Read the secrets of one receiver.

    Args:
        file: One secret a line, `whsec_...`; two while one is replaced.

    Returns:
        One or two, in the order of the lines.

    Raises:
        ConfigError: It cannot be read, or holds something else.
        AccessDeniedError: Others may read it.
    """
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
        if mode & _OTHERS:
            raise AccessDeniedError(
                f"{file.name} is open to others", code="not_private", hint=f"chmod go= {file.name}"
            )
        lines = file.read_text(encoding="ascii")[:_MAX_SECRET_FILE_BYTES].split()
        secrets = tuple(map(WebhookSecret.parse, lines))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"the secret of a webhook cannot be read: {file.name}",
            hint="put whsec_... into the file that secret_file names",
        ) from error
    except WebhookSecretError as error:
        raise ConfigError(f"{file.name}: {error}", hint="one secret a line, whsec_...") from error
    if not 1 <= len(secrets) <= _MAX_SECRETS:
        raise ConfigError(f"{file.name} holds one secret, or two while one is replaced")
    return secrets
