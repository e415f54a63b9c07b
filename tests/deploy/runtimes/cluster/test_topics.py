"""`wangge topics` on a real broker: made once, checked, and every fault told in a line with its remedy."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.broker import free_port
from deploy.runtimes.cluster.topics import declared
from deploy.services.run.kafka import Kafka


def topics(folder: Path, site: Path, what: str, kafka: str, more: str = "") -> tuple[int, str, str]:
    """Run `wangge topics …` and return exit code, output and errors."""
    config = folder / "topics.toml"
    config.write_text(
        f'site = "{site}"\ndata = "{folder / "data"}"\n'
        f'[kafka]\nbootstrap = "{kafka}"\nprefix = "{folder.name}"\n{more}\n',
        encoding="utf-8",
    )
    command = [
        sys.executable,
        "-c",
        "from deploy.cli import main; main()",
        "topics",
        *what.split(),
        "--config",
        str(config),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout, done.stderr


def test_declared() -> None:
    """Names, partitions, retention and clean-up are data; nothing is compacted."""
    made = declared("city", 16, 24)

    assert [(one.name, one.partitions) for one in made] == [
        ("city.frames.v1", 16),
        ("city.observations.v1", 16),
        ("city.deadletters.v1", 1),
    ]
    assert made.frames.config["retention.ms"] == "86400000"
    assert {one.config["cleanup.policy"] for one in made} == {"delete"}


@pytest.mark.network
@pytest.mark.external
@pytest.mark.slow
def test_create_and_check(tmp_path: Path, site_folder: Path, kafka: Kafka) -> None:
    """Missing topics are told, made once, found right; with another number of partitions they are told again."""
    missing = topics(tmp_path, site_folder, "check", kafka.address)
    created = topics(tmp_path, site_folder, "create --json", kafka.address)
    again = topics(tmp_path, site_folder, "create --json", kafka.address)
    checked = topics(tmp_path, site_folder, "check", kafka.address)
    other = topics(tmp_path, site_folder, "check", kafka.address, "partitions = 3")

    assert (missing[0], missing[2].splitlines()[0]) == (
        2,
        f"wangge: topic {tmp_path.name}.frames.v1 does not exist: run `wangge topics create`",
    )
    assert (created[0], [one["created"] for one in json.loads(created[1])]) == (0, [True] * 3)
    assert (again[0], [one["created"] for one in json.loads(again[1])]) == (0, [False] * 3)
    assert (checked[0], checked[2]) == (0, "")
    assert other[0] == 2
    assert other[2].startswith(
        f"wangge: topic {tmp_path.name}.frames.v1 has 8 partitions, not 3: set kafka.partitions to 8"
    )


@pytest.mark.network
@pytest.mark.parametrize("what", ["topics check", "topics create", "bridge", "worker"])
def test_absent_broker(tmp_path: Path, site_folder: Path, what: str) -> None:
    """Without a broker there is one line that says what to do, and exit code 2."""
    pytest.importorskip("aiokafka", reason="the extra `cluster` is not installed")
    config = tmp_path / "c.toml"
    address = f"127.0.0.1:{free_port(0)}"
    config.write_text(
        f'site = "{site_folder}"\ndata = "{tmp_path}"\n[kafka]\nbootstrap = "{address}"\n', encoding="utf-8"
    )
    command = [sys.executable, "-c", "from deploy.cli import main; main()", *what.split(), "--config", str(config)]

    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"wangge: kafka at {address} cannot be used")
