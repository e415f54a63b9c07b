"""Mounts the console on the web application: addresses of the pages, login page, static files, the gate before them.

NiceGUI keeps its pages in one registry a process, so a process has one console.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from pathlib import Path
from string import Template

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from nicegui import app as nicegui_app
from nicegui import ui
from starlette.staticfiles import StaticFiles

from alerts.api.context import WebContext
from alerts.console.gate import Gate
from alerts.console.live import Live
from alerts.console.pages import alert, alerts, case, cases, device, devices, ledger, overview, rule, rules, unknown
from alerts.console.texts import language, text
from alerts.console.visit import LANGUAGE_COOKIE, Visit

_STATIC = Path(__file__).with_name("static")
_SIMPLE = {
    "/": overview.build,
    "/alerts": alerts.build,
    "/cases": cases.build,
    "/devices": devices.build,
    "/devices/unknown": unknown.build,
    "/rules": rules.build,
    "/ledger": ledger.build,
}
PATHS = (*_SIMPLE, "/alerts/{alert_id}", "/cases/{case_id}", "/devices/{device_id}", "/rules/{rule_id}")


def mount(app: FastAPI, context: WebContext) -> None:
    """Add the console to the application; the polling starts and stops with it."""
    live = Live(context)
    nicegui_app.on_startup(live.start)
    nicegui_app.on_shutdown(live.stop)
    for path, build in _SIMPLE.items():
        _page(path, build, context, live)

    @ui.page("/cases/{case_id}")
    def case_page(request: Request, case_id: int) -> None:
        case.build(Visit.of(request, context, live), case_id)

    @ui.page("/alerts/{alert_id}")
    def alert_page(request: Request, alert_id: int) -> None:
        alert.build(Visit.of(request, context, live), alert_id)

    @ui.page("/rules/{rule_id}")
    def rule_page(request: Request, rule_id: str) -> None:
        rule.build(Visit.of(request, context, live), rule_id)

    @ui.page("/devices/{device_id}")
    def device_page(request: Request, device_id: str) -> None:
        device.build(Visit.of(request, context, live), device_id)

    _login_page(app, context)
    app.mount("/console/static", StaticFiles(directory=_STATIC), name="console static")
    ui.run_with(
        app, title="Wangge", dark=True, tailwind=False, favicon=_STATIC / "icon.svg", show_welcome_message=False
    )
    app.add_middleware(Gate, context=context)
    nicegui_app.add_exception_handler(404, _no_such_page)


def _no_such_page(request: Request, _exc: Exception) -> HTMLResponse:
    lang = language(request.cookies.get(LANGUAGE_COOKIE))
    words = {key: html.escape(text(lang, f"error.{key}")) for key in ("no_page", "to_overview")}
    page = (_STATIC / "missing.html").read_text(encoding="utf-8")
    return HTMLResponse(Template(page).substitute(words, lang="zh-CN" if lang == "zh" else "en"), 404)


def _page(path: str, build: Callable[[Visit], None], context: WebContext, live: Live) -> None:
    @ui.page(path)
    def page(request: Request) -> None:
        build(Visit.of(request, context, live))


def _login_page(app: FastAPI, context: WebContext) -> None:
    template = Template((_STATIC / "login.html").read_text(encoding="utf-8"))

    @app.get("/login", include_in_schema=False)
    def login(request: Request) -> HTMLResponse:
        lang = language(request.cookies.get(LANGUAGE_COOKIE))
        title = context.site.title
        words = {
            "lang": "zh-CN" if lang == "zh" else "en",
            "other_lang": "en" if lang == "zh" else "zh",
            "site": title.zh if lang == "zh" else title.en,
            **{
                key.removeprefix("error."): text(lang, key)
                for key in ("error.wrong_password", "error.too_many_logins", "error.unreachable")
            },
            **{
                key.replace(".", "_"): text(lang, key)
                for key in (
                    "app.name",
                    "app.language",
                    "login.title",
                    "login.name",
                    "login.password",
                    "login.submit",
                    "login.subtitle",
                )
            },
        }
        return HTMLResponse(template.substitute({key: html.escape(word) for key, word in words.items()}))
