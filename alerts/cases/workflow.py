"""How a grid case moves: the one table of states, moves, actors and guards (digital urban management, reduced).

A move that is not in the table for the case's state is refused, by name and with what is allowed instead. Guards are
conditions beyond state and actor; `alerts.cases.guards` holds each under its name. `docs/cases.md` is made from here
(`markdown`).
"""

from __future__ import annotations

import enum

import msgspec

from alerts.errors import MoveRefused


class CaseState(enum.StrEnum):
    """State of a case."""

    REPORTED = "REPORTED"
    VERIFYING = "VERIFYING"
    FILED = "FILED"
    DISPATCHED = "DISPATCHED"
    ACCEPTED = "ACCEPTED"
    RETURNED = "RETURNED"
    HANDLING = "HANDLING"
    SUSPENDED = "SUSPENDED"
    FEEDBACK = "FEEDBACK"
    CHECKING = "CHECKING"
    REWORK = "REWORK"
    CLOSED = "CLOSED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"


FINAL = frozenset({CaseState.CLOSED, CaseState.REJECTED, CaseState.CANCELLED})
OPEN = frozenset(CaseState) - FINAL


class Role(enum.StrEnum):
    """Who moves a case: the roles of people, then the parts of the system that act by themselves."""

    VIEWER = "viewer"
    OPERATOR = "operator"  # 受理员, 采集员: accepts, files, rejects, checks
    DISPATCHER = "dispatcher"  # 派遣员
    CREW = "crew"  # 处置部门, 处置人员
    ADMINISTRATOR = "administrator"  # 值班长 (supervisor) too
    IOT = "iot"  # the sensor pipeline, as the source of a report
    RULE = "rule"  # files what a sensor measures fully
    MATRIX = "matrix"  # dispatches by the responsibility matrix
    SENSOR = "sensor"  # confirms or refutes a fix
    TIMER = "timer"  # deadlines and dates


SYSTEM = frozenset({Role.IOT, Role.RULE, Role.MATRIX, Role.SENSOR, Role.TIMER})


class Move(enum.StrEnum):
    """What can be done with a case."""

    REPORT = "report"
    VERIFY = "verify"
    FILE = "file"
    REJECT = "reject"
    DISPATCH = "dispatch"
    ACCEPT = "accept"
    RETURN = "return"
    START = "start"
    SUSPEND = "suspend"
    RESUME = "resume"
    EXTEND = "extend"
    REPORT_DONE = "report_done"
    CHECK = "check"
    PASS = "pass"  # noqa: S105 - the move 结案, no password
    FAIL = "fail"
    HANDLE_AGAIN = "handle_again"
    FORCE_CLOSE = "force_close"
    CANCEL = "cancel"
    APPEAL = "appeal"
    REVIEW_APPEAL = "review_appeal"
    GRANT_APPEAL = "grant_appeal"
    REFUSE_APPEAL = "refuse_appeal"


class Same(enum.StrEnum):
    """Where a move leads that has no state of its own: SAME stays, BEFORE goes back to where the case was."""

    SAME = "same state"
    BEFORE = "the state before"


class Guard(enum.StrEnum):
    """A condition beyond state and actor, by name."""

    OPINION = "opinion given"
    OWN_CREW = "own crew"
    TRUSTED = "verified or trusted source"
    UNIT_FOUND = "unit found"
    ONCE = "once a case"
    AT_MOST_TWO = "at most two"
    NOT_OVERDUE = "not overdue"
    WITHIN_A_YEAR = "at most 365 days"
    WAS_OVERDUE = "was overdue"
    APPEAL_OPEN = "appeal open"
    TWO_REVIEWERS = "two reviewers"


class Rule(msgspec.Struct, frozen=True):
    """One row of the table."""

    move: Move
    label: str
    sources: tuple[CaseState, ...]
    target: CaseState | Same
    roles: tuple[Role, ...]
    guards: tuple[Guard, ...] = ()


S, R, G, M = CaseState, Role, Guard, Move
_OFFICE = (R.OPERATOR, R.ADMINISTRATOR)  # 监督中心: files, checks, closes; never dispatches
_DISPATCH = (R.DISPATCHER, R.ADMINISTRATOR)  # 指挥中心: dispatches; never closes
_OPEN = tuple(state for state in S if state in OPEN)

TABLE: tuple[Rule, ...] = (
    Rule(M.REPORT, "上报", (), S.REPORTED, (R.IOT, R.DISPATCHER, *_OFFICE)),
    Rule(M.VERIFY, "核实", (S.REPORTED,), S.VERIFYING, (R.RULE, *_OFFICE)),
    Rule(M.FILE, "立案", (S.REPORTED, S.VERIFYING), S.FILED, (R.RULE, *_OFFICE), (G.TRUSTED,)),
    Rule(M.REJECT, "不予立案", (S.REPORTED, S.VERIFYING), S.REJECTED, _OFFICE, (G.OPINION,)),
    Rule(M.DISPATCH, "派遣", (S.FILED, S.RETURNED), S.DISPATCHED, (R.MATRIX, *_DISPATCH), (G.UNIT_FOUND,)),
    Rule(M.ACCEPT, "接收", (S.DISPATCHED,), S.ACCEPTED, (R.CREW, *_DISPATCH), (G.OWN_CREW,)),
    Rule(M.RETURN, "回退", (S.DISPATCHED, S.ACCEPTED), S.RETURNED, (R.CREW, *_DISPATCH), (G.OWN_CREW, G.OPINION)),
    Rule(M.START, "处置", (S.ACCEPTED,), S.HANDLING, (R.CREW, *_DISPATCH), (G.OWN_CREW,)),
    Rule(
        M.SUSPEND,
        "挂账",
        (S.ACCEPTED, S.HANDLING),
        S.SUSPENDED,
        _DISPATCH,
        (G.OPINION, G.ONCE, G.NOT_OVERDUE, G.WITHIN_A_YEAR),
    ),
    Rule(M.RESUME, "恢复", (S.SUSPENDED,), Same.BEFORE, (R.TIMER, *_DISPATCH)),
    Rule(M.EXTEND, "延期", (S.ACCEPTED, S.HANDLING), Same.SAME, _DISPATCH, (G.OPINION, G.AT_MOST_TWO, G.NOT_OVERDUE)),
    Rule(M.REPORT_DONE, "反馈", (S.HANDLING,), S.FEEDBACK, (R.CREW, *_DISPATCH), (G.OWN_CREW,)),
    Rule(M.CHECK, "核查", (S.FEEDBACK,), S.CHECKING, (R.SENSOR, *_OFFICE)),
    Rule(M.PASS, "结案", (S.CHECKING,), S.CLOSED, (R.SENSOR, *_OFFICE)),
    Rule(M.FAIL, "返工", (S.CHECKING,), S.REWORK, (R.SENSOR, *_OFFICE), (G.OPINION,)),
    Rule(M.HANDLE_AGAIN, "再处置", (S.REWORK,), S.HANDLING, (R.MATRIX, *_DISPATCH)),
    Rule(M.FORCE_CLOSE, "强制结案", _OPEN, S.CLOSED, (R.ADMINISTRATOR,), (G.OPINION,)),
    Rule(M.CANCEL, "作废", _OPEN, S.CANCELLED, _OFFICE, (G.OPINION,)),
    Rule(
        M.APPEAL, "申诉", (S.CLOSED,), Same.SAME, (R.CREW, *_DISPATCH), (G.OWN_CREW, G.OPINION, G.ONCE, G.WAS_OVERDUE)
    ),
    Rule(M.REVIEW_APPEAL, "申诉复核", (S.CLOSED,), Same.SAME, _OFFICE, (G.OPINION, G.APPEAL_OPEN)),
    Rule(M.GRANT_APPEAL, "申诉通过", (S.CLOSED,), Same.SAME, _OFFICE, (G.OPINION, G.APPEAL_OPEN, G.TWO_REVIEWERS)),
    Rule(M.REFUSE_APPEAL, "申诉驳回", (S.CLOSED,), Same.SAME, _OFFICE, (G.OPINION, G.APPEAL_OPEN, G.TWO_REVIEWERS)),
)
_BY_MOVE = {row.move: row for row in TABLE}


def row_of(move: Move) -> Rule:
    """Return the row of a move."""
    return _BY_MOVE[move]


def moves_from(state: CaseState | None, role: Role | None = None) -> tuple[Move, ...]:
    """Return the moves that a state allows (None: no case yet), for one role or for anybody."""
    return tuple(
        row.move
        for row in TABLE
        if (state in row.sources if state is not None else not row.sources) and (role is None or role in row.roles)
    )


def target(state: CaseState | None, move: Move, role: Role, *, before: CaseState | None = None) -> CaseState:
    """Return where `move` by `role` leads from `state`; guards are not looked at.

    `before` is the state that a suspended case came from. Raises MoveRefused, which names the state, the move and
    what is allowed.
    """
    row = _BY_MOVE[move]
    place = "no case yet" if state is None else f"a case in state {state}"
    if move not in moves_from(state):
        allowed = ", ".join(moves_from(state)) or "no more moves"
        raise MoveRefused(f"{place} cannot {move}: it allows {allowed}")
    if role not in row.roles:
        raise MoveRefused(f"{place}: {move} is not for a {role}: it is for {', '.join(row.roles)}")
    if not isinstance(row.target, Same):
        return row.target
    there = before if row.target is Same.BEFORE else state
    if there is None:
        raise MoveRefused(f"{place} cannot {move}: the state before is not known")
    return there


def markdown() -> str:
    """Return the table as Markdown, for `docs/cases.md`."""
    head = "| from | move | by | to | guard |\n|---|---|---|---|---|\n"
    return head + "".join(
        f"| {_states(row.sources)} | {row.move} {row.label} | {', '.join(row.roles)} | {row.target} "
        f"| {', '.join(row.guards)} |\n"
        for row in TABLE
    )


def _states(states: tuple[CaseState, ...]) -> str:
    if states == _OPEN:
        return "any but final"
    return ", ".join(states) or "–"
