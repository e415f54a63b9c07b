"""`/api/v1/ledger`: where every frame went, per source and hour."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from alerts.api import context as contexts
from alerts.api.errors import answers
from alerts.api.paging import PageQuery
from alerts.api.reads import accounts
from alerts.api.security import requires
from alerts.cases.workflow import Role
from alerts.store.database import reading

router = APIRouter(tags=["ledger"])


class LedgerRowOut(BaseModel):
    """One source and hour. received = stored + duplicate + refused + dead_lettered, or it is not balanced."""

    model_config = ConfigDict(from_attributes=True)

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


@router.get(
    "/ledger", summary="Read the ledger", responses=answers(401, 403, 422), dependencies=[requires(Role.VIEWER)]
)
def ledger(request: Request, query: Annotated[LedgerQuery, Query()]) -> LedgerOut:
    """Return the totals and the rows of the ledger."""
    with reading(contexts.of(request).engine) as connection:
        totals = accounts.totals(connection)
        rows = accounts.ledger(connection, source=query.source, limit=query.limit, offset=query.offset)
    items = [LedgerRowOut(**row._mapping, balanced=accounts.is_balanced(row)) for row in rows]  # noqa: SLF001
    return LedgerOut(totals=TotalsOut(**totals, balanced=accounts.is_balanced(totals)), items=items)
