"""Says in Chinese why a rule about values over time fired: windows, rates, shares, levels, joined conditions.

`weather.rain_increment: sum over 3h is 61 mm, at least 50` becomes `时段降雨量 3小时累计 61 mm，达到 50`. What
looks like no sentence that is known here is left to the caller.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from alerts.console import reasons_further

Say = Callable[[str], str]
_TAIL = r"(?:, (?P<how>for|clear for) (?P<held>[^(;]+?))?(?: \(since [^)]*\))?"
_NUMBER = r"(?P<value>[^\s;,]+(?: [^\s;,]+)?)"
_NAME = r"(?P<name>[a-z]+\.[a-z0-9_]+)"
_LIMIT = r"(?P<verdict>[a-z ]+?) (?P<limit>-?[\d.e+-]+)"
_MADE = re.compile(rf"^{_NAME}: (?P<function>[a-z]+|[\d.]+ quantile) over (?P<over>\w+) is {_NUMBER}, {_LIMIT}{_TAIL}$")
_RATE = re.compile(rf"^{_NAME} changes by {_NUMBER} each (?P<over>\w+), {_LIMIT}{_TAIL}$")
_RATIO = re.compile(rf"^(?P<so>\d+) of (?P<known>\d+) devices \((?P<share>\S+) %\), {_LIMIT}{_TAIL}$")
_FLAT = re.compile(rf"^{_NAME} moved by {_NUMBER} in (?P<over>\w+) \((?P<count>\d+) values\){_TAIL}$")
_CHANGED = re.compile(rf"^{_NAME} changed from (?P<old>\S+) to (?P<new>[^\s,]+){_TAIL}$")
_STATE = re.compile(rf"^{_NAME} is (?P<value>-?[\d.]+)(?:, not (?P<other>.+?))?{_TAIL}$")
_SUN = re.compile(rf"^the sun is (?P<height>\d+)° (?P<side>above|below) the horizon{_TAIL}$")
_LEVEL = re.compile(r"^(?P<way>rises|falls) from (?P<was>[a-z]+) to (?P<now>[a-z]+): (?P<rest>.+)$")
_FLAPPING = re.compile(r"^flapping, (?P<count>\d+) times within (?P<within>[^:]+): (?P<rest>.+)$")
_OFTEN = re.compile(r"^(?P<times>\d+) of the last (?P<of>\d+) times: (?P<rest>.+)$")
_NONE = re.compile(r"^none of: (?P<rest>.+)$")
_FUNCTIONS = {"avg": "平均", "min": "最低", "max": "最高", "sum": "累计", "count": "数据条数", "stddev": "标准差"}
_SEVERITIES = {"critical": "危急", "major": "严重", "minor": "一般", "warning": "预警", "info": "提示"}
_SPANS = {"d": "天", "h": "小时", "m": "分钟", "s": "秒"}


class Words:
    """What the caller says in Chinese: a title, a value with its unit, a verdict, a span, a time, a sentence."""

    def __init__(self, *, title: Say, value: Say, verdict: Say, held: Say, instant: Say, sentence: Say) -> None:
        self.title, self.value, self.verdict, self.held, self.sentence = title, value, verdict, held, sentence
        self.by_group = {
            "name": title,
            "value": value,
            "verdict": verdict,
            "held": held,
            "span": _span,
            "instant": instant,
            "rest": sentence,
            "tail": self._tail,
        }

    def _tail(self, text: str) -> str:
        found = re.match(f"^{_TAIL}$", text)
        return "" if found is None else _tail(found, self)


def in_chinese(reason: str, words: Words) -> str | None:
    """Return the reason in Chinese, or None if it is no sentence that is known here."""
    for pattern, say in _SENTENCES:
        if (found := pattern.match(reason)) is not None:
            return say(found, words) + _tail(found, words)
    parts = reason.split("; ")
    if len(parts) == 1:
        return reasons_further.in_chinese(reason, words)
    said = [words.sentence(part) for part in parts]
    return "；".join(said) if said != parts else None


def _tail(found: re.Match[str], words: Words) -> str:
    held = found.groupdict().get("held")
    if not held:
        return ""
    return f"，{'持续' if found['how'] == 'for' else '已恢复'} {words.held(held)}"


def _span(text: str) -> str:
    return re.sub(r"[dhms]", lambda unit: _SPANS[unit[0]], text)


def _made(found: re.Match[str], words: Words) -> str:
    function = found["function"]
    name = _FUNCTIONS.get(function, f"{function.removesuffix(' quantile')} 分位数")
    limit = f"{words.verdict(found['verdict'])} {found['limit']}"
    return f"{words.title(found['name'])} {_span(found['over'])}{name} {words.value(found['value'])}，{limit}"


def _rate(found: re.Match[str], words: Words) -> str:
    limit = f"{words.verdict(found['verdict'])} {found['limit']}"
    return f"{words.title(found['name'])}每{_span(found['over'])}变化 {words.value(found['value'])}，{limit}"


def _ratio(found: re.Match[str], words: Words) -> str:
    limit = f"{words.verdict(found['verdict'])} {found['limit']}"
    return f"{found['known']} 台设备中 {found['so']} 台（{found['share']}%），{limit}"


def _flat(found: re.Match[str], words: Words) -> str:
    over, value = _span(found["over"]), words.value(found["value"])
    return f"{words.title(found['name'])} {over}内仅变化 {value}（{found['count']} 条数据）"


def _state(found: re.Match[str], words: Words) -> str:
    other = f"，不是 {found['other'].replace(' or ', ' 或 ')}" if found["other"] else ""
    return f"{words.title(found['name'])} 为 {found['value']}{other}"


_Sentence = Callable[[re.Match[str], Words], str]
_SENTENCES: tuple[tuple[re.Pattern[str], _Sentence], ...] = (
    (
        _LEVEL,
        lambda found, words: (
            f"由{_SEVERITIES[found['was']]}{'升' if found['way'] == 'rises' else '降'}为{_SEVERITIES[found['now']]}："
            f"{words.sentence(found['rest'])}"
        ),
    ),
    (
        _FLAPPING,
        lambda found, words: (
            f"反复告警（{words.held(found['within'])}内 {found['count']} 次）：{words.sentence(found['rest'])}"
        ),
    ),
    (_OFTEN, lambda found, words: f"最近 {found['of']} 次中 {found['times']} 次：{words.sentence(found['rest'])}"),
    (_NONE, lambda found, words: f"均不成立：{words.sentence(found['rest'])}"),
    (_MADE, _made),
    (_RATE, _rate),
    (_RATIO, _ratio),
    (_FLAT, _flat),
    (_CHANGED, lambda found, words: f"{words.title(found['name'])}由 {found['old']} 变为 {found['new']}"),
    (_STATE, _state),
    (_SUN, lambda found, _words: f"太阳在地平线{'上' if found['side'] == 'above' else '下'} {found['height']}°"),
)
