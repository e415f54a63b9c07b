"""A small site for the tests of alerts and cases: devices, rules, and their transitions."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

from alerts.cases import calendar, categories
from alerts.context import CaseContext
from alerts.dispatch import responsibility
from ingest.model import Device
from rules.conditions._limits import Bound, Bounds
from rules.conditions.no_data import NoData
from rules.conditions.threshold import Threshold
from rules.model import CaseTemplate, Evidence, Rule, Severity, State, Subject, Text, Transition

SHANGHAI = ZoneInfo("Asia/Shanghai")
# Tuesday 2026-11-24 09:00, a working day
NINE_MS = round(dt.datetime(2026, 11, 24, 9, tzinfo=SHANGHAI).timestamp() * 1000)
CELL = "450107003013001"

DEVICES = {
    device.id: device
    for device in (
        Device(id="wl-1", domain="weather", kind="water_level_gauge", cell=CELL, lat=22.84, lon=108.29, cadence_s=60),
        # some 22 m east of wl-1
        Device(id="wl-2", domain="weather", kind="water_level_gauge", cell=CELL, lat=22.84, lon=108.2902, cadence_s=60),
        # some 1,000 m east of wl-1, same cell
        Device(id="wl-3", domain="weather", kind="water_level_gauge", cell=CELL, lat=22.84, lon=108.3, cadence_s=60),
        Device(id="bin-1", domain="waste", kind="waste_bin", cell=CELL, lat=22.84, lon=108.29, cadence_s=300),
        Device(id="bin-2", domain="waste", kind="waste_bin", cell=CELL, lat=22.84, lon=108.29, cadence_s=300),
        Device(id="ws-1", domain="weather", kind="weather_station", cell=CELL, lat=22.84, lon=108.29, cadence_s=60),
    )
}


def site_context(site_folder: Path) -> CaseContext:
    """Return the sample site's categories, calendar and matrix with the rules and devices of this module."""
    classes, faults = categories.load(site_folder / "categories.yaml")
    days, more = calendar.load(site_folder / "calendar.yaml")
    matrix, most = responsibility.load(site_folder / "responsibility.yaml", classes)
    assert (faults, more, most) == ((), (), ())
    return CaseContext(
        site_id="xixiangtang",
        division="450107",
        zone=SHANGHAI,
        categories=classes,
        calendar=days,
        matrix=matrix,
        rules=RULES,
        device=DEVICES.get,
    )


def rule(rule_id: str, category: str | None, severity: Severity = Severity.MAJOR, domain: str = "weather") -> Rule:
    """Return a rule whose cases are normal after 5 minutes and given up after 15."""
    case = CaseTemplate(category=category, normal_for_s=300, give_up_after_s=900) if category else None
    return Rule(
        id=rule_id,
        version="v1",
        domain=domain,
        title=Text(zh=f"{rule_id} 标题", en=f"{rule_id} title"),
        subject="device",
        severity=severity,
        condition=Threshold(
            observed_property="weather.water_level",
            unit="cm",
            bounds=Bounds(each=(Bound(word="above", limit=15.0),)),
        ),
        case=case,
        runbook=Text(zh="抽排", en="Pump it out"),
    )


RULES = {
    one.id: one
    for one in (
        rule("flood.road", "road_flooding"),
        rule("flood.deep", "road_flooding", Severity.CRITICAL),
        rule("waste.full", "bin_full", Severity.MINOR, "waste"),
        rule("waste.exposed", "waste_exposed", Severity.MINOR, "waste"),
        rule("weather.gust", None, Severity.WARNING),
        Rule(
            id="weather.silent",
            version="v1",
            domain="weather",
            title=Text(zh="无数据", en="No data"),
            subject="device",
            severity=Severity.INFO,
            condition=NoData(for_intervals=3.0),
        ),
    )
}


def transition(rule_id: str, subject: str, state: State, since_ms: int, value: float = 20.0) -> Transition:
    """Return a transition of a device with one observation as evidence."""
    evidence = Evidence(
        device_id=subject, observed_property="weather.water_level", value=value, phenomenon_time_ms=since_ms
    )
    return Transition(
        rule_id=rule_id,
        rule_version="v1",
        subject=Subject(kind="device", id=subject),
        state=state,
        since_ms=since_ms,
        severity=RULES[rule_id].severity if rule_id in RULES else Severity.INFO,
        reason=f"value is {value:g}",
        evidence=(evidence,),
    )


def fires(rule_id: str, subject: str, since_ms: int) -> Transition:
    """Return a firing."""
    return transition(rule_id, subject, State.FIRING, since_ms)


def resolves(rule_id: str, subject: str, since_ms: int) -> Transition:
    """Return a return to normal."""
    return transition(rule_id, subject, State.RESOLVED, since_ms, 3.0)
