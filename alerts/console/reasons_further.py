"""Says in Chinese the sentences of rules that only name things in a fixed order: each is a pattern and its words.

A group of a pattern is turned by its name: `name` into the title of the property, `value` with its unit, spans and
days into Chinese, `rest` as a sentence of its own; anything else stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Protocol

_TAIL = r"(?P<tail>, (?:for|clear for) [^(;,]+?(?: \(since [^)]*\))?)?"
_NUMBER = r"(?P<value>[^\s;,]+(?: [^\s;,]+)?)"
_SECOND = r"(?P<value2>[^\s;,]+(?: [^\s;,]+)?)"
_NAME = r"(?P<name>[a-z]+\.[a-z0-9_]+)"
_NORMALLY = rf"{_NAME} is normally (?P<low>\S+) to {_NUMBER}"
_TREND = rf"{_NAME} is {_NUMBER} and changes by {_SECOND} each hour, "
_TREND_ZH = "{name} {value}，每小时变化 {value2}，"
_SAYINGS = tuple(
    (re.compile(f"^{pattern}{_TAIL}$"), words)
    for pattern, words in (
        (rf"{_TREND}reaches (?P<limit>\S+) in (?P<span>\w+)", _TREND_ZH + "预计 {span}后达到 {limit}"),
        (rf"{_TREND}does not reach (?P<limit>\S+) within (?P<span>\w+)", _TREND_ZH + "{span}内不会达到 {limit}"),
        (rf"{_TREND}(?P<verdict>[a-z ]+?) (?P<limit>-?[\d.e+-]+)", _TREND_ZH + "{verdict} {limit}"),
        (rf"{_NAME}: the trend of (?P<span>\w+) is not known", "{name} {span}内的趋势未知"),
        (
            rf"{_NORMALLY} on (?P<days>[A-Za-z ]+) at (?P<hour>\d\d) h, now (?P<now>[^\s,]+)",
            "{name}在{days} {hour} 时一般为 {low} 至 {value}，现为 {now}",
        ),
        (rf"{_NAME}: what is normal at this hour is not known", "{name}在这一小时的常态未知"),
        (r"so (?:is|are) (?P<count>\d+) others? within (?P<metres>\S+) m", "{metres} 米内另有 {count} 台设备也是如此"),
        (
            r"so (?:is|are) (?P<count>\d+) others? in its cell and those that touch it",
            "所在单元网格及相邻网格内另有 {count} 台设备也是如此",
        ),
        (
            rf"{_NAME} is {_NUMBER}, {_SECOND} around it, more than (?P<by>\S+) apart is too far",
            "{name} {value}，周围为 {value2}，相差超过 {by} 为异常",
        ),
        (rf"{_NAME}: too few neighbours are known", "{name}：周围有数据的设备不足"),
        (rf"{_NAME}: rate of change is not known", "{name}的变化速度未知"),
        (rf"{_NAME}(?:: .+)? is not known", "{name}未知"),
        (r"only (?P<count>\d+) devices are known", "仅 {count} 台设备有数据"),
        (rf"{_NAME} did not change for (?P<span>\w+)", "{name} {span}内没有变化"),
        (r"it is (?P<hour>\d\d:\d\d) on (?P<days>[a-z]{3})", "时间为{days} {hour}"),
        (r"fires if that lasts for (?P<held>.+)", "持续 {held}即告警"),
        (r"not so before: (?P<rest>.+)", "此前并非如此：{rest}"),
        (r"(?P<span>\d\w+) before: (?P<rest>.+)", "{span}前：{rest}"),
        (
            r"takes back the firing: (?P<rest>.+) at (?P<instant>\S+Z), which came late",
            "撤销触发：{rest}（{instant} 的数据迟到）",
        ),
        (
            r"takes back the resolution: (?P<rest>.+) at (?P<instant>\S+Z), which came late",
            "撤销恢复：{rest}（{instant} 的数据迟到）",
        ),
        (r"heard of again at (?P<instant>\S+Z): (?P<rest>.+)", "{instant} 恢复上报：{rest}"),
        (r"the rule was changed, or the rule or the device is gone", "规则已修改，或者规则、设备已撤销"),
    )
)
_DAYS = {
    "Mondays": "周一", "Tuesdays": "周二", "Wednesdays": "周三", "Thursdays": "周四", "Fridays": "周五",
    "Saturdays": "周六", "Sundays": "周日", "workdays": "工作日", "days off": "非工作日",
    "mon": "周一", "tue": "周二", "wed": "周三", "thu": "周四", "fri": "周五", "sat": "周六", "sun": "周日",
}  # fmt: skip
_OF_DEVICE = re.compile(r"^(?P<device>[\w.-]+): (?P<rest>.+)$")
Say = Callable[[str], str]


class Speaker(Protocol):
    """What is needed of `alerts.console.reasons_samples.Words`."""

    @property
    def by_group(self) -> Mapping[str, Say]:
        """How a group of a pattern is said, by the group's name."""


def in_chinese(reason: str, words: Speaker) -> str | None:
    """Return the reason in Chinese, or None if it is no sentence that is known here."""
    for pattern, template in _SAYINGS:
        if (found := pattern.match(reason)) is not None:
            groups = found.groupdict()
            tail = words.by_group["tail"](groups.pop("tail") or "")
            return template.format(**{name: _said(name, text, words) for name, text in groups.items()}) + tail
    if (found := _OF_DEVICE.match(reason)) is not None:
        said = words.by_group["rest"](found["rest"])
        return None if said == found["rest"] else f"{found['device']}：{said}"
    return None


def _said(name: str, text: str, words: Speaker) -> str:
    name = name.rstrip("2")
    return _DAYS.get(text, text) if name == "days" else words.by_group.get(name, str)(text)
