"""How long the lines of a worker take to have the state of many devices, from the case store.

Each device has one rule that is not quiet. What is bound to the devices is measured too: a line is ready then.
"""

from __future__ import annotations

import dataclasses
import time

import msgspec

from alerts.store import rule_states
from alerts.store.database import migrate, open_database, reading
from deploy.app import case_context, checked_site
from deploy.bench.counted import PARTITIONS
from deploy.clock import Clock
from deploy.commands.demo import SAMPLE_SITE
from deploy.runtimes.line import Line, LineParts
from deploy.runtimes.shard import Shard, area_of
from deploy.site import Site
from ingest.devices import Register
from ingest.stores.memory import MemoryStore
from rules.model import State
from rules.state import Phase, RuleState, pack


def city(count: int) -> Site:
    """Return the sample site with `count` bins in place of its devices, spread over all cells."""
    site = checked_site(SAMPLE_SITE)
    bin_ = next(one for one in site.register.devices.values() if one.kind == "waste_bin")
    cells = [cell.code for cell in site.cells]
    made = {
        f"bin-{number:07}": msgspec.structs.replace(
            bin_, id=f"bin-{number:07}", eui=None, cell=cells[number % len(cells)]
        )
        for number in range(count)
    }
    return dataclasses.replace(site, register=Register(made, site.dictionary))


def states(site: Site) -> dict[rule_states.Key, bytes]:
    """Return a firing state for each device of the site."""
    rule = next(one for one in site.rules if one.domain == "waste" and one.condition.reads == "values")
    since_ms = 1_790_000_000_000
    phase = Phase(State.FIRING, since_ms, since_ms - 60_000, 92.0)
    state = RuleState(rule_version=rule.version, stand=(phase,), base=(phase,), shown=(State.FIRING, since_ms, 0))
    packed = pack(state)
    return {(rule.id, "device", device): packed for device in site.register.devices}


def from_case_store(site: Site, rows: dict[rule_states.Key, bytes], url: str) -> float:
    """Write the rows; return how many seconds the lines of all partitions take to load them."""
    engine = open_database(url)
    migrate(engine)
    with engine.begin() as connection:
        rule_states.save(connection, rows, lambda key: area_of(site.register.devices[key[2]].cell))
    parts = LineParts(site=site, series=MemoryStore(), database=engine, context=case_context(site), clock=Clock())
    start_s = time.perf_counter()
    loaded = 0
    for number in range(PARTITIONS):
        with reading(engine) as connection:
            loaded += len(Line(parts, connection, Shard(number, PARTITIONS))._state.rows)  # noqa: SLF001 - is all of it there?
    taken_s = time.perf_counter() - start_s
    engine.dispose()
    if loaded != len(rows):
        raise RuntimeError(f"{loaded} of {len(rows)} states were loaded")
    return taken_s
