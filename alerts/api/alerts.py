"""`/api/v1/alerts`: list, one, acknowledge, shelve, unshelve."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from alerts import actions
from alerts.api import context as contexts
from alerts.api.errors import answers, telling
from alerts.api.paging import CellPrefix, Page, PageQuery, words
from alerts.api.reads import alerts as reads
from alerts.api.security import Principal, requires
from alerts.cases.workflow import Role
from alerts.errors import Conflict, MoveRefused, NotFound
from alerts.store import transitions
from alerts.store.database import reading

router = APIRouter(prefix="/alerts", tags=["alerts"])
AlertId = Annotated[int, Path(ge=1, le=2**62)]


class AlertOut(BaseModel):
    """The life of one rule for one subject; times are milliseconds since 1970 UTC."""

    model_config = ConfigDict(from_attributes=True)

    id: int = Field(examples=[41])
    rule_id: str = Field(examples=["flood.road"])
    rule_version: str = Field(examples=["5f3c9a1e"])
    subject_kind: str = Field(examples=["device"])
    subject_id: str = Field(examples=["wl-0007"])
    domain: str = Field(examples=["weather"])
    severity: str = Field(examples=["critical"])
    title_zh: str = Field(examples=["道路积水"])
    title_en: str = Field(examples=["Road flooding"])
    reason: str = Field(examples=["weather.water_level 18.0 cm > 15 cm for 2m"])
    cell: str = Field(examples=["450107003013001"])
    device_id: str | None = Field(examples=["wl-0007"])
    observed_property: str | None = Field(examples=["weather.water_level"])
    state: str = Field(description="ISA-18.2: UNACK ACKED RTNUN NORM SHLVD DSUPR OOSRV", examples=["UNACK"])
    firing: bool
    fired_at_ms: int = Field(examples=[1764223200000])
    resolved_at_ms: int | None
    acknowledged_by: str | None
    acknowledged_at_ms: int | None
    shelved_until_ms: int | None
    shelved_reason: str | None
    case_id: int | None = Field(examples=[12])
    case_number: str | None = Field(examples=["4501072026112700012"])
    version: int = Field(examples=[1])


class EvidenceOut(BaseModel):
    """An observation that caused a transition; the value is in the property's canonical unit."""

    model_config = ConfigDict(from_attributes=True)

    device_id: str = Field(examples=["wl-0007"])
    observed_property: str = Field(examples=["weather.water_level"])
    value: float = Field(examples=[18.0])
    phenomenon_time_ms: int = Field(examples=[1764223200000])


class TransitionOut(BaseModel):
    """A step in the life of an alert: the state that the rule came into, at which level, why, and what was observed."""

    model_config = ConfigDict(from_attributes=True)

    state: str = Field(description="pending, firing, flapping or resolved", examples=["firing"])
    severity: str = Field(description="the level that it has from now on", examples=["major"])
    since_ms: int = Field(examples=[1764223200000])
    rule_version: str = Field(examples=["5f3c9a1e"])
    reason: str = Field(
        examples=["rises from minor to major: weather.rain_increment: sum over 3h is 61 mm, at least 50"]
    )
    evidence: list[EvidenceOut]


class VersionIn(BaseModel):
    """The version that the person saw: if it is not the current one, the answer is 409."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1, examples=[1])


class ShelveIn(VersionIn):
    """Until when (site clock, at most a week ahead) and why an alert is put aside."""

    until_ms: int = Field(examples=[1764230400000])
    reason: str = Field(min_length=2, max_length=500, examples=["gauge is being repaired"])


class SeenIn(VersionIn):
    """An alert and the version that the person saw."""

    id: int = Field(ge=1, examples=[41])


class ManyIn(BaseModel):
    """Alerts to acknowledge together."""

    model_config = ConfigDict(extra="forbid")

    items: list[SeenIn] = Field(min_length=1, max_length=500)


class ManyOut(BaseModel):
    """Which were acknowledged; the others were changed meanwhile or need no acknowledgement."""

    acknowledged: list[int]
    refused: list[int]


class AlertQuery(PageQuery):
    """Which alerts are asked for; what is left out does not limit."""

    state: str | None = Field(default=None, description="comma list; `live` = UNACK,ACKED,RTNUN", examples=["live"])
    severity: str | None = Field(default=None, description="comma list", examples=["critical,major"])
    domain: str | None = None
    cell: CellPrefix | None = None
    device_id: str | None = None
    rule_id: str | None = None
    case_id: int | None = None


@router.get(
    "", summary="List alerts, worst first", responses=answers(401, 403, 422), dependencies=[requires(Role.VIEWER)]
)
def list_alerts(request: Request, query: Annotated[AlertQuery, Query()]) -> Page[AlertOut]:
    """Return alerts: those that fire before those that are over, worst first, then newest."""
    wanted = reads.AlertFilter(
        states=reads.LIVE_STATES if query.state == "live" else words(query.state),
        severities=words(query.severity),
        domain=query.domain,
        cell=query.cell,
        device_id=query.device_id,
        rule_id=query.rule_id,
        case_id=query.case_id,
    )
    with reading(contexts.of(request).engine) as connection:
        rows, total = reads.find(connection, wanted, limit=query.limit, offset=query.offset)
    return Page(
        items=[AlertOut.model_validate(row) for row in rows], total=total, limit=query.limit, offset=query.offset
    )


@router.get(
    "/{alert_id}", summary="Get one alert", responses=answers(401, 403, 404), dependencies=[requires(Role.VIEWER)]
)
def get_alert(request: Request, alert_id: AlertId) -> AlertOut:
    """Return one alert."""
    with reading(contexts.of(request).engine) as connection:
        return _one(connection, alert_id)


@router.get(
    "/{alert_id}/transitions",
    summary="Read what an alert went through",
    responses=answers(401, 403, 404),
    dependencies=[requires(Role.VIEWER)],
)
def get_transitions(request: Request, alert_id: AlertId) -> list[TransitionOut]:
    """Return the transitions of the alert's life, oldest first, each with the observations that caused it."""
    with reading(contexts.of(request).engine) as connection:
        one = _one(connection, alert_id)
        subject = one.subject_kind, one.subject_id
        life = transitions.of_life(connection, one.rule_id, subject, one.fired_at_ms, one.resolved_at_ms)
    return [TransitionOut.model_validate(step) for step in life]


@router.post("/{alert_id}/acknowledge", summary="Acknowledge an alert", responses=answers(401, 403, 404, 409, 422))
def acknowledge(
    request: Request, alert_id: AlertId, body: VersionIn, who: Annotated[Principal, requires(Role.OPERATOR)]
) -> AlertOut:
    """Say that a person has seen the alert."""
    context = contexts.of(request)
    with context.engine.begin() as connection:
        with telling(_one(connection, alert_id).version):
            actions.acknowledge(
                connection,
                alert_id=alert_id,
                actor=who.actor,
                expected_version=body.version,
                now_ms=context.now_ms(),
                context=context.actions,
            )
        return _one(connection, alert_id)


@router.post("/acknowledge", summary="Acknowledge several alerts", responses=answers(401, 403, 422))
def acknowledge_many(request: Request, body: ManyIn, who: Annotated[Principal, requires(Role.OPERATOR)]) -> ManyOut:
    """Say that a person has seen these alerts; what cannot be acknowledged is left as it is and named."""
    context = contexts.of(request)
    done: list[int] = []
    with context.engine.begin() as connection:
        for one in body.items:
            with suppress(NotFound, Conflict, MoveRefused):
                actions.acknowledge(
                    connection,
                    alert_id=one.id,
                    actor=who.actor,
                    expected_version=one.version,
                    now_ms=context.now_ms(),
                    context=context.actions,
                )
                done.append(one.id)
    return ManyOut(acknowledged=done, refused=[one.id for one in body.items if one.id not in done])


@router.post("/{alert_id}/shelve", summary="Put an alert aside for a while", responses=answers(401, 403, 404, 409, 422))
def shelve(
    request: Request, alert_id: AlertId, body: ShelveIn, who: Annotated[Principal, requires(Role.OPERATOR)]
) -> AlertOut:
    """Take the alert out of the live list until a time, with a reason."""
    context = contexts.of(request)
    with context.engine.begin() as connection:
        with telling(_one(connection, alert_id).version):
            actions.shelve(
                connection,
                alert_id=alert_id,
                actor=who.actor,
                expected_version=body.version,
                now_ms=context.now_ms(),
                context=context.actions,
                until_ms=body.until_ms,
                reason=body.reason,
            )
        return _one(connection, alert_id)


@router.post("/{alert_id}/unshelve", summary="Bring a shelved alert back", responses=answers(401, 403, 404, 409, 422))
def unshelve(
    request: Request, alert_id: AlertId, body: VersionIn, who: Annotated[Principal, requires(Role.OPERATOR)]
) -> AlertOut:
    """Bring the alert back into the live list before its time."""
    context = contexts.of(request)
    with context.engine.begin() as connection:
        with telling(_one(connection, alert_id).version):
            actions.unshelve(
                connection,
                alert_id=alert_id,
                actor=who.actor,
                expected_version=body.version,
                now_ms=context.now_ms(),
                context=context.actions,
            )
        return _one(connection, alert_id)


def _one(connection: Connection, alert_id: int) -> AlertOut:
    row: Any = reads.get(connection, alert_id)
    if row is None:
        raise NotFound(f"there is no alert {alert_id}")
    return AlertOut.model_validate(row)
