"""`/api/v1/reloads/refused`: changed files of the site that have faults and were not taken over."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from alerts.api import context as contexts
from alerts.api.errors import answers
from alerts.api.reads import reloads
from alerts.api.security import requires
from alerts.cases.workflow import Role
from alerts.store.database import reading

router = APIRouter(prefix="/reloads", tags=["rules"])


class RefusedOut(BaseModel):
    """A change that was refused; what was before it is in force."""

    what: reloads.What
    faults: int = Field(examples=[2])
    first: list[str] = Field(examples=[["rules/flood.yaml:12:14: 'high' is not a number"]])
    since_wall_ms: int = Field(description="wall clock: since when what is in force is not what the files say")


@router.get(
    "/refused",
    summary="Changed files that were not taken over",
    responses=answers(401, 403),
    dependencies=[requires(Role.ADMINISTRATOR)],
)
def refused(request: Request) -> list[RefusedOut]:
    """Return what the pipeline refused last and nobody has mended yet, with file and line of each fault."""
    with reading(contexts.of(request).engine) as connection:
        return [RefusedOut(**(one._asdict() | {"first": list(one.first)})) for one in reloads.refused(connection)]
