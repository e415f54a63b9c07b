"""Drift in words, and what the outside is told of it.

    wangge/{site}/drift/{dialect}/{model}/{kind}/{property}     retained while it is open, then told once and cleared

Payload: id, site, kind, dialect, model, property, reason {zh, en}, before, after, change, reasons, opened_at_ms,
cleared_at_ms, cleared_how. `property` is `frames` in the topic of an alarm about refusals.
"""

from __future__ import annotations

from typing import Any

import msgspec

from alerts.notices import CHANNEL, topic
from alerts.notifiers._base import Notice
from alerts.store.drift import Row
from ingest.drift_alarms import Alarm, Figures
from rules.model import Text


def words(alarm: Alarm) -> Text:
    """Return what has happened, with the figures before and after."""
    before, after, name = alarm.before, alarm.after, alarm.observed_property
    counted = ", ".join(f"{name} {number}" for name, number in sorted(alarm.reasons.items(), key=lambda one: -one[1]))
    zh, en = (f"；固件 {counted}", f"; firmware {counted}") if counted else ("", "")
    if alarm.kind == "vanished":
        was, now = _percent(before), _percent(after)
        return Text(
            zh=f"{name} 从报文中消失：此前每小时至少 {was} 的帧带有它，现为 {now}（{after.frames} 帧）{zh}",
            en=f"{name} has vanished: at least {was} of the frames of any hour had it, now {now} of {after.frames}{en}",
        )
    if alarm.kind == "jump":
        was, now = _values(before), _values(after)
        return Text(
            zh=f"{name} 的数值突变，像是 {alarm.change}：此前中位数 {was}，现为 {now}{zh}",
            en=f"{name} has jumped, it looks like {alarm.change}: median {was} before, {now} now{en}",
        )
    was, now = _percent(before), _percent(after)
    return Text(
        zh=f"拒收增多：此前每小时最多 {was} 的帧，现为 {now}（{after.frames} 帧）；{counted}",
        en=f"more is refused: at most {was} of the frames of any hour, now {now} of {after.frames} ({counted})",
    )


def told(row: Row) -> dict[str, Any]:
    """Return an alarm as JSON shows it."""
    alarm = row.alarm
    return {
        "id": row.id,
        "kind": alarm.kind,
        "dialect": alarm.dialect,
        "model": alarm.model,
        "property": alarm.observed_property,
        "state": "open" if row.cleared_at_ms is None else "cleared",
        "reason": msgspec.to_builtins(words(alarm)),
        "before": msgspec.to_builtins(alarm.before),
        "after": msgspec.to_builtins(alarm.after),
        "change": alarm.change,
        "reasons": alarm.reasons,
        "opened_at_ms": row.opened_at_ms,
        "cleared_at_ms": row.cleared_at_ms,
        "cleared_how": row.cleared_how,
    }


def about(row: Row, site_id: str) -> Notice:
    """Return the notice of an alarm as it is now."""
    alarm = row.alarm
    levels = (alarm.dialect or "-", alarm.model or "-", alarm.kind, alarm.observed_property or "frames")
    return Notice(
        channel=CHANNEL,
        about="drift",
        about_id=row.id,
        event=1 if row.cleared_at_ms is None else 2,
        address=topic(site_id, "drift", *levels),
        payload=msgspec.json.encode({"site": site_id, **told(row)}).decode(),
        retained=row.cleared_at_ms is None,
    )


def _percent(figures: Figures) -> str:
    return f"{100 * (figures.share or 0.0):.1f} %"


def _values(figures: Figures) -> str:
    return f"{figures.median:.4g} ({figures.low:.4g} … {figures.high:.4g})"
