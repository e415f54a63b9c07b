"""`/ledger`: where every frame went, per source and hour, what gave no observations, by group, and drift."""

from __future__ import annotations

import asyncio
from typing import Any

from alerts import drift as drift_words
from alerts.api.reads import accounts
from alerts.api.roles import satisfies
from alerts.cases.workflow import Role
from alerts.console.markup import Words, box, panel
from alerts.console.parts import DataTable
from alerts.console.shell import shell
from alerts.console.visit import Visit
from alerts.store import deadletters, drift, letter_groups
from alerts.store.database import reading
from alerts.store.deadletters import DeadLetter
from alerts.store.letter_groups import Group

_COLUMNS = ("frames", "acknowledged", "received", "stored", "duplicate", "refused", "dead_lettered")
_HOURS, _LETTERS = 200, 50


def build(visit: Visit) -> None:
    """Build the page."""
    with shell(visit, "ledger"), box("div", "w-page"):
        Ledger(visit)


class Ledger:
    """The tables of the page."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        numbers = tuple((name, visit.t(f"ledger.{name}"), "number") for name in _COLUMNS)
        balanced = ("balanced", visit.t("ledger.balanced"), "good")
        hour, source = ("hour_ms", visit.t("ledger.hour"), "hour"), ("source", visit.t("ledger.source"), "text")
        nothing = (visit.t("ledger.none"), visit.t("ledger.none_means"))
        with panel(f"{visit.t('ledger.title')} · {visit.t('ledger.total')}", visit.t("ledger.means")):
            self._totals = DataTable((*numbers, balanced), empty=nothing)
        with panel(visit.t("ledger.title")):
            self._hours = DataTable((hour, source, *numbers, balanced), empty=nothing)
        stage, reason = ("stage", visit.t("letters.stage"), "text"), ("reason", visit.t("letters.reason"), "name")
        sender = (("dialect", visit.t("letters.dialect"), "code"), ("model", visit.t("letters.model"), "code"))
        times = (("times", visit.t("letters.times"), "number"), ("last", visit.t("letters.last"), "moment"))
        detail = ("detail", visit.t("letters.detail"), "wide")
        no_letters = (visit.t("letters.none"), visit.t("letters.none_means"))
        with panel(visit.t("letters.title")):
            letters = ("letters", visit.t("letters.letters"), "number")
            again = ("refused_again", visit.t("letters.refused_again"), "number")
            first, days = ("first", visit.t("letters.first"), "moment"), ("days", visit.t("letters.days"), "bars")
            redrive = (("redrive", "", "post"),) if satisfies(visit.principal.role, Role.ADMINISTRATOR) else ()
            self._groups = DataTable(
                (stage, reason, *sender, letters, again, days, first, *times, detail, *redrive), empty=no_letters
            )
            self._groups.when("done", lambda _: visit.live.refresh())
        with panel(visit.t("drift.title")):
            self._drift = DataTable(
                (
                    ("state", visit.t("drift.state"), "text"),
                    ("dialect", visit.t("letters.dialect"), "code"),
                    ("model", visit.t("drift.model"), "code"),
                    ("words", visit.t("letters.detail"), "wide"),
                    ("opened", visit.t("drift.opened"), "moment"),
                    ("cleared", visit.t("drift.cleared"), "moment"),
                ),
                empty=(visit.t("drift.none"), visit.t("drift.none_means")),
            )
        with panel(visit.t("letters.latest")):
            topic, device = ("topic", visit.t("letters.topic"), "code"), ("device", visit.t("letters.device"), "code")
            self._letters = DataTable((stage, reason, device, detail, topic, *times), empty=no_letters)
            Words("")
        visit.follow(self.refresh)

    async def refresh(self) -> None:
        """Show what the database says now."""
        totals, hours, groups, letters, drifts = await asyncio.to_thread(self._read)
        summed = {**totals, "balanced": accounts.is_balanced(totals)}
        self._totals.show(rows=[summed] if totals["frames"] or totals["received"] else [])
        self._hours.show(rows=[{**_values(row), "balanced": accounts.is_balanced(row)} for row in hours])
        self._groups.show(
            rows=[
                self._said(row)
                | {
                    "dialect": row.dialect,
                    "model": f"{row.model}@{row.firmware}" if row.firmware else row.model,
                    "letters": row.letters,
                    "refused_again": row.refused_again,
                    "first": row.first_received_at_ms,
                    "days": list(row.days),
                    "redrive": _redrive(row),
                }
                for row in groups
            ]
        )
        self._drift.show(rows=[self._drifted(row) for row in drifts])
        self._letters.show(rows=[self._said(row) | {"device": row.device, "topic": row.topic} for row in letters])

    def _drifted(self, row: drift.Row) -> dict[str, Any]:
        words = drift_words.words(row.alarm)
        return {
            "state": self._visit.t("drift.is_open" if row.cleared_at_ms is None else f"drift.{row.cleared_how}"),
            "dialect": row.alarm.dialect,
            "model": row.alarm.model,
            "words": words.zh if self._visit.lang == "zh" else words.en,
            "opened": row.opened_at_ms,
            "cleared": row.cleared_at_ms,
        }

    def _said(self, row: Group | DeadLetter) -> dict[str, Any]:
        return {
            "stage": self._visit.t(f"stage.{row.stage}"),
            "reason": self._visit.t(f"reason.{row.reason}"),
            "detail": row.detail,
            "times": row.times,
            "last": row.last_received_at_ms,
        }

    def _read(self) -> tuple[dict[str, int], list[Any], list[Group], list[DeadLetter], list[drift.Row]]:
        context = self._visit.context
        now_ms = context.now_ms()
        with reading(context.engine) as connection:
            return (
                accounts.totals(connection),
                accounts.ledger(connection, limit=_HOURS),
                letter_groups.groups(connection, now_ms=now_ms, offset_ms=context.site.offset_ms(now_ms)),
                deadletters.listed(connection, limit=_LETTERS),
                drift.listed(connection, limit=_LETTERS),
            )


def _redrive(row: Group) -> dict[str, object]:
    """Return what a press on the button of a group sends to the API, and the text that answers."""
    model = f"{row.model}@{row.firmware}" if row.firmware else row.model
    named = {"stage": row.stage, "reason": row.reason, "dialect": row.dialect, "model": model}
    choice = {key: value for key, value in named.items() if value}
    return {"path": "/deadletters/redrive", "body": choice, "words": "letters.redrive", "told": "letters.redriven"}


def _values(row: Any) -> dict[str, Any]:
    return dict(row._mapping)  # noqa: SLF001 - the documented mapping view of a Row
