"""eKuiper's window cases about the same thing: what a tumbling or a sliding window holds (docs/conformance.md)."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from rules.model import State
from tests.rules.conformance.feeding import PROPERTY, rule, told

pytestmark = pytest.mark.corpora


class Corpus(NamedTuple):
    """The cases by name, and the messages of each stream in the order in which they came."""

    cases: dict[str, dict[str, Any]]
    streams: dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def corpus(corpora: Path) -> Corpus:
    """Read cases and streams."""
    folder = corpora / "ekuiper-window-tests"
    cases = json.loads((folder / "window-rules.cases.json").read_text(encoding="utf-8"))["cases"]
    streams = json.loads((folder / "streams.json").read_text(encoding="utf-8"))
    return Corpus(
        {case["name"]: case for case in cases}, {name: [one["msg"] for one in rows] for name, rows in streams.items()}
    )


def count(folder: Path, over_s: int, windows: str, at_least: int, times_ms: list[int]) -> list[int]:
    """Return the times (ms) at which a count over a window is first seen to be so many."""
    body = (
        f"when:\n  window: {{property: {PROPERTY}, function: count, over: {over_s}s, windows: {windows}, "
        f"at_least: {at_least}}}"
    )
    made = told(rule(folder, body), [(at_ms / 1000, 1.0) for at_ms in times_ms])
    return [one.since_ms for _, transitions in made for one in transitions if one.state is State.FIRING]


def large(messages: list[dict[str, Any]]) -> list[int]:
    """Return the times of the messages with a size above 2."""
    return [one["ts"] for one in messages if one["size"] > 2]


def test_tumbling_window_that_is_full(corpus: Corpus, tmp_path: Path) -> None:
    """`TestWindowRule8`: windows lie on whole seconds, and the one with more than one value is found, at its end."""
    case = corpus.cases["TestWindowRule8"]
    assert "tumblingwindow(ss, 1)" in case["sql"]
    (row,) = (row for emission in case["expected_emissions"] for row in emission)
    later = corpus.streams["demo"][-1]["ts"] + 1_000

    found = count(tmp_path, 1, "tumbling", row["c"], [*large(corpus.streams["demo"]), later])

    assert found == [row["window_end"]]


def test_tumbling_windows(corpus: Corpus, tmp_path: Path) -> None:
    """`TestWindowRule2`: a window without a value is no result here; the others hold what theirs hold."""
    case = corpus.cases["TestWindowRule2"]
    sizes = [len(emission) for emission in case["expected_emissions"]]
    times = large(corpus.streams["demo"])
    ends = Counter(-(-at_ms // 1_000) * 1_000 for at_ms in times)

    assert list(ends.values()) == [size for size in sizes if size]
    for end_ms, size in ends.items():
        inside = [at_ms for at_ms in times if end_ms - 1_000 < at_ms <= end_ms]
        assert count(tmp_path, 1, "tumbling", size, [*inside, end_ms + 1]) == [end_ms]
        assert count(tmp_path, 1, "tumbling", size + 1, [*inside, end_ms + 1]) == []


def test_sliding_windows(corpus: Corpus, tmp_path: Path) -> None:
    """`TestWindowRule4`: a window of two seconds ends with an event and holds of each colour what theirs holds."""
    case = corpus.cases["TestWindowRule4"]
    over_s = int(re.findall(r"SlidingWindow\(ss, (\d+)\)", case["sql"])[0])
    messages = corpus.streams["demo"]
    last = dict.fromkeys(("red", "blue", "yellow"), 0)
    for emission in case["expected_emissions"]:
        wanted = {row["color"]: row["c"] for row in emission}
        ends = [
            one["ts"] for one in messages
            if Counter(m["color"] for m in messages if one["ts"] - over_s * 1_000 < m["ts"] <= one["ts"]) == wanted
        ]  # fmt: skip
        assert len(ends) == 1, wanted
        for colour, size in wanted.items():
            times = [m["ts"] for m in messages if m["color"] == colour and m["ts"] <= ends[0]]
            found = count(tmp_path, over_s, "sliding", size, times)
            assert found
            last[colour] = found[-1]
    assert all(last.values())


def test_a_late_value_is_in_its_window(corpus: Corpus, tmp_path: Path) -> None:
    """`TestEventWindow…` by event time: values that come out of order lie in the window of their own time."""
    messages = corpus.streams["demoE"]
    times = [one["ts"] for one in messages]
    assert times != sorted(times)

    for order in (times, sorted(times)):
        busiest = max(Counter(-(-at_ms // 2_000) * 2_000 for at_ms in times).values())
        assert count(tmp_path, 2, "tumbling", busiest + 1, [*order, max(times) + 4_000]) == []
        assert count(tmp_path, 2, "tumbling", busiest, [*order, max(times) + 4_000])
