"""Scoring: what was found, what was missed, what was false."""

from __future__ import annotations

import pytest

from simulators.incidents import Incident
from simulators.scoring import Detection, Score, score

_FLOOD = Incident(
    id="1-01", effect="road_flooded", domain="weather", category="road_flooding", device_id="wl-001",
    cell="450107001001001", start_ms=1_000_000, fixed_ms=2_000_000,
)  # fmt: skip
_LAMP = Incident(
    id="1-02", effect="lamp_dark", domain="lighting", category="lamp_dark", device_id="lamp-1",
    cell="450107001001001", start_ms=1_000_000,
)  # fmt: skip


def _seen(device_id: str, category: str, at_ms: int) -> Detection:
    return Detection(device_id=device_id, category=category, at_ms=at_ms)


@pytest.mark.parametrize(
    "detections, expected",
    [
        # nothing was detected
        ([], Score(injected=2, detected=0, false=0)),
        # one of two was found
        ([_seen("wl-001", "road_flooding", 1_200_000)], Score(injected=2, detected=1, false=0)),
        # an incident that was seen twice counts once
        ([_seen("wl-001", "road_flooding", 1_200_000)] * 2, Score(injected=2, detected=1, false=0)),
        # an incident without end is there for ever
        ([_seen("lamp-1", "lamp_dark", 9_000_000)], Score(injected=2, detected=1, false=0)),
        # a detection before the incident is false
        ([_seen("wl-001", "road_flooding", 999_999)], Score(injected=2, detected=0, false=1)),
        # as is one long after the mending
        ([_seen("wl-001", "road_flooding", 3_000_000)], Score(injected=2, detected=0, false=1)),
        # while the water runs off it is not
        ([_seen("wl-001", "road_flooding", 2_060_000)], Score(injected=2, detected=1, false=0)),
        # another category at the device does not find it, but something was wrong there
        ([_seen("wl-001", "gully_blocked", 1_200_000)], Score(injected=2, detected=0, false=0)),
        # a device at which nothing was wrong
        ([_seen("wl-002", "road_flooding", 1_200_000)], Score(injected=2, detected=0, false=1)),
    ],
)
def test_score(detections: list[Detection], expected: Score) -> None:
    """Each row is one reading of the truth."""
    assert score([_FLOOD, _LAMP], detections) == expected
