"""What every page has around it: head with navigation, state of the pipeline, language switch, who is logged in."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Iterator

from nicegui import ui

from alerts.console.markup import Words, box, link
from alerts.console.parts import Status
from alerts.console.refused import RefusedBanner
from alerts.console.texts import table
from alerts.console.visit import Visit

NAVIGATION = (
    ("overview", "/"),
    ("alerts", "/alerts"),
    ("cases", "/cases"),
    ("devices", "/devices"),
    ("rules", "/rules"),
    ("ledger", "/ledger"),
)


@contextlib.contextmanager
def shell(visit: Visit, active: str, title: str | None = None) -> Iterator[None]:
    """Build the frame of a page and yield where its content goes."""
    _head(visit)
    ui.page_title(f"{title or visit.t('nav.' + active)} · {visit.t('app.name')}")
    with box("header", "w-head"):
        site = visit.context.site.title
        with box("div", "w-brand"):
            Words(visit.t("app.name"))
            Words(site.zh if visit.lang == "zh" else site.en, "small")
        with box("nav", "w-nav", aria_label=visit.t("nav.label")):
            for name, path in NAVIGATION:
                link(visit.t(f"nav.{name}"), path, classes="on" if name == active else "")
        status = Status()
        with box("div", "w-who"):
            Words(f"{visit.principal.name} · {visit.t('role.' + visit.principal.role)}")
            Words(visit.t("app.language"), "button", "w-button plain", data_do="language")
            Words(visit.t("app.logout"), "button", "w-button plain", data_do="logout")
    banner = RefusedBanner(visit)
    yield

    async def refresh() -> None:
        snapshot = visit.live.snapshot
        heartbeat = dataclasses.asdict(snapshot.heartbeat) if snapshot.heartbeat else None
        status.show(heartbeat=heartbeat, balanced=snapshot.balanced)
        banner.show()

    visit.follow(refresh)


def _head(visit: Visit) -> None:
    page = {
        "clock": {"now_ms": visit.context.now_ms(), "speed": visit.context.speed},
        "lang": visit.lang,
        "zone": visit.context.site.zone.key,
        "csrf": visit.principal.csrf,
        "wall_ms": visit.context.wall_ms(),
        "texts": table(visit.lang),
    }
    as_json = json.dumps(page, ensure_ascii=False).replace("<", "\\u003c")
    ui.add_head_html(
        f"<script>window.wangge = {as_json};</script>"
        '<link rel="stylesheet" href="/console/static/console.css">'
        '<script src="/console/static/session.js" defer></script>'
    )
