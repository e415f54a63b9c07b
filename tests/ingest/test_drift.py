"""What frames look like, counted within bounds, and what is called drift."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import drift
from ingest.drift import HOUR_MS, Hour, Key, Look, Looker, Tally, unpack
from ingest.drift_alarms import Alarm, Hours, OpenAlarm, Verdict, judge
from ingest.firmware import firmware_of
from ingest.model import Frame, Refusal
from ingest.topics import discover
from tests.ingest.dialects.recorded import RECEIVED_MS, register_of

PROPERTY = "weather.water_level"
LEVEL = Key("wangge_json", "gauge-1", PROPERTY)
FRAMES = LEVEL._replace(observed_property="")
START_MS = 1_790_000_000_000 // HOUR_MS * HOUR_MS


def wave(hour: int, random: Random) -> float:
    """Return a level in cm that goes up and down with the day."""
    return 40 + 15 * abs(12 - hour % 24) / 12 + random.gauss(0, 2)


def looked(hour: int, *, frames: int = 30, factor: float = 1.0, offset: float = 0.0, model: str = "gauge-1") -> Hour:
    """Return the tallies of an hour in which every frame has a level, and two properties that stay."""
    random = Random(f"{model}{hour}")
    result = Hour(START_MS + hour * HOUR_MS)
    for _ in range(frames):
        level = wave(hour, random) * factor + offset
        result.add([Look("wangge_json", model, {PROPERTY: level, "device.battery_voltage": random.gauss(3.6, 0.05)})])
    return result


def of(*hours: Hour) -> Hours:
    """Return hours as they are judged."""
    return {one.hour_ms: one.tallies for one in hours}


def days(last: int = 30) -> list[Hour]:
    """Return hours as they ought to be."""
    return [looked(hour) for hour in range(last)]


def judged(hours: Hours, alarms: tuple[OpenAlarm, ...] = (), since: dict[Key, int] | None = None) -> Verdict:
    """Judge at the end of the newest hour."""
    return judge(hours, alarms, since or {}, max(hours) + HOUR_MS - 1)


def only(verdict: Verdict) -> Alarm:
    """Return the one alarm that opens."""
    (alarm,) = verdict.opened
    return alarm


def test_quiet() -> None:
    """Days that go up and down as they ought to give no alarm, whatever hour it is."""
    hours = days(60)

    for present in range(1, 60):
        assert judged(of(*hours[:present])) == Verdict([], [])


@pytest.mark.parametrize(
    "change, factor, offset",
    [
        ("×100", 100, 0),
        ("×0.01", 0.01, 0),
        ("×10", 10, 0),
        ("×1000", 1000, 0),
        ("×0.001", 0.001, 0),
        ("°C → K", 1, 273.15),
        ("m → ft", 3.28084, 0),
        ("in → mm", 25.4, 0),
    ],
)
def test_jump(change: str, factor: float, offset: float) -> None:
    """Metres become centimetres, percent become a fraction, Celsius become Kelvin: it is told with both medians."""
    alarm = only(judged(of(*days(), looked(30, factor=factor, offset=offset))))

    assert (alarm.kind, alarm.key, alarm.change) == ("jump", LEVEL, change)
    assert alarm.before.median is not None
    assert 40 < alarm.before.median < 55
    assert alarm.after.median is not None
    assert 35 * factor + offset < alarm.after.median < 60 * factor + offset


def test_fahrenheit() -> None:
    """Degrees Celsius of a mild day become degrees Fahrenheit."""

    def warm(hour: int, factor: float = 1.0, offset: float = 0.0) -> Hour:
        result, random = Hour(START_MS + hour * HOUR_MS), Random(hour)
        temperatures = (24 + 3 * abs(12 - hour % 24) / 12 + random.gauss(0, 0.5) for _ in range(30))
        result.add(Look("senml_json", "lht65", {"weather.temperature": one * factor + offset}) for one in temperatures)
        return result

    alarm = only(judged(of(*map(warm, range(30)), warm(30, 1.8, 32))))

    assert alarm.change == "°C → °F"


def test_jump_of_the_world() -> None:
    """What two models say alike is no jump of a unit."""
    before = [[looked(hour, model=model) for hour in range(30)] for model in ("gauge-1", "gauge-2")]
    hours = {START_MS + hour * HOUR_MS: before[0][hour].tallies | before[1][hour].tallies for hour in range(30)}
    after = [looked(30, factor=100, model=model).tallies for model in ("gauge-1", "gauge-2")]

    assert judged(hours | {START_MS + 30 * HOUR_MS: after[0] | after[1]}).opened == []
    assert len(judged(hours | {START_MS + 30 * HOUR_MS: after[0]}).opened) == 1


def test_one_day_is_needed() -> None:
    """What was not seen for a whole day yet is not judged: night may be as unlike day as inches unlike feet."""
    assert judged(of(*days(20), looked(20, factor=100))).opened == []


def without(hour: int, *, frames: int = 30) -> Hour:
    """Return the tallies of an hour whose frames have no level."""
    result = Hour(START_MS + hour * HOUR_MS)
    result.add(
        [Look("wangge_json", "gauge-1", {"device.battery_voltage": 3.6 + index / 1000}) for index in range(frames)]
    )
    return result


def test_vanished() -> None:
    """A field that every frame had is gone: told when enough frames came without it, cleared when it is back."""
    few = judged(of(*days(), without(30, frames=10)))
    alarm = only(judged(of(*days(), without(30, frames=60))))
    is_open = OpenAlarm(START_MS + 30 * HOUR_MS, alarm)
    still = judged(of(*days(), without(30, frames=60), without(31)), (is_open,))
    back = judged(of(*days(), without(30, frames=60), looked(31)), (is_open,))

    assert few.opened == []
    assert (alarm.kind, alarm.key, alarm.before.share, alarm.after.share) == ("vanished", LEVEL, 1.0, 0.0)
    assert still == Verdict([], [])
    assert back == Verdict([], [(is_open, "returned")])


def test_seldom_field_is_not_missed() -> None:
    """A field that one frame in ten has must be absent from many frames before it counts as gone."""
    hours = days()
    for hour in hours:
        hour.add([Look("wangge_json", "gauge-1", {"waste.tilt": 1.0})] * 3)

    assert judged(of(*hours, looked(30, frames=60))).opened == []
    assert only(judged(of(*hours, looked(30, frames=600)))).observed_property == "waste.tilt"


def refusing(hour: int, share: float, *, frames: int = 60, firmware: str = "") -> Hour:
    """Return the tallies of an hour of which a share of the frames was refused."""
    result = looked(hour, frames=frames - round(frames * share))
    result.add([Look("wangge_json", "gauge-1", {}, "unit", firmware)] * round(frames * share))
    return result


def test_refusals() -> None:
    """Refusals jump after a change of firmware; the alarm says for what, and clears when they stop."""
    before = [refusing(hour, 0.02) for hour in range(6)]
    alarm = only(judged(of(*before, refusing(6, 0.5, firmware="1.3"))))
    is_open = OpenAlarm(START_MS + 6 * HOUR_MS, alarm)

    assert (alarm.kind, alarm.key, alarm.reasons) == ("refusals", FRAMES, {"unit@1.3": 30})
    assert (alarm.before.share, alarm.after.share) == pytest.approx((1 / 60, 0.5))
    assert judged(of(*before, refusing(6, 0.05))).opened == []
    assert judged(of(refusing(0, 1.0))).opened == []
    assert judged(of(*before, refusing(6, 0.5), refusing(7, 0.0)), (is_open,)).cleared == [(is_open, "returned")]


def test_jump_clears() -> None:
    """A jump is over when the median is back, or accepted after a day; then the new values are what is usual."""
    past = days()
    alarm = only(judged(of(*past, looked(30, factor=100))))
    is_open = OpenAlarm(START_MS + 30 * HOUR_MS, alarm)
    changed = [looked(hour, factor=100) for hour in range(30, 56)]

    assert judged(of(*past, changed[0], looked(31)), (is_open,)) == Verdict([], [(is_open, "returned")])
    assert judged(of(*past, *changed[:5]), (is_open,)) == Verdict([], [])
    assert judged(of(*past, *changed), (is_open,)) == Verdict([], [(is_open, "accepted")])
    back = judged(of(*past, *changed, looked(56)), since={LEVEL: START_MS + 30 * HOUR_MS})
    assert (only(back).kind, only(back).change) == ("jump", "×0.01")


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=500))
def test_tally_is_bounded(values: list[float]) -> None:
    """A tally counts every value and keeps some of them; what is packed is what comes out."""
    tally = Tally()
    for value in values:
        tally.add(value)
    found = unpack(tally.seen, tally.refused, tally.pack())

    assert tally.seen == len(values)
    assert len(tally.values) <= drift.MAX_VALUES
    assert len(tally.values) >= min(len(values), drift.MAX_VALUES // 2 - 1)
    assert found.values == pytest.approx([min(max(one, -3e38), 3e38) for one in tally.values], rel=1e-6, abs=1e-37)


def test_hour_is_bounded() -> None:
    """Models that somebody makes up do not fill the memory."""
    hour = Hour(0)
    hour.add(Look("wangge_json", f"made-up-{number}", {}, "unit", str(number)) for number in range(10_000))
    hour.add([Look("wangge_json", "made-up-1", {}, "unit", str(number)) for number in range(1_000)])

    assert len(hour.tallies) == drift.MAX_KEYS
    assert len(hour.tallies[Key("wangge_json", "made-up-1")].reasons) == 4


def test_firmware_is_named() -> None:
    """A jump says which firmware the frames of now come from; the new one is compared with what the old one sent."""
    hours = {}
    for number in range(26):
        hour = Hour(number * HOUR_MS)
        factor, firmware = (1.0, "1.1") if number < 25 else (100.0, "1.2")
        hour.add(Look("d", "m", {PROPERTY: factor * (10 + step % 5)}, firmware=firmware) for step in range(40))
        hours[hour.hour_ms] = hour.tallies

    (alarm,) = judge(hours, [], {}, 26 * HOUR_MS).opened

    assert (alarm.kind, alarm.change, alarm.reasons) == ("jump", "×100", {"@1.2": 40})


@pytest.mark.parametrize(
    "payload, firmware",
    [
        (b'{"uplink_message": {"version_ids": {"firmware_version": "1.2"}}}', "1.2"),
        (b'{"uplink_normalized": {"version_ids": {"firmware_version": "1.3"}}}', "1.3"),
        (b'{"deviceInfo": {"tags": {"firmware": "2"}}}', "2"),
        (b'{"deviceInfo": {"tags": {"firmware": 2}}}', "reg"),
        (b"[1]", "reg"),
        (b"{\xff", "reg"),
    ],
)
def test_firmware_of(payload: bytes, firmware: str) -> None:
    """Network servers say it beside the payload; else the register may know."""
    device = register_of({"wl-1": {"domain": "weather", "attributes": {"firmware": "reg"}}}).device("wl-1")

    assert device is not None
    assert firmware_of(payload, device) == firmware


def test_looker() -> None:
    """A frame looks like the model of its device; one that was refused, like what the register or the message says."""
    register = register_of({"wl-1": {"domain": "weather", "attributes": {"model": "acme-gauge"}}})
    dialects = discover()
    look = Looker(register, dialects.name_of)
    payload = b'{"device_id": "wl-1", "time": %d, "values": {"weather.water_level": 12.5}}' % RECEIVED_MS
    frame = Frame(topic="wangge/x/up/wl-1", payload=payload, received_at_ms=RECEIVED_MS, source="mqtt")
    refused = Refusal(stage="normalise", reason="unit", detail="", dialect="senml_json", device="wl-1", model="g@1.2")
    stranger = Refusal(stage="normalise", reason="unknown_device", detail="", device="x", model="g\ud800@1.2")

    assert look(frame, dialects.decode(frame, register)) == Look("wangge_json", "acme-gauge", {PROPERTY: 12.5})
    assert look(frame, refused) == Look("senml_json", "acme-gauge", {}, "unit", "1.2")
    assert look(frame, stranger) == Look("", "g\\ud800", {}, "unknown_device", "1.2")
    assert look(frame, ()) == Look("wangge_json", "", {})
