"""Compares what was detected with what was true.

A detection (a case, or an alert) says that something of a category is wrong at a subject since a time. It finds an
incident of that device and category that was there; a detection at a device where nothing was wrong is false.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from simulators.incidents import EFFECTS, Incident


class Detection(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the system claims: `category` is a category key of the site, `at_ms` when it began."""

    device_id: str
    category: str
    at_ms: int


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """How many incidents there were, how many were found, and how many detections had no incident."""

    injected: int
    detected: int
    false: int


_AFTERGLOW_MS = 300_000  # a sensor sees the end of an incident one cadence late, and its effect falls slowly


def score(incidents: Sequence[Incident], detections: Iterable[Detection]) -> Score:
    """Return the score. Several detections may speak of one incident; each incident counts once."""
    found: set[str] = set()
    false = 0
    for detection in detections:
        there = [one for one in incidents if one.device_id == detection.device_id and _was_there(one, detection.at_ms)]
        found.update(one.id for one in there if one.category == detection.category)
        false += not there
    return Score(injected=len(incidents), detected=len(found), false=false)


def _was_there(incident: Incident, at_ms: int) -> bool:
    if at_ms < incident.start_ms:
        return False
    fall_ms = EFFECTS[incident.effect].fall_s * 1000
    return incident.fixed_ms is None or at_ms <= incident.fixed_ms + fall_ms + _AFTERGLOW_MS
