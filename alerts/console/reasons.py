"""Says why an alert fired or a case moved, in the reader's language: the stages write one English sentence.

`weather.water_level is 16 cm, above 15, for 2 min (since …)` becomes `积水深度 16 cm，高于 15，持续 2 分钟`:
the property by its title in the dictionary, the words of `rules.conditions` by a table, times in the site's zone.
What looks like no sentence that is known here (a person's opinion, for one) is shown as it is.
"""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.api.context import SiteView
from alerts.console.reasons_samples import Words, in_chinese
from alerts.console.texts import Language
from rules.wording import unit_words

_VALUE = re.compile(
    r"^(?P<name>[a-z]+\.[a-z0-9_]+) is (?P<value>[^\s;,]+(?: [^\s;,]+)?), (?P<verdict>[a-z ]+?) (?P<limit>-?[\d.e+-]+)"
    r"(?:, (?P<how>for|clear for) (?P<held>[^(]+?))?(?: \(since [^)]*\))?$"
)
_SILENT = re.compile(
    r"^no data for (?P<count>[\d.e+]+) intervals of (?P<cadence>\d+) s(?P<learned> \(learned\))?"
    r"(?:, last heard of at (?P<last>\S+Z))?$"
)
_PREFIX = re.compile(r"^(?P<prefix>[a-z ]+): (?P<rest>.+)$")
_HELD_ZH = {"s": "秒", "min": "分钟", "h": "小时", "d": "天"}
_VERDICTS_ZH = {
    "above": "高于",
    "below": "低于",
    "at least": "达到",
    "at most": "不高于",
    "not above": "未高于",
    "not below": "未低于",
    "no longer above": "不再高于",
    "no longer below": "不再低于",
    "no longer at least": "不再达到",
    "no longer at most": "已高于",
}
_PREFIXES_ZH = {
    "first firing": "首次触发",
    "fires again": "再次触发",
    "rises to a worse level": "升级",
    "falls to a milder level": "降级",
    "sensor back to normal": "传感器恢复正常",
    "same category and subject": "同类同对象",
    "same cause": "同一原因",
    "same category nearby": "附近同类问题",
    "same category in the same cell": "同网格同类问题",
    "only part of the condition is measured": "传感器只能判定部分立案条件",
}
_SENTENCES_ZH = tuple(
    (re.compile(f"^{pattern}$"), words)
    for pattern, words in (
        (r"the sensor confirms or refutes the fix", "由传感器核实处置结果"),
        (r"sensor normal for (\d+) s", "传感器已正常 {0} 秒"),
        (r"(\S+) fired (\d+) s after the crew reported done", "反馈 {1} 秒后规则“{0}”再次触发"),
        (r"(\S+) still fires (\d+) s after the crew reported done", "反馈 {1} 秒后规则“{0}”仍在触发"),
        (r"the sensor is silent: somebody must look on the spot", "传感器无数据，须现场核查"),
        (r"the deadline has passed: (.+) is told", "已超期，已通知{0}"),
        (r"(\d+) minutes are left of the limit", "距时限还有 {0} 分钟"),
        (r"the date has come", "挂账到期"),
        (r"(\S+) looks whether it is so", "由 {0} 现场核实"),
    )
)
_SINCE = re.compile(r" \(since \d[^)]*Z\)$")
_INSTANT = re.compile(r"\b\d{4}-\d\d-\d\dT[\d:]+Z")
_UNIT = re.compile(r"(\d )([^\s,]+)")
_ID = re.compile(r"\b[a-z]+\.[a-z0-9_]+\b")
_RULE_ACTS = re.compile(r"^(\S+)( fired \d| still fires \d)")


def in_words(reason: str, site: SiteView, lang: Language) -> str:
    """Return the reason in one language."""
    if (found := _VALUE.match(reason)) is not None:
        return _value(found, site, lang)
    if (found := _SILENT.match(reason)) is not None:
        return _silent(found, site.zone, lang)
    if (found := _PREFIX.match(reason)) is not None and found["prefix"] in _PREFIXES_ZH:
        rest = in_words(found["rest"], site, lang)
        return f"{_PREFIXES_ZH[found['prefix']]}：{rest}" if lang == "zh" else f"{found['prefix']}: {rest}"
    if lang == "en":
        return _in_english(reason, site)
    return in_chinese(reason, _words(site)) or _other_zh(reason, site)


def _in_english(reason: str, site: SiteView) -> str:
    """Return an English sentence with titles instead of ids, units as people write them, times of the site's zone."""
    parts = reason.split("; ")
    if len(parts) > 1:
        return "; ".join(in_words(part, site, "en") for part in parts)
    said = _RULE_ACTS.sub(lambda found: _title(found[1], site, "en") + found[2], _SINCE.sub("", reason))
    said = _INSTANT.sub(lambda found: _local(found[0], site.zone), said)
    said = _UNIT.sub(lambda found: found[1] + unit(found[2], "en"), said)
    return _ID.sub(lambda found: _property(found[0], site, "en"), said)


def _other_zh(reason: str, site: SiteView) -> str:
    for pattern, words in _SENTENCES_ZH:
        if (found := pattern.match(reason)) is not None:
            return words.format(*(_title(word, site, "zh") for word in found.groups()))
    return reason


def _words(site: SiteView) -> Words:
    """Return what the sentences of rules about values over time are made of."""
    return Words(
        title=lambda name: _property(name, site, "zh"),
        value=lambda text: " ".join(unit(word, "zh") for word in text.split(" ")),
        verdict=lambda text: _VERDICTS_ZH.get(text, text),
        held=_duration_zh,
        instant=lambda text: _local(text, site.zone),
        sentence=lambda text: in_words(text, site, "zh"),
    )


def _title(word: str, site: SiteView, lang: Language) -> str:
    rule = next((rule for rule in site.rules if rule.id == word), None)
    if rule is None:
        return word
    return rule.title.zh if lang == "zh" else f"“{rule.title.en}”"


def _property(name: str, site: SiteView, lang: Language) -> str:
    known = site.register.property(name)
    return name if known is None else known.title_zh if lang == "zh" else known.title_en


def unit(ucum: str, lang: Language) -> str:
    """Return a UCUM unit as people write it in a language; what has no other spelling stays."""
    words = unit_words(ucum)
    return words.zh if lang == "zh" else words.en


def _value(found: re.Match[str], site: SiteView, lang: Language) -> str:
    title = _property(found["name"], site, lang)
    value = " ".join(unit(word, lang) for word in found["value"].split(" "))
    if lang == "en":
        held = f", {found['how']} {found['held']}" if found["held"] else ""
        return f"{title} {value}, {found['verdict']} {found['limit']}{held}"
    lasting = "持续" if found["how"] == "for" else "已恢复"
    held = f"，{lasting} {_duration_zh(found['held'])}" if found["held"] else ""
    return f"{title} {value}，{_VERDICTS_ZH.get(found['verdict'], found['verdict'])} {found['limit']}{held}"


def _silent(found: re.Match[str], zone: ZoneInfo, lang: Language) -> str:
    last = _local(found["last"], zone) if found["last"] else ""
    if lang == "en":
        heard = f", last heard of at {last}" if last else ""
        return f"no data for {found['count']} intervals of {found['cadence']} s{found['learned'] or ''}{heard}"
    heard = f"，最近一次 {last}" if last else ""
    learned = "，由其数据学得" if found["learned"] else ""
    return f"连续 {found['count']} 个上报周期（每 {found['cadence']} 秒{learned}）无数据{heard}"


def _duration_zh(held: str) -> str:
    return " ".join(_HELD_ZH.get(word, word) for word in held.split(" "))


def _local(text: str, zone: ZoneInfo) -> str:
    try:
        return datetime.fromisoformat(text).astimezone(zone).strftime("%H:%M")
    except ValueError:
        return text
