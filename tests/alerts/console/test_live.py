"""What all pages share, and how they learn that it changed."""

from __future__ import annotations

import asyncio

from sqlalchemy import Engine

from alerts.api.context import WebContext
from alerts.cases.workflow import Role
from alerts.console import live, present
from alerts.console.live import Counter, Live
from alerts.store import users
from tests.alerts.api.conftest import HOUR_MS, Client, Fire, StandingClock
from tests.alerts.sample import CELL


def test_look_at_nothing(web: WebContext) -> None:
    """An empty database is a quiet city."""
    snapshot = live.look(web)

    assert (snapshot.alerts_total, snapshot.cases_total, snapshot.cells) == (0, 0, {})
    assert [one.domain for one in snapshot.counters] == ["traffic", "weather", "lighting", "waste"]
    assert snapshot.heartbeat is None
    assert snapshot.balanced is True


def test_look(web: WebContext, fire: Fire, clock: StandingClock) -> None:
    """Alerts, cases, colours and figures of one moment."""
    fire(("flood.deep", "wl-1"), ("waste.full", "bin-1"))
    clock.ms += 3 * HOUR_MS

    snapshot = live.look(web)

    assert snapshot.cells == {CELL: ("critical", 2)}
    assert snapshot.counters[1] == Counter(domain="weather", alerts=1, unacknowledged=1, cases=1, overdue=1)
    assert [row.severity for row in snapshot.alerts] == ["critical", "minor"]


def test_revision_grows_with_changes_only(web: WebContext, fire: Fire) -> None:
    """A page that watches a quiet city is sent nothing."""

    async def watch() -> list[int]:
        shared = Live(web)
        revisions = []
        for pairs in ((), (), (("waste.full", "bin-1"),), ()):
            if pairs:
                fire(*pairs)
            await shared.refresh()
            revisions.append(shared.revision)
        return revisions

    assert asyncio.run(watch()) == [0, 0, 1, 1]


def test_sessions_that_are_good(web: WebContext, client: Client, engine: Engine) -> None:
    """A session that ended is missing from the snapshot, so that its pages close."""
    client(Role.OPERATOR)
    before = live.look(web).sessions
    with engine.begin() as connection:
        users.set_disabled(connection, "wang", disabled=True)

    assert (len(before), len(live.look(web).sessions)) == (1, 0)


def test_polling_goes_on_until_it_is_stopped(web: WebContext, fire: Fire) -> None:
    """Started, it looks by itself; stopped, it is gone."""

    async def run() -> int:
        shared = Live(web)
        fire(("waste.full", "bin-1"))
        shared.start()
        for _ in range(1000):
            await asyncio.sleep(0.01 if not shared.revision else 0)
        await shared.stop()
        await shared.stop()
        return shared.snapshot.alerts_total

    assert asyncio.run(run()) == 1


def test_dots_show_the_worst_of_a_device(web: WebContext, fire: Fire) -> None:
    """Two alerts of one gauge are one mark, coloured by the worse."""
    fire(("flood.road", "wl-1"), ("flood.deep", "wl-1"), ("waste.full", "bin-1"))

    marks = present.dots(live.look(web).alerts, web.site)

    assert [(one["severity"], one["firing"]) for one in marks] == [("minor", True), ("critical", True)]
