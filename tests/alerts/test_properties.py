"""Whatever sensors, people and the clock do, in any order: no case is corrupted, and repeats change nothing."""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from alerts import actions as alert_actions
from alerts import flow
from alerts.cases import actions
from alerts.cases.actions import Options
from alerts.cases.timing import RUNNING
from alerts.cases.workflow import FINAL, CaseState, Move, Role, moves_from, row_of
from alerts.context import CaseContext
from alerts.errors import Conflict, MoveRefused, NotFound
from alerts.lifecycle import AlertState
from alerts.model import Actor, Case
from alerts.store import alerts, audit, cases, tasks
from alerts.store.database import open_database
from alerts.store.tables import METADATA
from rules.model import State, Transition
from tests.alerts.sample import NINE_MS, transition

MINUTE_MS = 60_000
TABLES = ("transitions", "alerts", "cases", "case_log", "tasks", "outbox", "audit")
PEOPLE = (
    Actor(name="li", role=Role.CREW, crew="drainage-2"),
    Actor(name="chen", role=Role.CREW, crew="sanitation-2"),
    Actor(name="zhao", role=Role.DISPATCHER),
    Actor(name="wang", role=Role.OPERATOR),
    Actor(name="root", role=Role.ADMINISTRATOR),
    Actor(name="guest", role=Role.VIEWER),
)
SUBJECTS = (("flood.road", "wl-1"), ("flood.deep", "wl-1"), ("flood.road", "wl-2"), ("waste.full", "bin-1"))


@dataclasses.dataclass(frozen=True)
class Sense:
    """A rule fires or returns to normal."""

    subject: tuple[str, str]
    state: State


@dataclasses.dataclass(frozen=True)
class Person:
    """A person makes a move with a case; `behind` is by how many versions they are late."""

    case_id: int
    move: Move
    actor: Actor
    reason: str
    behind: int
    crew: str | None


@dataclasses.dataclass(frozen=True)
class Work:
    """Somebody who may makes one of the moves that the case allows; `pick` chooses, endings less often."""

    case_id: int
    pick: int

    def of(self, case: Case | None) -> Person | None:
        """Return the person and the move."""
        ends = {Move.FORCE_CLOSE, Move.CANCEL} if self.pick % 7 else set()
        moves = [move for move in moves_from(case.state) if move not in ends] if case else []
        if case is None or not moves:
            return None
        move = moves[self.pick % len(moves)]
        crew = Actor(name="li", role=Role.CREW, crew=case.crew)
        actor = next((one for one in (crew, *PEOPLE) if one.role in row_of(move).roles), PEOPLE[4])
        return Person(case.id, move, actor, "because", 0, None)


@dataclasses.dataclass(frozen=True)
class Shelve:
    """A person shelves or acknowledges an alert."""

    alert_id: int
    minutes: int


Step = Sense | Person | Work | Shelve
WORK = st.builds(Work, st.integers(1, 2), st.integers(0, 10_000))
STEPS = st.lists(
    st.tuples(
        st.one_of(
            st.builds(Sense, st.sampled_from(SUBJECTS), st.sampled_from([State.FIRING, State.RESOLVED, State.PENDING])),
            st.builds(
                Person,
                st.integers(1, 3),
                st.sampled_from(Move),
                st.sampled_from(PEOPLE),
                st.sampled_from(["", "because", "because"]),
                st.sampled_from([0, 0, 0, 0, 1]),
                st.sampled_from([None, None, "drainage-1", "nobody"]),
            ),
            WORK,
            WORK,
            WORK,
            st.builds(Shelve, st.integers(1, 3), st.integers(0, 30)),
        ),
        st.integers(0, 40),
    ),
    min_size=8,
    max_size=40,
)


@pytest.fixture(scope="module")
def memory() -> Iterator[Engine]:
    """Return a database in memory; every example is rolled back."""
    opened = open_database("sqlite://")
    METADATA.create_all(opened)
    yield opened
    opened.dispose()


def _do(connection: Connection, step: Step, now_ms: int, context: CaseContext, applied: list[Transition]) -> None:
    if isinstance(step, Sense):
        one = transition(*step.subject, step.state, now_ms)
        applied.append(one)
        flow.apply(connection, [one], now_ms, context)
    elif isinstance(step, Work):
        person = step.of(cases.get(connection, step.case_id))
        if person is not None:
            _do(connection, person, now_ms, context, applied)
    elif isinstance(step, Person):
        case = cases.get(connection, step.case_id)
        actions.perform(
            connection,
            case_id=step.case_id,
            move=step.move,
            actor=step.actor,
            reason=step.reason,
            expected_version=(case.version if case else 1) - step.behind,
            now_ms=now_ms,
            context=context,
            options=Options(crew=step.crew, until_ms=now_ms + 90 * MINUTE_MS),
        )
    else:
        alert = alerts.get(connection, step.alert_id)
        seen = {"alert_id": step.alert_id, "expected_version": alert.version if alert else 1}
        if step.minutes == 0:
            alert_actions.acknowledge(connection, **seen, actor=PEOPLE[3], now_ms=now_ms, context=context)
        else:
            until_ms = now_ms + step.minutes * MINUTE_MS
            alert_actions.shelve(
                connection, **seen, actor=PEOPLE[3], now_ms=now_ms, until_ms=until_ms, reason="x", context=context
            )


def _rows(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    return {
        table: [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table}")]  # noqa: S608 - names above
        for table in TABLES
    }


def _cases(connection: Connection) -> list[Case]:
    found = (cases.get(connection, number) for number in itertools.count(1))
    return list(itertools.takewhile(lambda case: case is not None, found))  # type: ignore[arg-type]  # None ends it


def _check(connection: Connection, now_ms: int) -> None:
    """Assert what must hold at any moment."""
    everything = _cases(connection)
    numbers = [case.number for case in everything if case.number]
    assert len(numbers) == len(set(numbers))
    for case in everything:
        _check_log(connection, case)
        opened = tasks.of_case(connection, case.id, only_open=True)
        if case.state in FINAL:
            assert (opened, case.next_check_ms) == ([], None)
        if case.state in RUNNING - {CaseState.RETURNED} | {CaseState.SUSPENDED}:
            assert [(task.kind, task.crew) for task in opened] == [("handle", case.crew)]
            assert case.deadline_ms is not None
        assert case.next_check_ms is None or case.next_check_ms > now_ms
    live: Counter[tuple[str, str]] = Counter()
    for number in itertools.count(1):
        alert = alerts.get(connection, number)
        if alert is None:
            break
        live[alert.rule_id, alert.subject_id] += alert.state is not AlertState.NORM
        assert alert.firing == (alert.resolved_at_ms is None)
        assert not (alert.state is AlertState.NORM and alert.firing)
    assert max(live.values(), default=0) <= 1


def _check_log(connection: Connection, case: Case) -> None:
    log = cases.log_of(connection, case.id)
    assert [entry.event for entry in log] == list(range(1, len(log) + 1))
    assert log[-1].to_state is case.state
    for before, entry in itertools.pairwise(log):
        assert entry.from_state is before.to_state
        if entry.move in set(Move):
            assert entry.from_state in row_of(Move(entry.move)).sources
        else:
            assert entry.from_state is entry.to_state


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_nothing_corrupts_a_case(memory: Engine, context: CaseContext, steps: list[tuple[Step, int]]) -> None:
    """After each step, legal or refused, every invariant holds; a refused one changes nothing."""
    with memory.connect() as connection, connection.begin() as outer:
        now_ms, applied, deadlines = NINE_MS, list[Transition](), dict[int, int]()
        for step, minutes in steps:
            now_ms += minutes * MINUTE_MS + 1
            flow.tick(connection, now_ms, context)
            before = _rows(connection)
            try:
                _do(connection, step, now_ms, context, applied)
            except (MoveRefused, Conflict, NotFound):
                assert _rows(connection) == before
            flow.tick(connection, now_ms, context)
            _check(connection, now_ms)
            for case in _cases(connection):
                assert (case.deadline_ms or 0) >= deadlines.get(case.id, 0)
                deadlines[case.id] = case.deadline_ms or 0
        before = _rows(connection)
        flow.apply(connection, applied, now_ms, context)
        flow.tick(connection, now_ms, context)
        assert _rows(connection) == before
        assert audit.verify(connection) is None
        outer.rollback()
