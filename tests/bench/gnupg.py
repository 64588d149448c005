"""One exchange by GnuPG: sign and encrypt, decrypt and verify, and a signed receipt, verified.

No transport and no log; each step is a process, as scripts around mail run it.
"""

import shutil
import subprocess
from pathlib import Path
from time import perf_counter
from typing import Final

_NAMES: Final = ("here", "there")


def version() -> str | None:
    """Return which GnuPG is installed, None if none is."""
    if shutil.which("gpg") is None:
        return None
    done = subprocess.run(["gpg", "--version"], capture_output=True, text=True, check=True)  # noqa: S607
    return done.stdout.partition("\n")[0]


class Pair:
    """Two key rings that know each other.

    Args:
        folder: Empty, of a short path: the agent's socket lies in it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in _NAMES:
            (folder / name).mkdir(mode=0o700)
            self._gpg(name, "--quick-gen-key", f"{name}@example.org", "default", "default", "0")
        for name, other in (_NAMES, _NAMES[::-1]):
            key = self._gpg(name, "--export", f"{name}@example.org")
            self._gpg(other, "--import", given=key)

    def exchange(self, payload: bytes) -> tuple[float, float]:
        """Carry a payload there and a receipt back.

        Returns:
            Seconds until it was decrypted and verified, and with the receipt.
        """
        began = perf_counter()
        sealed = self._gpg("here", "--sign", "--encrypt", "-r", "there@example.org", given=payload)
        opened = self._gpg("there", "--decrypt", given=sealed)
        there = perf_counter() - began
        receipt = self._gpg("there", "--sign", given=b"received")
        self._gpg("here", "--decrypt", given=receipt)
        took = perf_counter() - began
        if opened != payload:
            raise ValueError("it did not come out as it went in")
        return there, took

    def close(self) -> None:
        """End the agents."""
        for name in _NAMES:
            subprocess.run(  # noqa: S603
                ["gpgconf", "--homedir", self._folder / name, "--kill", "all"],  # noqa: S607
                check=False,
            )

    def _gpg(self, home: str, *words: str, given: bytes = b"") -> bytes:
        command = ["gpg", "--homedir", str(self._folder / home), "--batch", "--quiet"]
        settings = ("--pinentry-mode", "loopback", "--passphrase", "", "--trust-model", "always")
        done = subprocess.run(  # noqa: S603
            [*command, *settings, *words], input=given, capture_output=True, check=True
        )
        return done.stdout
