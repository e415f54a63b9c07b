"""The outbox: order, back-off, giving up, and identity."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from alerts.errors import NotifyError
from alerts.notifiers._base import Notice, RecordingNotifier
from alerts.store import outbox
from tests.alerts.conftest import Rows

NOTICE = Notice(about="case", about_id=1, event=1, channel="mqtt", address="a", payload="{}", retained=True)


def _put(connection: Connection, **changes: object) -> None:
    outbox.put(connection, msgspec.structs.replace(NOTICE, **changes), 1000)


def test_put_twice_is_once(connection: Connection, rows: Rows) -> None:
    """The same event about the same case to the same address is one notice."""
    _put(connection)
    _put(connection, payload="{1}")

    assert [row["payload"] for row in rows("outbox")] == ["{}"]


def test_due_is_in_order_and_limited(connection: Connection) -> None:
    """The oldest first, no more than asked for, and nothing that was sent."""
    for event in (1, 2, 3):
        _put(connection, event=event)
    outbox.mark_sent(connection, (1,), 1000)

    assert [notice.event for notice in outbox.due(connection, 1000, limit=1)] == [2]
    assert [notice.event for notice in outbox.due(connection, 1000)] == [2, 3]


def test_a_failure_holds_back_its_own_address_only(connection: Connection) -> None:
    """A later state must not be overtaken by an earlier one that is tried again; others are not held up."""
    for event, address in ((1, "a"), (2, "b"), (3, "a")):
        _put(connection, event=event, address=address)
    first = outbox.due(connection, 1000)[0]

    outbox.mark_failed(connection, first, "away", 1000, retryable=True, draw=1.0)

    assert [notice.event for notice in outbox.due(connection, 1000)] == [2]
    outbox.mark_sent(connection, (2,), 1000)
    assert [notice.event for notice in outbox.due(connection, 1000 + outbox.FIRST_WAIT_MS)] == [1, 3]


def test_giving_up_lets_the_next_pass(connection: Connection, rows: Rows) -> None:
    """What cannot be delivered is not tried again and keeps its reason."""
    _put(connection, event=1)
    _put(connection, event=2)
    first = outbox.due(connection, 1000)[0]

    outbox.mark_failed(connection, first, "no such topic", 1000, retryable=False)

    assert [notice.event for notice in outbox.due(connection, 1000)] == [2]
    assert (rows("outbox")[0]["last_error"], rows("outbox")[0]["attempts"]) == ("no such topic", 1)


@pytest.mark.parametrize(
    "attempts, draw, expected",
    [
        # the first failure: at most half a second
        (0, 1.0, 500),
        # the bound doubles
        (1, 1.0, 1000),
        (4, 0.5, 4000),
        # up to five minutes
        (20, 1.0, 300_000),
        (10_000, 1.0, 300_000),
        # never at once
        (0, 0.0, 1),
    ],
)
def test_wait(attempts: int, draw: float, expected: int) -> None:
    """After so many failures, with this draw, the pause is this long."""
    assert outbox.wait_ms(attempts, draw) == expected


@given(st.integers(0, 1000), st.floats(0, 1))
def test_wait_is_bounded(attempts: int, draw: float) -> None:
    """No pause is longer than the longest."""
    assert 1 <= outbox.wait_ms(attempts, draw) <= outbox.LONGEST_WAIT_MS


def test_retry_until_delivered(connection: Connection) -> None:
    """A channel that fails twice delivers the third time, once, and the pauses grow."""
    notifier = RecordingNotifier("mqtt", failures=(NotifyError("away", retryable=True),) * 2)
    _put(connection)
    now_ms, waits = 1000, []

    for _ in range(3):
        (notice,) = outbox.due(connection, now_ms)
        try:
            notifier.send(notice)
        except NotifyError as exc:
            outbox.mark_failed(connection, notice, str(exc), now_ms, retryable=exc.retryable, draw=1.0)
            assert outbox.due(connection, now_ms) == ()
            waits.append(outbox.wait_ms(notice.attempts, 1.0))
            now_ms += waits[-1]
        else:
            outbox.mark_sent(connection, (notice.id,), now_ms)

    assert waits == [500, 1000]
    assert [notice.attempts for notice in notifier.sent] == [2]
    assert outbox.due(connection, now_ms) == ()
