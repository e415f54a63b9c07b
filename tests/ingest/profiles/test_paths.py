"""Paths into decoded objects."""

from __future__ import annotations

import pytest

from ingest.profiles.paths import getter, parse

OBJECT = {
    "t": 1,
    "sensor": {"air": {"t": 2}},
    "pm2.5": {"value": 3},
    "list": [{"depth": 4}, 5],
    "messages": [[{"id": "7", "v": 6}], [{"id": 8, "v": 7}, {"Battery(%)": 9}]],
}


@pytest.mark.parametrize(
    "text, expected",
    [
        ("t", 1),
        ("sensor.air.t", 2),
        ("'pm2.5'.value", 3),
        ("list[0].depth", 4),
        ("list[1]", 5),
        ("list.depth", 4),
        ("messages[id=7].v", 6),
        ("messages[id=8].v", 7),
        ("messages.Battery(%)", 9),
        ("list[9]", None),
        ("t.t", None),
        ("t[0]", None),
        ("sensor[0]", None),
        ("messages[id=9].v", None),
        ("absent.t", None),
    ],
)
def test_get(text: str, expected: object) -> None:
    """A path leads to a value, or to nothing; lists within lists are one list."""
    path = parse(text)

    assert path is not None
    assert expected == getter(OBJECT)(path)


@pytest.mark.parametrize(
    "text", ["", ".", "a.", "a..b", "a.[0]", "[0]", "[id=7]", "a[", "a[]", "a[-1]", "a[b", "'a", "a]b"]
)
def test_no_path(text: str) -> None:
    """What is not a path is told from one."""
    assert parse(text) is None
