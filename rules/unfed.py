"""Rules that no device of a site feeds: none is selected, none reports what is asked for, or none often enough."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from ingest.devices import Register
from ingest.located import Fault
from ingest.model import Device
from rules.conditions._around import words
from rules.conditions._base import Condition
from rules.conditions._joined import Joined
from rules.conditions._lift import Lasting
from rules.conditions.differs_from_neighbours import DiffersFromNeighbours
from rules.conditions.flat_line import FlatLine
from rules.conditions.neighbours_agree import NeighboursAgree
from rules.conditions.rate_of_change import RateOfChange
from rules.conditions.ratio import Ratio
from rules.conditions.repeated import Repeated
from rules.conditions.then import Then
from rules.conditions.window import Window
from rules.durations import write
from rules.program import compile_rules, selects
from rules.schema import Loaded
from rules.view import Locale

_DERIVED = "device."
"""Much of what is said of devices themselves we find out: clocks that are off, places, trust."""
_ENDS = 2


def unfed(
    loaded: Sequence[Loaded], register: Register, touching: Callable[[str], Iterable[str]] | None = None
) -> Iterator[Fault]:
    """Yield what keeps rules from ever being judged at a site; only what its register and profiles tell for certain.

    `touching` tells which cells touch one; without it nothing is said of rules about neighbours by cell.
    """
    for item in loaded:
        devices = [device for device in register.devices.values() if selects(item.rule, device)]
        if not devices:
            yield item.fault(("where",), "selects no device of the site")
            continue
        condition = item.rule.condition
        for name in () if condition.reads == "clock" else condition.properties:
            if not any(_may_report(device, name, register) for device in devices):
                yield item.fault(("when",), f"no device that it selects reports {name}, as their profiles say")
        yield from _alone(item, devices, touching)
        if not all(device.cadence_declared for device in devices):
            continue
        quickest = min(devices, key=lambda device: device.cadence_s)
        for needed, span_ms in (pair for one in _within(condition) for pair in _needs(one)):
            if span_ms < (needed - 1) * quickest.cadence_s * 1000:
                least = f"needs {needed} values in {write(span_ms // 1000)}"
                fault = f"{least}, but no device that it selects reports oftener than each {write(quickest.cadence_s)}"
                yield item.fault(("when",), fault)


def _alone(item: Loaded, devices: Sequence[Device], touching: Callable[[str], Iterable[str]] | None) -> Iterator[Fault]:
    """Yield that no device has as many others around it as a rule needs."""
    rule = item.rule
    for one in _within(rule.condition):
        if not isinstance(one, NeighboursAgree | DiffersFromNeighbours):
            continue
        if touching is None and one.near.within_m is None:
            continue
        needed = one.at_least if isinstance(one, NeighboursAgree) else one.min_neighbours
        locale = Locale() if touching is None else Locale(touching=touching)
        program = compile_rules((rule,), devices, locale=locale)
        if all(len(program.around(rule, one, device)) < needed for device in devices):
            least = f"needs {needed} other devices {words(one.near).en}"
            yield item.fault(("when",), f"{least}, but none that it selects has so many")


def _may_report(device: Device, name: str, register: Register) -> bool:
    """Tell whether a device may report a property; one without a profile may report anything."""
    profile = register.profile(device)
    if profile is None or name.startswith(_DERIVED):
        return True
    told = {reader.property for reader in profile.readers_for(device.kind)}
    growths = {known.increments for one in told if (known := register.property(one)) is not None}
    return name in told | growths


def _within(condition: Condition) -> Iterator[Condition]:
    """Yield a condition and all that stand in it."""
    yield condition
    match condition:
        case Joined():
            for part in condition.parts:
                yield from _within(part)
        case Then():
            yield from _within(condition.first)
            yield from _within(condition.second)
        case Lasting() | Repeated() | NeighboursAgree() | Ratio():
            yield from _within(condition.inner)


def _needs(condition: Condition) -> Iterator[tuple[int, int]]:
    """Yield how many values of one series a condition needs, and within how many milliseconds."""
    match condition:
        case Window():
            yield from ((condition.min_samples, span_ms) for span_ms, _ in condition.parts)
        case FlatLine():
            yield condition.min_samples, condition.over_ms
        case Repeated():
            yield condition.times, condition.within_ms
        case RateOfChange():
            yield _ENDS, condition.over_ms
