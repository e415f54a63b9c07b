"""One visit of one page: who looks, in which language, and how the page keeps up with what happens."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable

from fastapi import Request
from nicegui import ui

from alerts.api.context import WebContext
from alerts.api.roles import satisfies
from alerts.api.security import Principal, identify
from alerts.cases.workflow import Role
from alerts.console.live import PERIOD_S, Live
from alerts.console.texts import Language, language, text
from alerts.store.database import reading
from alerts.store.sessions import identity_of

LANGUAGE_COOKIE = "wangge_lang"
PRINCIPAL_KEY = "wangge.principal"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a page is built for."""

    context: WebContext
    live: Live
    principal: Principal
    lang: Language

    @staticmethod
    def of(request: Request, context: WebContext, live: Live) -> Visit:
        """Return the visit of a request that the gate has let pass."""
        return Visit(
            context=context,
            live=live,
            principal=request.scope[PRINCIPAL_KEY],
            lang=language(request.cookies.get(LANGUAGE_COOKIE)),
        )

    def t(self, key: str, **values: object) -> str:
        """Return a text in the visitor's language."""
        return text(self.lang, key, **values)

    @property
    def may_act(self) -> bool:
        """Whether the visitor may acknowledge and shelve alerts."""
        return satisfies(self.principal.role, Role.OPERATOR)

    def follow(self, refresh: Callable[[], Awaitable[None]]) -> None:
        """Call `refresh` whenever something changed; leave for the login page when the session ends."""
        seen = -1
        session = identity_of(self.principal.token)

        async def check() -> None:
            nonlocal seen
            if session not in self.live.snapshot.sessions and not await asyncio.to_thread(self._is_open):
                ui.navigate.to("/login")
            elif self.live.revision != seen:
                seen = self.live.revision
                await refresh()

        ui.timer(PERIOD_S, check)

    def _is_open(self) -> bool:
        """Ask the store itself: a session may be younger than the snapshot."""
        with reading(self.context.engine) as connection:
            return identify(connection, self.principal.token, self.context.wall_ms()) is not None
