"""`/api/v1/ledger`: where every frame went, per source and hour."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from alerts.api import context as contexts
from alerts.api.errors import answers
from alerts.api.paging import PageQuery
from alerts.api.reads import accounts
from alerts.api.security import requires
from alerts.cases.workflow import Role
from alerts.store import explained
from alerts.store.database import reading

router = APIRouter(tags=["ledger"])


class GroupOut(BaseModel):
    """Letters of one group that came first in this hour: `waiting` of them wait, `redriven` were published again."""

    stage: str = Field(examples=["normalise"])
    reason: str = Field(examples=["unit"])
    dialect: str
    model: str = Field(examples=["em400-mud@1.1"])
    letters: int
    times: int
    waiting: int
    redriven: int


class LedgerRowOut(BaseModel):
    """One source and hour. received = stored + duplicate + refused + dead_lettered, or it is not balanced.

    `missing` is what is without outcome then; `in_flight`: frames that are not acknowledged yet; `groups` name what was
    refused and dead-lettered, and `unexplained` is what they do not name (its letter came first in another hour).
    """

    source: str = Field(examples=["mqtt"])
    hour_ms: int = Field(examples=[1764223200000])
    frames: int
    acknowledged: int
    received: int
    stored: int
    duplicate: int
    refused: int
    dead_lettered: int
    balanced: bool
    missing: int
    in_flight: int
    unexplained: int
    groups: list[GroupOut]


class TotalsOut(BaseModel):
    """The sum of all hours and sources."""

    frames: int
    acknowledged: int
    received: int
    stored: int
    duplicate: int
    refused: int
    dead_lettered: int
    balanced: bool


class LedgerOut(BaseModel):
    """The ledger, newest hour first."""

    totals: TotalsOut
    items: list[LedgerRowOut]


class LedgerQuery(PageQuery):
    """Which rows are asked for."""

    source: str | None = None
    hour_ms: int | None = None


@router.get(
    "/ledger", summary="Read the ledger", responses=answers(401, 403, 422), dependencies=[requires(Role.VIEWER)]
)
def ledger(request: Request, query: Annotated[LedgerQuery, Query()]) -> LedgerOut:
    """Return the totals and the rows of the ledger."""
    with reading(contexts.of(request).engine) as connection:
        totals = accounts.totals(connection)
        rows = explained.read(
            connection, source=query.source, hour_ms=query.hour_ms, limit=query.limit, offset=query.offset
        )
    items = [LedgerRowOut(**explained.told(row)) for row in rows]
    return LedgerOut(totals=TotalsOut(**totals, balanced=accounts.is_balanced(totals)), items=items)
