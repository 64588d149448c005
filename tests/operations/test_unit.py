"""The systemd unit of the operator's page is one that systemd takes."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.gateway.demo.process import A35
from tests.test_docs import page


def test_unit_of_the_page_is_verified_by_systemd(tmp_path: Path) -> None:
    """With the command where it is installed here; not a word of complaint."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed: the unit cannot be verified")
    found = re.search(r"^```ini\n(.*?)^```", page("operations.md"), re.MULTILINE | re.DOTALL)
    assert found is not None
    text, changed = re.subn(r"^ExecStart=\S+", f"ExecStart={A35}", found[1], flags=re.MULTILINE)
    assert changed == 1
    unit = tmp_path / "a35.service"
    unit.write_text(text, encoding="utf-8")
    done = subprocess.run(  # noqa: S603 - a system program
        ["systemd-analyze", "verify", str(unit)],  # noqa: S607
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = [line for line in done.stderr.splitlines() if "a35.service" in line]
    assert (done.returncode, said) == (0, []), done.stderr
