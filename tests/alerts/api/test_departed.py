"""Clients that leave before their answer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from alerts.api.departed import Departed

SCOPE: dict[str, Any] = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}


async def pass_on(request: Request, call_next: RequestResponseEndpoint) -> Response:
    """Pass a request on, as NiceGUI's middlewares do."""
    return await call_next(request)


async def gone(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer nothing: the client has left."""


async def receive() -> Message:
    """Say that the client has left."""
    return {"type": "http.disconnect"}


async def send(message: Message) -> None:
    """Take an answer that nobody hears."""


def test_departed_client_is_no_error() -> None:
    """Starlette makes an error of a client that left; it ends here."""
    layered = BaseHTTPMiddleware(gone, dispatch=pass_on)

    with pytest.raises(RuntimeError, match="No response returned"):
        asyncio.run(layered(dict(SCOPE), receive, send))
    asyncio.run(Departed(layered)(dict(SCOPE), receive, send))


def test_other_errors_pass() -> None:
    """A mistake of ours is still told."""

    async def broken(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise RuntimeError("a mistake of ours")

    with pytest.raises(RuntimeError, match="a mistake of ours"):
        asyncio.run(Departed(broken)(dict(SCOPE), receive, send))
