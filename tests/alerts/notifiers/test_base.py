"""The recording notifier keeps the contract of the real ones: deliver, or raise NotifyError."""

from __future__ import annotations

import pytest

from alerts.errors import NotifyError
from alerts.notifiers._base import Notice, Notifier, RecordingNotifier

NOTICE = Notice(about="alert", about_id=1, event=1, channel="mqtt", address="a", payload="{}", retained=True)


def test_recording_notifier_delivers_after_its_failures() -> None:
    """It raises what it was given, one a call, then keeps what it is sent."""
    notifier: Notifier = RecordingNotifier(failures=(NotifyError("away", retryable=True),))

    with pytest.raises(NotifyError, match="away"):
        notifier.send(NOTICE)
    notifier.send(NOTICE)

    assert isinstance(notifier, RecordingNotifier)
    assert notifier.sent == [NOTICE]
