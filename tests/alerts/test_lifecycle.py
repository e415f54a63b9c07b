"""The life of an alert: every pair of state and event of ISA-18.2."""

from __future__ import annotations

import itertools

import pytest

from alerts.errors import MoveRefused
from alerts.lifecycle import TABLE, AlertEvent, AlertState, after

S, E = AlertState, AlertEvent


@pytest.mark.parametrize(
    "state, event, firing, expected",
    [
        # A → B: the alarm
        (S.NORM, E.ALARM, True, S.UNACK),
        # B → C: somebody has seen it
        (S.UNACK, E.ACK, True, S.ACKED),
        # B → D: gone before anybody saw it
        (S.UNACK, E.CLEAR, False, S.RTNUN),
        # C → A: seen, and gone
        (S.ACKED, E.CLEAR, False, S.NORM),
        # D → A: seen afterwards
        (S.RTNUN, E.ACK, False, S.NORM),
        # D → B: again
        (S.RTNUN, E.ALARM, True, S.UNACK),
        # C → B: a new occurrence, or worse
        (S.ACKED, E.ALARM, True, S.UNACK),
        # B stays B when it gets worse
        (S.UNACK, E.ALARM, True, S.UNACK),
        # a live one → G, H, I
        (S.UNACK, E.SHELVE, True, S.SHLVD),
        (S.RTNUN, E.SUPPRESS, False, S.DSUPR),
        (S.ACKED, E.REMOVE, True, S.OOSRV),
        (S.SHLVD, E.REMOVE, True, S.OOSRV),
        # hidden, the condition may come and go
        (S.SHLVD, E.ALARM, True, S.SHLVD),
        (S.SHLVD, E.CLEAR, False, S.SHLVD),
        # hiding ends: the state follows the live condition
        (S.SHLVD, E.UNSHELVE, True, S.UNACK),
        (S.SHLVD, E.UNSHELVE, False, S.NORM),
        (S.DSUPR, E.UNSUPPRESS, True, S.UNACK),
        (S.OOSRV, E.RETURN, False, S.NORM),
    ],
)
def test_after(state: AlertState, event: AlertEvent, firing: bool, expected: AlertState) -> None:  # noqa: FBT001 - a table
    """Each event leads where the standard says."""
    assert after(state, event, firing=firing) is expected


@pytest.mark.parametrize(
    "state, event", [pair for pair in itertools.product(AlertState, AlertEvent) if pair[1] not in TABLE[pair[0]]]
)
def test_after_refuses_what_is_not_in_the_table(state: AlertState, event: AlertEvent) -> None:
    """A missing pair is an error that names state, event and what is possible."""
    with pytest.raises(MoveRefused) as caught:
        after(state, event, firing=True)

    assert str(caught.value) == f"an alert in state {state} cannot {event}: it can {', '.join(TABLE[state])}"


def test_every_state_can_be_left() -> None:
    """No state is a trap, and the table has them all."""
    assert set(TABLE) == set(AlertState)
    assert all(set(TABLE[state].values()) - {state} for state in AlertState)
