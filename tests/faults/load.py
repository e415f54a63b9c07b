"""The load of the kill tests, and the effects that must be the same whatever was killed in between."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator, Sequence

from deploy.bench import backlog

RATE = 2_000.0  # frames a second
SEED = 7
START_MS = 1_790_000_000_000
LEVELS = "wl-001", "wl-002", "wl-003"
BINS = "bin-0001", "bin-0002"


def frames(site: str) -> Iterator[tuple[str, bytes]]:
    """Yield the load: gauges and bins that rise above their limits and fall again, repeats, rubbish, strangers."""
    chance = random.Random(SEED)
    for minute in range(1_000):
        time_ms = START_MS + minute * 60_000
        high = minute // 12 % 2
        for device in LEVELS:
            value = {"weather.water_level": (30.0 if high else 2.0) + chance.random()}
            yield message(site, device, time_ms, value)
        for device in BINS:
            value = {"waste.fill_level": (92.0 if high else 20.0) + chance.random(), "waste.temperature": 25.0}
            yield message(site, device, time_ms, value)
        if minute % 5 == 0:
            yield message(site, LEVELS[0], time_ms, {"weather.water_level": 3.0})
            yield f"wangge/{site}/up/{LEVELS[0]}", b"rubbish %d" % minute
            yield message(site, f"nobody-{minute}", time_ms, {"weather.water_level": 3.0})


def ballast(site: str, count: int) -> Iterator[tuple[str, bytes]]:
    """Yield so many messages of many bins that are neither full nor still, so that nothing comes of them but values."""
    chance = random.Random(SEED)
    for number in range(count):
        time_ms = START_MS + number // 200 * 10_000
        value = {"waste.fill_level": 30.0 + 20.0 * chance.random()}
        yield message(site, f"bin-{number % 200 + 101:04}", time_ms, value)


def woven(first: Sequence[tuple[str, bytes]], second: Sequence[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Return both in one order: each in its own, the second spread evenly over the first."""
    places = [(number / len(first), 0, number) for number in range(len(first))]
    places += [(number / len(second), 1, number) for number in range(len(second))]
    return [(first, second)[which][number] for _, which, number in sorted(places)]


def paced(port: int, messages: Sequence[tuple[str, bytes]], per_s: float = RATE) -> int:
    """Publish messages at QoS 1, so many a second; return how many."""
    begin_s = time.monotonic()
    size = max(1, round(per_s / 10))
    for start in range(0, len(messages), size):
        backlog.publish(port, messages[start : start + size])
        time.sleep(max(0.0, begin_s + (start + size) / per_s - time.monotonic()))
    return len(messages)


def message(site: str, device: str, time_ms: int, values: dict[str, float]) -> tuple[str, bytes]:
    """Return topic and payload of a Wangge message."""
    payload = {"device_id": device, "time": time_ms, "values": values}
    return f"wangge/{site}/up/{device}", json.dumps(payload).encode()


EFFECTS = {
    "observations": """
        SELECT s.device_id, s.observed_property, o.time_ms, o.value, o.quality
        FROM observations o JOIN series s ON s.number = o.series ORDER BY 1, 2, 3""",
    "transitions": """
        SELECT rule_id, rule_version, subject_id, state, since_ms, reason, evidence FROM transitions
        WHERE rule_id NOT LIKE '%silent%' ORDER BY 1, 3, 5, 4""",
    "alerts": "SELECT rule_id, subject_id, state, firing, fired_at_ms, resolved_at_ms FROM alerts ORDER BY 1, 2, 5",
    "cases": "SELECT incident_key, category, cell, state, unit, rework_count FROM cases ORDER BY 1",
    "case log": """
        SELECT c.incident_key, l.event, l.actor, l.move, l.to_state
        FROM case_log l JOIN cases c ON c.id = l.case_id ORDER BY 1, 2""",
    "tasks": """
        SELECT c.incident_key, t.round, t.kind, t.state
        FROM tasks t JOIN cases c ON c.id = t.case_id ORDER BY 1, 2""",
    "notices": "SELECT about, event, channel, count(*) FROM outbox GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    "dead letters": "SELECT id, stage, reason FROM dead_letters ORDER BY 1",
    "rule states": """
        SELECT rule_id, subject_id, packed FROM rule_states WHERE rule_id NOT LIKE '%silent%' ORDER BY 1, 2""",
}
