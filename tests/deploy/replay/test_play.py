"""Files become one stream in order of time, published when each message is due."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.replay.play import messages, play, survey
from deploy.replay.recorded import Message


def lines(path: Path, *content: str) -> Path:
    """Write a file of JSON lines."""
    path.write_text("\n".join(content) + "\n", encoding="utf-8")
    return path


def test_messages_in_order_of_time(tmp_path: Path) -> None:
    """Two files are merged by time; a message without time stays behind the one before it."""
    one = lines(
        tmp_path / "1.jsonl",
        '{"at": 1000, "topic": "a", "payload": 1}',
        '{"topic": "a", "payload": 2}',
        '{"at": 3000, "topic": "a", "payload": 3}',
    )
    two = lines(tmp_path / "2.jsonl", '{"at": 2000, "topic": "b", "payload": 4}', "nonsense")
    count, faults = survey([one, two], None)

    assert [message.payload for message in messages([one, two], None)] == [b"1", b"2", b"4", b"3"]
    assert count == 4
    assert [(fault.file, fault.line) for fault in faults] == [(str(two), 2)]


def test_csv_needs_a_mapping(tmp_path: Path) -> None:
    """A CSV file alone says nothing."""
    count, faults = survey([tmp_path / "x.CSV"], None)

    assert count == 0
    assert [fault.message for fault in faults] == ["a CSV file needs --mapping, which says what its columns are"]


@pytest.mark.parametrize("speed, expected", [(1.0, [0.0, 1.5, 0.0]), (60.0, [0.0, 0.025, 0.0]), (None, [])])
def test_play_waits(speed: float | None, expected: list[float]) -> None:
    """A message is published when it is due: a late one at once, one without time right behind, all at full speed."""
    stream = [Message(1000, "a", b"1"), Message(None, "a", b"2"), Message(2500, "a", b"3"), Message(500, "a", b"4")]
    waits: list[float] = []
    published: list[tuple[str, bytes]] = []
    counts = list(play(stream, lambda topic, payload: published.append((topic, payload)), waits.append, speed))

    assert waits == pytest.approx(expected)
    assert counts == [1, 2, 3, 4]
    assert [payload for _, payload in published] == [b"1", b"2", b"3", b"4"]
