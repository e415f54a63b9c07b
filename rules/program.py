"""Which rules watch which device: rules compiled for quick look-up by property and device."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from ingest.model import Device, Series
from rules.conditions._base import ClockCondition, ValueCondition
from rules.model import Rule
from rules.watch import ValueRules, quiet

DEFAULT_LATENESS_S = 120


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Program:
    """Compiled rules. `by_property` holds those that judge values, `clock` those that judge silence."""

    rules: Mapping[str, Rule]
    by_property: Mapping[str, tuple[tuple[Rule, ValueCondition], ...]]
    clock: tuple[tuple[Rule, ClockCondition], ...]
    devices: Mapping[str, Device]
    lateness_ms: int
    attributes: tuple[str, ...]
    _found: dict[tuple[str | None, ...], tuple[ValueRules, tuple[float, float]]] = dataclasses.field(
        default_factory=dict
    )

    def watching(self, series: Series) -> tuple[ValueRules, tuple[float, float]]:
        """Return the rules that judge the observations of a series, and the interval that is quiet for all of them.

        Devices that are alike in the attributes that rules select by share the answer.
        """
        alike = (series.property.name, *(_attribute(series.device, name) for name in self.attributes))
        found = self._found.get(alike)
        if found is None:
            rules = self.by_property.get(series.property.name, ())
            chosen = tuple(pair for pair in rules if selects(pair[0], series.device))
            found = self._found[alike] = chosen, quiet(chosen)
        return found

    def timing(self, device: Device) -> tuple[tuple[Rule, ClockCondition], ...]:
        """Return the rules that judge the silence of a device."""
        return tuple(pair for pair in self.clock if selects(pair[0], device))


def compile_rules(rules: Sequence[Rule], devices: Iterable[Device], *, lateness_s: int = DEFAULT_LATENESS_S) -> Program:
    """Return the program of these rules; `lateness_s` is how late an observation may come and still be judged.

    `devices` are those whose silence is judged; observations of others are judged all the same.
    """
    by_property: dict[str, list[tuple[Rule, ValueCondition]]] = {}
    clock = []
    for rule in rules:
        condition = rule.condition
        if condition.reads == "clock":
            clock.append((rule, condition))
        else:
            for observed_property in condition.properties:
                by_property.setdefault(observed_property, []).append((rule, condition))
    return Program(
        rules={rule.id: rule for rule in rules},
        by_property={name: tuple(watching) for name, watching in by_property.items()},
        clock=tuple(clock),
        devices={device.id: device for device in devices},
        lateness_ms=lateness_s * 1000,
        attributes=tuple(sorted({"domain"} | {attribute for rule in rules for attribute, _ in rule.where})),
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
