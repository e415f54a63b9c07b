"""One step or check under way: judges what the quick look could not pass over, and collects what it gives."""

from __future__ import annotations

import dataclasses
import operator

from ingest.model import Observation
from rules import cadence, hours, sentences
from rules.binding import (
    EngineState,
    arm,
    cadence_s,
    due_of,
    gateway_is_in_doubt,
    is_stirred,
    last_seen_ms,
    presence_of,
)
from rules.conditions._base import ValueCondition, Verdict
from rules.gathering import Gathering
from rules.judging import Dirty, rejudge
from rules.lateness import put
from rules.model import Evidence, Rule, State, Subject, Transition
from rules.program import Program
from rules.state import INACTIVE, Phase, RuleState, pack
from rules.watch import Presence, Watch, is_value

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
        self._changed: dict[tuple[str, str], str | None] = {}  # → kind of the subject, if there was a row before
        self._learned: set[str] = set()
        self._hours: list[hours.Row] = []
        self._too_late = 0

    def done(self) -> Step:
        """Return what was given, with the rows that changed."""
        rows = self._state.rows
        changed: dict[RowKey, bytes | None] = {}
        for (rule_id, subject_id), kind in sorted(self._changed.items(), key=operator.itemgetter(0)):
            row = rows.get((rule_id, subject_id))
            if row is not None:
                changed[rule_id, row.kind, subject_id] = pack(row)
            elif kind is not None:
                changed[rule_id, kind, subject_id] = None
        for device_id in sorted(self._learned):
            changed[cadence.KEY, DEVICE, device_id] = cadence.pack(self._state.cadences[device_id])
        for (device_id, observed_property), packed in self._hours:
            changed[hours.PREFIX + observed_property, DEVICE, device_id] = packed
        return Step(transitions=tuple(self._transitions), changed=changed, too_late=self._too_late)

    def keep_hours(self) -> None:
        """Write down the hours that are over, of a few series."""
        self._hours = self._state.hours.take()

    def judge(self, awake: list[Observation], over: list[Observation]) -> None:
        """Judge observations that may change something, in time order; `over`: those with which only a step is over."""
        awake.sort(key=_phenomenon_time_ms)
        dirty = Dirty(self._program, self._state)
        watches = self._state.watches
        ended = {one.series.id: watches[one.series.id] for one in over}.values()
        concerned = {id(watch): watch for watch in ended if isinstance(watch, Watch) and dirty.end_step(watch)}
        for observation in awake:
            watch = watches[observation.series.id]
            self._live(observation, watch.presence)
            if isinstance(watch, Watch):
                concerned[id(watch)] = watch
                self._take(observation, watch, dirty)
        received_ms = max(one.result_time_ms for one in (*awake, *over))
        for gathering, from_ms in dirty.in_order():
            self._gathered(gathering, from_ms, received_ms)
            if gathering.every_ms and gathering.anchor is not None:
                concerned |= {id(watch): watch for watch in gathering.watches}  # the next step is open now
        for watch in concerned.values():
            watch.tidy()
            arm(self._state, watch)
        for watch in ended:
            if isinstance(watch, Watch) and id(watch) not in concerned:
                watch.newest_ms = -1

    def _take(self, observation: Observation, watch: Watch, dirty: Dirty) -> None:
        if not is_value(observation):
            return
        in_time, (low, high) = True, watch.plan.quiet
        if watch.plan.values and (not low <= observation.value <= high or is_stirred(self._state, watch)):
            in_time = self._judge(observation, watch)
        if watch.plan.feeds:
            in_time &= dirty.touch(observation, watch)
        self._too_late += not in_time
        watch.remember(observation)

    def _judge(self, observation: Observation, watch: Watch) -> bool:
        """Judge a value; False if it came too late for a rule that would have had to."""
        at, device_id = (observation.phenomenon_time_ms, observation.value), observation.device_id
        in_time = True
        for rule, condition in watch.plan.values:
            if observation.quality not in rule.quality:
                continue
            row = self._row(rule, condition, watch, observation.value)
            if row is None:
                continue
            told = put(rule, condition.each, row, at, self._program.lateness_ms)
            if told is None:
                in_time = False
                continue
            self._keep(rule.id, device_id, row)
            for item in told:
                self._transitions.append(
                    sentences.observed(rule, condition, device_id, item, observation.result_time_ms)
                )
        return in_time

    def _row(self, rule: Rule, condition: ValueCondition, watch: Watch, value: float) -> RuleState | None:
        row = self._state.rows.get((rule.id, watch.device.id))
        if row is None and Verdict.HOLDS in condition.each(value):
            stand = (INACTIVE,) * rule.levels
            history = watch.samples_for(rule.quality).history(self._program.lateness_ms)
            row = RuleState(rule_version=rule.version, stand=stand, base=stand, history=history)
        return row

    def _gathered(self, gathering: Gathering, from_ms: int, received_ms: int) -> None:
        rule, subject = gathering.rule, gathering.subject
        found = rejudge(self._program, self._state.rows.get((rule.id, subject.id)), gathering, from_ms)
        if found is None:
            return
        row, told = found
        self._keep(rule.id, subject.id, row)
        for item in told:
            view = gathering.view(item.move.at_ms, self._program.locale)
            self._transitions.append(sentences.gathered(rule, gathering.condition, subject, view, item, received_ms))

    def _keep(self, rule_id: str, subject_id: str, row: RuleState) -> None:
        rows, key = self._state.rows, (rule_id, subject_id)
        self._changed.setdefault(key, row.kind if key in rows else None)
        if row.is_quiet:
            rows.pop(key, None)
        else:
            rows[key] = row

    def _live(self, observation: Observation, presence: Presence) -> None:
        """Take notice that a device lives."""
        if presence.silent:
            self._hear(observation, presence)
        if observation.series.device.id in self._state.cadences:
            self._learn(observation)

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
            since_ms = max(observation.result_time_ms, state.rows.pop((rule_id, device_id)).stand[0].since_ms)
            rule = self._program.rules[rule_id]
            self._transitions.append(sentences.heard(rule, evidence, since_ms, observation.result_time_ms))
            self._changed.setdefault((rule_id, device_id), DEVICE)
            state.due.push([(since_ms, rule_id, device_id)])
        presence.silent = ()
        if device_id not in state.cadences:
            presence.rest()
        for watch in presence.watches:
            arm(state, watch)

    def _learn(self, observation: Observation) -> None:
        """Learn how often a device speaks; from when that is known on, it may be silent."""
        state, device = self._state, observation.series.device
        learning = state.cadences[device.id]
        is_known = learning.learned_s is not None
        at_ms, received_ms = observation.phenomenon_time_ms, observation.result_time_ms
        if learning.note(observation.series.id, at_ms, received_ms):
            self._learned.add(device.id)
            state.due.push(() if is_known else due_of(self._program, state, device))

    def judge_silence(self, now_ms: int) -> None:
        """Fire for devices of which nothing was heard for too long."""
        state, due = self._state, self._state.due
        while (silent := due.pop(now_ms)) is not None:
            rule_id, device_id = silent
            rule, device = self._program.rules[rule_id], self._program.devices[device_id]
            condition = rule.condition
            if condition.reads != "clock":  # pragma: no cover - only rules of the clock are due
                continue
            seen_ms, every_s = last_seen_ms(state, device_id), cadence_s(state, device)
            if every_s is None:  # pragma: no cover - who is due has a cadence
                continue
            since_ms = seen_ms + condition.silent_after_ms(every_s)
            if since_ms >= now_ms:
                due.push([(since_ms, rule_id, device_id)])
                continue
            if gateway_is_in_doubt(self._program, state, device, seen_ms + 1000 * every_s):
                due.push([(now_ms + 1000 * every_s, rule_id, device_id)])
                continue
            phase = Phase(State.FIRING, since_ms, seen_ms)
            row = RuleState(rule_version=rule.version, stand=(phase,), base=(phase,), shown=(State.FIRING, since_ms, 0))
            self._keep(rule_id, device_id, row)
            presence = presence_of(state, device_id)
            presence.silent += (rule_id,)
            presence.wake()
            for watch in presence.watches:
                watch.wake()
            self._transitions.append(sentences.silent(rule, condition.describe(every_s), device, seen_ms, since_ms))

    def end_orphans(self, now_ms: int) -> None:
        """End what fires of rules that changed, and of rules and devices that are gone."""
        for (rule_id, subject_id), row in self._state.orphans.items():
            self._changed[rule_id, subject_id] = row.kind
            if row.shown is not None and row.is_shown_firing:
                subject = Subject(kind=row.kind, id=subject_id)
                since_ms = max(now_ms, row.shown[1])
                self._transitions.append(sentences.ended(rule_id, row.rule_version, subject, since_ms))
        self._state.orphans.clear()
