"""Says the reason of an alert in the reader's language: the engine writes one English sentence.

`weather.water_level is 16 cm, above 15, for 2 min (since …)` becomes `积水深度 16 cm，高于 15，持续 2 分钟`: the property
by its title in the dictionary, the words of `rules.conditions` by a table, times in the site's zone. What does not
look like such a sentence is shown as it is.
"""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.console.texts import Language
from ingest.devices import Register

_VALUE = re.compile(
    r"^(?P<name>[a-z]+\.[a-z0-9_]+) is (?P<value>.+?), (?P<verdict>[a-z ]+?) (?P<limit>-?[\d.e+-]+)"
    r"(?:, for (?P<held>[^(]+?))?(?: \(since [^)]*\))?$"
)
_SILENT = re.compile(
    r"^no data for (?P<count>[\d.e+]+) intervals of (?P<cadence>\d+) s(?:, last heard of at (?P<last>\S+Z))?$"
)
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
_UNITS = {"Cel": "°C", "ug/m3": "µg/m³", "m2": "m²", "deg": "°", "{veh}/h": "veh/h", "dB[mW]": "dBm", "kW.h": "kWh"}


def in_words(reason: str, register: Register, zone: ZoneInfo, lang: Language) -> str:
    """Return the reason in one language."""
    if (found := _VALUE.match(reason)) is not None:
        known = register.property(found["name"])
        title = found["name"] if known is None else known.title_zh if lang == "zh" else known.title_en
        value = " ".join(unit(word) for word in found["value"].split(" "))
        if lang == "en":
            held = f", for {found['held']}" if found["held"] else ""
            return f"{title} {value}, {found['verdict']} {found['limit']}{held}"
        held = f"，持续 {_zh(found['held'])}" if found["held"] else ""
        return f"{title} {value}，{_VERDICTS_ZH.get(found['verdict'], found['verdict'])} {found['limit']}{held}"
    if (found := _SILENT.match(reason)) is not None:
        last = _local(found["last"], zone) if found["last"] else ""
        if lang == "en":
            heard = f", last heard of at {last}" if last else ""
            return f"no data for {found['count']} intervals of {found['cadence']} s{heard}"
        heard = f"，最近一次 {last}" if last else ""
        return f"连续 {found['count']} 个上报周期（每 {found['cadence']} 秒）无数据{heard}"
    return reason


def _zh(held: str) -> str:
    return " ".join(_HELD_ZH.get(word, word) for word in held.split(" "))


def _local(text: str, zone: ZoneInfo) -> str:
    try:
        return datetime.fromisoformat(text).astimezone(zone).strftime("%H:%M")
    except ValueError:
        return text


def unit(ucum: str) -> str:
    """Return a UCUM unit as people write it; what has no other spelling stays."""
    return _UNITS.get(ucum, ucum)
