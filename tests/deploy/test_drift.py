"""Days of a simulated district are no drift; a firmware that sends a hundredth is."""

from __future__ import annotations

import functools
from collections import defaultdict
from pathlib import Path

import pytest

from deploy.app import checked_site
from deploy.site import Site
from ingest.drift import HOUR_MS, Hour, Look, Looker
from ingest.drift_alarms import Alarm, judge
from ingest.flow import take_in
from ingest.model import Device, Frame
from ingest.topics import discover
from simulators.city import City
from simulators.incidents import Book
from simulators.truth import Truth

START_MS = 1_790_000_000_000 // HOUR_MS * HOUR_MS
_OF_A_KIND, _EPOCH_MS = 10, 20_000


def some(site: Site) -> list[Device]:
    """Return a few devices of each kind."""
    by_kind: dict[str, list[Device]] = defaultdict(list)
    for device in site.register.devices.values():
        by_kind[device.kind].append(device)
    return [device for kind in by_kind.values() for device in kind[:_OF_A_KIND]]


def hours_of(site: Site, hours: int, seed: int, rain_mm_h: float) -> list[Hour]:
    """Return what the frames of a simulated time looked like, hour by hour."""
    world = Truth(seed=seed, zone=site.zone, book=Book(), rain_mm_h=rain_mm_h)
    dialects = discover()
    decode = functools.partial(dialects.decode, lookup=site.register)
    look = Looker(site.register, dialects.name_of)
    found = [Hour(START_MS + number * HOUR_MS) for number in range(hours)]
    waiting: list[Frame] = []
    for sent in City(site.id, some(site), world).frames(START_MS, START_MS + hours * HOUR_MS):
        waiting.append(Frame(sent.topic, sent.payload, sent.send_ms, "test"))
        if sent.send_ms - waiting[0].received_at_ms >= _EPOCH_MS:
            hour = found[min(hours - 1, (sent.send_ms - START_MS) // HOUR_MS)]
            for intake in take_in(waiting, decode, sent.send_ms, look):
                hour.add(intake.looks)
            waiting.clear()
    return found


def judged(hours: list[Hour]) -> list[Alarm]:
    """Return the alarms that open at the end of each hour."""
    return [
        alarm
        for end in range(3, len(hours) + 1)
        for alarm in judge({one.hour_ms: one.tallies for one in hours[:end]}, [], {}, hours[end - 1].hour_ms).opened
    ]


@pytest.mark.slow
@pytest.mark.parametrize("seed, rain_mm_h", [(7, 0.0), (11, 30.0)])
def test_simulated_days(site_folder: Path, seed: int, rain_mm_h: float) -> None:
    """Day, night, rush hours and rain of thirty hours give no alarm; one scale changed then gives one."""
    hours = hours_of(checked_site(site_folder), 30, seed, rain_mm_h)
    quiet = judged(hours)
    changed = next(key for key in hours[-1].tallies if key.observed_property == "lighting.voltage")
    broken = Hour(hours[-1].hour_ms + HOUR_MS)
    for key, tally in hours[-1].tallies.items():
        factor, name = 0.01 if key == changed else 1.0, key.observed_property
        broken.add([Look(key.dialect, key.model, {name: value * factor}) for value in tally.values] if name else ())
    jumps = judge({one.hour_ms: one.tallies for one in (*hours, broken)}, [], {}, 0).opened

    assert quiet == []
    assert len({key.model for key in hours[-1].tallies}) >= 5
    assert [(one.key, one.change) for one in jumps if one.kind == "jump"] == [(changed, "×0.01")]
