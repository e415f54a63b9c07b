"""Recorded series: CSV files, told by a small YAML file which column is what (`--mapping`).

    site: xixiangtang                       # part of the topic wangge/{site}/up/{device}
    series:
      - files: "speed_*.csv"                # the first entry whose pattern fits a file's name is used for it
        time: {column: timestamp, format: "%Y-%m-%d %H:%M:%S", zone: America/Chicago}
        start: 2026-11-24T08:00:00+08:00    # optional: moves the series, so that it begins then
        device: {column: detector, ids: {"6005": td-001}}      # or one id for the whole file
        values:
          - {column: value, property: traffic.speed, unit: "[mi_i]/h"}

Without `format` a time is ISO 8601; `zone` is that of times which have none. Each row becomes one message in Wangge's
own JSON; an empty cell is no value, a row without values no message.
"""

from __future__ import annotations

import csv
import datetime as dt
import fnmatch
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import pydantic

from deploy.replay.recorded import Message
from ingest.located import Fault, load_yaml, validate
from ingest.normalise import EPOCH, MILLISECOND
from ingest.units import is_known

Item = TypeVar("Item")


def _not_empty(items: tuple[Item, ...]) -> tuple[Item, ...]:
    if not items:
        raise ValueError("has no entry")
    return items


class _Model(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class _Time(_Model):
    column: str
    format: str | None = None
    zone: str | None = None

    @pydantic.field_validator("zone")
    @classmethod
    def _is_zone(cls, zone: str | None) -> str | None:
        try:
            return zone and ZoneInfo(zone).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("is not a time zone (as Asia/Shanghai)") from None


class _DeviceColumn(_Model):
    column: str
    ids: dict[str, str] = {}


class _Value(_Model):
    column: str
    property: str
    unit: str | None = None

    @pydantic.field_validator("unit")
    @classmethod
    def _is_unit(cls, unit: str | None) -> str | None:
        if unit is not None and not is_known(unit):
            raise ValueError("is not a UCUM unit")
        return unit


class SeriesMapping(_Model):
    """How the rows of the files that fit `files` are read."""

    files: str = "*"
    time: _Time
    start: pydantic.AwareDatetime | None = None
    device: str | _DeviceColumn
    values: Annotated[tuple[_Value, ...], pydantic.AfterValidator(_not_empty)]


class Mapping(_Model):
    """A whole mapping file."""

    site: str = pydantic.Field(pattern=r"^[a-z0-9-]+$")
    series: Annotated[tuple[SeriesMapping, ...], pydantic.AfterValidator(_not_empty)]

    def of(self, path: Path) -> SeriesMapping | None:
        """Return the entry for a file, or None."""
        return next((entry for entry in self.series if fnmatch.fnmatchcase(path.name, entry.files)), None)


def load(path: Path) -> tuple[Mapping | None, tuple[Fault, ...]]:
    """Read a mapping file; return it, or every fault in it."""
    document = load_yaml(path)
    if isinstance(document, Fault):
        return None, (document,)
    found = validate(Mapping, document)
    return (found, ()) if isinstance(found, Mapping) else (None, found)


def read(path: Path, mapping: Mapping) -> Iterator[Message | Fault]:
    """Go over the messages of a CSV file, with a fault for each row that cannot be read."""
    file = str(path)
    entry = mapping.of(path)
    if entry is None:
        yield Fault(file, 1, "no entry of the mapping is for this file")
        return
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream)
            missing = [column for column in _columns(entry) if column not in (rows.fieldnames or ())]
            if missing:
                yield Fault(file, 1, f"column {missing[0]!r} is missing from the heading")
                return
            shift_ms: int | None = None
            for row in rows:
                message = _message(row, entry, mapping.site, shift_ms or 0)
                if isinstance(message, Message) and shift_ms is None and message.at_ms is not None:
                    shift_ms = _shift_ms(entry, message.at_ms)
                    message = _message(row, entry, mapping.site, shift_ms)
                if message is not None:
                    yield Fault(file, rows.line_num, message) if isinstance(message, str) else message
    except OSError as exc:
        yield Fault(file, 1, f"cannot be read: {exc.strerror}")
    except (UnicodeDecodeError, csv.Error) as exc:
        yield Fault(file, 1, f"is not UTF-8 CSV: {exc}")


def _columns(entry: SeriesMapping) -> list[str]:
    device = [] if isinstance(entry.device, str) else [entry.device.column]
    return [entry.time.column, *device, *(value.column for value in entry.values)]


def _shift_ms(entry: SeriesMapping, first_ms: int) -> int:
    return 0 if entry.start is None else (entry.start - EPOCH) // MILLISECOND - first_ms


def _message(row: dict[str, Any], entry: SeriesMapping, site: str, shift_ms: int) -> Message | str | None:
    """Return the message of a row, None where it has no value, or what is wrong with it."""
    if None in row or None in row.values():
        return "has not as many fields as the heading"
    at_ms = _time_ms(row[entry.time.column], entry.time)
    if isinstance(at_ms, str):
        return at_ms
    values: dict[str, Any] = {}
    for value in entry.values:
        text = row[value.column].strip()
        number = _number(text)
        if number is None and text:
            return f"{value.column} {text!r} is not a number"
        if number is not None:
            values[value.property] = number if value.unit is None else {"value": number, "unit": value.unit}
    if not values:
        return None
    device = entry.device
    if not isinstance(device, str):
        name = row[device.column]
        device = device.ids.get(name, name)
    payload = {"device_id": device, "time": at_ms + shift_ms, "values": values}
    return Message(at_ms + shift_ms, f"wangge/{site}/up/{device}", msgspec.json.encode(payload))


def _time_ms(text: str, time: _Time) -> int | str:
    try:
        moment = dt.datetime.strptime(text, time.format) if time.format else dt.datetime.fromisoformat(text)  # noqa: DTZ007 - the zone follows
    except ValueError:
        return f"{time.column} {text!r} is not a time in the form {time.format or 'ISO 8601'}"
    if moment.tzinfo is None:
        if time.zone is None:
            return f"{time.column} {text!r} has no time zone: set time.zone in the mapping"
        moment = moment.replace(tzinfo=ZoneInfo(time.zone))
    return (moment - EPOCH) // MILLISECOND


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
