"""Notices over MQTT: what is published, and which faults can be retried."""

from __future__ import annotations

import msgspec
import pytest

from alerts.errors import NotifyError
from alerts.notifiers._base import Notice
from alerts.notifiers.mqtt import NOTIFIER, MqttNotifier
from ingest.plugins import find

NOTICE = Notice(about="case", about_id=1, event=1, channel="mqtt", address="wangge/x", payload="{}", retained=True)


def _published(notice: Notice) -> list[tuple[str, bytes, int, bool]]:
    sent: list[tuple[str, bytes, int, bool]] = []
    MqttNotifier(lambda *message: sent.append(message)).send(notice)
    return sent


def test_retained_notice_stays_on_its_topic() -> None:
    """One retained message, at least once."""
    assert _published(NOTICE) == [("wangge/x", b"{}", 1, True)]


def test_last_notice_is_told_and_clears_the_topic() -> None:
    """Told plainly first, so that nobody misses it, then the topic is cleared with an empty message."""
    sent = _published(msgspec.structs.replace(NOTICE, retained=False))

    assert sent == [("wangge/x", b"{}", 1, False), ("wangge/x", b"", 1, True)]


@pytest.mark.parametrize(
    "error, expected, retryable",
    [
        # the broker is away: later it may be there
        (ConnectionRefusedError(111, "Connection refused"), "mqtt: Connection refused", True),
        (OSError("the broker is away"), "mqtt: the broker is away", True),
        # a topic that is none will never be one
        (ValueError("no wildcards"), "mqtt: 'wangge/x' cannot be published to: no wildcards", False),
    ],
)
def test_faults(error: Exception, expected: str, retryable: bool) -> None:  # noqa: FBT001 - a table
    """Each fault says whether trying again can help."""

    def publish(*_message: object) -> None:
        raise error

    with pytest.raises(NotifyError) as caught:
        MqttNotifier(publish).send(NOTICE)

    assert (str(caught.value), caught.value.retryable) == (expected, retryable)


def test_found_by_its_folder() -> None:
    """The folder's notifiers are found by name."""
    assert find("alerts.notifiers", "NOTIFIER")["mqtt"] is NOTIFIER
