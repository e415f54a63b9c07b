"""`/api/v1/cases`: list, one with its log, and the moves that people make."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from alerts.api import context as contexts
from alerts.api.errors import answers, telling
from alerts.api.paging import CellPrefix, Page, PageQuery, words
from alerts.api.reads import cases as reads
from alerts.api.security import Principal, requires
from alerts.cases import actions
from alerts.cases.guards import GUARDS, Ask
from alerts.cases.workflow import CaseState, Move, Role, moves_from, row_of
from alerts.errors import NotFound
from alerts.model import Actor, Case, LogEntry
from alerts.store import cases as store
from alerts.store.database import reading

router = APIRouter(prefix="/cases", tags=["cases"])
CaseId = Annotated[int, Path(ge=1, le=2**62)]


class CaseOut(BaseModel):
    """A grid case (案卷); times are milliseconds since 1970 UTC."""

    model_config = ConfigDict(from_attributes=True)

    id: int = Field(examples=[12])
    number: str | None = Field(description="issued at filing", examples=["4501072026112700012"])
    scheme: str = Field(examples=["gb30428.2-2013"])
    kind: str = Field(description="event | component", examples=["event"])
    code: str = Field(examples=["0506"])
    category: str = Field(examples=["road_flooding"])
    title_zh: str = Field(examples=["道路积水"])
    title_en: str = Field(examples=["Road flooding"])
    domain: str = Field(examples=["weather"])
    severity: str = Field(examples=["critical"])
    source: str = Field(examples=["iot"])
    subject_kind: str = Field(examples=["device"])
    subject_id: str = Field(examples=["wl-0007"])
    cell: str = Field(examples=["450107003013001"])
    lat: float | None
    lon: float | None
    state: CaseState = Field(examples=["DISPATCHED"])
    reported_at_ms: int
    filed_at_ms: int | None
    dispatched_at_ms: int | None
    done_at_ms: int | None
    limit_value: float | None = Field(examples=[2])
    limit_type: str | None = Field(examples=["urgent_hour"])
    deadline_ms: int | None
    breached: bool
    unit: str | None
    crew: str | None
    normal_for_s: int = Field(description="how long the sensor must read normal before the case closes")
    rework_count: int
    closed_at_ms: int | None
    closed_how: str | None
    version: int = Field(examples=[4])


class LogOut(BaseModel):
    """One event of a case: who moved it, from where to where, and why."""

    event: int = Field(examples=[1])
    at_ms: int
    actor: str = Field(examples=["matrix"])
    move: str = Field(examples=["dispatch"])
    from_state: str | None
    to_state: str
    reason: str
    detail: Any = Field(description="evidence, trace, opinion")


class CaseDetailOut(CaseOut):
    """A case with its log and the moves that the asking person's role may make now."""

    log: list[LogOut]
    moves: list[Move]


class MoveIn(BaseModel):
    """A move by a person; `opinion` is needed where the workflow says so."""

    model_config = ConfigDict(extra="forbid")

    move: Move = Field(examples=["force_close"])
    version: int = Field(ge=1, description="the version that the person saw", examples=[4])
    opinion: str = Field(default="", max_length=2000, examples=["repaired together with case 11"])
    crew: str | None = Field(default=None, description="`dispatch`: to this crew instead of the matrix's choice")
    until_ms: int | None = Field(default=None, description="`suspend`: until when, at most 365 days on")


class CaseQuery(PageQuery):
    """Which cases are asked for; what is left out does not limit."""

    state: str | None = Field(default=None, description="comma list; `open` = all but the final ones")
    overdue: bool = Field(default=False, description="only open cases past their deadline")
    domain: str | None = None
    category: str | None = None
    cell: CellPrefix | None = None
    crew: str | None = None
    text: str | None = Field(default=None, max_length=64, description="part of number or title")


@router.get("", summary="List cases", responses=answers(401, 403, 422), dependencies=[requires(Role.VIEWER)])
def list_cases(request: Request, query: Annotated[CaseQuery, Query()]) -> Page[CaseOut]:
    """Return open cases by deadline, then finished ones, newest first."""
    context = contexts.of(request)
    wanted = reads.CaseFilter(
        states=() if query.state == "open" else words(query.state),
        only_open=query.state == "open",
        domain=query.domain,
        category=query.category,
        cell=query.cell,
        crew=query.crew,
        text=query.text,
        overdue_at_ms=context.now_ms() if query.overdue else None,
    )
    with reading(context.engine) as connection:
        rows, total = reads.find(connection, wanted, limit=query.limit, offset=query.offset)
    return Page(
        items=[CaseOut.model_validate(row) for row in rows], total=total, limit=query.limit, offset=query.offset
    )


@router.get("/{case_id}", summary="Get one case with its log", responses=answers(401, 403, 404))
def get_case(request: Request, case_id: CaseId, who: Annotated[Principal, requires(Role.VIEWER)]) -> CaseDetailOut:
    """Return one case, what happened to it, and what the asking person may do with it."""
    with reading(contexts.of(request).engine) as connection:
        return detail(connection, case_id, who.actor, contexts.of(request).now_ms())


@router.post("/{case_id}/moves", summary="Move a case", responses=answers(401, 403, 404, 409, 422))
def move_case(
    request: Request, case_id: CaseId, body: MoveIn, who: Annotated[Principal, requires(Role.OPERATOR)]
) -> CaseDetailOut:
    """Make a move of the workflow: 409 `move_refused` names what is allowed instead."""
    context = contexts.of(request)
    with context.engine.begin() as connection:
        now_ms = context.now_ms()
        with telling(detail(connection, case_id, who.actor, now_ms).version):
            actions.perform(
                connection,
                case_id=case_id,
                move=body.move,
                actor=who.actor,
                reason=body.opinion,
                expected_version=body.version,
                now_ms=now_ms,
                context=context.actions,
                options=actions.Options(crew=body.crew, until_ms=body.until_ms),
            )
        return detail(connection, case_id, who.actor, now_ms)


def detail(connection: Connection, case_id: int, actor: Actor, now_ms: int) -> CaseDetailOut:
    """Return a case with its log and the moves that `actor` may make now; raises NotFound."""
    case = store.get(connection, case_id)
    if case is None:
        raise NotFound(f"there is no case {case_id}")
    entries = store.log_of(connection, case_id)
    log = [
        LogOut(
            event=one.event,
            at_ms=one.at_ms,
            actor=one.actor,
            move=one.move,
            from_state=one.from_state,
            to_state=one.to_state,
            reason=one.reason,
            detail=_json(one.detail),
        )
        for one in entries
    ]
    shown = CaseOut.model_validate(case).model_dump()
    return CaseDetailOut(**shown, log=log, moves=possible(case, entries, actor, now_ms))


def possible(case: Case, log: Sequence[LogEntry], actor: Actor, now_ms: int) -> list[Move]:
    """Return the moves that workflow and guards would let this person make, given an opinion, a crew and a date."""
    moves = []
    for move in moves_from(case.state, actor.role):
        ask = Ask(move=move, actor=actor, reason="given", now_ms=now_ms, crew="given", until_ms=now_ms + 1)
        if all(GUARDS[guard](case, log, ask) is None for guard in row_of(move).guards):
            moves.append(move)
    return moves


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return {"text": text}
