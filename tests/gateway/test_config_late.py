"""Settings of escalation and webhooks: bounds that make sense, tables that are read back."""

from pathlib import Path

import pytest

from gateway.config import NodeConfig, config_text, load_config, write_config
from gateway.errors import ConfigError
from protocol.delivery.escalation import Budgets

BASIC = 'node = "RO/1"\nname = "Desk"\nurl = "https://localhost:1"\n'
SECRET_FILE = 'secret_file = "hook.secret"\n'  # noqa: S105  a name


def loaded(tmp_path: Path, more: str) -> NodeConfig:
    """Read the basic settings with something more."""
    (tmp_path / "node.toml").write_text(BASIC + more, encoding="utf-8")
    return load_config(tmp_path, environ={}).config


def test_budgets_are_those_of_the_policy_unless_set(tmp_path: Path) -> None:
    """What is written nowhere is what officers were told."""
    assert loaded(tmp_path, "").escalation.budgets == Budgets()
    set_ones = loaded(tmp_path, "[escalation]\np0_accepted_s = 30\n").escalation.budgets
    assert set_ones.p0.accepted_ms == 30_000


@pytest.mark.parametrize(
    "text",
    [
        "p0_accepted_s = 5",
        "p0_accepted_s = 100000",
        "p1_acknowledged_s = 299",
        "p2_acknowledged_s = 3600000",
        "p1_accepted_s = 7200\np1_acknowledged_s = 3600",
        "second_contact_point = 1",
    ],
)
def test_budget_beyond_sense_is_refused(tmp_path: Path, text: str) -> None:
    """An alarm after five seconds is noise, one after a month is none."""
    with pytest.raises(ConfigError):
        loaded(tmp_path, f"[escalation]\n{text}\n")


def test_webhooks_are_tables_and_are_written_back_equal(tmp_path: Path) -> None:
    """`a35 init` and other tools write the file anew."""
    config = loaded(
        tmp_path,
        '[[webhook]]\nurl = "https://desk.example.org/a35?x=1"\n'
        + SECRET_FILE
        + '[[webhook]]\nurl = "http://localhost:8080"\nkinds = ["escalation"]\n'
        + SECRET_FILE,
    )
    assert [each.kinds for each in config.webhook] == [
        ("receipt", "escalation", "notice"),
        ("escalation",),
    ]
    again = tmp_path / "again"
    again.mkdir()
    write_config(again, config)
    assert load_config(again, environ={}).config == config
    assert config_text(config).count("[[webhook]]") == 2


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('url = "http://example.org/"\n' + SECRET_FILE, "https://"),
        ('url = "https://user:pass@example.org/"\n' + SECRET_FILE, "https://"),
        ('url = "ftp://localhost/"\n' + SECRET_FILE, "https://"),
        ('url = "https://example.org/"\n', "secret_file"),
        ('url = "https://x.org"\nkinds = ["content"]\n' + SECRET_FILE, "kinds"),
        ('url = "https://x.org"\nkinds = []\n' + SECRET_FILE, "kinds"),
        ('url = "https://x.org"\nretries = 3\n' + SECRET_FILE, "retries"),
    ],
)
def test_webhook_that_is_not_safe_is_refused(tmp_path: Path, text: str, word: str) -> None:
    """In clear only to this machine; no secret in the address; the option is named."""
    with pytest.raises(ConfigError, match="webhook") as caught:
        loaded(tmp_path, f"[[webhook]]\n{text}")
    assert word in str(caught.value)
    assert "pass@" not in str(caught.value)


def test_webhook_cannot_stand_in_the_environment(tmp_path: Path) -> None:
    """It has no one value."""
    (tmp_path / "node.toml").write_text(BASIC, encoding="utf-8")
    with pytest.raises(ConfigError, match="webhook"):
        load_config(tmp_path, environ={"A35_WEBHOOK": "https://x.org"})


STAMP = '[[timestamp]]\nname = "first"\nurl = "http://tsa.example/tsr"\ncertificates = "tsa.pem"\n'


def test_authorities_are_kept_in_their_order(tmp_path: Path) -> None:
    """In which they are asked; the file that is written says the same."""
    config = loaded(tmp_path, STAMP + STAMP.replace("first", "second") + 'policy = "1.2.3"\n')
    assert [(each.name, each.policy) for each in config.timestamp] == [
        ("first", None),
        ("second", "1.2.3"),
    ]
    again = tmp_path / "again"
    again.mkdir()
    write_config(again, config)
    assert load_config(again, environ={}).config == config


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("http://tsa.example/tsr", "ftp://tsa.example/", "url"),
        ("http://tsa.example/tsr", "http://user:pass@tsa.example/", "url"),
        ('certificates = "tsa.pem"', "", "certificates"),
        ('certificates = "tsa.pem"', 'certificates = "x"\npolicy = "1..2"', "policy"),
        ('certificates = "tsa.pem"', 'certificates = "x"\nretries = 2', "retries"),
    ],
)
def test_authority_that_cannot_be_asked_is_refused(
    tmp_path: Path, old: str, new: str, word: str
) -> None:
    """At the start, with the option's name, not at the first emergency."""
    with pytest.raises(ConfigError, match="timestamp") as caught:
        loaded(tmp_path, STAMP.replace(old, new))
    assert word in str(caught.value)
    assert "pass@" not in str(caught.value)
