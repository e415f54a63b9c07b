"""The moves that people make with cases, from console, crew app or interface.

Everything is checked before anything is written: the version that the person saw, the workflow, the guards. A move is
written to the case's log and to the audit log in the same transaction.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from alerts import alerting
from alerts.cases import checking, opening, record, timer, timing
from alerts.cases.record import Desk
from alerts.cases.workflow import FINAL, SYSTEM, Move
from alerts.context import CaseContext
from alerts.dispatch import dispatching
from alerts.errors import Conflict, MoveRefused, NotFound
from alerts.model import Actor, Case
from alerts.store import audit, cases, turn


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What some moves need beside the opinion: the crew of a dispatch, the date that a suspension ends."""

    crew: str | None = None
    until_ms: int | None = None


def perform(  # noqa: PLR0913 - keyword-only; each is a question that every move has to answer
    connection: Connection,
    *,
    case_id: int,
    move: Move,
    actor: Actor,
    reason: str,
    expected_version: int,
    now_ms: int,
    context: CaseContext,
    options: Options = Options(),
) -> Case:
    """Make a person's move with a case and return it as it is then, with all that follows by itself.

    Raises NotFound, Conflict (the case is not the version that the person saw), MoveRefused (workflow or guard).
    """
    turn.take(connection)
    case = cases.get(connection, case_id)
    if case is None:
        raise NotFound(f"there is no case {case_id}")
    if actor.role in SYSTEM:
        raise MoveRefused(f"{actor.role} is a part of the system, not a person")
    if case.version != expected_version:
        raise Conflict(
            f"case {case.number or case.id} is at version {case.version} ({case.state}), "
            f"you saw version {expected_version}: look again"
        )
    desk = Desk(connection=connection, now_ms=now_ms, context=context)
    after = _MOVES.get(move, _plain)(desk, case, actor, move, reason, options)
    if after.state in FINAL and case.state not in FINAL:
        alerting.settle(desk, after, actor.name)
    detail = {"from": case.state, "to": after.state, "reason": reason, "version": after.version}
    audit.append(
        connection, now_ms=now_ms, actor=actor.name, action=f"case.{move}", object=f"case {case.id}", detail=detail
    )
    return after


_Step = Callable[[Desk, Case, Actor, Move, str, Options], Case]
_HOW = {Move.PASS: "checked", Move.FORCE_CLOSE: "forced", Move.CANCEL: "cancelled", Move.REJECT: "rejected"}


def _plain(desk: Desk, case: Case, actor: Actor, move: Move, reason: str, _options: Options) -> Case:
    how = _HOW.get(move)
    ended: dict[str, Any] = {"closed_how": how, "closed_at_ms": desk.now_ms} if how else {}
    return record.move(desk, case, desk.ask(move, actor, reason), **ended)


def _file(desk: Desk, case: Case, actor: Actor, _move: Move, reason: str, _options: Options) -> Case:
    return opening.file_and_dispatch(desk, case, actor, reason)


def _dispatch(desk: Desk, case: Case, actor: Actor, _move: Move, reason: str, options: Options) -> Case:
    return dispatching.dispatch_by_person(desk, case, actor, reason, options.crew)


def _report_done(desk: Desk, case: Case, actor: Actor, move: Move, reason: str, _options: Options) -> Case:
    return checking.begin(desk, record.move(desk, case, desk.ask(move, actor, reason), done_at_ms=desk.now_ms))


def _fail(desk: Desk, case: Case, actor: Actor, _move: Move, reason: str, _options: Options) -> Case:
    return checking.rework(desk, case, actor, reason)


def _suspend(desk: Desk, case: Case, actor: Actor, move: Move, reason: str, options: Options) -> Case:
    ask = desk.ask(move, actor, reason, until_ms=options.until_ms)
    rests: dict[str, Any] = {
        "suspended_at_ms": desk.now_ms,
        "resume_at_ms": options.until_ms,
        "resume_state": case.state,
    }
    return record.move(desk, case, ask, **rests)


def _resume(desk: Desk, case: Case, actor: Actor, _move: Move, reason: str, _options: Options) -> Case:
    return timer.resume(desk, case, actor, reason)


def _extend(desk: Desk, case: Case, actor: Actor, move: Move, reason: str, _options: Options) -> Case:
    granted: dict[str, Any] = {
        "extensions": case.extensions + 1,
        "deadline_ms": timing.extended_deadline(case, desk.context),
    }
    return record.move(desk, case, desk.ask(move, actor, reason), warned=False, **granted)


def _no_report(_desk: Desk, case: Case, _actor: Actor, move: Move, _reason: str, _options: Options) -> Case:
    raise MoveRefused(f"a case in state {case.state} cannot {move}: it exists already")


_MOVES: dict[Move, _Step] = {
    Move.REPORT: _no_report,
    Move.FILE: _file,
    Move.DISPATCH: _dispatch,
    Move.REPORT_DONE: _report_done,
    Move.FAIL: _fail,
    Move.SUSPEND: _suspend,
    Move.RESUME: _resume,
    Move.EXTEND: _extend,
}
