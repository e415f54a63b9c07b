"""Scenarios: what happens in a run, as a YAML file in `scenarios/` (the head of `evening.yaml` shows every field).

An incident is planned by its effect, its time after the start, and how many devices it befalls; the seed draws which of
those that fit. A scenario with `repeat_every` does it all again, each time to other devices.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Annotated

import pydantic

from ingest.located import Fault, load_yaml, validate
from ingest.model import Device
from simulators.faults import FAULTS
from simulators.incidents import EFFECTS, Incident
from simulators.noise import draw

FOLDER = Path(__file__).with_name("scenarios")
_UNITS_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def duration_ms(text: object) -> int:
    """Return the milliseconds of `90s`, `5m`, `2h` or `1d`; raises ValueError."""
    if isinstance(text, str) and (match := re.fullmatch(r"(\d{1,6})([smhd])", text)):
        return int(match[1]) * _UNITS_MS[match[2]]
    raise ValueError(f"{text!r} is not a duration such as 90s, 5m, 2h or 1d")


def _known(names: Iterable[str], word: str) -> pydantic.AfterValidator:
    def check(name: str) -> str:
        if name not in names:
            raise ValueError(f"{name!r} is not {word} ({', '.join(names)})")
        return name

    return pydantic.AfterValidator(check)


DurationMs = Annotated[int, pydantic.BeforeValidator(duration_ms)]
Share = Annotated[float, pydantic.Field(ge=0, le=1)]


class _Model(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class Plan(_Model):
    """Incidents of one effect: `count` of them, `at` after the start, on devices that have `where`."""

    effect: Annotated[str, _known(EFFECTS, "an effect")]
    at: DurationMs
    count: Annotated[int, pydantic.Field(ge=1, le=1_000)] = 1
    where: dict[str, str] = {}
    false_fixes: Annotated[int, pydantic.Field(ge=0, le=3)] = 0


class Title(_Model):
    """The same text in Chinese and English."""

    zh: str
    en: str


class Scenario(_Model):
    """A scenario file."""

    version: Annotated[int, pydantic.Field(ge=1, le=1)]
    title: Title
    start: pydantic.AwareDatetime
    duration: DurationMs
    repeat_every: DurationMs | None = None
    rain_mm_h: Annotated[float, pydantic.Field(ge=0, le=300)] = 0.0
    faults: dict[Annotated[str, _known(FAULTS, "a fault")], Share] = {}
    incidents: tuple[Plan, ...] = ()

    @property
    def start_ms(self) -> int:
        """Return the time that the scenario is written for."""
        return (self.start - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(milliseconds=1)


def names() -> tuple[str, ...]:
    """Return the scenarios that are shipped."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def load(path: Path) -> tuple[Scenario | None, tuple[Fault, ...]]:
    """Read a scenario; return it, or every fault of the file with its line."""
    document = load_yaml(path)
    if isinstance(document, Fault):
        return None, (document,)
    scenario = validate(Scenario, document)
    return (scenario, ()) if isinstance(scenario, Scenario) else (None, scenario)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """Turns a scenario into incidents on the devices of a site."""

    scenario: Scenario
    devices: tuple[Device, ...]
    seed: int

    def plan(self, start_ms: int, turn: int = 0, busy: Collection[str] = ()) -> tuple[Incident, ...]:
        """Return the incidents of the turn (0, 1, …) that begins at `start_ms`; no device gets two, a busy one none.

        Raises ValueError where fewer devices fit than the scenario asks for.
        """
        taken = set(busy)
        incidents: list[Incident] = []
        for wanted in self.scenario.incidents:
            fitting = [one for one in self.devices if _fits(one, wanted) and one.id not in taken]
            if len(fitting) < wanted.count:
                raise ValueError(f"{wanted.effect}: {wanted.count} devices are wanted, and {len(fitting)} fit")
            lots = {one.id: draw(self.seed, "befalls", wanted.effect, turn, one.id) for one in fitting}
            for device in sorted(fitting, key=lambda one: lots[one.id])[: wanted.count]:
                taken.add(device.id)
                incidents.append(_incident(f"{turn + 1}-{len(incidents) + 1:02d}", wanted, device, start_ms))
        return tuple(incidents)


def _incident(number: str, wanted: Plan, device: Device, start_ms: int) -> Incident:
    effect = EFFECTS[wanted.effect]
    return Incident(
        id=number,
        effect=wanted.effect,
        domain=device.domain,
        category=effect.category,
        device_id=device.id,
        cell=device.cell,
        start_ms=start_ms + wanted.at,
        fixed_ms=None if effect.lasts_s is None else start_ms + wanted.at + effect.lasts_s * 1000,
        false_fixes_planned=wanted.false_fixes,
    )


def _fits(device: Device, wanted: Plan) -> bool:
    return device.kind == EFFECTS[wanted.effect].kind and all(
        device.attributes.get(name) == value for name, value in wanted.where.items()
    )
