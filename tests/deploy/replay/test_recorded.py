"""Recorded messages in JSON lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.replay.recorded import Message, is_topic, parse, read
from ingest.located import Fault


@pytest.mark.parametrize(
    "line, expected",
    [
        (
            b'{"at": "2026-07-01T08:00:00Z", "topic": "a/b", "payload": {"v": [1, null]}, "note": "x"}',
            Message(1_782_892_800_000, "a/b", b'{"v":[1,null]}'),
        ),
        (b'{"at": 1782892800000, "topic": "a", "payload_b64": "AP8="}', Message(1_782_892_800_000, "a", b"\x00\xff")),
        ('{"topic": "格", "payload": "满"}'.encode(), Message(None, "格", "满".encode())),
        (b'{"topic": "a", "payload": null}', Message(None, "a", b"null")),
    ],
)
def test_parse(line: bytes, expected: Message) -> None:
    """A line gives topic, bytes and time."""
    assert parse(line) == expected


@pytest.mark.parametrize(
    "line, expected",
    [
        (b"{", "is not JSON: Input data was truncated"),
        (b"7", "is not a JSON object"),
        (b'{"payload": 1}', "topic None is not one that can be published to"),
        (b'{"topic": "a/+/b", "payload": 1}', "topic 'a/+/b' is not one that can be published to"),
        (b'{"topic": "a"}', "has not exactly one of payload and payload_b64"),
        (b'{"topic": "a", "payload": 1, "payload_b64": ""}', "has not exactly one of payload and payload_b64"),
        (b'{"topic": "a", "payload_b64": "?"}', "payload_b64 is not base64"),
        (b'{"topic": "a", "payload_b64": 7}', "payload_b64 is not base64"),
        (b'{"topic": "a", "payload": 1, "at": "noon"}', "at is 'noon', not an RFC 3339 time"),
        (b'{"topic": "a", "payload": 1, "at": -5}', "at is -5 ms, not between 1970 and 9999"),
        (b'{"topic": "a", "payload": 1, "at": true}', "at is True, not an RFC 3339 time"),
        (
            b'{"topic": "a", "payload": 1, "at": "2026-07-01T08:00:00"}',
            "at is '2026-07-01T08:00:00', which has no time zone",
        ),
    ],
)
def test_parse_faults(line: bytes, expected: str) -> None:
    """A line that is no message is told as what it is."""
    assert parse(line) == expected


def test_read(tmp_path: Path) -> None:
    """Blank lines are passed over, faults have their line."""
    file = tmp_path / "frames.jsonl"
    file.write_bytes(b'{"topic": "a", "payload": 1}\n\nnonsense\n{"topic": "b", "payload": 2}')

    assert list(read(file)) == [
        Message(None, "a", b"1"),
        Fault(str(file), 3, "is not JSON: JSON is malformed: invalid character (byte 4)"),
        Message(None, "b", b"2"),
    ]
    assert list(read(tmp_path / "none")) == [
        Fault(str(tmp_path / "none"), 1, "cannot be read: No such file or directory")
    ]


def test_is_topic() -> None:
    """A topic has letters, no wildcards, no NUL, and at most 65,535 bytes."""
    assert is_topic("a/b")
    assert not any(is_topic(topic) for topic in ("", "#", "a/+", "a\0", "\udcff", "a" * 65_536))
