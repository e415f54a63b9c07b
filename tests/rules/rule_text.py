"""A rule file of one whole rule, for tests that change something in it."""

from __future__ import annotations

from pathlib import Path

RULE = """\
- id: flood.road
  title: {zh: 道路积水, en: Road flooding}
  domain: weather
  where: {kind: water_level_gauge, place: [road, bridge]}
  when:
    threshold: {property: weather.water_level, above: 15, clear_below: 10}
  for: 2m
  keep_firing_for: 1h30m
  severity: critical
  case:
    category: road_flooding
    verify: {normal_for: 5m, give_up_after: 20m}
  runbook: {zh: 抽水, en: Pump}
  source: somewhere
  tests:
    - name: fires
      series: {weather.water_level: "10 16x5"}
      expect: [{at: 3m, state: firing}]
"""


def write(folder: Path, text: str, name: str = "rule.yaml") -> Path:
    """Write a rule file."""
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
