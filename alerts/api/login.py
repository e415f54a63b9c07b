"""`/api/v1/login`, `/logout`, `/me`: who is asking.

A login answers with the session's token (for programs) and sets it as a cookie (for browsers). The cookie is HttpOnly,
SameSite=Lax, and Secure where the browser came by https; changing requests that use it also need the CSRF token of
the answer.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from alerts.api import context as contexts
from alerts.api.attempts import Attempts
from alerts.api.errors import ApiError, answers
from alerts.api.roles import PEOPLE
from alerts.api.security import COOKIE, SESSION_MS, Principal, requires
from alerts.cases.workflow import Role
from alerts.store import audit, sessions, users
from alerts.store.database import reading

router = APIRouter(tags=["login"])


class LoginIn(BaseModel):
    """Name and password."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=64, examples=["operator"])
    password: str = Field(min_length=1, max_length=1024, examples=["correct horse battery staple"])


class LoginOut(BaseModel):
    """A new session; `token` goes into `Authorization: Bearer`, `csrf` into `X-CSRF-Token`."""

    token: str
    csrf: str
    role: Role = Field(examples=["operator"])
    crew: str | None


class MeOut(BaseModel):
    """The person of this session."""

    name: str = Field(examples=["operator"])
    role: Role = Field(examples=["operator"])
    crew: str | None
    csrf: str


@router.post("/login", summary="Log in", responses=answers(401, 422, 429))
def login(request: Request, response: Response, body: LoginIn) -> LoginOut:
    """Begin a session of twelve hours. Public; slowed down after several failures."""
    context = contexts.of(request)
    attempts: Attempts = request.app.state.attempts
    now_ms = context.wall_ms()
    keys = (f"name:{body.name}", f"address:{request.client.host if request.client else ''}")
    wait_ms = attempts.wait_ms(keys, now_ms)
    if wait_ms > 0:
        wait_s = -(-wait_ms // 1000)
        raise ApiError(
            429,
            "too_many_logins",
            f"too many failed logins: try again in {wait_s} s",
            headers={"Retry-After": str(wait_s)},
        )
    with reading(context.engine) as connection:
        user = users.verify(connection, body.name, body.password)
        connection.commit()  # a hash of older parameters may have been replaced
    if user is None:
        attempts.failed(keys, now_ms)
        raise ApiError(401, "wrong_password", "name or password is wrong")
    attempts.succeeded(keys)
    with context.engine.begin() as connection:
        sessions.purge(connection, now_ms=now_ms)
        token, csrf = sessions.create(connection, user.name, now_ms=now_ms, lifetime_ms=SESSION_MS)
        audit.append(
            connection, now_ms=context.now_ms(), actor=user.name, action="user.login", object=f"user {user.name}"
        )
    response.set_cookie(
        COOKIE, token, max_age=SESSION_MS // 1000, httponly=True, samesite="lax", secure=request.url.scheme == "https"
    )
    return LoginOut(token=token, csrf=csrf, role=user.role, crew=user.crew)


@router.post("/logout", summary="Log out", status_code=204, responses=answers(401, 403))
def logout(request: Request, response: Response, who: Annotated[Principal, requires(*PEOPLE)]) -> None:
    """End this session."""
    context = contexts.of(request)
    with context.engine.begin() as connection:
        sessions.end(connection, who.token)
    response.delete_cookie(COOKIE)


@router.get("/me", summary="Who am I?", responses=answers(401))
def me(who: Annotated[Principal, requires(*PEOPLE)]) -> MeOut:
    """Return the person of this session."""
    return MeOut(name=who.name, role=who.role, crew=who.crew, csrf=who.csrf)
