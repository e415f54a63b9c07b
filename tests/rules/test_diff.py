"""What two runs of rules have in common."""

from __future__ import annotations

from rules.diff import NEAR_MS, Diff, Span, compare, spans
from rules.model import Severity, State, Subject, Transition

MINUTE_MS = 60_000


def alert(since_min: int, until_min: int | None, rule_id: str = "a.b", about: str = "g1") -> Span:
    """Return an alert, in minutes."""
    return Span(rule_id, about, since_min * MINUTE_MS, None if until_min is None else until_min * MINUTE_MS, "major")


def transition(state: State, minute: int) -> tuple[str, Transition]:
    """Return a transition of the rule a.b about g1."""
    return "g1", Transition(
        rule_id="a.b",
        rule_version="v",
        subject=Subject(kind="device", id="g1"),
        state=state,
        since_ms=minute * MINUTE_MS,
        severity=Severity.MAJOR,
        reason="",
    )


def test_spans() -> None:
    """An alert goes from firing to resolved; the last one may still fire; pending is none."""
    told = [(State.PENDING, 1), (State.FIRING, 2), (State.RESOLVED, 5), (State.FIRING, 9)]

    assert spans(transition(*one) for one in told) == [alert(2, 5), alert(9, None)]


def test_same_at_another_time() -> None:
    """Alerts that fire together, or nearly, are one that moved."""
    made = compare([alert(10, 20), alert(100, 110)], [alert(4, 12), alert(100, 120)])

    assert made == Diff((), (), ((alert(10, 20), alert(4, 12)), (alert(100, 110), alert(100, 120))))
    assert made.moved == ((alert(10, 20), alert(4, 12)),)
    assert made.median_shift_s == -180


def test_far_apart_is_another_one() -> None:
    """What lies further apart is one that vanished and one that appeared."""
    far = 20 + NEAR_MS // MINUTE_MS + 1

    made = compare([alert(10, 20)], [alert(far, None)])

    assert made == Diff((alert(10, 20),), (alert(far, None),), ())
    assert made.median_shift_s is None


def test_rules_and_subjects_are_apart() -> None:
    """Alerts of another rule or subject are never the same."""
    old, new = [alert(1, 2), alert(1, 2, about="g2")], [alert(1, 2, rule_id="c.d"), alert(1, 2, about="g2")]

    made = compare(old, new)

    assert (made.vanished, made.appeared, len(made.both)) == ((alert(1, 2),), (alert(1, 2, rule_id="c.d"),), 1)


def test_each_is_taken_once() -> None:
    """Two old alerts that became one: one of them vanished."""
    made = compare([alert(1, 2), alert(5, 6)], [alert(1, 6)])

    assert (made.both, made.vanished) == (((alert(1, 2), alert(1, 6)),), (alert(5, 6),))
