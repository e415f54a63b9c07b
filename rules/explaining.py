"""A rule in plain words, Chinese and English: what it watches, when it fires and ends, what comes of it, what to do.

`explain` gives sentences, one a line, for a duty officer; `begins` only what must be so, for tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ingest.model import Quality
from rules.model import COUNTED, Rule, Text
from rules.wording import SEVERITIES, Wording, span

KINDS = {
    "traffic_detector": Text(zh="交通检测器", en="traffic detector"),
    "weather_station": Text(zh="气象站", en="weather station"),
    "water_level_gauge": Text(zh="积水监测仪", en="water level gauge"),
    "street_light": Text(zh="路灯", en="street light"),
    "lighting_circuit": Text(zh="照明回路", en="lighting circuit"),
    "lighting_cabinet": Text(zh="照明控制箱", en="lighting cabinet"),
    "waste_bin": Text(zh="垃圾箱", en="waste bin"),
    "gateway": Text(zh="网关", en="gateway"),
}
_DOMAINS = {
    "traffic": Text(zh="交通", en="traffic"),
    "weather": Text(zh="气象", en="weather"),
    "lighting": Text(zh="照明", en="lighting"),
    "waste": Text(zh="环卫", en="waste"),
}
_ATTRIBUTES = {
    "id": Text(zh="设备编号", en="id"),
    "place": Text(zh="位置", en="place"),
    "road_class": Text(zh="道路等级", en="road class"),
    "lanes": Text(zh="车道数", en="lanes"),
    "model": Text(zh="型号", en="model"),
}
_VALUES = {
    "road": Text(zh="道路", en="road"),
    "underpass": Text(zh="下穿通道", en="underpass"),
    "bridge": Text(zh="桥梁", en="bridge"),
    "expressway": Text(zh="快速路", en="expressway"),
    "arterial": Text(zh="主干道", en="arterial road"),
    "branch": Text(zh="支路", en="branch road"),
}
_FLAGS = {
    Quality.GOOD: Text(zh="正常", en="good"),
    Quality.UNKNOWN: Text(zh="未知", en="unknown"),
    Quality.SUSPECT: Text(zh="可疑", en="suspect"),
    Quality.FAIL: Text(zh="无效", en="fail"),
}
_SUBJECTS = {
    "device": Text(zh="{0}，逐台判断", en="{0}, each by itself"),
    "cell": Text(zh="每个单元网格内的{0}，合并判断", en="{0}, those of a cell together"),
    "subdistrict": Text(zh="每个街道内的{0}，合并判断", en="{0}, those of a sub-district together"),
}


def explain(rule: Rule, wording: Wording, category: Callable[[str], Text | None] = lambda _: None) -> Text:
    """Return the sentences, each on its line; `category` says what a key of the site's categories is called."""
    sentences = [*_judging(rule, wording), *_told(rule, category)]
    return Text(zh="\n".join(one.zh for one in sentences), en="\n".join(one.en for one in sentences))


def begins(rule: Rule, wording: Wording) -> Text:
    """Return what must be so, and for how long: `water level is above 15 cm, for 2 minutes`."""
    said = rule.condition.explain(wording)
    if not rule.for_s:
        return said
    lasting = span(1000 * rule.for_s)
    return Text(zh=f"{said.zh}，持续 {lasting.zh}", en=f"{said.en}, for {lasting.en}")


def watched(rule: Rule) -> Text:
    """Return which devices it looks at: `water level gauges (place: road), each by itself`."""
    where = dict(rule.where)
    kinds = [_named(KINDS, kind) for kind in where.pop("kind", ())]
    domains = [_named(_DOMAINS, domain) for domain in where.pop("domain", (rule.domain,))]
    if kinds:
        devices = Text(zh=_any_zh(kinds), en=_and(f"{kind.en}s" for kind in kinds))
    else:
        devices = Text(zh=f"{_any_zh(domains)}设备", en=f"{_and(domain.en for domain in domains)} devices")
    further = [
        (_named(_ATTRIBUTES, name), [_named(_VALUES, one) for one in allowed]) for name, allowed in where.items()
    ]
    if further:
        zh = "，".join(f"{name.zh}：{'或'.join(one.zh for one in allowed)}" for name, allowed in further)
        en = ", ".join(f"{name.en}: {' or '.join(one.en for one in allowed)}" for name, allowed in further)
        devices = Text(zh=f"{devices.zh}（{zh}）", en=f"{devices.en} ({en})")
    frame = _SUBJECTS[rule.subject]
    return Text(zh=frame.zh.format(devices.zh), en=frame.en.format(devices.en))


def _judging(rule: Rule, wording: Wording) -> Iterator[Text]:
    seen, fires = watched(rule), begins(rule, wording)
    yield Text(zh=f"监测对象：{seen.zh}。", en=f"Watches {seen.en}.")
    if rule.quality != COUNTED:
        flags = [_FLAGS[Quality(flag)] for flag in rule.quality]
        zh, en = "、".join(one.zh for one in flags), _and(one.en for one in flags)
        yield Text(zh=f"采用数据：只看质量标记为{zh}的数据。", en=f"Looks only at values flagged {en}.")
    at_once = "" if rule.for_s else "，一经出现即告警"
    yield Text(zh=f"触发条件：{fires.zh}{at_once}。", en=f"Fires {'when' if rule.for_s else 'as soon as'} {fires.en}.")
    if rule.condition.reads == "clock":
        yield Text(zh="结束条件：设备恢复上报即结束。", en="Ends as soon as the device is heard of again.")
    elif rule.keep_firing_for_s:
        clear = span(1000 * rule.keep_firing_for_s)
        yield Text(zh=f"结束条件：条件解除并保持 {clear.zh}。", en=f"Ends when that has been clear for {clear.en}.")
    else:
        yield Text(zh="结束条件：条件解除即结束。", en="Ends as soon as that is clear.")
    if rule.flapping:
        within, times = span(1000 * rule.flapping.within_s), rule.flapping.firings
        yield Text(
            zh=f"抖动：{within.zh}内触发 {times} 次即记为抖动，不再逐次告警。",
            en=f"Flaps when it fires {times} times within {within.en}: then it is told once, not each time.",
        )


def _told(rule: Rule, category: Callable[[str], Text | None]) -> Iterator[Text]:
    levels = [SEVERITIES[rule.severity_of(level)] for level in range(rule.levels)]
    if len(levels) > 1:
        zh, en = "、".join(one.zh for one in levels), _and(one.en for one in levels)
        yield Text(zh=f"告警级别：随程度升降（{zh}）。", en=f"Severity: rises and falls with it ({en}).")
    else:
        yield Text(zh=f"告警级别：{levels[0].zh}。", en=f"Severity: {levels[0].en}.")
    if rule.case is None:
        yield Text(zh="立案：不立案，只告警。", en="Opens no case: it is an alert only.")
    else:
        key = rule.case.category
        named = category(key) or Text(zh=key, en=key)
        normal, give_up = span(1000 * rule.case.normal_for_s), span(1000 * rule.case.give_up_after_s)
        yield Text(
            zh=f"立案：{named.zh}。反馈处置完成后，传感器连续正常 {normal.zh}才算核实通过，"
            f"{give_up.zh}内做不到则退回返工。",
            en=f"Opens a case: {named.en}. After the crew reports done the sensor must read normal for {normal.en};"
            f" if it does not within {give_up.en}, the case goes back as rework.",
        )
    if rule.suppresses:
        yield Text(
            zh=f"抑制：触发期间，同一对象的 {'、'.join(rule.suppresses)} 只记录，不单独立案。",
            en=f"Suppresses {_and(rule.suppresses)}: while it fires, their alerts of the same subject are out of sight"
            " and open no case of their own.",
        )
    if rule.runbook.zh or rule.runbook.en:
        yield Text(zh=f"处置：{rule.runbook.zh}", en=f"What to do: {rule.runbook.en}")
    if rule.source:
        yield Text(zh=f"依据：{rule.source}", en=f"Limits and times come from: {rule.source}")
    by_zh, by_en = (f"，作者 {rule.author}", f" by {rule.author}") if rule.author else ("", "")
    yield Text(zh=f"版本：{rule.version}{by_zh}。", en=f"Version {rule.version}{by_en}.")


def _named(words: dict[str, Text], word: str) -> Text:
    return words.get(word, Text(zh=word, en=word))


def _any_zh(words: Iterable[Text]) -> str:
    return "、".join(one.zh for one in words)


def _and(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
