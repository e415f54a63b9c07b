"""`/api/v1/cases`: list, one with its log, and the moves that people make."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from alerts.api import context as contexts
from alerts.api.errors import answers, telling
from alerts.api.paging import DEFAULT_LIMIT, Limit, Offset, Page, words
from alerts.api.reads import cases as reads
from alerts.api.security import Principal, requires
from alerts.cases import actions
from alerts.cases.workflow import CaseState, Move, Role, moves_from
from alerts.errors import NotFound
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


@router.get("", summary="List cases", responses=answers(401, 403, 422), dependencies=[requires(Role.VIEWER)])
def list_cases(
    request: Request,
    state: Annotated[str | None, Query(description="comma list; `open` = all but the final ones")] = None,
    overdue: Annotated[bool, Query(description="only open cases past their deadline")] = False,  # noqa: FBT002 - a query argument
    domain: str | None = None,
    category: str | None = None,
    cell: Annotated[str | None, Query(description="cell code or its beginning", pattern=r"^\d{1,15}$")] = None,
    crew: str | None = None,
    text: Annotated[str | None, Query(max_length=64, description="part of number or title")] = None,
    limit: Limit = DEFAULT_LIMIT,
    offset: Offset = 0,
) -> Page[CaseOut]:
    """Return open cases by deadline, then finished ones, newest first."""
    context = contexts.of(request)
    wanted = reads.CaseFilter(
        states=() if state == "open" else words(state), only_open=state == "open", domain=domain, category=category,
        cell=cell, crew=crew, text=text, overdue_at_ms=context.now_ms() if overdue else None,
    )
    with reading(context.engine) as connection:
        rows, total = reads.find(connection, wanted, limit=limit, offset=offset)
    return Page(items=[CaseOut.model_validate(row) for row in rows], total=total, limit=limit, offset=offset)


@router.get("/{case_id}", summary="Get one case with its log", responses=answers(401, 403, 404))
def get_case(request: Request, case_id: CaseId, who: Principal = requires(Role.VIEWER)) -> CaseDetailOut:
    """Return one case, what happened to it, and what the asking person may do with it."""
    with reading(contexts.of(request).engine) as connection:
        return detail(connection, case_id, who.role)


@router.post("/{case_id}/moves", summary="Move a case", responses=answers(401, 403, 404, 409, 422))
def move_case(
    request: Request, case_id: CaseId, body: MoveIn, who: Principal = requires(Role.OPERATOR)
) -> CaseDetailOut:
    """Make a move of the workflow: 409 `move_refused` names what is allowed instead."""
    context = contexts.of(request)
    with context.engine.begin() as connection:
        with telling(detail(connection, case_id, who.role).version):
            actions.perform(
                connection, case_id=case_id, move=body.move, actor=who.actor, reason=body.opinion,
                expected_version=body.version, now_ms=context.now_ms(), context=context.actions,
                options=actions.Options(crew=body.crew, until_ms=body.until_ms),
            )
        return detail(connection, case_id, who.role)


def detail(connection: Connection, case_id: int, role: Role) -> CaseDetailOut:
    """Return a case with its log and the moves of a role; raises NotFound."""
    row = reads.get(connection, case_id)
    if row is None:
        raise NotFound(f"there is no case {case_id}")
    log = [
        LogOut(
            event=one.event, at_ms=one.at_ms, actor=one.actor, move=one.move, from_state=one.from_state,
            to_state=one.to_state, reason=one.reason, detail=_json(one.detail),
        )
        for one in reads.log(connection, case_id)
    ]
    case = CaseOut.model_validate(row)
    return CaseDetailOut(**case.model_dump(), log=log, moves=list(moves_from(case.state, role)))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return {"text": text}
