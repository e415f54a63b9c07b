"""The whole line in one process and without real time: simulated city → embedded runtime → memory store and cases.

Nothing waits: the clock is moved from epoch to epoch, simulated crews do what is due, and everything follows from the
seed. What stands on either side of the runtime (broker, network, web application) is left out.
"""

from __future__ import annotations

import dataclasses
import itertools
import threading
from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Engine, Table, select

from alerts.cases import actions
from alerts.cases.workflow import Move, Role
from alerts.context import CaseContext
from alerts.model import Actor
from alerts.store import cases, ledger
from alerts.store.database import migrate, open_database, reading
from alerts.store.tables import ALERTS, AUDIT, CASE_LOG, CASES, DEAD_LETTERS, OUTBOX, TASKS, TRANSITIONS
from deploy.app import case_context
from deploy.clock import FakeClock
from deploy.runtimes.embedded import EmbeddedRuntime, Parts
from deploy.site import Site
from ingest.flow import Counts
from ingest.model import Frame
from ingest.stores.memory import MemoryStore
from ingest.trust import PROPERTY as TRUST
from simulators import crew, scenario
from simulators.city import City, Emission
from simulators.faults import spoil
from simulators.incidents import Book, Incident
from simulators.run import befall
from simulators.scenario import Planner
from simulators.truth import Truth

_KEPT = (TRANSITIONS, ALERTS, CASES, CASE_LOG, TASKS, OUTBOX, DEAD_LETTERS, AUDIT)
_MOVES = {"accept": Move.ACCEPT, "start": Move.START, "done": Move.REPORT_DONE}


class MemorySource:
    """A source that is always there and remembers what was acknowledged to it."""

    connected = True
    problem: str | None = None
    links = MappingProxyType({"mqtt": True})

    def __init__(self) -> None:
        self.acknowledged: list[Frame] = []

    def ensure(self) -> None:
        """Do nothing: there is no connection that could be lost."""

    def acknowledge(self, frames: Sequence[Frame]) -> int:
        """Take all of them."""
        self.acknowledged += frames
        return len(frames)


Rows = list[dict[str, Any]]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Evening:
    """What a run left behind: the truth, the frames, and every row of the case store by table."""

    incidents: tuple[Incident, ...]
    sent: list[Frame]
    acknowledged: list[Frame]
    observations: int
    ledger: Counts
    tables: dict[str, Rows]


class _Crews:
    """Field crews at the pace of the simulators' crews, without phones: they move cases in the case store."""

    def __init__(self, engine: Engine, context: CaseContext, book: Book, seed: int) -> None:
        self._engine, self._context, self._book, self._seed = engine, context, book, seed
        self._since: dict[tuple[int, int, str], int] = {}

    def turn(self, now_ms: int) -> None:
        """Do what is due now."""
        with self._engine.begin() as connection:
            query = select(TASKS, CASES.c.subject_id).join(CASES, TASKS.c.case_id == CASES.c.id)
            open_tasks = query.where(TASKS.c.kind == "handle", TASKS.c.state.in_(("offered", "accepted", "started")))
            for row in connection.execute(open_tasks.order_by(TASKS.c.id)).all():
                task = crew.Task(
                    id=row.id, kind=row.kind, state=row.state, round=row.round, version=0, subject_id=row.subject_id
                )
                since_ms = self._since.setdefault((task.id, task.round, task.state), now_ms)
                action = crew.step(task, since_ms, now_ms, crew.Pace(), self._seed)
                if action:
                    self._act(connection, row, action, now_ms)

    def _act(self, connection: Connection, row: Any, action: str, now_ms: int) -> None:
        if action == "done":
            wrong = self._book.open(row.subject_id, now_ms)
            if any(one.false_fixes < one.false_fixes_planned for one in wrong):
                self._book.note_false_fix(row.subject_id, now_ms)
            else:
                self._book.mend(row.subject_id, now_ms)
        case = cases.get(connection, row.case_id)
        assert case is not None
        actions.perform(
            connection,
            case_id=case.id,
            move=_MOVES[action],
            actor=Actor(name=row.crew, role=Role.CREW, crew=row.crew),
            reason="",
            expected_version=case.version,
            now_ms=now_ms,
            context=self._context,
        )


def run(site: Site, name: str, seed: int, epoch_ms: int) -> Evening:
    """Play a scenario to its end, an epoch every `epoch_ms` of virtual time."""
    script, faults = scenario.load(scenario.FOLDER / f"{name}.yaml")
    assert script is not None, faults
    devices, book = tuple(site.register.devices.values()), Book()
    world = Truth(seed=seed, zone=site.zone, book=book, rain_mm_h=script.rain_mm_h)
    clock = FakeClock(start_ms=script.start_ms)
    frames = City(site.id, devices, world).frames(script.start_ms, script.start_ms + script.duration)
    planner = Planner(scenario=script, devices=devices, seed=seed)
    stream = spoil(befall(frames, planner, book, script.start_ms), seed, script.faults)
    engine = open_database("sqlite://")
    migrate(engine)
    source, series, context, stop = MemorySource(), MemoryStore(), case_context(site), threading.Event()
    runtime = EmbeddedRuntime(
        Parts(site=site, series=series, database=engine, source=source, context=context, clock=clock)
    )
    crews = _Crews(engine, context, book, seed)
    sent: list[Frame] = []
    for end_ms, emissions in _epochs(stream, script.start_ms, epoch_ms):
        clock.move_to(end_ms)
        taken = [
            Frame(topic=one.topic, payload=one.payload, received_at_ms=one.send_ms, source="mqtt") for one in emissions
        ]
        runtime.epoch(taken, stop)
        crews.turn(end_ms)
        sent += taken
    runtime.epoch((), stop)
    told = sum(len(series.read(device.id, TRUST, 0, 2**62)) for device in devices)
    with reading(engine) as connection:
        evening = Evening(
            incidents=book.begun(clock.now_ms()),
            sent=sent,
            acknowledged=source.acknowledged,
            observations=series.count() - told,  # what the line derives, nobody sent
            ledger=ledger.total(connection),
            tables={table.name: _rows(connection, table) for table in _KEPT},
        )
    engine.dispose()
    return evening


def _epochs(stream: Iterator[Emission], start_ms: int, epoch_ms: int) -> Iterator[tuple[int, list[Emission]]]:
    """Cut the stream by virtual time; yield the end of each epoch and what was sent in it."""
    for number, emissions in itertools.groupby(stream, key=lambda one: (one.send_ms - start_ms) // epoch_ms):
        yield start_ms + (number + 1) * epoch_ms, list(emissions)


def _rows(connection: Connection, table: Table) -> Rows:
    return [dict(row) for row in connection.execute(select(table).order_by(*table.primary_key)).mappings()]
