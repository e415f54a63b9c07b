"""One step or check under way: judges what the quick look could not pass over, and collects what it gives."""

from __future__ import annotations

import dataclasses
import heapq
import operator

from ingest.model import Observation
from rules import sentences
from rules.binding import EngineState, arm, last_seen_ms, presence_of
from rules.conditions._base import ValueCondition, Verdict
from rules.lateness import put
from rules.model import Evidence, Rule, State, Subject, Transition
from rules.program import Program
from rules.state import Phase, RuleState, pack
from rules.watch import Presence, Watch, drives

DEVICE = "device"
_phenomenon_time_ms = operator.attrgetter("phenomenon_time_ms")
RowKey = tuple[str, str, str]
"""(rule id, subject kind, subject id): the key of a stored row."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a step or a check gave: transitions in order, rows to write (None: to delete).

    `too_late` counts observations that rules would have had to judge, but that came later than the bound allows.
    """

    transitions: tuple[Transition, ...] = ()
    changed: dict[RowKey, bytes | None] = dataclasses.field(default_factory=dict)
    too_late: int = 0


class Work:
    """One step or check under way: collects what it gives."""

    def __init__(self, program: Program, state: EngineState) -> None:
        self._program, self._state = program, state
        self._transitions: list[Transition] = []
        self._changed: dict[tuple[str, str], bool] = {}  # → was there a row before
        self._too_late = 0

    def done(self) -> Step:
        """Return what was given, with the rows that changed."""
        rows = self._state.rows
        changed: dict[RowKey, bytes | None] = {}
        for key in sorted(self._changed):
            row = rows.get(key)
            if row is not None:
                changed[key[0], DEVICE, key[1]] = pack(row)
            elif self._changed[key]:
                changed[key[0], DEVICE, key[1]] = None
        return Step(transitions=tuple(self._transitions), changed=changed, too_late=self._too_late)

    def judge(self, awake: list[Observation]) -> None:
        """Judge observations that may change something, each series in time order."""
        awake.sort(key=_phenomenon_time_ms)
        touched: dict[int, Watch] = {}
        for observation in awake:
            watch = self._state.watches[observation.series.id]
            touched[observation.series.id] = watch
            if watch.presence.silent:
                self._hear(observation, watch.presence)
            if watch.rules:
                self._judge(observation, watch)
        for watch in touched.values():
            arm(self._state, watch)

    def _judge(self, observation: Observation, watch: Watch) -> None:
        if drives(observation):
            at = observation.phenomenon_time_ms, observation.value
            too_late = False
            for rule, condition in watch.rules:
                row = self._row(rule, condition, watch, observation.value)
                if row is None:
                    continue
                told = put(rule, condition, row, at, self._program.lateness_ms)
                if told is None:
                    too_late = True
                    continue
                self._keep(rule.id, watch.device_id, row)
                for item in told:
                    self._transitions.append(
                        sentences.observed(rule, condition, watch.device_id, item, observation.result_time_ms)
                    )
            self._too_late += too_late
            watch.remember(observation, self._program.lateness_ms)

    def _row(self, rule: Rule, condition: ValueCondition, watch: Watch, value: float) -> RuleState | None:
        row = self._state.rows.get((rule.id, watch.device_id))
        if row is None and condition.judge(value) is Verdict.HOLDS:
            row = RuleState(rule_version=rule.version, history=watch.history(self._program.lateness_ms))
        return row

    def _keep(self, rule_id: str, device_id: str, row: RuleState) -> None:
        rows, key = self._state.rows, (rule_id, device_id)
        self._changed.setdefault(key, key in rows)
        if row.is_quiet:
            rows.pop(key, None)
        else:
            rows[key] = row

    def _hear(self, observation: Observation, presence: Presence) -> None:
        """End the silence of a device."""
        state, device_id = self._state, observation.device_id
        evidence = Evidence(
            device_id=device_id,
            observed_property=observation.observed_property,
            value=observation.value,
            phenomenon_time_ms=observation.phenomenon_time_ms,
        )
        for rule_id in presence.silent:
            since_ms = max(observation.result_time_ms, state.rows.pop((rule_id, device_id)).phase.since_ms)
            rule = self._program.rules[rule_id]
            self._transitions.append(sentences.heard(rule, evidence, since_ms, observation.result_time_ms))
            self._changed.setdefault((rule_id, device_id), True)
            heapq.heappush(state.due, (since_ms, rule_id, device_id))
        presence.silent = ()
        for watch in presence.watches:
            arm(state, watch)

    def judge_silence(self, now_ms: int) -> None:
        """Fire for devices of which nothing was heard for too long."""
        state, due = self._state, self._state.due
        while due and due[0][0] < now_ms:
            _, rule_id, device_id = heapq.heappop(due)
            rule, device = self._program.rules[rule_id], self._program.devices[device_id]
            condition = rule.condition
            if condition.reads != "clock":  # pragma: no cover - only rules of the clock are due
                continue
            seen_ms = last_seen_ms(state, device_id)
            since_ms = seen_ms + condition.silent_after_ms(device.cadence_s)
            if since_ms >= now_ms:
                heapq.heappush(due, (since_ms, rule_id, device_id))
                continue
            phase = Phase(State.FIRING, since_ms, seen_ms)
            row = RuleState(rule_version=rule.version, phase=phase, base=phase, shown=(State.FIRING, since_ms))
            self._keep(rule_id, device_id, row)
            presence = presence_of(state, device_id)
            presence.silent += (rule_id,)
            for watch in presence.watches:
                watch.wake()
            self._transitions.append(sentences.silent(rule, condition, device, seen_ms, since_ms))

    def end_orphans(self, now_ms: int) -> None:
        """End what fires of rules that changed, and of rules and devices that are gone."""
        for (rule_id, device_id), row in self._state.orphans.items():
            self._changed[rule_id, device_id] = True
            if row.shown is not None and row.is_shown_firing:
                subject = Subject(kind=DEVICE, id=device_id)
                since_ms = max(now_ms, row.shown[1])
                self._transitions.append(sentences.ended(rule_id, row.rule_version, subject, since_ms))
        self._state.orphans.clear()
