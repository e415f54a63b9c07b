"""`POST /api/v1/frames`: what sensors say, for senders without MQTT; newline-delimited JSON, one frame a line.

    {"device_id": "wl-001", "time": "2026-11-24T09:00:00+08:00", "values": {"weather.water_level": 12.5}}
    {"topic": "v3/bins@city/devices/wb-1/up", "payload": {"end_device_ids": …}}
    {"topic": "senml/wl-001", "payload_base64": "W3sibiI6…"}

Each line becomes a message of the broker, as if it had come by MQTT; it is accepted when the broker has acknowledged
it. What the pipeline makes of it, ledger and dead letters say. Lines do not hang on each other: what is wrong with one
does not keep the others back, and to send again what was accepted does no harm.
"""

from __future__ import annotations

import base64
import binascii
import threading
from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

import msgspec
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from alerts.api import context as contexts
from alerts.api.bodies import MAX_LINES, body_of, lines_of
from alerts.api.errors import ApiError, answers
from alerts.api.token_security import requires_scope
from alerts.api.topics import hears
from alerts.store.api_tokens import ApiToken, Scope
from ingest.rate import Limit, Meter
from ingest.redrive import PREFIX

router = APIRouter(tags=["frames"])
LINES = Limit(per_s=1_000, burst_s=20)  # of each token
MAX_LINE_BYTES = 256 * 1024
PUBLISH_S = 10.0
_AT_ONCE = 8  # requests that wait for the broker: the others of the web application must not wait for them
_LONGEST_TOPIC_BYTES = 65_535  # MQTT 3.1.1 §1.5.3
_FIELDS = {"topic", "payload", "payload_base64"}
_NOT_IN_IDS = frozenset("/+#\0")


class LineOut(BaseModel):
    """What became of a line (they are counted from 1, empty ones included)."""

    line: int = Field(examples=[1])
    status: str = Field(description="accepted | refused | not_taken", examples=["accepted"])
    error: str | None = Field(default=None, description="why it was refused: a short stable word", examples=["topic"])
    detail: str | None = Field(default=None, description="one sentence for a person")


class FramesOut(BaseModel):
    """What became of the lines. `not_taken` (with 503): send them again."""

    accepted: int = Field(examples=[1])
    refused: int = Field(examples=[0])
    results: list[LineOut]


class _LineError(Exception):
    def __init__(self, error: str, detail: str) -> None:
        super().__init__(detail)
        self.error = error


class _Line(NamedTuple):
    number: int
    message: tuple[str, bytes] | None
    refused: _LineError | None


class Intake:
    """What the route remembers: how fast each token sends, and how many requests wait for the broker."""

    def __init__(self) -> None:
        self.meter = Meter(LINES)
        self.room = threading.BoundedSemaphore(_AT_ONCE)


@router.post(
    "/frames",
    status_code=202,
    summary="Send frames",
    responses=answers(400, 401, 403, 413, 422, 429, 503),
    max_body_size=2**40,  # none: `body_of` has a bound that answers in our own words
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
            "description": f"at most {MAX_LINES} lines; may be compressed (Content-Encoding: gzip)",
        }
    },
)
async def frames(request: Request, token: Annotated[ApiToken, requires_scope(Scope.FRAMES)]) -> FramesOut:
    """Put each line into the broker; answers when the broker has acknowledged all that can be accepted."""
    context, intake = contexts.of(request), request.app.state.intake
    outlet = context.frames
    if outlet is None:
        raise ApiError(503, "broker_away", "this web application has no broker to hand frames to")
    lines = lines_of(await body_of(request), request.headers.get("Content-Encoding"))
    wait_ms = intake.meter.take(token.name, len(lines), context.wall_ms())
    if wait_ms:
        wait_s = -(-wait_ms // 1000)
        detail = f"the token {token.name} sends more than {LINES.per_s:g} lines a second: try again in {wait_s} s"
        raise ApiError(429, "too_many_frames", detail, headers={"Retry-After": str(wait_s)})
    read = [_read(number, line, context.site.id, (token.topics, outlet.topics)) for number, line in lines]
    messages = [one.message for one in read if one.message is not None]
    if not messages:
        raise ApiError(422, "invalid", f"none of {len(read)} lines can be accepted", extra=_told(read, []))
    if not intake.room.acquire(blocking=False):
        raise ApiError(503, "busy", "too many requests wait for the broker", headers={"Retry-After": "1"})
    try:
        taken = await run_in_threadpool(outlet.publish, messages, PUBLISH_S)
    finally:
        intake.room.release()
    told = _told(read, taken)
    if not all(taken):
        missing = len(taken) - sum(taken)
        detail = f"the broker has not taken {missing} of {len(taken)} frames: send them again"
        raise ApiError(503, "broker_away", detail, extra=told, headers={"Retry-After": "5"})
    return FramesOut.model_validate(told)


def _read(number: int, line: bytes, site_id: str, filters: Sequence[Sequence[str]]) -> _Line:
    try:
        topic, payload = _message(line, site_id)
        _check_topic(topic, filters)
    except _LineError as exc:
        return _Line(number, None, exc)
    return _Line(number, (topic, payload), None)


def _message(line: bytes, site_id: str) -> tuple[str, bytes]:
    """Return topic and payload of a line."""
    if len(line) > MAX_LINE_BYTES:
        raise _LineError("too_large", f"the line has {len(line)} bytes, at most {MAX_LINE_BYTES} are taken")
    try:
        fields = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise _LineError("not_json", f"not a JSON object: {exc}") from exc
    if "topic" not in fields:
        device = _text(fields, "device_id")
        if not device or _NOT_IN_IDS & set(device):
            raise _LineError("shape", "device_id is no id of a device: it must not be empty nor hold /, + or #")
        return f"wangge/{site_id}/up/{device}", line
    unknown = fields.keys() - _FIELDS
    if unknown or len(fields) != 2:  # noqa: PLR2004 - the topic and one payload
        raise _LineError("shape", "beside topic there must be payload or payload_base64, one of them and nothing else")
    return _text(fields, "topic"), _payload(fields)


def _payload(fields: dict[str, msgspec.Raw]) -> bytes:
    if "payload" in fields:
        raw = bytes(fields["payload"])
        return _text(fields, "payload").encode() if raw.startswith(b'"') else raw
    try:
        return base64.b64decode(_text(fields, "payload_base64"), validate=True)
    except (binascii.Error, ValueError) as exc:
        raise _LineError("shape", f"payload_base64 is not base64: {exc}") from exc


def _text(fields: dict[str, msgspec.Raw], name: str) -> str:
    try:
        text = msgspec.json.decode(fields[name], type=str)
        text.encode()
    except KeyError:
        raise _LineError("shape", "neither topic nor device_id is there") from None
    except (msgspec.MsgspecError, UnicodeError):
        raise _LineError("shape", f"{name} is not a text") from None
    return text


def _check_topic(topic: str, filters: Sequence[Sequence[str]]) -> None:
    if not topic or "\0" in topic or "+" in topic or "#" in topic or len(topic.encode()) > _LONGEST_TOPIC_BYTES:
        raise _LineError("topic", "the topic cannot be published to: it is empty or too long, or holds +, # or NUL")
    of_token, of_pipeline = filters
    if topic.startswith(PREFIX) or not any(hears(one, topic) for one in of_token):
        raise _LineError("topic", f"the token may not send to {topic}")
    if not any(hears(one, topic) for one in of_pipeline):
        raise _LineError("topic", f"the pipeline does not listen to {topic}")


def _told(read: Sequence[_Line], taken: Sequence[bool]) -> dict[str, Any]:
    """Return the results; `taken` tells of each line that has a message whether the broker has it."""
    left = list(taken)
    results = []
    for one in read:
        row: dict[str, Any] = {"line": one.number}
        if one.refused is not None:
            row |= {"status": "refused", "error": one.refused.error, "detail": str(one.refused)}
        else:
            row["status"] = "accepted" if left.pop(0) else "not_taken"
        results.append(row)
    return {"accepted": sum(taken), "refused": len(read) - len(taken), "results": results}
