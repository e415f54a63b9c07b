"""What a file of this folder exports: `NOTIFIER`, a kind of notifier by name; and what it is given: a `Notice`.

A notifier sends one notice or raises `NotifyError`, which says whether trying again can help. It does not retry, wait
or log: the outbox does (`alerts.store.outbox`).
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from alerts.errors import NotifyError

__all__ = ["Notice", "Notifier", "NotifyError", "RecordingNotifier"]


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """Something to tell: about an `alert` or a `case`, its event number, over a channel, to an address.

    `payload` is JSON. `retained`: the address keeps it until the next one; if not, what it kept is taken back.
    """

    about: str
    about_id: int
    event: int
    channel: str
    address: str
    payload: str
    retained: bool
    id: int = 0
    attempts: int = 0


class Notifier(Protocol):
    """Delivers notices of one channel."""

    name: str

    def send(self, notice: Notice) -> None:
        """Deliver, or raise NotifyError."""


class RecordingNotifier:
    """Keeps what it was asked to send (for tests); raises the errors of `failures` first, one a call."""

    def __init__(self, name: str = "recording", failures: tuple[NotifyError, ...] = ()) -> None:
        self.name = name
        self.sent: list[Notice] = []
        self._failures = list(failures)

    def send(self, notice: Notice) -> None:
        """Deliver to the list, or raise the next failure."""
        if self._failures:
            raise self._failures.pop(0)
        self.sent.append(notice)
