"""The engine's state, and how it is bound to a program: which rows go on, which series are watched, who is due.

Stored are the rows alone. What was heard of whom begins anew at start; recent samples do too, unless they are recalled
(`rules.recall`).
"""

from __future__ import annotations

import dataclasses
import heapq

from ingest.model import Device, Series, series_id
from rules import cadence
from rules.conditions._base import SampleCondition
from rules.gathering import Gathering
from rules.hours import PREFIX, Hours
from rules.model import COUNTED, Rule, Subject
from rules.program import Program
from rules.samples import MOST_IN_WINDOW, MOST_REMEMBERED, Samples
from rules.state import RuleState
from rules.view import Member
from rules.watch import NEVER_MS, Feed, Presence, Qualities, Watch

GATEWAY = "gateway"


@dataclasses.dataclass(slots=True, eq=False)
class EngineState:
    """`rows` is all that is stored, by (rule id, subject id); the rest is found again at start.

    `settled_ms`: every device counts as heard of then. `due`: a heap of (time, rule id, device id) at which a device
    may have become silent. `orphans`: rows that the program no longer runs, to be ended by the next step or check.
    `kept`: samples of series that a former program watched. `cadences`: of devices that do not declare theirs;
    `hours`: of series that are held against weeks.
    """

    rows: dict[tuple[str, str], RuleState] = dataclasses.field(default_factory=dict)
    program: Program | None = None
    settled_ms: int = 0
    watches: dict[int, Watch] = dataclasses.field(default_factory=dict)
    presences: dict[str, Presence] = dataclasses.field(default_factory=dict)
    gatherings: dict[tuple[str, str], Gathering] = dataclasses.field(default_factory=dict)
    due: list[tuple[int, str, str]] = dataclasses.field(default_factory=list)
    orphans: dict[tuple[str, str], RuleState] = dataclasses.field(default_factory=dict)
    kept: dict[int, Samples] = dataclasses.field(default_factory=dict)
    cadences: dict[str, cadence.Cadence] = dataclasses.field(default_factory=dict)
    hours: Hours = dataclasses.field(default_factory=Hours)


def bind(program: Program, state: EngineState, now_ms: int) -> None:
    """Fit the state to a program that it has not run yet; samples of series that go on being watched are kept."""
    if state.program is None:
        state.settled_ms = state.settled_ms or now_ms
    state.program = program
    state.kept |= {series: watch.samples for series, watch in state.watches.items() if watch.samples is not None}
    state.watches.clear()
    state.gatherings.clear()
    _keep_hours(program, state)
    for presence in state.presences.values():
        presence.seen_ms = presence.last_seen_ms()
        presence.watches = presence.silent = ()
        presence.members = None
    state.due.clear()
    for (rule_id, subject_id), row in list(state.rows.items()):
        rule = program.rules.get(rule_id)
        if rule is None or row.rule_version != rule.version or not program.has_subject(rule, subject_id):
            state.orphans[rule_id, subject_id] = state.rows.pop((rule_id, subject_id))
        elif rule.condition.reads == "clock":
            presence_of(state, subject_id).silent += (rule_id,)
    _learn(program, state)
    for device in program.devices.values():
        state.due += due_of(program, state, device)
    heapq.heapify(state.due)


def _keep_hours(program: Program, state: EngineState) -> None:
    """Go on with the hours of those series that are still held against weeks; forget the others."""
    state.hours.forget()
    for name in [name for name in state.hours.kept if not program.holds_against_weeks(*name)]:
        del state.hours.kept[name]
        state.kept.pop(series_id(*name), None)
        state.orphans[PREFIX + name[1], name[0]] = RuleState(rule_version="")


def _learn(program: Program, state: EngineState) -> None:
    """Learn the cadences of those devices whose silence is judged and that do not declare theirs; forget the others."""
    learning = {one.id for one in program.devices.values() if not one.cadence_declared and program.timing(one)}
    for device_id in state.cadences.keys() - learning:
        del state.cadences[device_id]
        state.orphans[cadence.KEY, device_id] = RuleState(rule_version="")
    for device_id in learning - state.cadences.keys():
        state.cadences[device_id] = cadence.Cadence()


def cadence_s(state: EngineState, device: Device) -> int | None:
    """Return how often a device speaks, in seconds, declared or learned; None while that is not known."""
    if device.cadence_declared:
        return device.cadence_s
    learned = state.cadences.get(device.id)
    return None if learned is None else learned.learned_s


def due_of(program: Program, state: EngineState, device: Device) -> list[tuple[int, str, str]]:
    """Return when a device may have become silent, for each rule that does not say so already."""
    every_s = cadence_s(state, device)
    if every_s is None:
        return []
    seen_ms = last_seen_ms(state, device.id)
    return [
        (seen_ms + condition.silent_after_ms(every_s), rule.id, device.id)
        for rule, condition in program.timing(device)
        if (rule.id, device.id) not in state.rows
    ]


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


def gateway_is_in_doubt(program: Program, state: EngineState, device: Device, expected_ms: int) -> bool:
    """Tell whether a gateway above a device was not heard of since the device ought to have spoken again.

    Then the silence may be the gateway's. One that never says anything of its own, is never in doubt.
    """
    above, passed = device.parent, {device.id}
    while above is not None and above not in passed:
        passed.add(above)
        parent, presence = program.devices.get(above), state.presences.get(above)
        if parent is not None and parent.kind == GATEWAY and presence is not None and presence.watches:
            return presence.last_seen_ms() < expected_ms
        above = parent.parent if parent is not None else None
    return False


def admit(program: Program, state: EngineState, series: Series) -> Watch:
    """Begin to watch a series of which nothing was seen yet."""
    presence = presence_of(state, series.device.id)
    found = program.watching(series)
    keep_ms = fine_ms = program.lateness_ms
    for _, condition in found.samples:
        more_ms = program.lateness_ms + 2 * condition.every_ms
        keep_ms, fine_ms = max(keep_ms, condition.span_ms + more_ms), max(fine_ms, condition.fine_ms + more_ms)
    thin_ms = fine_ms if fine_ms < keep_ms else None
    most = MOST_IN_WINDOW if found.samples else MOST_REMEMBERED
    others = {rule.quality for rule, _ in (*found.values, *found.samples)} - {COUNTED}
    watch = Watch(
        low=found.quiet[0],
        high=found.quiet[1],
        seen_ms=presence.seen_ms,
        samples=Samples(keep_ms, most, thin_ms) if found.values or found.samples else None,
        rules=found.values,
        quiet=found.quiet,
        device_id=series.device.id,
        presence=presence,
        others={quality: Samples(keep_ms, most, thin_ms) for quality in sorted(others)} if others else None,
    )
    presence.watches += (watch,)
    state.watches[series.id] = watch
    kept = state.kept.pop(series.id, None)
    if kept is not None and watch.samples is not None:
        watch.samples.take_over(kept)
    for rule, condition in found.samples:
        member = _member(presence, series, watch, rule.quality)
        for subject_id in program.subjects(rule, condition, series.device):
            gathering = _gathering(state, rule, condition, subject_id)
            gathering.members.setdefault(series.device.id, member)
            gathering.watches.append(watch)
            watch.feeds += (Feed(gathering, *condition.quiet(series.property.name)),)
    if kept is not None:
        for feed in watch.feeds:
            feed.gathering.refresh()
    if thin_ms is not None and watch.samples is not None:
        state.hours.watch((series.device.id, series.property.name), watch.samples)
    arm(state, watch)
    return watch


def arm(state: EngineState, watch: Watch) -> None:
    """Have a watch judge everything while something about it is not quiet.

    A condition of one device that has steps needs to be asked only when a step is over: it rests until then.
    """
    rows = state.rows
    watch.stirred = any((rule.id, watch.device_id) in rows for rule, _ in watch.rules)
    if watch.stirred or watch.others or watch.presence.silent or watch.device_id in state.cadences:
        watch.wake()
        return
    lateness_ms = state.program.lateness_ms if state.program else 0
    quiet, since_ms, until_ms = [], 0, NEVER_MS
    for feed in watch.feeds:
        gathering = feed.gathering
        is_still = (gathering.rule.id, gathering.subject.id) not in rows and gathering.may_rest(lateness_ms)
        if is_still and feed.low <= feed.high:
            quiet.append(feed)
        elif gathering.every_ms and gathering.open_ms and gathering.anchor == watch.device_id:
            since_ms = max(since_ms, gathering.open_ms - gathering.every_ms + 1)
            until_ms = min(until_ms, gathering.open_ms + 1)
            quiet += [feed] if feed.low <= feed.high else []
        else:
            watch.wake()
            return
    watch.rest(quiet, since_ms, until_ms)


def _member(presence: Presence, series: Series, watch: Watch, quality: Qualities) -> Member:
    if presence.members is None:
        presence.members = {}
    member = presence.members.get(quality)
    if member is None:
        member = presence.members[quality] = Member(series.device, {})
    member.series[series.property.name] = watch.samples_for(quality)
    return member


def _gathering(state: EngineState, rule: Rule, condition: SampleCondition, subject_id: str) -> Gathering:
    key = rule.id, subject_id
    gathering = state.gatherings.get(key)
    if gathering is None:
        subject = Subject(kind=rule.subject, id=subject_id)
        anchor = subject_id if rule.subject == "device" else None
        gathering = state.gatherings[key] = Gathering(rule, condition, subject, anchor, {}, [])
    return gathering
