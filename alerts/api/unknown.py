"""`/api/v1/devices/unknown`: devices that the register lacks, and what they sent (`wangge devices adopt` adds one)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from alerts import unknown
from alerts.api import context as contexts
from alerts.api.errors import answers
from alerts.api.security import requires
from alerts.cases.workflow import Role
from alerts.store.database import reading

router = APIRouter(tags=["observations"])


class ValueOut(BaseModel):
    """What would be read: the latest value of a property, in its canonical unit."""

    model_config = ConfigDict(from_attributes=True)

    property: str = Field(examples=["waste.fill_level"])
    value: float = Field(examples=[81.0])
    unit: str = Field(examples=["%"])


class UnknownOut(BaseModel):
    """A device that the register lacks; `domain`, `kind` and `cadence_s` are guesses from what it sent, or null."""

    model_config = ConfigDict(from_attributes=True)

    device: str = Field(description="as its frames name it", examples=["70B3D57ED0000017"])
    dialect: str = Field(examples=["chirpstack"])
    model: str = Field(examples=["em400-mud@1.1"])
    eui: str | None
    frames: int = Field(description="how many of its frames wait", examples=[12])
    first_received_at_ms: int
    last_received_at_ms: int
    topic: str = Field(description="of its latest frame")
    would_read: list[ValueOut]
    problem: str | None = Field(description="what else is in the way, as its latest frame shows")
    domain: str | None = Field(examples=["waste"])
    kind: str | None = Field(examples=["waste_bin"])
    cadence_s: int | None = Field(examples=[3600])


class UnknownsOut(BaseModel):
    """The devices, the last heard first; `nameless` frames name no device."""

    items: list[UnknownOut]
    nameless: int


@router.get(
    "/devices/unknown",
    summary="List devices that the register lacks",
    responses=answers(401, 403, 422),
    dependencies=[requires(Role.VIEWER)],
)
def list_unknown(request: Request, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> UnknownsOut:
    """Return the devices whose frames wait because the register lacks them, with what would be read of each."""
    context = contexts.of(request)
    with reading(context.engine) as connection:
        found = context.unknown(connection, limit)
        nameless = unknown.nameless(connection)
    return UnknownsOut(items=[UnknownOut.model_validate(one) for one in found], nameless=nameless)
