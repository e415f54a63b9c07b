"""The rules engine by itself: the whole catalogue over many devices, beside a Bytewax `stateful_map` that does nothing.

every device three values a minute, of which a hundredth is beyond a limit; all ways are timed over the same minutes, as
what judges steps of five minutes works in one of five
Bytewax keeps the last value by device: one dictionary update for each item, its least possible work
"""

from __future__ import annotations

import gc
import importlib
import itertools
import random
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace

from deploy.bench.load import START_MS, VALUES, values
from deploy.site import Site
from ingest.model import Device, Observation, Series, series_id
from rules.engine import EngineState, Program, compile_rules, empty_state, load, step
from rules.model import Rule
from rules.state import pack

_BATCH = 6_000
_LOUD = {"traffic.speed": 3.0, "waste.fill_level": 97.0, "lighting.voltage": 260.0}
_LOUD_SHARE = 0.01


class Sizes(NamedTuple):
    """How much is measured: devices, many devices, rules, minutes in a turn, items through Bytewax."""

    devices: int = 10_000
    many: int = 100_000
    rules: int = 400
    minutes: int = 10
    items: int = 200_000


def measure(site: Site, rounds: int, tell: Callable[[str], None], sizes: Sizes = Sizes()) -> dict[str, Any]:  # noqa: B008 - a constant
    """Return observations a second (of processor time) and what more rules and more devices cost."""
    few, many = _devices(site, sizes.devices), _devices(site, sizes.many)
    ways = {
        "catalogue": (site.rules, few),
        "more rules": (_more(site.rules, sizes.rules), few),
        "more devices": (site.rules, many),
    }
    feeds = {name: _series(devices, site) for name, (_, devices) in ways.items()}
    gc.collect()
    gc.freeze()  # as the pipeline does with its site
    kept = _state(compile_rules(site.rules, many), feeds["more devices"], sizes.minutes)
    cost: dict[str, list[float]] = {name: [] for name in ways}
    for round_ in range(rounds):
        for name, (rules, devices) in ways.items():
            cost[name].append(_seconds(compile_rules(rules, devices), feeds[name], round_, sizes.minutes))
            tell(f"round {round_ + 1} of {rounds}: {name}: {1 / cost[name][-1]:,.0f} observations/s")
    ratio = {
        name: statistics.median(one / other for one, other in zip(cost[name], cost["catalogue"], strict=True))
        for name in ways
    }
    return {
        "observations_per_s": round(1 / statistics.median(cost["catalogue"])),
        "bytewax_items_per_s": _bytewax(few, sizes.items, tell),
        "cost_ratio_400_rules": round(ratio["more rules"], 3),
        "cost_ratio_100k_devices": round(ratio["more devices"], 3),
        "rules": len(site.rules),
        **kept,
    }


def _devices(site: Site, count: int) -> list[Device]:
    """Return devices of the site that have values, repeated under other names."""
    kinds = [one for one in site.register.devices.values() if one.kind in VALUES]
    turns = itertools.cycle(kinds)
    return [replace(next(turns), id=f"d{number}", parent=None, eui=None) for number in range(count)]


def _more(rules: Sequence[Rule], count: int) -> list[Rule]:
    """Return so many rules: those there are, and repeats of them that speak of devices which nobody has."""
    repeats = itertools.cycle(rules)
    added = [
        replace(rule, id=f"{rule.id}_{number}", where=(("id", (f"nobody-{number}",)),))
        for number, rule in zip(range(count - len(rules)), repeats, strict=False)
    ]
    return [*rules, *added]


def _series(devices: Sequence[Device], site: Site) -> list[tuple[Series, float]]:
    """Return each series with its quiet value."""
    return [
        (Series(id=series_id(device.id, name), device=device, property=site.dictionary[name]), value)
        for number, device in enumerate(devices)
        for name, value in values(device, number).items()
    ]


def _batches(feed: Sequence[tuple[Series, float]], minute: int, seed: int = 0) -> Iterator[list[Observation]]:
    """Yield a minute of observations in batches."""
    chance = random.Random(1000 * seed + minute)  # noqa: S311 - a load, not a secret
    at_ms = START_MS + minute * 60_000
    for start in range(0, len(feed), _BATCH):
        yield [
            Observation(
                series,
                _LOUD.get(series.property.name, value) if chance.random() < _LOUD_SHARE else value,
                at_ms + number % 60_000,
                at_ms + 60_000,
            )
            for number, (series, value) in enumerate(feed[start : start + _BATCH], start)
        ]


def _seconds(program: Program, feed: Sequence[tuple[Series, float]], round_: int, minutes: int) -> float:
    """Return the processor seconds of an observation, after a first minute in which all series became known."""
    state, spent = empty_state(), 0.0
    for minute in range(minutes + 1):
        for batch in _batches(feed, minute, round_):
            start_s = time.process_time()
            step(program, state, batch, batch[-1].result_time_ms)
            spent += time.process_time() - start_s if minute else 0
    return spent / (minutes * len(feed))


def _state(program: Program, feed: Sequence[tuple[Series, float]], minutes: int) -> dict[str, Any]:
    """Return what many devices take in memory, and how long their states take to write and to read back.

    `state_bytes_per_device`: the state that was restored while everything was beyond its limits, so `states` of them;
    `memory_bytes_per_device`: all that the engine keeps after these minutes: recent samples, what is quiet, when it was
    heard of. It comes first in the process: later, what grows would find room in memory that was used before.
    """
    before = _resident_bytes()
    state: EngineState = empty_state()
    for minute in range(minutes):
        for batch in _batches(feed, minute):
            step(program, state, batch, batch[-1].result_time_ms)
    held = _resident_bytes() - before
    loud = [(series, _LOUD[series.property.name]) for series, _ in feed if series.property.name in _LOUD]
    at_ms = START_MS + (minutes + 1) * 60_000
    for start in range(0, len(loud), _BATCH):
        part = [Observation(series, value, at_ms, at_ms) for series, value in loud[start : start + _BATCH]]
        step(program, state, part, at_ms)
    start_s = time.perf_counter()
    rows = [(rule_id, "device", subject, pack(row)) for (rule_id, subject), row in state.rows.items()]
    written_s = time.perf_counter() - start_s
    start_s = time.perf_counter()
    load(program, rows, at_ms)
    restored_s = time.perf_counter() - start_s
    tracemalloc.start()
    restored = load(program, rows, at_ms)  # held while it is weighed
    stated, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return {
        "devices": len(program.devices),
        "state_bytes_per_device": round(stated / len(program.devices)),
        "memory_bytes_per_device": round(held / len(program.devices)),
        "states": len(restored.rows),
        "packed_bytes_per_state": round(sum(len(row[3]) for row in rows) / max(1, len(rows))),
        "checkpoint_s": round(written_s, 2),
        "restore_s": round(restored_s, 2),
    }


def _resident_bytes() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096


def _bytewax(devices: Sequence[Device], count: int, tell: Callable[[str], None]) -> int | None:
    """Return items a second through a stateful map that keeps the last value of each device; None without Bytewax."""
    try:
        reference = importlib.import_module("deploy.bench.stateful_map")
    except ImportError:
        tell("Bytewax is left out: pip install bytewax")
        return None
    rate: float = reference.items_per_s([device.id for device in devices], count)
    return round(rate)
