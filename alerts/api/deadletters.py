"""`/api/v1/deadletters`: the frames that gave no observations, one by one and by group; and publishing them again."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from alerts import redriving
from alerts.api import context as contexts
from alerts.api.errors import ApiError, answers
from alerts.api.paging import PageQuery
from alerts.api.security import Principal, requires
from alerts.cases.workflow import Role
from alerts.store import deadletters, letter_groups
from alerts.store.database import reading
from alerts.store.deadletters import EVERY, Choice, DeadLetter, model_parts
from alerts.store.letter_groups import Group

router = APIRouter(tags=["ledger"])
MOST_REDRIVEN = 1_000  # letters in one call
PUBLISH_S = 10.0
_SHOWN_BYTES = 4096


class ReasonOut(BaseModel):
    """Letters that wait for one stage and reason: `letters` different ones, received `times` in all."""

    stage: str = Field(examples=["decode"])
    reason: str = Field(examples=["not_json"])
    letters: int
    times: int
    last_received_at_ms: int


class LetterOut(BaseModel):
    """A frame that gave no observations; `payload_b64` has its first 4,096 bytes.

    Dialect, device, model and firmware are empty where the frame does not name them. `state` is `waiting` or
    `refused_again` (published again `redrives` times).
    """

    id: str
    source: str
    topic: str
    payload_b64: str
    payload_bytes: int
    stage: str
    reason: str
    detail: str
    dialect: str
    device: str
    model: str
    firmware: str
    first_received_at_ms: int
    last_received_at_ms: int
    times: int
    state: str = Field(examples=["waiting"])
    redrives: int


class DeadLettersOut(BaseModel):
    """All reasons, and the letters asked for (last received first)."""

    by_reason: list[ReasonOut]
    items: list[LetterOut]


class GroupOut(BaseModel):
    """Letters of one group that wait, received `times` in all; `days` counts those that came first on each day.

    `refused_again`: how many of them were published again in vain; `redriven`: how many more were, with success.
    `example` and `detail` are of the one that came last; `days` ends with today, by the site's time zone.
    """

    model_config = ConfigDict(from_attributes=True)

    stage: str = Field(examples=["normalise"])
    reason: str = Field(examples=["unknown_device"])
    dialect: str = Field(examples=["the_things_stack"])
    model: str = Field(examples=["em400-mud"])
    firmware: str = Field(examples=["1.1"])
    letters: int
    times: int
    refused_again: int
    redriven: int
    first_received_at_ms: int
    last_received_at_ms: int
    example: str
    detail: str
    days: list[int]


class GroupsOut(BaseModel):
    """The groups, the most frequent first."""

    items: list[GroupOut]


class ChoiceQuery(BaseModel):
    """Which letters are meant; a model without `@firmware` means every firmware."""

    model_config = ConfigDict(extra="forbid")

    stage: str | None = None
    reason: str | None = None
    dialect: str | None = None
    model: str | None = None
    device: str | None = None
    source: str | None = None

    def choice(self) -> Choice:
        """Return the choice that the store understands."""
        return Choice(
            stage=self.stage,
            reason=self.reason,
            dialect=self.dialect,
            model=self.model,
            device=self.device,
            source=self.source,
        )


class LetterQuery(ChoiceQuery, PageQuery):
    """Which letters are asked for, and how many."""


class GroupQuery(ChoiceQuery):
    """Which groups are asked for, and of how many days the trend is."""

    days: Annotated[int, Field(ge=1, le=90)] = 14


class RedriveBody(ChoiceQuery):
    """Which letters: by id, or those of a choice that wait; `everything` that waits must be said."""

    ids: Annotated[list[str], Field(max_length=MOST_REDRIVEN)] = []
    everything: bool = False

    def ids_of(self, connection: Connection) -> list[str]:
        """Return the ids of the letters that are meant, the first received first, at most as many as one call takes."""
        narrowed = self.choice() != EVERY
        if bool(self.ids) + narrowed + self.everything != 1:
            detail = "name letters by ids, or choose them by stage, reason, model …, or say everything: one of them"
            raise ApiError(422, "invalid", detail)
        return (self.ids or deadletters.waiting_ids(connection, self.choice()))[:MOST_REDRIVEN]


class RedrivenOut(BaseModel):
    """How many frames the broker has taken, and how many letters of the choice wait after that."""

    redriven: int = Field(examples=[12])
    waiting: int = Field(examples=[0])


@router.get(
    "/deadletters",
    summary="Read the dead letters",
    responses=answers(401, 403, 422),
    dependencies=[requires(Role.VIEWER)],
)
def dead_letters(request: Request, query: Annotated[LetterQuery, Query()]) -> DeadLettersOut:
    """Return how many frames gave no observations, why, and the frames themselves."""
    context = contexts.of(request)
    with reading(context.engine) as connection:
        found = letter_groups.groups(connection, now_ms=context.now_ms(), days=1)
        letters = deadletters.listed(connection, query.choice(), limit=query.limit, offset=query.offset)
    return DeadLettersOut(by_reason=_by_reason(found), items=[_letter(one) for one in letters])


@router.get(
    "/deadletters/groups",
    summary="Group the dead letters",
    responses=answers(401, 403, 422),
    dependencies=[requires(Role.VIEWER)],
)
def groups(request: Request, query: Annotated[GroupQuery, Query()]) -> GroupsOut:
    """Return dead letters by stage, reason, dialect, device model and firmware."""
    context = contexts.of(request)
    now_ms = context.now_ms()
    offset_ms = context.site.offset_ms(now_ms)
    with reading(context.engine) as connection:
        found = letter_groups.groups(connection, query.choice(), now_ms=now_ms, days=query.days, offset_ms=offset_ms)
    return GroupsOut(items=[GroupOut.model_validate(one) for one in found])


@router.post(
    "/deadletters/redrive",
    summary="Publish the frames of dead letters again",
    responses=answers(401, 403, 422, 503),
)
def redrive(
    request: Request, body: RedriveBody, principal: Annotated[Principal, requires(Role.ADMINISTRATOR)]
) -> RedrivenOut:
    """Hand frames to the pipeline again, with topic, source and time of their first receipt; it may be done twice."""
    context = contexts.of(request)
    outlet = context.frames
    if outlet is None:
        raise ApiError(503, "broker_away", "this web application has no broker to hand frames to")
    with reading(context.engine) as connection:
        ids = body.ids_of(connection)

    def publish(messages: Sequence[tuple[str, bytes]]) -> list[bool]:
        return outlet.publish(messages, PUBLISH_S)

    done = 0
    for taken, missing in redriving.redrive(context.engine, ids, publish, actor=principal.name, now_ms=context.now_ms):
        done += taken
        if missing:
            detail = f"the broker has not taken {missing} frames ({done} were published again): try again"
            raise ApiError(503, "broker_away", detail, extra={"redriven": done}, headers={"Retry-After": "5"})
    with reading(context.engine) as connection:
        left = deadletters.waiting(connection, ids) if body.ids else deadletters.waiting_ids(connection, body.choice())
    return RedrivenOut(redriven=done, waiting=len(left))


def _by_reason(found: list[Group]) -> list[ReasonOut]:
    summed: dict[tuple[str, str], ReasonOut] = {}
    for one in found:
        key = one.stage, one.reason
        before = summed.get(key) or ReasonOut(stage=key[0], reason=key[1], letters=0, times=0, last_received_at_ms=0)
        summed[key] = ReasonOut(
            stage=one.stage,
            reason=one.reason,
            letters=before.letters + one.letters,
            times=before.times + one.times,
            last_received_at_ms=max(before.last_received_at_ms, one.last_received_at_ms),
        )
    return sorted(summed.values(), key=lambda one: -one.times)


def _letter(letter: DeadLetter) -> LetterOut:
    model, firmware = model_parts(letter.model)
    return LetterOut(
        id=letter.id,
        source=letter.source,
        topic=letter.topic,
        payload_b64=base64.b64encode(letter.payload[:_SHOWN_BYTES]).decode(),
        payload_bytes=len(letter.payload),
        stage=letter.stage,
        reason=letter.reason,
        detail=letter.detail,
        dialect=letter.dialect,
        device=letter.device,
        model=model,
        firmware=firmware,
        first_received_at_ms=letter.first_received_at_ms,
        last_received_at_ms=letter.last_received_at_ms,
        times=letter.times,
        state=deadletters.state(letter),
        redrives=letter.redrives,
    )
