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
        (
            "no data for 3 intervals of 310 s (learned), last heard of at 2026-11-24T10:33:03Z",
            "连续 3 个上报周期（每 310 秒，由其数据学得）无数据，最近一次 18:33",
            "no data for 3 intervals of 310 s (learned), last heard of at 18:33",
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
    assert [unit(one, "zh") for one in ("Cel", "ug/m3", "cm", "{veh}/h")] == ["°C", "µg/m³", "cm", "辆/小时"]
    assert unit("{veh}/h", "en") == "veh/h"


@pytest.mark.parametrize(
    "reason, zh",
    [
        (
            "rises from warning to major: weather.water_level: sum over 3h is 61 cm, at least 50",
            "由预警升为严重：积水深度 3小时累计 61 cm，达到 50",
        ),
        (
            "flapping, 3 times within 10 min: weather.water_level is 20 cm, above 15",
            "反复告警（10 分钟内 3 次）：积水深度 20 cm，高于 15",
        ),
        (
            "weather.water_level changes by 7 cm each 1m, above 5, for 2 min (since 2026-01-05T00:00:00Z)",
            "积水深度每1分钟变化 7 cm，高于 5，持续 2 分钟",
        ),
        (
            "2 of the last 3 times: weather.water_level is 17 cm, above 15",
            "最近 3 次中 2 次：积水深度 17 cm，高于 15",
        ),
        (
            "weather.water_level is 20 cm, above 15; the sun is 43° above the horizon",
            "积水深度 20 cm，高于 15；太阳在地平线上 43°",
        ),
        ("2 of 4 devices (50 %), below 98", "4 台设备中 2 台（50%），低于 98"),
        ("weather.water_level moved by 0.1 cm in 1h (60 values)", "积水深度 1小时内仅变化 0.1 cm（60 条数据）"),
        ("weather.water_level changed from 0 to 1", "积水深度由 0 变为 1"),
        ("weather.water_level is 2, not 1 or 3", "积水深度 为 2，不是 1 或 3"),
        (
            "weather.water_level is 45.3 cm and changes by 297.6 cm each hour, at least 27; it is 08:10 on tue",
            "积水深度 45.3 cm，每小时变化 297.6 cm，达到 27；时间为周二 08:10",
        ),
        (
            "weather.water_level is 20 cm and changes by 72.4 cm each hour, reaches 27 in 6m",
            "积水深度 20 cm，每小时变化 72.4 cm，预计 6分钟后达到 27",
        ),
        (
            "weather.water_level is 16 cm, above 15; fires if that lasts for 2 min",
            "积水深度 16 cm，高于 15；持续 2 分钟即告警",
        ),
        (
            "weather.water_level is normally 2 to 3 cm on days off at 08 h, now 7, for 10 min (since 2026-01-05)",
            "积水深度在非工作日 08 时一般为 2 至 3 cm，现为 7，持续 10 分钟",
        ),
        (
            "weather.water_level is 20 cm, above 15; so are 2 others within 80 m",
            "积水深度 20 cm，高于 15；80 米内另有 2 台设备也是如此",
        ),
        (
            "weather.water_level is 20 cm, above 15; so is 1 other in its cell and those that touch it",
            "积水深度 20 cm，高于 15；所在单元网格及相邻网格内另有 1 台设备也是如此",
        ),
        (
            "weather.temperature is 30 Cel, 22 Cel around it, more than 5 apart is too far",
            "气温 30 °C，周围为 22 °C，相差超过 5 为异常",
        ),
        ("weather.water_level is 20 cm, above 15; it is 08:10 on tue", "积水深度 20 cm，高于 15；时间为周二 08:10"),
        (
            "weather.water_level is 20 cm, above 15; 5m before: weather.water_level: sum over 3h is 61 cm, at least 50",
            "积水深度 20 cm，高于 15；5分钟前：积水深度 3小时累计 61 cm，达到 50",
        ),
        ("wl-1: weather.water_level is 20 cm, above 15", "wl-1：积水深度 20 cm，高于 15"),
        (
            "takes back the firing: weather.water_level is 9 cm, below 10 at 2026-11-24T10:34:12Z, which came late",
            "撤销触发：积水深度 9 cm，低于 10（18:34 的数据迟到）",
        ),
        ("heard of again at 2026-11-24T10:34:12Z: weather.water_level is 9", "18:34 恢复上报：积水深度 为 9"),
        ("the rule was changed, or the rule or the device is gone", "规则已修改，或者规则、设备已撤销"),
        (
            "weather.water_level: 0.9 quantile over 5m is 3 cm, no longer above 4",
            "积水深度 5分钟0.9 分位数 3 cm，不再高于 4",
        ),
    ],
)
def test_rules_over_time_in_chinese(site: SiteView, reason: str, zh: str) -> None:
    """Windows, rates, shares, levels and joined conditions are said in Chinese."""
    assert zh == in_words(reason, site, "zh")


@pytest.mark.parametrize(
    "reason, en",
    [
        (
            "weather.temperature changes by 7 Cel each 1m, above 5, for 2 min (since 2026-01-05T00:00:00Z)",
            "Air temperature changes by 7 °C each 1m, above 5, for 2 min",
        ),
        (
            "weather.water_level is 16 cm, above 15; fires if that lasts for 2 min",
            "Water level 16 cm, above 15; fires if that lasts for 2 min",
        ),
        (
            "takes back the firing: weather.water_level is 9 cm, below 10 at 2026-11-24T10:34:12Z, which came late",
            "takes back the firing: Water level is 9 cm, below 10 at 18:34, which came late",
        ),
    ],
)
def test_english_names_no_ids(site: SiteView, reason: str, en: str) -> None:
    """English sentences name properties, units and times as people do."""
    assert en == in_words(reason, site, "en")
