"""A client that leaves before its answer is no fault of ours: nothing is sent, and nothing is written to the log.

Starlette's `BaseHTTPMiddleware`, which NiceGUI stands on, makes a RuntimeError of it that would end in the log with its
whole trace. This wraps the application outermost, since the error passes every other layer.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

_MESSAGE = "No response returned."


class Departed:
    """ASGI middleware that lets requests end whose client has gone."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        try:
            await self._app(scope, receive, send)
        except RuntimeError as exc:
            if str(exc) != _MESSAGE:
                raise
