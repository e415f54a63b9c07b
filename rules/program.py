"""Which rules watch which device: rules compiled for quick look-up by property and device."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ingest.model import Device, Series
from rules.conditions._base import ClockCondition, SampleCondition, ValueCondition
from rules.conditions._lift import anywhere
from rules.model import Rule
from rules.nearby import Adjoining, Near, Nearby
from rules.view import Locale
from rules.watch import ValueRules, quiet

DEFAULT_LATENESS_S = 120
_DIGITS = {"cell": 15, "subdistrict": 9}
SampleRules = tuple[tuple[Rule, SampleCondition], ...]


class Watching(NamedTuple):
    """The rules that judge the observations of a series, and the interval that is quiet for those of values."""

    values: ValueRules
    quiet: tuple[float, float]
    samples: SampleRules


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Program:
    """Compiled rules: by property those that judge values and samples, `clock` those that judge silence."""

    rules: Mapping[str, Rule]
    by_property: Mapping[str, tuple[tuple[Rule, ValueCondition], ...]]
    samples_by_property: Mapping[str, SampleRules]
    clock: tuple[tuple[Rule, ClockCondition], ...]
    devices: Mapping[str, Device]
    lateness_ms: int
    attributes: tuple[str, ...]
    locale: Locale
    _found: dict[tuple[str | None, ...], Watching] = dataclasses.field(default_factory=dict)
    _nearby: dict[str, Nearby | Adjoining] = dataclasses.field(default_factory=dict)
    _areas: dict[str, dict[str, list[Device]]] = dataclasses.field(default_factory=dict)

    def watching(self, series: Series) -> Watching:
        """Return the rules that judge a series. Devices alike in the attributes that rules select by share them."""
        alike = (series.property.name, *(_attribute(series.device, name) for name in self.attributes))
        found = self._found.get(alike)
        if found is None:
            rules = self.by_property.get(series.property.name, ())
            chosen = tuple(pair for pair in rules if selects(pair[0], series.device))
            samples = self.samples_by_property.get(series.property.name, ())
            judging = tuple(pair for pair in samples if selects(pair[0], series.device))
            found = self._found[alike] = Watching(chosen, quiet(chosen), judging)
        return found

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
        attributes=tuple(sorted({"domain"} | {attribute for rule in rules for attribute, _ in rule.where})),
        locale=locale,
    )


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
