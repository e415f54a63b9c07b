"""Checks the report of a short demo: `wangge demo --for 20s --speed 60 --seed 7 --report FILE`, twenty virtual minutes.

    python -m tests.demo_report FILE        prints every fault and exits with 1, or says what the demo did

In that time each domain has an incident that became a case; whether one was closed by then depends on the machine.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_WHOLE, _NUMBER = (int,), (int, float)
SHAPE: Mapping[str, Any] = {
    "frames": {"received": _WHOLE, "acknowledged": _WHOLE},
    "observations": {"stored": _WHOLE, "duplicate": _WHOLE, "refused": _WHOLE, "dead_lettered": _WHOLE},
    "ledger": {"balanced": (bool,)},
    "alerts": {"fired": _WHOLE, "resolved": _WHOLE},
    "cases": {"opened": _WHOLE, "verified": _WHOLE, "closed": _WHOLE, "reworked": _WHOLE, "by_category": (dict,)},
    "tasks": {"dispatched": _WHOLE},
    "incidents": {"injected": _WHOLE, "detected": _WHOLE, "false": _WHOLE},
    "latency_ms": {"p50": _NUMBER, "p99": _NUMBER},
    "rates": {"frames_per_s": _NUMBER, "observations_per_s": _NUMBER},
}
CATEGORIES = {
    "traffic": ("traffic_congestion", "traffic_stopped"),
    "weather": ("road_flooding", "underpass_flooding"),
    "lighting": ("lamp_dark", "lamp_leakage"),
    "waste": ("bin_full", "bin_fire", "bin_tilted"),
}
LEAST_FRAMES = 3_000  # a third of what the sample site sends in that time: room for a busy machine
MOST_FALSE = 1  # a starved simulator may look like a silent sensor


def faults(report: Any) -> tuple[str, ...]:
    """Return what is wrong with a report, a line each."""
    return tuple(_misshapen(report, SHAPE, "")) or tuple(_wrong(report))


def _misshapen(value: Any, shape: Any, path: str) -> Iterator[str]:
    if isinstance(shape, tuple):
        if type(value) not in shape:
            yield f"{path} is {value!r}, not {' or '.join(kind.__name__ for kind in shape)}"
        return
    if not isinstance(value, dict):
        yield f"{path or 'the report'} is {value!r}, not an object"
        return
    for key in sorted(value.keys() ^ shape.keys()):
        yield f"{path}{'.' if path else ''}{key} is {'missing' if key in shape else 'not of the report'}"
    for key in sorted(shape.keys() & value.keys()):
        yield from _misshapen(value[key], shape[key], f"{path}.{key}" if path else key)


def _wrong(report: dict[str, Any]) -> Iterator[str]:
    frames, stored, latency = report["frames"], report["observations"]["stored"], report["latency_ms"]
    if frames["received"] < LEAST_FRAMES:
        yield f"only {frames['received']} frames were received, not {LEAST_FRAMES}"
    if frames["acknowledged"] != frames["received"]:
        yield f"{frames['acknowledged']} of {frames['received']} frames were acknowledged"
    if not report["ledger"]["balanced"]:
        yield "the ledger does not balance"
    if stored < frames["received"]:
        yield f"only {stored} observations were stored"
    if not 0 <= latency["p50"] <= latency["p99"]:
        yield f"latencies are out of order: {latency}"
    yield from _wrong_work(report["cases"], report["alerts"]["fired"], report["tasks"]["dispatched"])
    yield from _wrong_score(**report["incidents"])


def _wrong_work(cases: dict[str, Any], fired: int, dispatched: int) -> Iterator[str]:
    opened, by_category = cases["opened"], cases["by_category"]
    if fired < opened:
        yield f"{opened} cases were opened by {fired} alerts"
    if sum(by_category.values()) != opened:
        yield f"{opened} cases were opened, and by category {sum(by_category.values())}"
    if dispatched < opened:
        yield f"{opened} cases were opened and {dispatched} tasks dispatched"
    for domain, categories in CATEGORIES.items():
        if not any(by_category.get(category) for category in categories):
            yield f"no incident of {domain} became a case ({', '.join(categories)})"


def _wrong_score(injected: int, detected: int, false: int) -> Iterator[str]:
    if not len(CATEGORIES) <= detected <= injected:
        yield f"{detected} of {injected} incidents were detected"
    if false > MOST_FALSE:
        yield f"{false} alerts fired where nothing was wrong"


def main() -> int:
    """Check the file that the command line names."""
    if len(sys.argv) != 2:
        print("usage: python -m tests.demo_report FILE", file=sys.stderr)  # noqa: T201 - a command
        return 2
    path = Path(sys.argv[1])
    report = json.loads(path.read_text(encoding="utf-8"))
    found = faults(report)
    for fault in found:
        print(f"{path}: {fault}", file=sys.stderr)  # noqa: T201 - a command
    if not found:
        incidents, cases = report["incidents"], report["cases"]
        told = f"{incidents['detected']} of {incidents['injected']} incidents detected, {cases['opened']} cases"
        print(f"the demo is sound: {told}, p99 {report['latency_ms']['p99']} ms")  # noqa: T201 - a command
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
