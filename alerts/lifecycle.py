"""The life of an alert (ISA-18.2 / IEC 62682): one table, `state: {event: next state}`; a missing pair is an error.

                alarm ┌──────── clear ───────▶ RTNUN ── ack ──▶ NORM
    NORM ──▶ UNACK ───┤                          │ alarm: back to UNACK
                      └─ ack ──▶ ACKED ─ clear ──────────────▶ NORM      (ACKED: alarm again or worse: UNACK)

Beside it stand SHLVD (shelved by a person for a time), DSUPR (suppressed by design) and OOSRV (out of service). They
hide the alert, not its condition: whether the condition holds is kept apart (`firing`), and when the hiding ends, the
state follows from it.
"""

from __future__ import annotations

import enum

from alerts.errors import MoveRefused


class AlertState(enum.StrEnum):
    """State of an alert; NORM ends its life."""

    NORM = "NORM"
    UNACK = "UNACK"
    ACKED = "ACKED"
    RTNUN = "RTNUN"
    SHLVD = "SHLVD"
    DSUPR = "DSUPR"
    OOSRV = "OOSRV"


class AlertEvent(enum.StrEnum):
    """What can happen to an alert. `alarm` is a firing, a repeated one or a worse severity; `clear` is its end."""

    ALARM = "alarm"
    CLEAR = "clear"
    ACK = "ack"
    SHELVE = "shelve"
    UNSHELVE = "unshelve"
    SUPPRESS = "suppress"
    UNSUPPRESS = "unsuppress"
    REMOVE = "remove"
    RETURN = "return"


class Live(enum.StrEnum):
    """What the state becomes when hiding ends: UNACK where the condition holds, else NORM."""

    FOLLOW = "follow"


_HIDE = {
    AlertEvent.SHELVE: AlertState.SHLVD,
    AlertEvent.SUPPRESS: AlertState.DSUPR,
    AlertEvent.REMOVE: AlertState.OOSRV,
}


def _hidden(state: AlertState, end: AlertEvent) -> dict[AlertEvent, AlertState | Live]:
    others = {event: to for event, to in _HIDE.items() if to is not state}
    return {AlertEvent.ALARM: state, AlertEvent.CLEAR: state, end: Live.FOLLOW, **others}


TABLE: dict[AlertState, dict[AlertEvent, AlertState | Live]] = {
    AlertState.NORM: {AlertEvent.ALARM: AlertState.UNACK},  # over: there is nothing left to hide
    AlertState.UNACK: {
        AlertEvent.ALARM: AlertState.UNACK,
        AlertEvent.CLEAR: AlertState.RTNUN,
        AlertEvent.ACK: AlertState.ACKED,
        **_HIDE,
    },
    AlertState.ACKED: {AlertEvent.ALARM: AlertState.UNACK, AlertEvent.CLEAR: AlertState.NORM, **_HIDE},
    AlertState.RTNUN: {AlertEvent.ALARM: AlertState.UNACK, AlertEvent.ACK: AlertState.NORM, **_HIDE},
    AlertState.SHLVD: _hidden(AlertState.SHLVD, AlertEvent.UNSHELVE),
    AlertState.DSUPR: _hidden(AlertState.DSUPR, AlertEvent.UNSUPPRESS),
    AlertState.OOSRV: _hidden(AlertState.OOSRV, AlertEvent.RETURN),
}


def after(state: AlertState, event: AlertEvent, *, firing: bool) -> AlertState:
    """Return the state after `event`; `firing` says whether the condition holds then. Raises MoveRefused."""
    found = TABLE[state].get(event)
    if found is None:
        allowed = ", ".join(TABLE[state])
        raise MoveRefused(f"an alert in state {state} cannot {event}: it can {allowed}")
    if isinstance(found, Live):
        return AlertState.UNACK if firing else AlertState.NORM
    return found
