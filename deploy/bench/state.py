"""Where rule state lies: a Faust table with a changelog (memory, RocksDB), or the case store with the offset, in turns.

updates      two records of each key, one state written a record; outputs for the first
recovery     a new process until it has the states of all keys
kills        SIGKILL at three moments of one record; then a new process takes the rest
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from sqlalchemy import func, select, text

from alerts.store.database import open_database, reading
from deploy.app import case_database
from deploy.bench import kafka, recovery
from deploy.bench.counted import FIRST, PARTITIONS, ends, records
from deploy.bench.installation import Child, EndedError, await_
from deploy.bench.kafka import Broker
from deploy.bench.offsets import OUTPUTS
from deploy.runtimes.cluster import administer
from deploy.runtimes.cluster.topics import Topics, declared
from deploy.services.get import debian
from deploy.services.run import postgresql
from deploy.settings import KafkaSettings

_LIMIT_S = 300.0
_STUCK_S = 30.0
_STARTS = 4
_KILLED_KEYS = 2_000
KILLS = ("before", "after", "end")
_BATCH = 256


class Way(NamedTuple):
    """A way to keep state. `module` is the process; `arguments` are those between topic and last offset."""

    name: str
    module: str
    arguments: Callable[[str], list[str]]
    url: Callable[[str], str] | None = None


def measure(states: int, updates: int, rounds: int, tell: Callable[[str], None]) -> dict[str, Any]:
    """Return for each way: updates/s, recovery, bytes a state, and what kills do to it. Both counts: in keys."""
    with contextlib.ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wangge-bench-")))
        broker = stack.enter_context(kafka.running(tell))
        ways = ways_of(work, stack, tell)
        site = recovery.city(PARTITIONS)
        value = next(iter(recovery.states(site).values()))
        bench = Bench(broker, work, value)
        made: dict[str, dict[str, Any]] = {way.name: {} for way in ways}
        for way, rates in _rounds(ways, rounds, lambda way, number: bench.updates(way, updates, number), tell):
            made[way.name]["updates_per_s"] = round(median(rates))
        for way in ways:
            tell(f"{way.name}: recovery of {states} states")
            made[way.name] |= bench.recovery(way, states)
            tell(f"{way.name}: kills")
            made[way.name]["kills"] = {kill: bench.kill(way, kill) for kill in KILLS}
            tell(str(made[way.name]))
    return {"kafka": broker.name, "states": states, "state_bytes": len(value), "rounds": rounds, **made}


def _rounds(
    ways: Sequence[Way], rounds: int, do: Callable[[Way, int], float], tell: Callable[[str], None]
) -> Iterator[tuple[Way, list[float]]]:
    """Let all ways have their turn, again and again; yield what each came to."""
    results: dict[str, list[float]] = {way.name: [] for way in ways}
    for number in range(rounds):
        for way in ways:
            results[way.name].append(do(way, number))
            tell(f"round {number + 1} of {rounds}: {way.name} {results[way.name][-1]:.0f} updates/s")
    return ((way, results[way.name]) for way in ways)


def ways_of(work: Path, stack: contextlib.ExitStack, tell: Callable[[str], None]) -> list[Way]:
    """Return the ways that can be measured here; servers that they need run until `stack` is left."""
    ways = [_table("memory", work)]
    if importlib.util.find_spec("rocksdict"):
        ways.append(_table("rocksdb", work))
    else:
        tell("RocksDB is left out: pip install 'faust-streaming[rocksdict]'")

    def sqlite(name: str) -> str:
        return f"sqlite:///{work / name}.db"

    ways += _case_store("sqlite", sqlite)
    found = debian.POSTGRESQL.find()
    if found is None:
        tell("PostgreSQL is left out: get it with `make services`")
    else:
        ways += _case_store("postgresql", stack.enter_context(postgresql.running(found)).create)
    return ways


def _table(store: str, work: Path) -> Way:
    return Way(f"faust_{store}", "deploy.bench.table", lambda name: [store, str(work / name)])


def _case_store(name: str, make: Callable[[str], str]) -> list[Way]:
    urls: dict[str, str] = {}

    def url(of: str) -> str:
        if of not in urls:
            urls[of] = make(of.replace("-", "_"))
            case_database(Path(tempfile.gettempdir()), urls[of]).dispose()
            engine = open_database(urls[of])
            OUTPUTS.create(engine)
            engine.dispose()
        return urls[of]

    def arguments(records_: int) -> Callable[[str], list[str]]:
        return lambda of: [url(of), str(records_)]

    return [Way(f"{name}_{most}_a_transaction", "deploy.bench.offsets", arguments(most), url) for most in (1, _BATCH)]


class Bench(NamedTuple):
    """Measures on a broker, with files in `work`; `value` is what a record says."""

    broker: Broker
    work: Path
    value: bytes

    def updates(self, way: Way, keys: int, number: int) -> float:
        """Return how many states a second are written."""
        name = f"{way.name}-{number}"
        self._topics(name, keys)
        told = self._run(way, name, keys)
        return float(told["taken"] / told["wall_s"])

    def recovery(self, way: Way, keys: int) -> dict[str, Any]:
        """Return how long a new process takes to have all states, and how large they are."""
        name = f"{way.name}-recovery"
        topics = self._topics(name, keys)
        if way.url is not None:
            taken = recovery.from_case_store(site := recovery.city(keys), recovery.states(site), way.url(name))
            return {"recovery_s": round(taken, 2), "bytes_per_state": round(_database_bytes(way.url(name)) / keys)}
        self._run(way, name, keys)
        changelog = topics.frames._replace(name=f"{name}-state-changelog")
        size = sum(
            len(one.value) + len(one.key or b"") for one in asyncio.run(kafka.read(self.broker.address, changelog))
        )
        return {"recovery_s": round(self._recovered(way, name, keys), 2), "bytes_per_update": round(size / keys / 2)}

    def kill(self, way: Way, kill: str) -> dict[str, int]:
        """Kill at a record, go on with a new process; return outputs made twice and never, wrong states, and hangs."""
        name = f"{way.name}-{kill}"
        topics = self._topics(name, _KILLED_KEYS)
        self._run(way, name, _KILLED_KEYS, kill)
        told = self._run(way, name, _KILLED_KEYS)
        if way.url is not None:
            engine = open_database(way.url(name))
            with reading(engine) as connection:
                times = list(
                    connection.execute(select(func.count()).select_from(OUTPUTS).group_by(OUTPUTS.c.key)).scalars()
                )
            engine.dispose()
        else:
            outputs = asyncio.run(kafka.read(self.broker.address, topics.observations))
            times = list(Counter(one.key for one in outputs).values())
        return {
            "doubled": sum(times) - len(times),
            "lost": _KILLED_KEYS - len(times),
            "wrong_states": told["wrong"],
            "stuck": told["stuck"],
        }

    def _topics(self, name: str, keys: int) -> Topics:
        topics = declared(name, PARTITIONS, 24)
        asyncio.run(administer.create(KafkaSettings(bootstrap=self.broker.address), topics))
        asyncio.run(kafka.fill(self.broker.address, topics.frames.name, records(keys, self.value)))
        return topics

    def _run(self, way: Way, name: str, keys: int, kill: str = "") -> dict[str, Any]:
        """Run the process to the end of the topic, or to its death."""
        if not kill:
            asyncio.run(kafka.fill(self.broker.address, declared(name, PARTITIONS, 24).frames.name, ends()))
        for stuck in range(_STARTS):
            child = self._child(way, name, keys, kill)
            try:
                if not self._works(child):
                    continue
                if kill:
                    child.await_death(_LIMIT_S)
                    return {"stuck": stuck}
                await_(name, lambda child=child: child.said('"taken"'), _LIMIT_S)  # type: ignore[misc]  # bound now
                return {**_line(child, '"taken"'), "stuck": stuck}
            finally:
                child.end()
        raise RuntimeError(f"{name}: no record is taken, {_STARTS} times")

    @staticmethod
    def _works(child: Child) -> bool:
        """Tell whether the process takes a record; one that has its state and takes none is stuck."""
        try:
            await_(FIRST, lambda: child.said(FIRST), _STUCK_S)
        except EndedError:
            return True
        except RuntimeError:
            return False
        return True

    def _recovered(self, way: Way, name: str, keys: int) -> float:
        child = self._child(way, name, keys)
        try:
            await_(name, lambda: child.said('"recovered_s"'), _LIMIT_S)
            return float(_line(child, '"recovered_s"')["recovered_s"])
        finally:
            child.end()

    def _child(self, way: Way, name: str, keys: int, kill: str = "") -> Child:
        number = len(list(self.work.glob(f"{name}.*.log")))
        last = 2 * keys // PARTITIONS - 1
        arguments = [self.broker.address, name, *way.arguments(name), str(last), *([kill] if kill else [])]
        return Child(self.work / f"{name}.{number}.log", way.module, *arguments)


def _line(child: Child, what: str) -> dict[str, Any]:
    lines = child.log.read_text(encoding="utf-8").splitlines()
    found: dict[str, Any] = json.loads(next(line for line in lines if what in line))
    return found


def _database_bytes(url: str) -> int:
    """Return the size of the table of rule states, in SQLite of the whole file."""
    engine = open_database(url)
    try:
        if engine.dialect.name == "sqlite":
            return Path(engine.url.database or "").stat().st_size
        with reading(engine) as connection:
            return int(connection.execute(text("SELECT pg_total_relation_size('rule_states')")).scalar_one())
    finally:
        engine.dispose()
