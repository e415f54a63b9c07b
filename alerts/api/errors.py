"""What the API answers when it refuses: `{"error": reason word, "detail": one sentence}`, for every status.

| status | error words |
|---|---|
| 400 | `empty`, `encoding` |
| 401 | `unauthenticated`, `wrong_password` |
| 403 | `forbidden`, `csrf` |
| 404 | `not_found` |
| 409 | `conflict` (with the current `version`), `move_refused` |
| 422 | `invalid` (with the place of each mistake in `faults`) |
| 429 | `too_many_logins`, `too_many_frames` |
| 503 | `store_unavailable`, `broker_away`, `busy` |
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from alerts.errors import Conflict, MoveRefused, NotFound, StoreError
from ingest.stores._base import StoreError as SeriesStoreError

_WORDS = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}


class ApiError(Exception):
    """A refusal with its HTTP status; `extra` joins the body, `headers` the answer."""

    def __init__(
        self,
        status: int,
        error: str,
        detail: str,
        *,
        extra: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.error, self.detail = status, error, detail
        self.extra, self.headers = dict(extra or {}), dict(headers or {})


class FaultOut(BaseModel):
    """One mistake in what was sent."""

    place: str = Field(examples=["body.version"])
    message: str = Field(examples=["Field required"])


class ErrorOut(BaseModel):
    """The body of every refusal."""

    error: str = Field(description="short stable reason word", examples=["conflict"])
    detail: str = Field(description="one sentence for a person", examples=["case 12 was changed meanwhile"])
    version: int | None = Field(default=None, description="on `conflict`: the current version")
    faults: list[FaultOut] | None = Field(default=None, description="on `invalid`: each mistake with its place")


@contextmanager
def telling(version: int) -> Iterator[None]:
    """Answer a conflict inside with the version that the row has now."""
    try:
        yield
    except Conflict as exc:
        raise ApiError(409, "conflict", str(exc), extra={"version": version}) from exc


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entries of the statuses that a route can refuse with."""
    return {status: {"model": ErrorOut} for status in statuses}


def install(app: FastAPI) -> None:
    """Make every refusal of the application, ours and the framework's, answer in the one form."""

    @app.exception_handler(ApiError)
    async def refused(_request: Request, exc: ApiError) -> JSONResponse:
        return _answer(exc.status, exc.error, exc.detail, exc.extra, exc.headers)

    @app.exception_handler(NotFound)
    async def not_found(_request: Request, exc: NotFound) -> JSONResponse:
        return _answer(404, "not_found", str(exc))

    @app.exception_handler(MoveRefused)
    async def move_refused(_request: Request, exc: MoveRefused) -> JSONResponse:
        return _answer(409, "move_refused", str(exc))

    @app.exception_handler(SeriesStoreError)
    @app.exception_handler(StoreError)
    async def store(_request: Request, exc: StoreError | SeriesStoreError) -> JSONResponse:
        return _answer(503, "store_unavailable", str(exc), headers={"Retry-After": "5"})

    @app.exception_handler(HTTPException)
    async def http(request: Request, exc: HTTPException) -> JSONResponse:
        word = _WORDS.get(exc.status_code, "refused")
        detail = f"{request.url.path} does not exist" if exc.status_code == 404 else str(exc.detail)  # noqa: PLR2004
        return _answer(exc.status_code, word, detail, headers=exc.headers or {})

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, exc: RequestValidationError) -> JSONResponse:
        faults = [{"place": ".".join(map(str, one["loc"])), "message": one["msg"]} for one in exc.errors()]
        detail = "; ".join(f"{fault['place']}: {fault['message']}" for fault in faults)
        return _answer(422, "invalid", detail, {"faults": faults})


def _answer(
    status: int,
    error: str,
    detail: str,
    extra: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    body = {
        "error": error,
        "detail": detail,
        **{key: value for key, value in (extra or {}).items() if value is not None},
    }
    return JSONResponse(body, status_code=status, headers=dict(headers or {}))
