"""Errors of the alerts stage.

AlertsError
├── StoreError          the outside: folder, disk, database (`retryable` says whether waiting can help)
├── MoveRefused         a person or a part asks for a move that the case's state, role or guards do not allow
├── Conflict            somebody else changed the row meanwhile (optimistic version)
├── NotFound            there is no such case, alert, task or user
└── NotifyError         a notice could not be delivered (`retryable` says whether trying again can help)
"""

from __future__ import annotations


class AlertsError(Exception):
    """Anything that the alerts stage refuses; its text is one line fit for the person who asked."""


class StoreError(AlertsError):
    """The case store cannot be used: missing folder, read-only or full disk, not a database, other schema version."""

    def __init__(self, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.retryable = retryable


class MoveRefused(AlertsError):  # noqa: N818 - the word of the domain: a move is refused
    """The move is not allowed here; the text names the state, the move and what is allowed."""


class Conflict(AlertsError):  # noqa: N818 - the word of HTTP 409, which it becomes
    """The row was changed by somebody else since it was read; read it again and decide anew."""


class NotFound(AlertsError):  # noqa: N818 - the word of HTTP 404, which it becomes
    """What was named does not exist."""


class NotifyError(AlertsError):
    """A notice was not delivered. Secrets and addresses that hold them never stand in the text."""

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable
