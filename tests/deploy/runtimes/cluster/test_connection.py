"""How Kafka is reached, and what is said where the extra is not installed."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pydantic
import pytest

from deploy.commands._base import UserError
from deploy.runtimes.cluster.connection import need_extra, options, tls
from deploy.settings import KafkaSettings


def test_plain() -> None:
    """Without user and TLS nothing but the address is needed."""
    assert options(KafkaSettings(bootstrap="k:1", prefix="city"), "bridge") == {
        "bootstrap_servers": "k:1",
        "client_id": "city-bridge",
        "security_protocol": "PLAINTEXT",
    }


def test_user_over_tls() -> None:
    """A user name means SASL, `tls` a checked connection."""
    made = options(KafkaSettings(username="u", password=pydantic.SecretStr("p"), tls=True), "x")

    assert (made["security_protocol"], made["sasl_mechanism"]) == ("SASL_SSL", "SCRAM-SHA-512")
    assert (made["sasl_plain_username"], made["sasl_plain_password"]) == ("u", "p")
    assert made["ssl_context"].check_hostname


def test_certificates_that_cannot_be_read(tmp_path: Path) -> None:
    """A wrong file is told by its setting."""
    with pytest.raises(UserError, match=r"^kafka\.ca .*absent\.pem: not a readable file of certificates"):
        tls(KafkaSettings(ca=tmp_path / "absent.pem"))


def test_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Faust one line says what to install."""
    monkeypatch.delitem(sys.modules, "faust", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "faust" else object())

    with pytest.raises(UserError, match=r"^faust is not installed: .* pip install 'wangge\[cluster\]'$"):
        need_extra()


def test_faust_is_loaded_already() -> None:
    """A process that has imported Faust is told nothing."""
    pytest.importorskip("faust", reason="the extra `cluster` is not installed")

    need_extra()


def test_other_commands_import_nothing_of_it() -> None:
    """`wangge` and the embedded runtime load neither Faust nor aiokafka."""
    code = "import sys, deploy.cli, deploy.app; deploy.cli.build(); print({'faust', 'aiokafka'} & set(sys.modules))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "set()\n"
