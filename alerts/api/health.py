"""`/health/live`, `/health/ready`, `/metrics`: for supervisors and Prometheus; public, they tell nothing of people.

Ready means: the database answers, its schema is ours, and the pipeline gave a sign of life within half a minute of
wall time. The answer names the part that is missing; 503 while one is. That changed rules or a changed register were
not taken over is told too (`files`), but what was before them is in force, so it is ready all the same.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from pydantic import BaseModel, Field
from sqlalchemy import select

from alerts.api import context as contexts
from alerts.api.reads import accounts, reloads
from alerts.errors import StoreError
from alerts.store.database import check_schema, reading

router = APIRouter(tags=["health"])
STALE_MS = 30_000
PartName = Literal["database", "schema", "pipeline", "files"]
PARTS: tuple[PartName, ...] = ("database", "schema", "pipeline", "files")


class PartOut(BaseModel):
    """One part of the system."""

    name: PartName
    ok: bool
    detail: str = Field(examples=["last sign of life 0.4 s ago, epoch 1841"])


class ReadyOut(BaseModel):
    """Whether everything is there; the parts that are not say why."""

    ready: bool
    parts: list[PartOut]


@router.get("/health/live", summary="Is the process alive?")
def live() -> dict[str, bool]:
    """Answer: the process serves requests."""
    return {"live": True}


@router.get(
    "/health/ready", summary="Is every part there?", responses={503: {"model": ReadyOut}}, response_model=ReadyOut
)
def ready(request: Request) -> Response:
    """Answer whether database, schema and pipeline are as they must be."""
    parts = check(contexts.of(request))
    body = ReadyOut(ready=all(part.ok for part in parts if part.name != "files"), parts=parts)
    return JSONResponse(body.model_dump(), status_code=200 if body.ready else 503)


@router.get("/metrics", summary="Metrics in the Prometheus text format", response_class=Response)
def metrics() -> Response:
    """Return the metrics of all processes that share PROMETHEUS_MULTIPROC_DIR, or of this one."""
    registry: CollectorRegistry = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call] # prometheus_client has no types here
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def check(context: contexts.WebContext) -> list[PartOut]:
    """Return the state of every part; what cannot be looked at because of another part is not ok either."""
    unknown = "cannot be told before the part above is mended"
    database, schema, pipeline, files = (PartOut(name=name, ok=False, detail=unknown) for name in PARTS)
    try:
        with reading(context.engine) as connection:
            connection.execute(select(1))
        database = PartOut(name="database", ok=True, detail="answers")
    except StoreError as exc:
        return [PartOut(name="database", ok=False, detail=str(exc)), schema, pipeline, files]
    try:
        check_schema(context.engine)
        schema = PartOut(name="schema", ok=True, detail="is current")
        with reading(context.engine) as connection:
            pipeline = _pipeline(accounts.heartbeat(connection), context.wall_ms())
            files = _files(reloads.refused(connection), context.wall_ms())
    except StoreError as exc:
        schema = PartOut(name="schema", ok=False, detail=str(exc))
    return [database, schema, pipeline, files]


def _files(refused: Sequence[reloads.Refused], wall_ms: int) -> PartOut:
    told = [
        f"changed {one.what} have {one.faults} faults and were not taken over "
        f"{max(0, wall_ms - one.since_wall_ms) / 1000:.0f} s ago: what was before them is in force"
        for one in refused
    ]
    return PartOut(name="files", ok=not told, detail="; ".join(told) or "are taken over")


def _pipeline(heartbeat: accounts.Heartbeat | None, wall_ms: int) -> PartOut:
    if heartbeat is None:
        return PartOut(name="pipeline", ok=False, detail="has never given a sign of life: start `wangge run`")
    age_ms = max(0, wall_ms - heartbeat.at_wall_ms)
    seen = f"last sign of life {age_ms / 1000:.1f} s ago, epoch {heartbeat.epoch}"
    if not heartbeat.connected:
        why = f": {heartbeat.problem}" if heartbeat.problem else ""
        return PartOut(name="pipeline", ok=False, detail=f"is not connected to the broker{why} ({seen})")
    return PartOut(name="pipeline", ok=age_ms <= STALE_MS, detail=seen)
