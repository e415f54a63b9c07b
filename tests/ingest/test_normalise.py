"""Times, numbers and units of messages become canonical, or are refused with a reason."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from ingest.datum import Datum, from_wgs84
from ingest.errors import RefusedError, shown
from ingest.model import Device, Series
from ingest.normalise import (
    NOWHERE_M,
    bounded_ms,
    converted,
    known_device,
    known_series,
    number,
    position,
    something,
    time_ms,
)
from tests.ingest.dialects.recorded import CASES, register_of

REGISTER = register_of({"ws-1": {"domain": "weather"}})


def temperature() -> Series:
    """Return the series of a temperature."""
    series = REGISTER.series("ws-1", "weather.temperature")
    assert series is not None
    return series


@pytest.mark.parametrize(
    "text, expected",
    [
        ("2026-07-01T08:00:00Z", 1_782_892_800_000),
        ("2026-07-01T16:00:00+08:00", 1_782_892_800_000),
        ("2026-07-01T08:00:00.014773143Z", 1_782_892_800_014),
        ("1970-01-01T00:00:00Z", 0),
        ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
    ],
)
def test_time_ms(text: str, expected: int) -> None:
    """A time with zone is one moment, told in whole milliseconds."""
    assert time_ms(text, "time") == expected


def test_time_ms_in_zone() -> None:
    """Where a dialect says so, a time without zone is taken in the dialect's zone."""
    assert time_ms("2026-07-01T08:00:00", "time", zone=dt.UTC) == 1_782_892_800_000


@pytest.mark.parametrize(
    "value, detail",
    [
        (None, "time is None, not an RFC 3339 time"),
        (5, "time is 5, not an RFC 3339 time"),
        ("2026-02-30T00:00:00Z", "time is '2026-02-30T00:00:00Z', not an RFC 3339 time"),
        ("2026-07-01", "time is '2026-07-01', not an RFC 3339 time"),
        ("2026-07-01T08:00:00", "time is '2026-07-01T08:00:00', which has no time zone"),
        ("0001-01-01T00:00:00+14:00", "time is -62135647200000 ms, not between 1970 and 9999"),
        ("9999-12-31T23:59:59-14:00", "time is 253402351199000 ms, not between 1970 and 9999"),
    ],
)
def test_time_ms_refused(value: Any, detail: str) -> None:
    """What is no moment between 1970 and 9999 is refused."""
    with pytest.raises(RefusedError) as told:
        time_ms(value, "time")

    assert (told.value.refusal.stage, told.value.refusal.reason) == ("decode", "time")
    assert told.value.refusal.detail == detail


def test_bounded_ms_of_a_huge_number() -> None:
    """A number of hundreds of digits is told shortly."""
    with pytest.raises(RefusedError) as told:
        bounded_ms(10**400, "time")

    assert len(told.value.refusal.detail) < 120


@pytest.mark.parametrize("value", [True, "5", None, [5], 10**400, float("nan"), float("inf")])
def test_number_refused(value: Any) -> None:
    """Truth values, texts and numbers without bounds are no numbers."""
    with pytest.raises(RefusedError) as told:
        number(value, "speed")

    assert told.value.refusal.reason == "number"


def test_number() -> None:
    """A whole number becomes a float; zero is a number."""
    assert (number(5, "x"), type(number(5, "x")), number(0, "x")) == (5.0, float, 0.0)


def test_converted() -> None:
    """A value in another unit becomes canonical; one that no float can hold then is refused."""
    assert converted(212.0, "[degF]", temperature(), "t") == pytest.approx(100.0)
    with pytest.raises(RefusedError) as told:
        converted(1.7e308, "GK", temperature(), "t")
    assert told.value.refusal.reason == "number"


def test_known() -> None:
    """Unknown devices and properties are refused with their names."""
    device = REGISTER.device("ws-1")
    assert known_device(device, "ws-1") is device
    assert known_series(REGISTER, "ws-1", "weather.temperature") is temperature()
    with pytest.raises(RefusedError, match="normalise/unknown_device: device 'x' is not in the register"):
        known_device(None, "x")
    with pytest.raises(RefusedError, match="normalise/unknown_property: property 'x' is not in the dictionary"):
        known_series(REGISTER, "ws-1", "x")


def test_something() -> None:
    """No observations are a refusal."""
    with pytest.raises(RefusedError, match="normalise/nothing_known"):
        something([], CASES[0].frame())


@pytest.mark.parametrize(
    "value, expected",
    [("a", "'a'"), (5, "5"), ("a\nb\u202e", "'a\\nb\\u202e'"), ("x" * 100, f"'{'x' * 59}…")],
)
def test_shown(value: object, expected: str) -> None:
    """Values are shown on one line, cut, and without letters that turn the text around."""
    assert shown(value) == expected


def place(datum: Datum) -> Device:
    """Return a device in Nanning whose messages state their positions in `datum`."""
    return Device(
        id="wb-1", domain="waste", kind="waste_bin", cell="", lat=22.8337, lon=108.3134, cadence_s=60, datum=datum.value
    )


@pytest.mark.parametrize("datum", list(Datum))
def test_position(datum: Datum) -> None:
    """A stated place is compared in the datum of the messages; the same place is no metre away."""
    same = from_wgs84(22.8337, 108.3134, datum)
    moved = from_wgs84(22.8437, 108.3134, datum)

    assert position(place(datum), *same) < 0.001
    assert position(place(datum), *moved) == pytest.approx(1112, abs=1)


def test_position_of_no_place() -> None:
    """A receiver without a fix is further away than any place; what is no number is refused."""
    assert position(place(Datum.WGS84), 91, 181) == NOWHERE_M > 20_040_000
    assert position(place(Datum.GCJ02), 0, 0) == pytest.approx(12_000_000, rel=0.05)
    with pytest.raises(RefusedError, match="latitude is 'north', not a number"):
        position(place(Datum.WGS84), "north", 108)
