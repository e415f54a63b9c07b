"""The one way in which a case changes: a move of the workflow, checked, written, logged and told.

Everything that moves a case (people, the flow, the timer) comes through `move`; what only adds to its history comes
through `note`. Both raise the version, append to the log and put the notices of the case's tasks into the outbox.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection

from alerts import notices
from alerts.cases import guards, workflow
from alerts.cases.guards import Ask
from alerts.cases.timing import next_check_ms
from alerts.cases.workflow import CaseState, Guard, Move, Role
from alerts.context import CaseContext
from alerts.model import Actor, Case, Task
from alerts.store import cases, outbox, tasks

_NEEDS_LOG = frozenset({Guard.ONCE, Guard.APPEAL_OPEN, Guard.TWO_REVIEWERS})
HANDLE = "handle"
VERIFY_PRE_FILE = "verify_pre_file"


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """Where cases are worked on: the transaction, the time and the site."""

    connection: Connection
    now_ms: int
    context: CaseContext

    def ask(self, move: Move, actor: Actor | Role, reason: str, **more: Any) -> Ask:
        """Return a move that a person, or a part of the system, asks for now."""
        who = Actor.system(actor) if isinstance(actor, Role) else actor
        return Ask(move=move, actor=who, reason=reason, now_ms=self.now_ms, **more)


def move(desk: Desk, case: Case, ask: Ask, *, detail: dict[str, Any] | None = None, **changes: Any) -> Case:
    """Make a move: check table and guards, write it with `changes`, log it, tell it; return the case as it is now.

    Raises MoveRefused (nothing is written) or Conflict.
    """
    to_state = workflow.target(case.state, ask.move, ask.actor.role, before=case.resume_state)
    log = cases.log_of(desk.connection, case.id) if _NEEDS_LOG & set(workflow.row_of(ask.move).guards) else ()
    guards.check(case, log, ask)
    after = msgspec.structs.replace(case, state=to_state, **changes)
    changes.setdefault("next_check_ms", next_check_ms(after, desk.now_ms, desk.context))
    written = cases.change(desk.connection, case, desk.now_ms, state=to_state, **changes)
    event = _log(desk, written, ask.actor.name, ask.move, case.state, ask.reason, detail)
    touched = _tasks(desk, written, case.state, ask)
    for task in touched:
        tell_task(desk, written, task, event, ask.reason)
    return written


def note(
    desk: Desk, case: Case, actor: Role, word: str, reason: str, *, detail: dict[str, Any] | None = None, **changes: Any
) -> Case:
    """Add to the history of a case without moving it: `word` says what happened (join, warn, breach, …)."""
    written = cases.change(desk.connection, case, desk.now_ms, **changes)
    event = _log(desk, written, actor.value, word, case.state, reason, detail)
    for task in tasks.of_case(desk.connection, case.id, only_open=True):
        tell_task(desk, written, task, event, reason)
    return written


def tell_task(desk: Desk, case: Case, task: Task, event: int, reason: str) -> None:
    """Put the notice of a task into the outbox."""
    runbook = desk.context.runbook(case.category)
    notice = notices.about_task(task, case, event, reason, desk.context.site_id, runbook)
    outbox.put(desk.connection, notice, desk.now_ms)


def _log(  # noqa: PLR0913, PLR0917 - the columns of the log
    desk: Desk, case: Case, actor: str, word: str, from_state: CaseState, reason: str, detail: dict[str, Any] | None
) -> int:
    return cases.append_log(
        desk.connection,
        case.id,
        desk.now_ms,
        actor=actor,
        move=word,
        from_state=from_state,
        to_state=case.state,
        reason=reason,
        detail=detail or {},
    )


_TASK_STATE = {
    Move.ACCEPT: "accepted",
    Move.START: "started",
    Move.REPORT_DONE: "done",
    Move.RETURN: "returned",
    Move.FILE: "done",
    Move.REJECT: "withdrawn",
    Move.FORCE_CLOSE: "withdrawn",
    Move.CANCEL: "withdrawn",
}


def _tasks(desk: Desk, case: Case, came_from: CaseState, ask: Ask) -> list[Task]:
    """Let the tasks of the case follow the move; return those that it touched."""
    new_state = None if came_from is CaseState.REPORTED else _TASK_STATE.get(ask.move)
    touched: list[Task] = []
    if new_state is not None:
        changes: dict[str, Any] = {"state": new_state}
        if new_state not in tasks.OPEN:
            changes |= {"done_at_ms": desk.now_ms, "note": ask.reason or None}
        open_tasks = tasks.of_case(desk.connection, case.id, only_open=True)
        touched = [tasks.change(desk.connection, task, **changes) for task in open_tasks]
    new_task = {Move.DISPATCH: "offered", Move.HANDLE_AGAIN: "started"}.get(ask.move)
    if new_task is not None:
        crew = {"crew": case.crew, "unit": case.unit}
        touched.append(tasks.add(desk.connection, case.id, desk.now_ms, kind=HANDLE, state=new_task, **crew))
    elif ask.move in {Move.SUSPEND, Move.RESUME, Move.EXTEND}:
        touched = tasks.of_case(desk.connection, case.id, only_open=True)
    return touched
