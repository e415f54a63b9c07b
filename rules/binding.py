"""The engine's state, and how it is bound to a program: which rows go on, which series are watched, who is due.

Stored are the rows alone. What was heard of whom begins anew at start; recent samples do too, unless they are recalled
(`rules.recall`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

from ingest.model import Device, Series, series_id
from rules import cadence
from rules.due import Due, Entry
from rules.gathering import Gathering
from rules.hours import PREFIX, Hours
from rules.model import Subject
from rules.program import Program
from rules.samples import Samples
from rules.state import RuleState
from rules.watch import NEVER_MS, Ear, Feed, Presence, Watch

GATEWAY = "gateway"


@dataclasses.dataclass(slots=True, eq=False)
class EngineState:
    """`rows` is all that is stored, by (rule id, subject id); the rest is found again at start.

    `settled_ms`: every device counts as heard of then. `gatherings`: of areas, and of those devices that do not rest;
    `standing`: those that are kept also at rest, by series, each with its feed.
    `orphans`: rows that the program no longer runs, to be ended by the next step or check.
    `kept`: samples of series that a former program watched. `cadences`: of devices that do not declare theirs;
    `hours`: of series that are held against weeks.
    """

    rows: dict[tuple[str, str], RuleState] = dataclasses.field(default_factory=dict)
    program: Program | None = None
    settled_ms: int = 0
    watches: dict[int, Ear] = dataclasses.field(default_factory=dict)
    presences: dict[str, Presence] = dataclasses.field(default_factory=dict)
    gatherings: dict[tuple[str, str], Gathering] = dataclasses.field(default_factory=dict)
    standing: dict[Watch, list[tuple[Feed, Gathering]]] = dataclasses.field(default_factory=dict)
    due: Due = dataclasses.field(default_factory=Due)
    orphans: dict[tuple[str, str], RuleState] = dataclasses.field(default_factory=dict)
    kept: dict[int, Samples] = dataclasses.field(default_factory=dict)
    cadences: dict[str, cadence.Cadence] = dataclasses.field(default_factory=dict)
    hours: Hours = dataclasses.field(default_factory=Hours)


def bind(program: Program, state: EngineState, now_ms: int) -> None:
    """Fit the state to a program that it has not run yet; samples of series that go on being watched are kept."""
    if state.program is None:
        state.settled_ms = state.settled_ms or now_ms
    state.program = program
    state.kept |= {series: watch.alone() for series, watch in state.watches.items() if isinstance(watch, Watch)}
    state.watches.clear()
    state.gatherings.clear()
    state.standing.clear()
    _keep_hours(program, state)
    for presence in state.presences.values():
        presence.watches = presence.silent = ()
        presence.device = None
        presence.rest()
    for (rule_id, subject_id), row in list(state.rows.items()):
        rule = program.rules.get(rule_id)
        if rule is None or row.rule_version != rule.version or not program.has_subject(rule, subject_id):
            state.orphans[rule_id, subject_id] = state.rows.pop((rule_id, subject_id))
        elif rule.condition.reads == "clock":
            presence = presence_of(state, subject_id)
            presence.silent += (rule_id,)
            presence.wake()
    _learn(program, state)
    state.due = Due((rule.id for rule, _ in program.clock), program.devices)
    for device in program.devices.values():
        state.due.push(due_of(program, state, device))


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


def due_of(program: Program, state: EngineState, device: Device) -> list[Entry]:
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
    return state.settled_ms if presence is None else max(presence.seen_ms, state.settled_ms)


def gateway_is_in_doubt(program: Program, state: EngineState, device: Device, expected_ms: int) -> bool:
    """Tell whether a gateway above a device was not heard of since the device ought to have spoken again.

    Then the silence may be the gateway's. One that never says anything of its own, is never in doubt.
    """
    above, passed = device.parent, {device.id}
    while above is not None and above not in passed:
        passed.add(above)
        parent, presence = program.devices.get(above), state.presences.get(above)
        if parent is not None and parent.kind == GATEWAY and presence is not None and presence.device is not None:
            return presence.seen_ms < expected_ms
        above = parent.parent if parent is not None else None
    return False


def admit(program: Program, state: EngineState, series: Series) -> Ear:
    """Begin to hear of a series of which nothing was seen yet."""
    presence = presence_of(state, series.device.id)
    if presence.device is None:
        presence.device = series.device
        if series.device.id in state.cadences:
            presence.wake()
    plan = program.plan(series)
    if plan.is_mute:
        state.watches[series.id] = presence
        return presence
    watch = state.watches[series.id] = Watch(plan, presence)
    presence.watches += (watch,)
    kept = state.kept.pop(series.id, None)
    if kept is not None:
        watch.take_over(kept)
    _join(program, state, watch)
    if kept is not None:
        refresh(state, (watch,))
    if plan.keeping.fine_ms is not None:
        state.hours.watch((series.device.id, series.property.name), watch)
    arm(state, watch)
    return watch


def _join(program: Program, state: EngineState, watch: Watch) -> None:
    for feed in watch.plan.feeds:
        if feed.lazy:
            gathering = state.gatherings.get((feed.rule.id, watch.device.id))
            if gathering is not None:
                gathering.join(watch)
        else:
            for subject_id in program.subjects(feed.rule, feed.condition, watch.device):
                gathering = _gathering(state, feed, subject_id)
                gathering.join(watch)
                state.standing.setdefault(watch, []).append((feed, gathering))


def refresh(state: EngineState, watches: Iterable[Watch]) -> list[Gathering]:
    """Have all that series feed find out again, from their samples, what is so; return what they feed."""
    found = {id(one): one for watch in watches for _, one in state.standing.get(watch, ())}
    for watch in watches:
        for feed in watch.plan.feeds:
            if feed.lazy:
                gathering = state.gatherings.get((feed.rule.id, watch.device.id)) or begin(state, watch, feed)
                found[id(gathering)] = gathering
    for gathering in found.values():
        gathering.refresh()
    return list(found.values())


def begin(state: EngineState, watch: Watch, feed: Feed) -> Gathering:
    """Keep what is so of a subject of which nothing was kept while it rested."""
    gathering = _gathering(state, feed, watch.device.id)
    for one in watch.presence.watches:
        if any(other.rule is feed.rule for other in one.plan.feeds):
            gathering.join(one)
    gathering.refresh()
    return gathering


def arm(state: EngineState, watch: Watch) -> None:
    """Have a watch judge everything while something about it is not quiet.

    A condition of one device that has steps needs to be asked only when a step is over: it rests until then. What is
    kept of subjects that can be found again is let go.
    """
    rows, device_id = state.rows, watch.device.id
    awake = bool(watch.others or watch.presence.silent or device_id in state.cadences or is_stirred(state, watch))
    lateness_ms = state.program.lateness_ms if state.program else 0
    quiet, resting, since_ms, until_ms = [], [], 0, NEVER_MS
    for feed, gathering in fed(state, watch):
        can_be_quiet = feed.low <= feed.high
        if can_be_quiet:
            quiet.append((feed.low, feed.high))
        is_still = (feed.rule.id, device_id if gathering is None else gathering.subject.id) not in rows and (
            gathering is None or gathering.may_rest(lateness_ms)
        )
        if can_be_quiet and is_still:
            resting.append(feed)
            continue
        every_ms = feed.every_ms
        open_ms = _open_ms(watch, feed, gathering) if every_ms else 0
        if open_ms and (gathering is None or gathering.anchor == device_id):
            since_ms, until_ms = max(since_ms, open_ms - every_ms + 1), min(until_ms, open_ms + 1)
            if not can_be_quiet:
                resting.append(feed)
        else:
            awake = True
    for feed in resting:
        if feed.lazy:
            state.gatherings.pop((feed.rule.id, device_id), None)
    if awake:
        watch.wake()
    else:
        watch.rest(quiet, since_ms, until_ms)


def is_stirred(state: EngineState, watch: Watch) -> bool:
    """Tell whether a rule that judges values of a series has a state: then it is asked about quiet values too."""
    device_id = watch.device.id
    return any((rule.id, device_id) in state.rows for rule, _ in watch.plan.values)


def fed(state: EngineState, watch: Watch) -> Iterator[tuple[Feed, Gathering | None]]:
    """Yield what a series feeds: by which feed, and what is kept of the subject."""
    for feed in watch.plan.feeds:
        if feed.lazy:
            yield feed, state.gatherings.get((feed.rule.id, watch.device.id))
    yield from state.standing.get(watch, ())


def _open_ms(watch: Watch, feed: Feed, gathering: Gathering | None) -> int:
    """Return the first event of a condition with steps that is not judged yet; 0 if that is not known."""
    if gathering is not None:
        return gathering.open_ms
    if feed.low <= feed.high:
        return 0
    return -(-watch.samples_for(feed.rule.quality).last_ms() // feed.every_ms) * feed.every_ms


def _gathering(state: EngineState, feed: Feed, subject_id: str) -> Gathering:
    rule, key = feed.rule, (feed.rule.id, subject_id)
    gathering = state.gatherings.get(key)
    if gathering is None:
        subject = Subject(kind=rule.subject, id=subject_id)
        anchor = subject_id if rule.subject == "device" else None
        gathering = state.gatherings[key] = Gathering(rule, feed.condition, subject, anchor, {}, [])
    return gathering
