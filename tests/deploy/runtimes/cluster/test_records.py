"""Records: what goes in comes out, and whatever else comes in is refused by name."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from deploy.runtimes.cluster.records import (
    UnreadableError,
    pack_frames,
    pack_observations,
    unpack_frames,
    unpack_observations,
)
from deploy.site import Site
from ingest.flow import HOUR_MS, Intake, Letter
from ingest.model import Frame, Observation, Refusal

TIMES = some.integers(min_value=0, max_value=2**45)
TEXTS = some.text(some.characters(exclude_categories=["Cs"]), max_size=20)
FRAMES = some.builds(
    Frame,
    topic=TEXTS,
    payload=some.binary(max_size=40),
    received_at_ms=TIMES,
    source=TEXTS,
    qos=some.integers(0, 2),
    retain=some.booleans(),
    dup=some.booleans(),
)


REASONS = {None, "record_unreadable", "record_version"}


def refusal(unpack: Callable[[], object]) -> str | None:
    """Return the reason for which bytes are refused, None where they are a record."""
    try:
        unpack()
    except UnreadableError as exc:
        return exc.reason
    return None


@given(some.lists(FRAMES, max_size=5), TIMES)
def test_frames_come_back(frames: list[Frame], beat_ms: int) -> None:
    """Every field of a frame that a stage reads survives."""
    assert unpack_frames(pack_frames(frames, beat_ms)) == (frames, beat_ms)


@given(some.lists(some.tuples(some.floats(allow_nan=False), TIMES, TIMES), max_size=8), TIMES)
def test_observations_come_back(site: Site, rows: list[tuple[float, int, int]], hour_ms: int) -> None:
    """Series are found again by name; values and times are exact."""
    series = [site.register.table["wl-001"]["weather.water_level"], site.register.table["bin-0001"]["waste.fill_level"]]
    made = [Observation(series[n % 2], value, at_ms, got_ms, 3) for n, (value, at_ms, got_ms) in enumerate(rows)]
    letter = Letter(Frame("t", b"\xff", 5, "mqtt"), Refusal(stage="decode", reason="json", detail="no JSON \ud800"))
    intake = Intake("mqtt", hour_ms // HOUR_MS * HOUR_MS, 4, made, [letter])

    intakes, beats = unpack_observations(pack_observations([intake], {3: 7}), site.register)

    assert beats == {3: 7}
    assert intakes[0].observations == made
    assert [one._replace(refusal=letter.refusal) for one in intakes[0].letters] == [letter]
    assert intakes[0].letters[0].refusal.detail == "no JSON \\ud800"


@given(some.binary(max_size=60))
def test_any_bytes_are_refused_by_name(site: Site, packed: bytes) -> None:
    """Whatever bytes come, the outcome is a record or an UnreadableError."""
    assert refusal(lambda: unpack_frames(packed)) in REASONS
    assert refusal(lambda: unpack_observations(packed, site.register)) in REASONS


@given(some.integers(min_value=0), some.data())
def test_spoiled_records_are_refused_by_name(site: Site, place: int, data: some.DataObject) -> None:
    """A record with one byte changed is a record still or refused, never an exception of another kind."""
    series = site.register.table["wl-001"]["weather.water_level"]
    packed = bytearray(
        pack_observations([Intake("mqtt", 0, 1, [Observation(series, 1.5, 1, 2)] * 3, [])], {0: 1_790_000_000_000})
    )
    packed[place % len(packed)] = data.draw(some.integers(0, 255))

    assert refusal(lambda: unpack_observations(bytes(packed), site.register)) in REASONS


def test_other_version() -> None:
    """A record of a newer program is told apart from rubbish."""
    packed = msgspec.msgpack.encode([2, 0, [], "a field that version 1 does not have"])

    with pytest.raises(UnreadableError, match="record of version 2, this program reads 1") as caught:
        unpack_frames(packed)

    assert caught.value.reason == "record_version"


def test_series_that_the_register_lacks(site: Site) -> None:
    """A worker with another site keeps what it cannot place, as a letter that says why."""
    device = msgspec.structs.replace(site.register.devices["wl-001"], id="wl-999")
    known = site.register.table["wl-001"]["weather.water_level"]
    stranger = msgspec.structs.replace(known, id=1, device=device)
    packed = pack_observations([Intake("mqtt", 0, 1, [Observation(stranger, 2.0, 5, 6)], [])], {})

    intake = unpack_observations(packed, site.register).intakes[0]

    assert intake.observations == []
    assert intake.letters[0].refusal.reason == "unknown_series"
    assert intake.letters[0].frame.payload == b'{"device_id":"wl-999","time":5,"values":{"weather.water_level":2.0}}'


def test_small_records(site: Site) -> None:
    """In a micro-batch an observation costs less than 40 bytes."""
    series = site.register.table["wl-001"]["weather.water_level"]
    hour_ms = 1_790_000_000_000 // HOUR_MS * HOUR_MS
    made = [Observation(series, 12.5 + n, hour_ms + n * 1000, hour_ms + n * 1000 + 50) for n in range(100)]

    assert len(pack_observations([Intake("mqtt", hour_ms, 100, made, [])], {})) < 4_000
