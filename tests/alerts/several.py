"""Those who work on one case store at once: workers that fold, people who act; as threads or as processes."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import Engine, select

from alerts import flow
from alerts.cases import actions
from alerts.cases.workflow import Move, Role
from alerts.context import CaseContext
from alerts.errors import Conflict
from alerts.model import Actor, Case
from alerts.store import cases
from alerts.store.database import open_database, reading
from alerts.store.tables import CASES
from ingest.model import Device
from rules.model import Transition
from tests.alerts.desk import MINUTE_MS, case_of
from tests.alerts.sample import CELL, NINE_MS, fires, site_context


def city(site_folder: Path) -> CaseContext:
    """Return the sample site with any number of waste bins in one cell."""

    def device(device_id: str) -> Device:
        return Device(id=device_id, domain="waste", kind="waste_bin", cell=CELL, lat=22.84, lon=108.29, cadence_s=300)

    return dataclasses.replace(site_context(site_folder), device=device)


def at_once(*works: Callable[[], object]) -> list[object]:
    """Let everybody begin at the same moment, each in a thread; return what each came to, also an error."""
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> object:
        gate.wait()
        try:
            return work()
        except Exception as exc:  # noqa: BLE001 - it is what the test asks about
            return exc

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def works(engine: Engine, context: CaseContext, found: Sequence[Transition]) -> None:
    """Take in transitions as a worker does, one transaction each."""
    for one in found:
        with engine.begin() as connection:
            flow.apply(connection, [one], NINE_MS, context)
            flow.tick(connection, NINE_MS, context)


def moves(engine: Engine, context: CaseContext, case: Case, move: Move, actor: Actor) -> Case:
    """Make a move with a case as the person has seen it."""
    with engine.begin() as connection:
        return actions.perform(
            connection,
            case_id=case.id,
            move=move,
            actor=actor,
            reason="so be it",
            expected_version=case.version,
            now_ms=NINE_MS + MINUTE_MS,
            context=context,
        )


def insists(engine: Engine, context: CaseContext, case_id: int, move: Move, actor: Actor) -> int:
    """Make a move, looking again after every conflict; return how many conflicts there were."""
    conflicts = 0
    while True:
        with reading(engine) as connection:
            seen = case_of(connection, case_id)
        try:
            moves(engine, context, seen, move, actor)
        except Conflict:
            conflicts += 1
        else:
            return conflicts


def process(url: str, site_folder: Path, part: int, bins: int, rounds: int) -> int:
    """Do what a worker and a crew do, in a process of its own; return how many cases its crew accepted.

    Bin `part`-n belongs to this process, bin `all`-n to every one: whose transition comes first opens the case.
    """
    context, engine = city(site_folder), open_database(url, synchronous="OFF")
    accepted = 0
    for number in range(bins):
        works(engine, context, [fires("waste.full", f"{name}-{number}", NINE_MS) for name in (part, "all")])
    for _ in range(rounds):
        with reading(engine) as connection:
            found = list(connection.execute(select(CASES.c.id).where(CASES.c.state == "DISPATCHED")).scalars())
            seen = [case_of(connection, case_id) for case_id in found]
        for case in seen:
            try:
                moves(engine, context, case, Move.ACCEPT, Actor(name=f"crew{part}", role=Role.CREW, crew=case.crew))
            except Conflict:
                continue
            accepted += 1
    engine.dispose()
    return accepted


def numbers(engine: Engine) -> list[str]:
    """Return the numbers of all cases, sorted."""
    with reading(engine) as connection:
        return sorted(connection.execute(select(CASES.c.number)).scalars())


def newest(engine: Engine, category: str) -> Case:
    """Return the case of a category that was opened last."""
    with reading(engine) as connection:
        return cases.open_since(connection, category, 0)[-1]
