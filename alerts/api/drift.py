"""`/api/v1/drift`: fields that vanished, units that jumped, refusals that rose, by dialect and device model."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from alerts import drift as words
from alerts.api import context as contexts
from alerts.api.errors import answers
from alerts.api.paging import PageQuery
from alerts.api.security import requires
from alerts.cases.workflow import Role
from alerts.store import drift
from alerts.store.database import reading

router = APIRouter(tags=["ledger"])


class ReasonOut(BaseModel):
    """What has happened, with the figures before and after."""

    zh: str
    en: str


class DriftOut(BaseModel):
    """One alarm. `before` and `after` have `low`, `median`, `high` or `share`, and of how many `frames` (or hours).

    `change` names what a jump looks like; `reasons` counts what was refused for, as `reason@firmware`; of a field that
    vanished or jumped, the frames of each firmware, as `@firmware`. `cleared_how` is `returned` or, after a day,
    `accepted`.
    """

    id: int
    kind: Literal["vanished", "jump", "refusals"]
    dialect: str = Field(examples=["the_things_stack"])
    model: str = Field(examples=["milesight-em400-mud"])
    property: str = Field(examples=["weather.water_level"])
    state: Literal["open", "cleared"]
    reason: ReasonOut
    before: dict[str, Any]
    after: dict[str, Any]
    change: str = Field(examples=["×100"])
    reasons: dict[str, int]
    opened_at_ms: int
    cleared_at_ms: int | None
    cleared_how: str | None


class DriftsOut(BaseModel):
    """Alarms, the open ones first, then the last opened first."""

    items: list[DriftOut]


class DriftQuery(PageQuery):
    """Which alarms are asked for."""

    state: Literal["open", "all"] = "all"


@router.get(
    "/drift", summary="Read the alarms of drift", responses=answers(401, 403, 422), dependencies=[requires(Role.VIEWER)]
)
def alarms(request: Request, query: Annotated[DriftQuery, Query()]) -> DriftsOut:
    """Return alarms of drift."""
    with reading(contexts.of(request).engine) as connection:
        rows = drift.listed(connection, open_only=query.state == "open", limit=query.limit, offset=query.offset)
    return DriftsOut(items=[DriftOut(**words.told(row)) for row in rows])
