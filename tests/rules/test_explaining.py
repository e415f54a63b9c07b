"""A rule in plain words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alerts.console.texts_domain import DOMAIN_TEXTS
from rules.explaining import KINDS, begins, explain, watched
from rules.model import Rule, Text
from rules.schema import load
from rules.wording import Wording

RULE = """
id: flood.road
title: {zh: 道路积水, en: Road flooding}
domain: weather
where: {kind: water_level_gauge, place: [road, bridge]}
when: {threshold: {property: weather.water_level, above: 15, clear_below: 10}}
for: 2m
keep_firing_for: 5m
severity: critical
case: {category: road_flooding, verify: {normal_for: 5m, give_up_after: 20m}}
runbook: {zh: 派人。, en: Send a crew.}
source: the standard
author: Li Na
"""


def rule(world: Any, folder: Path, text: str) -> Rule:
    """Return the rule of a text."""
    (folder / "rule.yaml").write_text(text, encoding="utf-8")
    (loaded,), faults = load([folder / "rule.yaml"], world.dictionary)
    assert faults == ()
    return loaded


def test_explain_says_all_of_a_rule(world: Any, tmp_path: Path) -> None:
    """What is watched, when it fires and ends, how bad it is, what comes of it, what to do, and who wrote it."""
    loaded = rule(world, tmp_path, RULE)
    flooding = Text(zh="道路积水（0506）", en="road flooding (0506)")

    said = explain(loaded, Wording(world.dictionary.get), lambda key: flooding if key == "road_flooding" else None)

    assert said.zh.splitlines() == [
        "监测对象：积水监测仪（位置：道路或桥梁），逐台判断。",
        "触发条件：积水深度高于 15 cm（低于 10 cm 才算恢复），持续 2 分钟。",
        "结束条件：条件解除并保持 5 分钟。",
        "告警级别：危急。",
        "立案：道路积水（0506）。反馈处置完成后，传感器连续正常 5 分钟才算核实通过，20 分钟内做不到则退回返工。",
        "处置：派人。",
        "依据：the standard",
        f"版本：{loaded.version}，作者 Li Na。",
    ]
    assert said.en.splitlines() == [
        "Watches water level gauges (place: road or bridge), each by itself.",
        "Fires when water level is above 15 cm (clear only below 10 cm), for 2 minutes.",
        "Ends when that has been clear for 5 minutes.",
        "Severity: critical.",
        (
            "Opens a case: road flooding (0506). After the crew reports done the sensor must read normal for 5 minutes;"
            " if it does not within 20 minutes, the case goes back as rework."
        ),
        "What to do: Send a crew.",
        "Limits and times come from: the standard",
        f"Version {loaded.version} by Li Na.",
    ]


@pytest.mark.parametrize(
    "change, zh, en",
    [
        ({"for: 2m\n": ""}, "一经出现即告警。", "Fires as soon as "),
        ({"keep_firing_for: 5m\n": ""}, "条件解除即结束。", "Ends as soon as that is clear."),
        (
            {"for: 2m": "flapping: {firings: 4, within: 30m}"},
            "30 分钟内触发 4 次即记为抖动",
            "Flaps when it fires 4 times",
        ),
        ({"for: 2m": "quality: [good, suspect]"}, "正常、可疑", "flagged good and suspect"),
        (
            {"for: 2m": "suppresses: [a.one, b.two]"},
            "同一对象的 a.one、b.two 只记录",
            "Suppresses a.one and b.two: while",
        ),
        ({"for: 2m": "subject: cell"}, "每个单元网格内的", "those of a cell together"),
        (
            {"kind: water_level_gauge, ": "", ", bridge]": "]"},
            "气象设备（位置：道路）",
            "weather devices (place: road)",
        ),
        (
            {"above: 15, clear_below: 10": "levels: {minor: {above: 9}, critical: {above: 15}}"},
            "一般、危急",
            "minor and",
        ),
    ],
)
def test_explain_says_what_is_special(world: Any, tmp_path: Path, change: dict[str, str], zh: str, en: str) -> None:
    """Options that a rule has, and defaults that it does not override."""
    text = RULE
    for old, new in change.items():
        text = text.replace(old, new)
    said = explain(rule(world, tmp_path, text), Wording(world.dictionary.get))

    assert zh in said.zh
    assert en in said.en


def test_silence_ends_with_the_first_sign_of_life(world: Any, tmp_path: Path) -> None:
    """A rule that looks at the clock has no value that could be clear."""
    text = RULE.replace("{threshold: {property: weather.water_level, above: 15, clear_below: 10}}", "{no_data: {}}")
    loaded = rule(world, tmp_path, text.replace("for: 2m\nkeep_firing_for: 5m\n", ""))

    assert "Ends as soon as the device is heard of again." in explain(loaded, Wording(world.dictionary.get)).en
    assert begins(loaded, Wording(world.dictionary.get)).zh == "设备连续 3 个上报周期（登记或学得）没有数据"


def test_kinds_are_called_as_on_the_console() -> None:
    """One word for one thing."""
    for kind, said in KINDS.items():
        zh, en = DOMAIN_TEXTS[f"kind.{kind}"]
        assert said == Text(zh=zh, en=en[0].lower() + en[1:])


def test_text_of_a_rule_is_what_stands_in_its_file(world: Any, tmp_path: Path) -> None:
    """Also in a list: from its beginning to the next one, without the remark that belongs to that."""
    second = RULE.strip().replace("flood.road", "flood.other")
    listed = [f"- {text}".replace("\n", "\n  ") for text in (RULE.strip(), second)]
    (tmp_path / "rules.yaml").write_text(f"# all of them\n{listed[0]}\n\n# another\n{listed[1]}\n", encoding="utf-8")
    rules, _ = load([tmp_path / "rules.yaml"], world.dictionary)

    assert {one.id: one.text for one in rules} == {"flood.road": RULE.strip(), "flood.other": second}
    assert rule(world, tmp_path, RULE).text == RULE.strip()


def test_watched_names_what_has_no_title(world: Any, tmp_path: Path) -> None:
    """An attribute of a site's own stands as it is written."""
    loaded = rule(world, tmp_path, RULE.replace("place: [road, bridge]", "owner: city"))

    assert watched(loaded) == Text(
        zh="积水监测仪（owner：city），逐台判断", en="water level gauges (owner: city), each by itself"
    )
