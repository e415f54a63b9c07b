"""`/api/v1/ledger` and `/api/v1/deadletters`: where every frame went."""

from __future__ import annotations

import base64
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


class ReasonOut(BaseModel):
    """Dead letters of one stage and reason: `letters` different ones, received `times` in all."""

    model_config = ConfigDict(from_attributes=True)

    stage: str = Field(examples=["decode"])
    reason: str = Field(examples=["not_json"])
    letters: int
    times: int
    last_received_at_ms: int


class LetterOut(BaseModel):
    """A frame that gave no observations; `payload_b64` has its first 4,096 bytes."""

    id: str
    source: str
    topic: str
    payload_b64: str
    payload_bytes: int
    stage: str
    reason: str
    detail: str
    first_received_at_ms: int
    last_received_at_ms: int
    times: int


class DeadLettersOut(BaseModel):
    """All reasons, and the letters asked for (last received first)."""

    by_reason: list[ReasonOut]
    items: list[LetterOut]


class LedgerQuery(PageQuery):
    """Which rows are asked for."""

    source: str | None = None


class LetterQuery(PageQuery):
    """Which letters are asked for."""

    stage: str | None = None
    reason: str | None = None


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


@router.get(
    "/deadletters",
    summary="Read the dead letters",
    responses=answers(401, 403, 422),
    dependencies=[requires(Role.VIEWER)],
)
def dead_letters(request: Request, query: Annotated[LetterQuery, Query()]) -> DeadLettersOut:
    """Return how many frames gave no observations, why, and the frames themselves."""
    with reading(contexts.of(request).engine) as connection:
        reasons = accounts.dead_letters_by_reason(connection)
        letters = accounts.dead_letters(
            connection, stage=query.stage, reason=query.reason, limit=query.limit, offset=query.offset
        )
    return DeadLettersOut(
        by_reason=[ReasonOut.model_validate(row) for row in reasons],
        items=[
            LetterOut(
                id=row.id,
                source=row.source,
                topic=row.topic,
                stage=row.stage,
                reason=row.reason,
                detail=row.detail,
                payload_b64=base64.b64encode(row.payload[:4096]).decode(),
                payload_bytes=len(row.payload),
                first_received_at_ms=row.first_received_at_ms,
                last_received_at_ms=row.last_received_at_ms,
                times=row.times,
            )
            for row in letters
        ],
    )
