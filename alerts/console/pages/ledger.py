"""`/ledger`: where every frame went, per source and hour, and what could not be read, by reason."""

from __future__ import annotations

import asyncio
from typing import Any

from alerts.api.reads import accounts
from alerts.console.markup import Words, box, panel
from alerts.console.parts import DataTable
from alerts.console.shell import shell
from alerts.console.visit import Visit
from alerts.store.database import reading

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
        stage, reason = ("stage", visit.t("letters.stage"), "text"), ("reason", visit.t("letters.reason"), "code")
        times = (("times", visit.t("letters.times"), "number"), ("last", visit.t("letters.last"), "moment"))
        no_letters = (visit.t("letters.none"), visit.t("letters.none_means"))
        with panel(visit.t("letters.title")):
            letters = ("letters", visit.t("letters.letters"), "number")
            self._reasons = DataTable((stage, reason, letters, *times), empty=no_letters)
        with panel(visit.t("letters.latest")):
            detail, topic = ("detail", visit.t("letters.detail"), "wide"), ("topic", visit.t("letters.topic"), "code")
            self._letters = DataTable((stage, reason, detail, topic, *times), empty=no_letters)
            Words("")
        visit.follow(self.refresh)

    async def refresh(self) -> None:
        """Show what the database says now."""
        totals, hours, reasons, letters = await asyncio.to_thread(self._read)
        summed = {**totals, "balanced": accounts.is_balanced(totals)}
        self._totals.show(rows=[summed] if totals["frames"] or totals["received"] else [])
        self._hours.show(rows=[{**_values(row), "balanced": accounts.is_balanced(row)} for row in hours])
        self._reasons.show(rows=[self._reason(row) | {"letters": row.letters} for row in reasons])
        self._letters.show(rows=[self._reason(row) | {"detail": row.detail, "topic": row.topic} for row in letters])

    def _reason(self, row: Any) -> dict[str, Any]:
        return {
            "stage": self._visit.t(f"stage.{row.stage}"),
            "reason": row.reason,
            "times": row.times,
            "last": row.last_received_at_ms,
        }

    def _read(self) -> tuple[dict[str, int], list[Any], list[Any], list[Any]]:
        with reading(self._visit.context.engine) as connection:
            return (
                accounts.totals(connection),
                accounts.ledger(connection, limit=_HOURS),
                accounts.dead_letters_by_reason(connection),
                accounts.dead_letters(connection, limit=_LETTERS),
            )


def _values(row: Any) -> dict[str, Any]:
    return dict(row._mapping)  # noqa: SLF001 - the documented mapping view of a Row
