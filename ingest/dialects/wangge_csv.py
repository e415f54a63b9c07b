"""A batch in Wangge's own vocabulary as CSV (RFC 4180), on the topics of `wangge_json`: long or wide.

    device_id,time,property,value,unit                          long: a line is one observation
    wb-0001,2026-07-01T08:00:00Z,waste.fill_level,0.815,1
    wb-0001,2026-07-01T08:00:00Z,waste.tilt,2.5,

    device_id,time,weather.temperature,weather.pressure Pa      wide: a column is one property, with its unit
    ws-0001,1782892800000,31.5,100120
    ws-0002,1782892800000,31.1,

Columns stand in any order. `time` is an RFC 3339 text with zone, or whole milliseconds since 1970. A value without unit
is in the canonical unit of its property by definition. An empty value of the wide form is none; the long form has no
empty values. UTF-8; semicolons or tabs may stand for the commas, but no decimal comma for the point. The batch is taken
whole or not at all: a refusal names the line.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ingest.dialects._base import MAX_PAYLOAD_BYTES, Dialect, all_or_nothing
from ingest.dialects._wangge import at_line
from ingest.errors import Reason, RefusedError, shown, unacceptable, unreadable
from ingest.model import Frame, Lookup, Observation, Series
from ingest.normalise import bounded_ms, converted, known_device, number, something, time_ms

_KEYS = ("device_id", "time")
_LONG = frozenset({*_KEYS, "property", "value", "unit"})
_SEPARATORS = ",;\t"
_HEADER_BYTES = 4096
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,4})?", re.ASCII)
_MILLISECONDS = re.compile(r"\d{1,15}", re.ASCII)


class _Column(msgspec.Struct, frozen=True):
    """A column of the wide form: where it stands, its property, and the unit that the header states."""

    place: int
    name: str
    unit: str | None


class WanggeCsv:
    """Decodes batches in CSV."""

    name = "wangge_csv"

    def matches(self, topic: str, payload: bytes) -> bool:  # noqa: ARG002 - the topics are those of `wangge_json`
        """Say whether the first line is a header with `device_id` and `time`."""
        return _separator(payload) is not None

    @all_or_nothing
    def decode(self, frame: Frame, lookup: Lookup) -> tuple[Observation, ...]:
        """Return the observations of all lines in order; the first line that cannot be read refuses the batch."""
        rows = _rows(frame.payload)
        _, header = next(rows, (1, []))
        try:
            names = _header(header)
            columns = None if "property" in names else _columns(names, lookup)
        except RefusedError as exc:
            raise at_line(exc, 1) from exc
        found: list[Observation] = []
        moment: str | None = None
        time = 0
        for line, row in rows:
            try:
                if len(row) != len(header):
                    raise unreadable(Reason.SHAPE, f"{len(row)} fields where the header has {len(header)}")
                if row[names["time"]] != moment:
                    moment = row[names["time"]]
                    time = _time(moment)
                for series, value in _values(row, names, columns, lookup):
                    found.append(Observation(series, value, time, frame.received_at_ms))
            except RefusedError as exc:
                raise at_line(exc, line) from exc
        return something(found, frame)


def _separator(payload: bytes) -> str | None:
    """Return what stands between the columns of the header; None where the first line is none."""
    header = payload[:_HEADER_BYTES].split(b"\n", 1)[0]
    for separator in _SEPARATORS:
        columns = [name.strip(b' "\r') for name in header.split(separator.encode())]
        if b"device_id" in columns and b"time" in columns:
            return separator
    return None


def _rows(payload: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a payload, with the line that each ends on; empty lines are skipped."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise unreadable(Reason.TOO_LARGE, f"{len(payload)} bytes are more than {MAX_PAYLOAD_BYTES}")
    try:
        text = payload.decode()
    except UnicodeDecodeError as exc:
        raise unreadable(Reason.NOT_CSV, f"the payload is not UTF-8 text: {exc.reason}") from exc
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(payload) or ",", strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as exc:
        raise unreadable(Reason.NOT_CSV, f"line {reader.line_num}: {exc}") from exc


def _header(header: Sequence[str]) -> dict[str, int]:
    """Return where each column stands; a column that is missing or stands twice is refused."""
    names = {name.strip(): place for place, name in enumerate(header)}
    missing = [name for name in _KEYS if name not in names]
    if "property" in names and "value" not in names:
        missing.append("value")
    if missing:
        raise unreadable(Reason.SHAPE, f"the header has no column {missing[0]}")
    if len(names) < len(header):
        raise unreadable(Reason.SHAPE, "the header has a column twice")
    if "property" in names and not names.keys() <= _LONG:
        raise unreadable(Reason.SHAPE, f"column {shown(min(names.keys() - _LONG))} is none of the long form")
    return names


def _columns(names: Mapping[str, int], lookup: Lookup) -> list[_Column]:
    columns = []
    for title, place in names.items():
        name, _, unit = title.partition(" ")
        if title in _KEYS:
            continue
        if lookup.property(name) is None:
            raise unacceptable(Reason.UNKNOWN_PROPERTY, f"property {shown(name)} is not in the dictionary")
        columns.append(_Column(place, name, unit.strip() or None))
    return columns


def _values(
    row: Sequence[str], names: Mapping[str, int], columns: list[_Column] | None, lookup: Lookup
) -> Iterator[tuple[Series, float]]:
    device_id = row[names["device_id"]]
    table = lookup.series_of(device_id)
    if table is None:
        table = lookup.series_of(known_device(lookup.device(device_id), device_id).id) or {}
    if columns is None:
        name, place = row[names["property"]], names.get("unit")
        columns = [_Column(names["value"], name, (row[place] or None) if place is not None else None)]
    else:
        columns = [column for column in columns if row[column.place]]
    for column in columns:
        try:
            series = table[column.name]
        except KeyError:
            detail = f"property {shown(column.name)} is not in the dictionary"
            raise unacceptable(Reason.UNKNOWN_PROPERTY, detail) from None
        value = _number(row[column.place], column.name)
        yield series, value if column.unit is None else converted(value, column.unit, series, column.name)


def _number(text: str, what: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise unreadable(Reason.NUMBER, f"{what} is {shown(text)}, not a number")
    return number(float(text), what)


def _time(text: str) -> int:
    return bounded_ms(int(text), "time") if _MILLISECONDS.fullmatch(text) else time_ms(text, "time")


DIALECT: Dialect = WanggeCsv()
