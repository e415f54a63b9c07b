"""`/api/v1/tasks`: what a crew has to do. A crew sees and moves its own tasks only.

A task moves with its case, so `version` is the case's. An action that was done already (the answer was lost on a bad
connection and the phone sent it again) is answered with the task as it is, not with a conflict.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from alerts.api import context as contexts
from alerts.api.errors import ApiError, answers, telling
from alerts.api.paging import Limit, PageQuery, words
from alerts.api.reads import tasks as reads
from alerts.api.security import Principal, requires
from alerts.cases import actions
from alerts.cases.workflow import Move, Role
from alerts.errors import MoveRefused, NotFound
from alerts.store.database import reading

router = APIRouter(prefix="/tasks", tags=["tasks"])
TaskId = Annotated[int, Path(ge=1, le=2**62)]
_OPEN = "offered,accepted,started"
_DONE_BY = {Move.ACCEPT: "accepted", Move.START: "started", Move.REPORT_DONE: "done", Move.RETURN: "returned"}


class TaskOut(BaseModel):
    """A dispatch of a case to a crew."""

    model_config = ConfigDict(from_attributes=True)

    id: int = Field(examples=[7])
    case_id: int = Field(examples=[12])
    case_number: str | None = Field(examples=["4501072026112700012"])
    crew: str = Field(examples=["drainage-1"])
    kind: str = Field(description="handle | verify_pre_file | check_pre_close", examples=["handle"])
    state: str = Field(description="offered | accepted | started | done | returned | withdrawn", examples=["offered"])
    round: int = Field(description="1 for the first dispatch, one more for each rework", examples=[1])
    version: int = Field(description="of the case: send it back with an action", examples=[3])
    device_id: str | None = Field(examples=["wl-0007"])
    subject_id: str = Field(examples=["wl-0007"])
    category: str = Field(examples=["road_flooding"])
    severity: str = Field(examples=["critical"])
    title_zh: str = Field(examples=["道路积水"])
    title_en: str = Field(examples=["Road flooding"])
    cell: str = Field(examples=["450107003013001"])
    place: str = Field(examples=["西乡塘街道 广西大学社区"])
    lat: float | None = Field(examples=[22.8467])
    lon: float | None = Field(examples=[108.2886])
    deadline_ms: int | None = Field(examples=[1764230400000])
    offered_at_ms: int
    done_at_ms: int | None
    note: str | None


class TasksOut(BaseModel):
    """Tasks by deadline; `now_ms` is the site's clock, against which deadlines count, `speed` how fast it runs."""

    items: list[TaskOut]
    now_ms: int
    speed: float = Field(examples=[1.0])


class ActionIn(BaseModel):
    """What a crew says: the version that it saw, and a note (needed to return a task)."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1, examples=[3])
    note: str = Field(default="", max_length=2000, examples=["grate cleared"])


class TaskQuery(PageQuery):
    """Which tasks are asked for."""

    state: str = Field(default=_OPEN, description="comma list")
    crew: str | None = Field(default=None, description="a crew may ask for its own only")
    limit: Limit = 200


@router.get("", summary="List tasks by deadline", responses=answers(401, 403, 422))
def list_tasks(
    request: Request,
    query: Annotated[TaskQuery, Query()],
    who: Annotated[Principal, requires(Role.CREW, Role.VIEWER)],
) -> TasksOut:
    """Return the tasks of a crew, or of all crews for those who may see them."""
    crew = query.crew
    if who.role is Role.CREW:
        if crew not in {None, who.crew}:
            raise ApiError(403, "forbidden", f"the crew {who.crew} sees its own tasks only")
        crew = who.crew or ""
    context = contexts.of(request)
    with reading(context.engine) as connection:
        rows = reads.find(connection, crew=crew, states=words(query.state), limit=query.limit, offset=query.offset)
    items = [_task(context.site, row) for row in rows]
    return TasksOut(items=items, now_ms=context.now_ms(), speed=context.speed)


def _act(move: Move, word: str, summary: str) -> None:
    @router.post("/{task_id}/" + word, name=f"{word}_task", summary=summary, responses=answers(401, 403, 404, 409, 422))
    def act(
        request: Request,
        task_id: TaskId,
        body: ActionIn,
        who: Annotated[Principal, requires(Role.CREW, Role.DISPATCHER)],
    ) -> TaskOut:
        context = contexts.of(request)
        with context.engine.begin() as connection:
            before = _one(connection, context.site, task_id)
            if who.role is Role.CREW and before.crew != who.crew:
                raise ApiError(403, "forbidden", f"task {task_id} belongs to another crew than {who.crew}")
            if before.state == _DONE_BY[move]:
                return before
            if before.state not in words(_OPEN):
                raise MoveRefused(f"task {task_id} is {before.state}: nothing can be done with it any more")
            with telling(before.version):
                actions.perform(
                    connection,
                    case_id=before.case_id,
                    move=move,
                    actor=who.actor,
                    reason=body.note,
                    expected_version=body.version,
                    now_ms=context.now_ms(),
                    context=context.actions,
                )
            return _one(connection, context.site, task_id)


_act(Move.ACCEPT, "accept", "Accept a task 接单")
_act(Move.START, "start", "Start handling 到场")
_act(Move.REPORT_DONE, "done", "Report a task done 完成")
_act(Move.RETURN, "return", "Give a task back 退回")


def _one(connection: Connection, site: contexts.SiteView, task_id: int) -> TaskOut:
    row = reads.get(connection, task_id)
    if row is None:
        raise NotFound(f"there is no task {task_id}")
    return _task(site, row)


def _task(site: contexts.SiteView, row: Any) -> TaskOut:
    values = row._mapping  # noqa: SLF001 - the documented mapping view of a Row
    device_id = row.subject_id if row.subject_kind == "device" else None
    return TaskOut.model_validate({**values, "device_id": device_id, "place": site.place(row.cell)})
