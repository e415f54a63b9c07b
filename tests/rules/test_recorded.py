"""Series and labels in files: what is read, and what is refused with file and line."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from rules.backtest import Window
from rules.errors import RecordedError
from rules.recorded import cadence_s, labels_of, read_labels, read_series

NANNING = ZoneInfo("Asia/Shanghai")


def series(folder: Path, text: str) -> Path:
    """Write a file."""
    path = folder / "series.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_series(tmp_path: Path) -> None:
    """Values come in order of time; gaps are no values; a zone is taken where a time has none."""
    path = series(tmp_path, "timestamp,value\n1970-01-01 08:01:00,2\n1970-01-01T00:00:00Z,1.5\n\n1970-01-01 08:02,\n")

    assert read_series(path, NANNING) == [(0, 1.5), (60_000, 2.0)]


@pytest.mark.parametrize("text", ["1767225600,7", "1767225600.0,7", "1767225600000,7", "2026-01-01T08:00:00+08:00,7"])
def test_times(tmp_path: Path, text: str) -> None:
    """Seconds and milliseconds since 1970 are times too."""
    assert read_series(series(tmp_path, f"time,value\n{text}\n"), NANNING) == [(1_767_225_600_000, 7.0)]


def test_header_is_not_needed(tmp_path: Path) -> None:
    """A file may begin with its values."""
    assert read_series(series(tmp_path, "1970-01-01,7\n"), dt.UTC) == [(0, 7.0)]


@pytest.mark.parametrize(
    "text, message",
    [
        ("time,value\n2026-01-01,1,2\n", "series.csv:2: has 3 columns instead of time,value"),
        ("time,value\nyesterday,1\n", "series.csv:2: 'yesterday' is not a time such as 2026-07-01 08:00:00"),
        ("time,value\n2026-01-01,many\n", "series.csv:2: 'many' is not a number"),
        ("time,value\n2026-01-01,nan\n", "series.csv:2: 'nan' is not a finite number"),
        ("time,value\n", "series.csv: holds no value"),
    ],
)
def test_wrong_series(tmp_path: Path, text: str, message: str) -> None:
    """What is wrong is told with its line."""
    with pytest.raises(RecordedError) as raised:
        read_series(series(tmp_path, text), dt.UTC)

    assert message in str(raised.value)


def test_absent_or_not_text(tmp_path: Path) -> None:
    """A file that is not there, or not text, is told by its name."""
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")

    for name, message in (("absent.csv", "No such file"), ("bytes.csv", "is not UTF-8 text")):
        with pytest.raises(RecordedError, match=message):
            read_series(tmp_path / name, dt.UTC)


def test_labels(tmp_path: Path) -> None:
    """Incidents belong to a file by its name or the end of its path."""
    path = tmp_path / "labels.json"
    spans = [["1970-01-01 00:00:01.000000", "1970-01-01 00:00:02"]]
    path.write_text(json.dumps({"real/a.csv": spans, "b.csv": []}), encoding="utf-8")

    labels = read_labels(path, dt.UTC)

    assert labels_of(Path("/data/real/a.csv"), labels) == [Window(1000, 2000)]
    assert [labels_of(Path(name), labels) for name in ("/data/b.csv", "other/a.csv")] == [[], []]


@pytest.mark.parametrize(
    "text, message",
    [
        ("[1]", "is not {file name"),
        ("{", "is not {file name"),
        ('{"a.csv": [["2026-01-02", "2026-01-01"]]}', "a.csv: an incident ends before it starts"),
        ('{"a.csv": [["soon", "2026-01-01"]]}', "a.csv: 'soon' is not a time"),
    ],
)
def test_wrong_labels(tmp_path: Path, text: str, message: str) -> None:
    """Labels of another form are told."""
    path = tmp_path / "labels.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(RecordedError) as raised:
        read_labels(path, dt.UTC)

    assert message in str(raised.value)


def test_cadence() -> None:
    """The usual distance of two values, at least a second."""
    assert [cadence_s([(0, 1.0), (60_000, 1.0), (120_000, 1.0), (999_000, 1.0)]), cadence_s([(0, 1.0)])] == [60, 60]
    assert cadence_s([(0, 1.0), (1, 1.0)]) == 1
