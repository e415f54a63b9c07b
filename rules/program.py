"""Which rules watch which device: rules compiled for quick look-up by property and device."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from ingest.model import Device, Series
from rules.conditions._base import ClockCondition, SampleCondition, ValueCondition
from rules.conditions._lift import anywhere
from rules.model import COUNTED, Rule
from rules.nearby import Adjoining, Near, Nearby
from rules.samples import MOST_IN_WINDOW, MOST_REMEMBERED, Keeping
from rules.view import Locale
from rules.watch import Feed, Plan, quiet

DEFAULT_LATENESS_S = 120
_DIGITS = {"cell": 15, "subdistrict": 9}
SampleRules = tuple[tuple[Rule, SampleCondition], ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Program:
    """Compiled rules: by property those that judge values and samples, `clock` those that judge silence.

    `attributes`: by which attributes of devices rules select, and the values that they name.
    """

    rules: Mapping[str, Rule]
    by_property: Mapping[str, tuple[tuple[Rule, ValueCondition], ...]]
    samples_by_property: Mapping[str, SampleRules]
    clock: tuple[tuple[Rule, ClockCondition], ...]
    devices: Mapping[str, Device]
    lateness_ms: int
    attributes: Mapping[str, frozenset[str]]
    locale: Locale
    _plans: dict[tuple[str | None, ...], Plan] = dataclasses.field(default_factory=dict)
    _nearby: dict[str, Nearby | Adjoining] = dataclasses.field(default_factory=dict)
    _areas: dict[str, dict[str, list[Device]]] = dataclasses.field(default_factory=dict)

    def plan(self, series: Series) -> Plan:
        """Return how a series is watched. Devices alike in what rules select by share one plan."""
        told = ((_attribute(series.device, name), named) for name, named in self.attributes.items())
        alike = (series.property.name, *(value if value in named else None for value, named in told))
        plan = self._plans.get(alike)
        if plan is None:
            plan = self._plans[alike] = self._plan(series)
        return plan

    def _plan(self, series: Series) -> Plan:
        name = series.property.name
        values = tuple(pair for pair in self.by_property.get(name, ()) if selects(pair[0], series.device))
        samples = [pair for pair in self.samples_by_property.get(name, ()) if selects(pair[0], series.device)]
        feeds = tuple(Feed(rule, one, *one.quiet(name), one.every_ms, _is_lazy(rule, one)) for rule, one in samples)
        keep_ms = fine_ms = self.lateness_ms
        for _, condition in samples:
            more_ms = self.lateness_ms + 2 * condition.every_ms
            keep_ms, fine_ms = max(keep_ms, condition.span_ms + more_ms), max(fine_ms, condition.fine_ms + more_ms)
        most = MOST_IN_WINDOW if samples else MOST_REMEMBERED
        keeping = Keeping(keep_ms, most, fine_ms if fine_ms < keep_ms else None)
        others = {rule.quality for rule, _ in (*values, *samples)} - {COUNTED}
        return Plan(name, values, quiet(values), feeds, keeping, tuple(sorted(others)))

    def timing(self, device: Device) -> tuple[tuple[Rule, ClockCondition], ...]:
        """Return the rules that judge the silence of a device."""
        return tuple(pair for pair in self.clock if selects(pair[0], device))

    def holds_against_weeks(self, device_id: str, observed_property: str) -> bool:
        """Tell whether a rule looks at the medians of hours of a series."""
        device = self.devices.get(device_id)
        return device is not None and any(
            condition.fine_ms < condition.span_ms and selects(rule, device)
            for rule, condition in self.samples_by_property.get(observed_property, ())
        )

    def subjects(self, rule: Rule, condition: SampleCondition, device: Device) -> tuple[str, ...]:
        """Return the ids of the subjects of a rule that a device belongs to."""
        digits = _DIGITS.get(rule.subject)
        if digits is not None:
            return (device.cell[:digits],)
        return (device.id, *self.around(rule, condition, device)) if condition.near else (device.id,)

    def around(self, rule: Rule, condition: SampleCondition, device: Device) -> tuple[str, ...]:
        """Return the ids of the devices around one, itself left out, that a rule with neighbours selects."""
        nearby = self._nearby.get(rule.id)
        if nearby is None:
            chosen = [one for one in self.devices.values() if selects(rule, one)]
            nearby = self._nearby[rule.id] = self._index(chosen, condition.near)
        return nearby.of(device)

    def _index(self, devices: Iterable[Device], near: Near | None) -> Nearby | Adjoining:
        if near is None or near.within_m is None:
            return Adjoining(devices, self.locale.touching)
        return Nearby(devices, near.within_m)

    def has_subject(self, rule: Rule, subject_id: str) -> bool:
        """Tell whether a rule may speak about a subject: some device that it selects belongs to it."""
        if rule.subject in _DIGITS:
            return subject_id in self._by_area(rule)
        device = self.devices.get(subject_id)
        return device is not None and selects(rule, device)

    def seen_by(self, rule: Rule, condition: SampleCondition, subject_id: str) -> tuple[Device, ...]:
        """Return the devices that a rule looks at to judge a subject: those of the area, or one and its neighbours."""
        if rule.subject in _DIGITS:
            return tuple(self._by_area(rule).get(subject_id, ()))
        device = self.devices.get(subject_id)
        if device is None:
            return ()
        around = self.around(rule, condition, device) if condition.near else ()
        return (device, *(self.devices[one] for one in around))

    def _by_area(self, rule: Rule) -> dict[str, list[Device]]:
        areas = self._areas.get(rule.id)
        if areas is None:
            areas = self._areas[rule.id] = {}
            for device in self.devices.values():
                if selects(rule, device):
                    areas.setdefault(device.cell[: _DIGITS[rule.subject]], []).append(device)
        return areas


def compile_rules(
    rules: Sequence[Rule],
    devices: Iterable[Device],
    *,
    lateness_s: int = DEFAULT_LATENESS_S,
    locale: Locale = Locale(),  # noqa: B008 - immutable
) -> Program:
    """Return the program of these rules; `lateness_s` is how late an observation may come and still be judged.

    `devices` are those whose silence is judged; observations of others are judged all the same. `locale`: the zone and
    the working days of rules that look at the time of day.
    """
    values: dict[str, list[tuple[Rule, ValueCondition]]] = {}
    samples: dict[str, list[tuple[Rule, SampleCondition]]] = {}
    clock = []
    for rule in rules:
        condition = rule.condition
        if condition.reads == "clock":
            clock.append((rule, condition))
        elif condition.reads == "values" and rule.subject == "device":
            for observed_property in condition.properties:
                values.setdefault(observed_property, []).append((rule, condition))
        else:
            judging = condition if condition.reads == "samples" and rule.subject == "device" else anywhere(condition)
            for observed_property in judging.properties:
                samples.setdefault(observed_property, []).append((rule, judging))
    return Program(
        rules={rule.id: rule for rule in rules},
        by_property={name: tuple(watching) for name, watching in values.items()},
        samples_by_property={name: tuple(judging) for name, judging in samples.items()},
        clock=tuple(clock),
        devices={device.id: device for device in devices},
        lateness_ms=lateness_s * 1000,
        attributes=_attributes(rules),
        locale=locale,
    )


def _is_lazy(rule: Rule, condition: SampleCondition) -> bool:
    """Tell whether what a gathering knows can be found again from samples, when it was let go at rest.

    It is the device's alone, and either all that it sees can be quiet, or it is one series.
    """
    if rule.subject in _DIGITS or condition.near:
        return False
    intervals = [condition.quiet(name) for name in condition.properties]
    return len(intervals) == 1 or all(low <= high for low, high in intervals)


def _attributes(rules: Iterable[Rule]) -> dict[str, frozenset[str]]:
    named: dict[str, set[str]] = {}
    for rule in rules:
        for attribute, allowed in (("domain", (rule.domain,)), *rule.where):
            named.setdefault(attribute, set()).update(allowed)
    return {attribute: frozenset(values) for attribute, values in named.items()}


def selects(rule: Rule, device: Device) -> bool:
    """Return True if the rule speaks about the device: every attribute of `where` matches.

    `id`, `kind` and `domain` are attributes too; a rule that does not name a domain there selects its own.
    """
    named = False
    for attribute, allowed in rule.where:
        named = named or attribute == "domain"
        if _attribute(device, attribute) not in allowed:
            return False
    return named or device.domain == rule.domain


def _attribute(device: Device, name: str) -> str | None:
    if name == "kind":
        return device.kind
    if name == "domain":
        return device.domain
    return device.id if name == "id" else device.attributes.get(name)
