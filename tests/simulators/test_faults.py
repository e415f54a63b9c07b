"""Faults spoil a stream in a repeatable way and keep it in order."""

from __future__ import annotations

import json

import pytest

from simulators.city import Emission
from simulators.faults import FAULTS, spoil


def _stream(count: int = 400) -> list[Emission]:
    return [
        Emission(
            send_ms=1_000_000 + 1_000 * number,
            device_id=f"tr-{number % 60:04d}",
            topic=f"wangge/x/up/tr-{number % 60:04d}",
            payload=json.dumps({"device_id": "tr", "time": number, "values": {"traffic.speed": 40.0}}).encode(),
        )
        for number in range(count)
    ]


def _one(name: str) -> bytes:
    (changed,) = spoil(_stream(1), 7, {name: 1.0})
    return changed.payload


@pytest.mark.parametrize("name", FAULTS)
def test_spoil_is_pure(name: str) -> None:
    """The same seed spoils the same frames, another seed others."""
    first = list(spoil(_stream(), 7, {name: 0.1}))

    assert first == list(spoil(_stream(), 7, {name: 0.1}))
    assert first != list(spoil(_stream(), 8, {name: 0.1}))
    assert first != _stream()


def test_spoil_without_rates_changes_nothing() -> None:
    """No rate, no fault."""
    assert list(spoil(_stream(), 7, {})) == _stream()


@pytest.mark.parametrize(
    "name, expected",
    [
        ("not_a_number", b'{"device_id":"tr","time":0,"values":{"traffic.speed":NaN}}'),
        ("wrong_unit", b'{"device_id":"tr","time":0,"values":{"traffic.speed":{"value":40.0,"unit":"mol"}}}'),
        ("clock_1970", b'{"device_id":"tr","time":"1970-01-01T00:00:17Z","values":{"traffic.speed":40.0}}'),
        ("clock_ahead", b'{"device_id":"tr","time":87400000,"values":{"traffic.speed":40.0}}'),
    ],
)
def test_fault_of_the_content(name: str, expected: bytes) -> None:
    """The payload shows the fault and nothing else."""
    assert _one(name) == expected


def test_garbage_is_not_text() -> None:
    """Garbage is 24 bytes that no dialect reads."""
    noise = _one("garbage")

    assert len(noise) == 24
    with pytest.raises(UnicodeDecodeError):
        noise.decode()


def test_dropped_and_duplicated() -> None:
    """A dropped frame is gone, a duplicated one comes twice in a row."""
    assert list(spoil(_stream(3), 7, {"dropped": 1.0})) == []
    assert list(spoil(_stream(1), 7, {"duplicated": 1.0})) == _stream(1) * 2


def test_late_frames_come_after_their_successors() -> None:
    """Late frames keep their content, are sent up to 100 s later, and the stream is in order of sending."""
    spoilt = list(spoil(_stream(), 7, {"late": 0.1}))
    planned = {frame.payload: frame.send_ms for frame in _stream()}
    delays = [frame.send_ms - planned[frame.payload] for frame in spoilt]

    assert sorted(frame.payload for frame in spoilt) == sorted(planned)
    assert [frame.send_ms for frame in spoilt] == sorted(frame.send_ms for frame in spoilt)
    assert 10 < sum(delay > 0 for delay in delays) < 80
    assert max(delays) <= 100_000


def test_content_faults_leave_other_dialects_alone() -> None:
    """Only Wangge JSON is changed from within."""
    frame = Emission(send_ms=1, device_id="ws", topic="senml/ws", payload=b'[{"bn":"ws:","v":1}]')

    assert list(spoil([frame], 7, {"not_a_number": 1.0, "wrong_unit": 1.0, "clock_1970": 1.0})) == [frame]
