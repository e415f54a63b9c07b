"""Reasons in the reader's language."""

from __future__ import annotations

import pytest

from alerts.api.context import SiteView
from alerts.console.reasons import in_words, unit
from rules.conditions._limits import Bound, Bounds
from rules.conditions.no_data import NoData
from rules.conditions.threshold import Threshold


@pytest.mark.parametrize(
    "reason, zh, en",
    [
        (
            "weather.water_level is 16 cm, above 15, for 2 min (since 2026-11-24T10:34:12Z)",
            "积水深度 16 cm，高于 15，持续 2 分钟",
            "Water level 16 cm, above 15, for 2 min",
        ),
        (
            "weather.temperature is -3.5 Cel, at most -2",
            "气温 -3.5 °C，不高于 -2",
            "Air temperature -3.5 °C, at most -2",
        ),
        (
            "weather.water_level is 9 cm, below 10, clear for 5 min",
            "积水深度 9 cm，低于 10，已恢复 5 分钟",
            "Water level 9 cm, below 10, clear for 5 min",
        ),
        (
            "no data for 3 intervals of 60 s, last heard of at 2026-11-24T10:33:03Z",
            "连续 3 个上报周期（每 60 秒）无数据，最近一次 18:33",
            "no data for 3 intervals of 60 s, last heard of at 18:33",
        ),
        ("sensor normal for 300 s", "传感器已正常 300 秒", "sensor normal for 300 s"),
        (
            "flood.road fired 40 s after the crew reported done",
            "反馈 40 秒后规则“flood.road 标题”再次触发",
            "“flood.road title” fired 40 s after the crew reported done",
        ),
        (
            "first firing: weather.water_level is 16 cm, above 15",
            "首次触发：积水深度 16 cm，高于 15",
            "first firing: Water level 16 cm, above 15",
        ),
        ("已到现场", "已到现场", "已到现场"),
        ("note: the road is closed", "note: the road is closed", "note: the road is closed"),
    ],
)
def test_in_words(site: SiteView, reason: str, zh: str, en: str) -> None:
    """Known sentences are said in Chinese or English, others are left alone."""
    assert (in_words(reason, site, "zh"), in_words(reason, site, "en")) == (zh, en)


@pytest.mark.parametrize("word", ["above", "at_least", "below", "at_most"])
@pytest.mark.parametrize("value", [9.0, 10.0, 12.0, 15.0, 16.0])
@pytest.mark.parametrize("clear", [None, 12.0])
def test_every_sentence_of_a_threshold_is_known(site: SiteView, word: str, value: float, clear: float | None) -> None:
    """Whatever the condition can say, no English is left in the Chinese."""
    bound = Bound(
        word=word,  # type: ignore[arg-type] # the four words of the parameters
        limit=15.0 if word in {"above", "at_least"} else 10.0,
        clear=clear,
    )
    limit = Threshold(observed_property="weather.water_level", unit="cm", bounds=Bounds(each=(bound,)))

    said = in_words(limit.describe(value), site, "zh")

    assert said.startswith(f"积水深度 {value:g} cm，")
    assert set("abcdefghijklmnopqrstuvwxyz") & set(said.replace("cm", "")) == set()


def test_the_sentence_of_silence_is_known(site: SiteView) -> None:
    """As above, for no data."""
    assert in_words(NoData(for_intervals=3).describe(60), site, "zh") == "连续 3 个上报周期（每 60 秒）无数据"


def test_unit() -> None:
    """Units as people write them."""
    assert [unit(one) for one in ("Cel", "ug/m3", "cm")] == ["°C", "µg/m³", "cm"]
