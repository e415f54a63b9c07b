"""The guards of the workflow table: pure questions about a case and what is asked, each under its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from alerts.cases.workflow import CaseState, Guard, Move, Role, row_of
from alerts.errors import MoveRefused
from alerts.model import Actor, Case, LogEntry

YEAR_MS = 365 * 24 * 3_600_000
_MOST_EXTENSIONS = 2
_UNTRUSTED = frozenset({"public", "transfer"})  # somebody must have looked before such a report is filed


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """A move that is asked for: by whom, why, when; `crew` of a dispatch, `until_ms` of a suspension."""

    move: Move
    actor: Actor
    reason: str
    now_ms: int
    crew: str | None = None
    until_ms: int | None = None


Log = Sequence[LogEntry]


def _opinion(_case: Case, _log: Log, ask: Ask) -> str | None:
    return None if ask.reason.strip() else "an opinion must be given"


def _own_crew(case: Case, _log: Log, ask: Ask) -> str | None:
    if ask.actor.role is not Role.CREW or ask.actor.crew == case.crew:
        return None
    return f"it is the task of crew {case.crew}, not of {ask.actor.crew}"


def _trusted(case: Case, _log: Log, _ask: Ask) -> str | None:
    if case.state is CaseState.VERIFYING or case.source not in _UNTRUSTED:
        return None
    return f"a report from {case.source} must be verified first"


def _unit_found(_case: Case, _log: Log, ask: Ask) -> str | None:
    return None if ask.crew else "no unit and crew are responsible: name a crew"


def _once(case: Case, log: Log, ask: Ask) -> str | None:
    done = case.suspended_at_ms is not None if ask.move is Move.SUSPEND else _times(log, ask.move) > 0
    return f"{ask.move} is possible once a case, and was done" if done else None


def _at_most_two(case: Case, _log: Log, ask: Ask) -> str | None:
    return f"{ask.move} was granted twice already" if case.extensions >= _MOST_EXTENSIONS else None


def _not_overdue(case: Case, _log: Log, ask: Ask) -> str | None:
    is_late = case.deadline_ms is not None and ask.now_ms > case.deadline_ms
    return "the deadline has passed" if is_late else None


def _within_a_year(_case: Case, _log: Log, ask: Ask) -> str | None:
    if ask.until_ms is not None and ask.now_ms < ask.until_ms <= ask.now_ms + YEAR_MS:
        return None
    return "a date within 365 days must be given, until which the case rests"


def _was_overdue(case: Case, _log: Log, _ask: Ask) -> str | None:
    end_ms = case.done_at_ms or case.closed_at_ms
    is_late = case.deadline_ms is not None and end_ms is not None and end_ms > case.deadline_ms
    return None if is_late or case.breached else "the case was not overdue"


def _appeal_open(_case: Case, log: Log, _ask: Ask) -> str | None:
    decided = _times(log, Move.GRANT_APPEAL) + _times(log, Move.REFUSE_APPEAL)
    return None if _times(log, Move.APPEAL) > decided else "no appeal is open"


def _two_reviewers(_case: Case, log: Log, ask: Ask) -> str | None:
    others = {entry.actor for entry in log if entry.move == Move.REVIEW_APPEAL} - {ask.actor.name}
    return None if others else "somebody else must have reviewed the appeal first"


def _times(log: Log, move: Move) -> int:
    return sum(entry.move == move for entry in log)


GUARDS: dict[Guard, Callable[[Case, Log, Ask], str | None]] = {
    Guard.OPINION: _opinion,
    Guard.OWN_CREW: _own_crew,
    Guard.TRUSTED: _trusted,
    Guard.UNIT_FOUND: _unit_found,
    Guard.ONCE: _once,
    Guard.AT_MOST_TWO: _at_most_two,
    Guard.NOT_OVERDUE: _not_overdue,
    Guard.WITHIN_A_YEAR: _within_a_year,
    Guard.WAS_OVERDUE: _was_overdue,
    Guard.APPEAL_OPEN: _appeal_open,
    Guard.TWO_REVIEWERS: _two_reviewers,
}


def check(case: Case, log: Log, ask: Ask) -> None:
    """Raise MoveRefused, with the first guard's reason, unless every guard of the move lets it pass."""
    for guard in row_of(ask.move).guards:
        why_not = GUARDS[guard](case, log, ask)
        if why_not is not None:
            raise MoveRefused(f"a case in state {case.state} cannot {ask.move} now: {why_not}")
