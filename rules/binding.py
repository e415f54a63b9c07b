"""The engine's state, and how it is bound to a program: which rows go on, which series are watched, who is due.

Stored are the rows alone. What was heard of whom, and the recent observations of quiet series, begin anew at start.
"""

from __future__ import annotations

import dataclasses
import heapq
from array import array

from ingest.model import Series
from rules.program import Program, selects
from rules.state import RuleState
from rules.watch import Presence, Watch


@dataclasses.dataclass(slots=True, eq=False)
class EngineState:
    """`rows` is all that is stored, by (rule id, subject id); the rest is found again at start.

    `settled_ms`: every device counts as heard of then. `due`: a heap of (time, rule id, device id) at which a device
    may have become silent. `orphans`: rows that the program no longer runs, to be ended by the next step or check.
    """

    rows: dict[tuple[str, str], RuleState] = dataclasses.field(default_factory=dict)
    program: Program | None = None
    settled_ms: int = 0
    watches: dict[int, Watch] = dataclasses.field(default_factory=dict)
    presences: dict[str, Presence] = dataclasses.field(default_factory=dict)
    due: list[tuple[int, str, str]] = dataclasses.field(default_factory=list)
    orphans: dict[tuple[str, str], RuleState] = dataclasses.field(default_factory=dict)


def bind(program: Program, state: EngineState, now_ms: int) -> None:
    """Fit the state to a program that it has not run yet."""
    if state.program is None:
        state.settled_ms = state.settled_ms or now_ms
    state.program = program
    state.watches.clear()
    for presence in state.presences.values():
        presence.seen_ms = presence.last_seen_ms()
        presence.watches = presence.silent = ()
    state.due.clear()
    for (rule_id, device_id), row in list(state.rows.items()):
        rule, device = program.rules.get(rule_id), program.devices.get(device_id)
        if rule is None or row.rule_version != rule.version or device is None or not selects(rule, device):
            state.orphans[rule_id, device_id] = state.rows.pop((rule_id, device_id))
        elif rule.condition.reads == "clock":
            presence_of(state, device_id).silent += (rule_id,)
    for device in program.devices.values():
        for rule, condition in program.timing(device):
            if (rule.id, device.id) not in state.rows:
                due_ms = last_seen_ms(state, device.id) + condition.silent_after_ms(device.cadence_s)
                state.due.append((due_ms, rule.id, device.id))
    heapq.heapify(state.due)


def presence_of(state: EngineState, device_id: str) -> Presence:
    """Return what is remembered of a device; one not heard of yet counts as heard of when we began."""
    presence = state.presences.get(device_id)
    if presence is None:
        presence = state.presences[device_id] = Presence(state.settled_ms)
    return presence


def last_seen_ms(state: EngineState, device_id: str) -> int:
    """Return when a device was last heard of, or counted as heard of."""
    presence = state.presences.get(device_id)
    return state.settled_ms if presence is None else max(presence.last_seen_ms(), state.settled_ms)


def admit(program: Program, state: EngineState, series: Series) -> Watch:
    """Begin to watch a series of which nothing was seen yet."""
    presence = presence_of(state, series.device.id)
    rules, interval = program.watching(series)
    watch = Watch(
        low=interval[0],
        high=interval[1],
        seen_ms=presence.seen_ms,
        recent=array("d") if rules else None,
        rules=rules,
        quiet=interval,
        device_id=series.device.id,
        presence=presence,
    )
    presence.watches += (watch,)
    state.watches[series.id] = watch
    arm(state, watch)
    return watch


def arm(state: EngineState, watch: Watch) -> None:
    """Have a watch judge everything while something about it is not quiet."""
    if watch.presence.silent or any((rule.id, watch.device_id) in state.rows for rule, _ in watch.rules):
        watch.wake()
    else:
        watch.rest()
