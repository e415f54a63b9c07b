"""Counts of what frames look like, and alarms with their life, in every database."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import Engine

from alerts import drift as notices
from alerts.store import drift
from ingest.drift import HOUR_MS, Hour, Key, Look
from ingest.drift_alarms import Alarm, Figures, OpenAlarm

KEY = Key("wangge_json", "gauge", "weather.water_level")
JUMP = Alarm(
    kind="jump",
    dialect=KEY.dialect,
    model=KEY.model,
    observed_property=KEY.observed_property,
    before=Figures(low=30.0, median=41.25, high=60.0, frames=24),
    after=Figures(low=3000.0, median=4100.0, high=6000.0, frames=30),
    change="×100",
)
REFUSALS = Alarm(
    kind="refusals",
    dialect="senml_json",
    model="g",
    observed_property="",
    before=Figures(share=0.01, frames=5),
    after=Figures(share=0.5, frames=60),
    reasons={"unit@1.3": 28, "time": 2},
)
VANISHED = Alarm(
    kind="vanished",
    dialect="senml_json",
    model="g",
    observed_property="waste.tilt",
    before=Figures(share=1.0, frames=24),
    after=Figures(share=0.0, frames=60),
)


def hour(start_ms: int, *values: float) -> Hour:
    """Return the tallies of an hour."""
    result = Hour(start_ms)
    result.add(Look(KEY.dialect, KEY.model, {KEY.observed_property: value}) for value in values)
    result.add([Look(KEY.dialect, KEY.model, {}, "unit", "1.3")])
    return result


def test_counts(engine: Engine) -> None:
    """Counts of shards are kept apart and read together; saving again replaces; old hours are forgotten."""
    with engine.begin() as connection:
        drift.save(connection, hour(0, 1.0), 0)
        drift.save(connection, hour(0, 1.0, 2.0), 0)
        drift.save(connection, hour(0, 3.0), 1)
        drift.save(connection, hour(HOUR_MS, 4.0), 0)
        own = drift.load(connection, from_ms=0, to_ms=HOUR_MS, shard=1)
        all_ = drift.load(connection, from_ms=0, to_ms=2 * HOUR_MS)
        drift.forget(connection, HOUR_MS)
        left = drift.load(connection, from_ms=0, to_ms=2 * HOUR_MS)

    frames = KEY._replace(observed_property="")
    assert own[0][KEY].values == [3.0]
    assert (all_[0][KEY].seen, sorted(all_[0][KEY].values)) == (3, [1.0, 2.0, 3.0])
    assert (all_[0][frames].seen, all_[0][frames].refused, all_[0][frames].reasons) == (5, 2, {"unit@1.3": 2})
    assert set(left) == {HOUR_MS}


def test_alarms(engine: Engine) -> None:
    """An alarm opens once, is listed first while it is open, and clears once."""
    with engine.begin() as connection:
        first = drift.open_(connection, JUMP, 1000)
        again = drift.open_(connection, JUMP, 1000)
        drift.open_(connection, REFUSALS, 2000)
        cleared = drift.clear(connection, OpenAlarm(2000, REFUSALS), "accepted", 3000)
        twice = drift.clear(connection, OpenAlarm(2000, REFUSALS), "accepted", 4000)
        rows = drift.listed(connection)
        opened = drift.opened(connection)
        since = drift.accepted_since(connection, 2500)

    assert first == again
    assert [one.cleared_at_ms for one in cleared] == [3000]
    assert twice == []
    assert [(row.alarm, row.cleared_how) for row in rows] == [(JUMP, None), (REFUSALS, "accepted")]
    assert opened == [OpenAlarm(1000, JUMP)]
    assert since == {Key("senml_json", "g"): 0}


@pytest.mark.parametrize(
    "alarm, zh, en",
    [
        (
            JUMP,
            "weather.water_level 的数值突变，像是 ×100：此前中位数 41.25 (30 … 60)，现为 4100 (3000 … 6000)",
            "weather.water_level has jumped, it looks like ×100: median 41.25 (30 … 60) before, 4100 (3000 … 6000) now",
        ),
        (
            REFUSALS,
            "拒收增多：此前每小时最多 1.0 % 的帧，现为 50.0 %（60 帧）；unit@1.3 28, time 2",
            "more is refused: at most 1.0 % of the frames of any hour, now 50.0 % of 60 (unit@1.3 28, time 2)",
        ),
        (
            VANISHED,
            "waste.tilt 从报文中消失：此前每小时至少 100.0 % 的帧带有它，现为 0.0 %（60 帧）",
            "waste.tilt has vanished: at least 100.0 % of the frames of any hour had it, now 0.0 % of 60",
        ),
    ],
)
def test_words(alarm: Alarm, zh: str, en: str) -> None:
    """An alarm says what has happened, with the figures before and after, in both languages."""
    told = notices.words(alarm)

    assert (told.zh, told.en) == (zh, en)


def test_notice() -> None:
    """The outside is told on a topic of its own: retained while the alarm is open, then once."""
    row = drift.Row(id=7, alarm=REFUSALS, opened_at_ms=1, cleared_at_ms=None, cleared_how=None)
    over = drift.Row(id=7, alarm=REFUSALS, opened_at_ms=1, cleared_at_ms=2, cleared_how="returned")
    notice = notices.about(row, "city")

    assert notice.address == "wangge/city/drift/senml_json/g/refusals/frames"
    assert (notice.retained, notices.about(over, "city").retained) == (True, False)
    assert json.loads(notice.payload)["after"] == {"share": 0.5, "frames": 60}
