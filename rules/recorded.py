"""Series of the past in files, for back-tests: `time,value` as CSV, and the labelled incidents that belong to them.

    time,value                        {"speed_6005.csv": [["2015-09-16 18:40:00", "2015-09-17 16:24:00"]]}
    2015-08-31 18:22:00,90
    2015-08-31 18:32:00,              an empty value is not an observation

Times are ISO 8601, or seconds or milliseconds since 1970; one without an offset is in the zone that is given. The
header may name the columns otherwise.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import math
import re
import statistics
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pydantic

from rules.backtest import Window
from rules.errors import RecordedError

_COLUMNS = 2
_EPOCH = re.compile(r"\d{9,14}(\.\d+)?")
_LEAST_MS = 1e11  # larger numbers are milliseconds: as seconds they would be after the year 5138


def read_series(path: Path, zone: dt.tzinfo) -> list[tuple[int, float]]:
    """Return (time in ms, value) in order of time; RecordedError with file and line for what is wrong."""
    points: dict[int, float] = {}
    for number, row in enumerate(csv.reader(_text(path).splitlines()), 1):
        if not row or (number == 1 and not row[0][:1].isdigit()):
            continue
        if len(row) != _COLUMNS:
            raise RecordedError(f"{path}:{number}: has {len(row)} columns instead of time,value")
        if not row[1].strip():
            continue
        points[_time(row[0], zone, f"{path}:{number}")] = _value(row[1], f"{path}:{number}")
    if not points:
        raise RecordedError(f"{path}: holds no value: write lines of time,value")
    return sorted(points.items())


def read_labels(path: Path, zone: dt.tzinfo) -> dict[str, list[Window]]:
    """Return the incidents of each file by its name; RecordedError where the file is not of that form."""
    try:
        found = pydantic.TypeAdapter(dict[str, list[tuple[str, str]]]).validate_python(json.loads(_text(path)))
    except (ValueError, pydantic.ValidationError) as exc:
        raise RecordedError(f"{path}: is not {{file name: [[start, end], …]}}: {str(exc).splitlines()[0]}") from exc
    labels: dict[str, list[Window]] = {}
    for name, spans in found.items():
        labels[name] = [Window(*(_time(text, zone, f"{path}: {name}") for text in span)) for span in spans]
        for window in labels[name]:
            if window.end_ms < window.start_ms:
                raise RecordedError(f"{path}: {name}: an incident ends before it starts")
    return labels


def labels_of(path: Path, labels: dict[str, list[Window]]) -> list[Window]:
    """Return the incidents of a file: its name, or the end of its path, is a key of the labels."""
    return next(
        (spans for name, spans in labels.items() if path.parts[-len(Path(name).parts) :] == Path(name).parts), []
    )


def unlabelled(paths: Sequence[Path], labels: dict[str, list[Window]]) -> list[Path]:
    """Return the files that no key of the labels names."""
    keys = [Path(name).parts for name in labels]
    return [path for path in paths if not any(path.parts[-len(key) :] == key for key in keys)]


def cadence_s(points: Sequence[tuple[int, float]]) -> int:
    """Return the usual distance of two values in whole seconds, at least 1."""
    steps = [later[0] - earlier[0] for earlier, later in pairwise(points)]
    return max(1, round(statistics.median(steps) / 1000)) if steps else 60


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as exc:
        raise RecordedError(f"{path}: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise RecordedError(f"{path}: is not UTF-8 text") from exc


def _time(text: str, zone: dt.tzinfo, where: str) -> int:
    if _EPOCH.fullmatch(text.strip()):
        seconds = float(text)
        return round(seconds if seconds >= _LEAST_MS else 1000 * seconds)
    try:
        moment = dt.datetime.fromisoformat(text.strip())
    except ValueError as exc:
        raise RecordedError(f"{where}: {text!r} is not a time such as 2026-07-01 08:00:00") from exc
    return round((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp() * 1000)


def _value(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError as exc:
        raise RecordedError(f"{where}: {text!r} is not a number") from exc
    if not math.isfinite(value):
        raise RecordedError(f"{where}: {text!r} is not a finite number")
    return value
