"""`wangge rules backtest`: over files with labels, over stored history, and what is said to a wrong request."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deploy.app import checked_site, series_store
from deploy.cli import build
from deploy.commands._base import UserError
from deploy.settings import load
from ingest.model import Observation

RULE = """\
id: traffic.slow
title: {zh: 缓行, en: Slow}
domain: traffic
when: {threshold: {property: traffic.speed, at_most: 20, clear_above: 30}}
for: 10m
severity: major
runbook: {zh: 看, en: Look}
"""
START_MS = 1_782_864_000_000  # 2026-07-01T00:00:00Z


def wangge(*arguments: str | Path) -> Result:
    """Run `wangge rules backtest …`."""
    return CliRunner().invoke(build(), ["rules", "backtest", *map(str, arguments)])


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Return a folder with a rule, two series and labels: one incident is found, one alarm is false."""
    (tmp_path / "slow.yaml").write_text(RULE, encoding="utf-8")
    for name, slow in (("a", range(20, 40)), ("b", range(50, 70))):
        lines = [
            f"2026-07-01 {9 + minute // 60:02}:{minute % 60:02}:00,{15 if minute in slow else 60}"
            for minute in range(90)
        ]
        (tmp_path / f"{name}.csv").write_text("\n".join(["timestamp,value", *lines]), encoding="utf-8")
    spans = {"a.csv": [["2026-07-01 09:15:00", "2026-07-01 09:45:00"]]}
    (tmp_path / "labels.json").write_text(json.dumps(spans), encoding="utf-8")
    return tmp_path


def test_files_with_labels(files: Path) -> None:
    """Each file is scored, and all together; further files may follow without the option."""
    ran = wangge(
        "--series", files / "a.csv", files / "b.csv", "--rule-file", files / "slow.yaml",
        "--labels", files / "labels.json", "--json",
    )  # fmt: skip
    told = json.loads(ran.stdout)
    transitions = told.pop("transitions")

    assert told == {"alerts": 2, "found": 1, "missed": 0, "false_alarms": 1, "median_delay_s": 900.0}
    assert "names no incidents of" in ran.stderr
    assert "b.csv: each of its alerts counts as false" in ran.stderr
    firing = [one for one in transitions if one["state"] == "firing"]
    assert [(one["about"], one["since"]) for one in firing] == [
        ("a.csv", "2026-07-01T09:30:00Z"),
        ("b.csv", "2026-07-01T10:00:00Z"),
    ]


def test_in_words(files: Path) -> None:
    """People read one line a transition, and one a file."""
    ran = wangge("--series", files / "a.csv", "--rule-file", files / "slow.yaml", "--labels", files / "labels.json")

    assert "firing    major     traffic.slow  a.csv: traffic.speed is 15 km/h" in ran.output
    assert ran.output.splitlines()[-1] == (
        "a.csv: 1 alert, incidents: 1 found, 0 missed; false alarms: 0, median delay 900 s"
    )


@pytest.mark.parametrize("zone, alerts", [("Asia/Shanghai", 1), ("UTC", 1), ("Asia/Tokyo", 1)])
def test_hours_are_those_of_the_zone(files: Path, zone: str, alerts: int) -> None:
    """A rule for some hours of the day judges by the clock that the times in the file are written by."""
    hours = 'schedule: {from: "09:00", to: "10:00"}'
    when = f"when: {{all_of: {{conditions: [{{threshold: {{property: traffic.speed, at_most: 20}}}}, {{{hours}}}]}}}}"
    lines = [when if line.startswith("when") else line for line in RULE.splitlines() if not line.startswith("for")]
    (files / "hours.yaml").write_text("\n".join(lines), encoding="utf-8")

    ran = wangge("--series", files / "a.csv", "--rule-file", files / "hours.yaml", "--zone", zone, "--json")

    assert json.loads(ran.output)["alerts"] == alerts


def test_stored_history(tmp_path: Path, site_folder: Path) -> None:
    """The rules of the site judge what is stored, by the site's time; `--rule` chooses one."""
    config = tmp_path / "wangge.toml"
    config.write_text(f'site = "{site_folder}"\ndata = "{tmp_path / "data"}"\n', encoding="utf-8")
    settings = load(config)
    site = checked_site(settings.site)
    gauge = next(one for one in site.register.devices.values() if one.kind == "water_level_gauge")
    series = site.register.series(gauge.id, "weather.water_level")
    assert series is not None
    store = series_store(settings, site)
    levels = [60.0 if 10 <= minute < 20 else 1.0 for minute in range(40)]
    store.write([Observation(series, one, START_MS + index * 60_000, 0) for index, one in enumerate(levels)])
    store.close()

    ran = wangge("--config", config, "--from", "2026-07-01T08:00", "--to", "2026-07-01T09:00", "--json")
    told = [(one["about"], one["state"]) for one in json.loads(ran.output)["transitions"] if one["state"] != "pending"]
    other = wangge(
        "--config", config, "--from", "2026-07-01T08:00", "--to", "2026-07-01T09:00", "--rule", "waste.full", "--json"
    )

    assert {("firing"), ("resolved")} <= {state for about, state in told if about == gauge.id}
    assert json.loads(other.output)["transitions"] == []


@pytest.mark.parametrize(
    "arguments, message",
    [
        ([], "name --config with --from and --to"),
        (["--series", "a.csv"], "name the rules with --rule-file"),
        (["--series", "absent.csv", "--rule-file", "slow.yaml"], "absent.csv: No such file"),
        (
            ["--series", "a.csv", "--rule-file", "slow.yaml", "--rule", "x.y"],
            "there is no rule 'x.y': see `rules list`",
        ),
        (["--series", "a.csv", "--rule-file", "slow.yaml", "--zone", "Mars"], "'Mars' is not a time zone"),
        (["--series", "a.csv", "--rule-file", "labels.json"], "labels.json:1"),
        (["--series", "a.csv", "--rule-file", "slow.yaml", "--labels", "a.csv"], "a.csv: is not {file name"),
    ],
)
def test_misuse(files: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str) -> None:
    """A wrong request is told in a line, that somebody can mend."""
    monkeypatch.chdir(files)

    ran = wangge(*arguments)

    assert isinstance(ran.exception, UserError), ran.output
    assert message in str(ran.exception)
