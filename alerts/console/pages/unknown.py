"""`/devices/unknown`: devices that the register lacks, what they sent, and the command that takes one in."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Sequence

from alerts import unknown
from alerts.console import present
from alerts.console.markup import Words, box, panel
from alerts.console.parts import DataTable
from alerts.console.reasons import unit
from alerts.console.shell import shell
from alerts.console.trace import property_title
from alerts.console.visit import Visit
from alerts.store.database import reading
from alerts.unknown import Unknown

_SHOWN = 50
_LOOK_MS = 5_000  # of wall time: frames are decoded for it


def build(visit: Visit) -> None:
    """Build the page."""
    with shell(visit, "devices", visit.t("unknown.title")), box("div", "w-page"):
        UnknownDevices(visit)


class UnknownDevices:
    """The table, and how many frames name no device."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._looked_at_ms = 0
        columns = (
            ("device", visit.t("letters.device"), "code"),
            ("guess", visit.t("unknown.guess"), "name"),
            ("sender", visit.t("unknown.sender"), "code"),
            ("frames", visit.t("letters.letters"), "number"),
            ("first", visit.t("letters.first"), "moment"),
            ("last", visit.t("letters.last"), "moment"),
            ("values", visit.t("unknown.values"), "wide"),
            ("adopt", visit.t("unknown.adopt"), "command"),
        )
        with panel(visit.t("unknown.title"), visit.t("unknown.means")):
            self._table = DataTable(columns, empty=(visit.t("unknown.none"), visit.t("unknown.none_means")))
        self._nameless = Words("", "p", "muted")
        visit.follow(self.refresh)

    async def refresh(self) -> None:
        """Show what waits now, some seconds apart."""
        wall_ms = self._visit.context.wall_ms()
        if wall_ms - self._looked_at_ms < _LOOK_MS:
            return
        self._looked_at_ms = wall_ms
        found, nameless = await asyncio.to_thread(self._read)
        self._table.show(rows=[self._row(one) for one in found], total=len(found))
        self._nameless.set_text(self._visit.t("unknown.nameless", n=nameless) if nameless else "")

    def _read(self) -> tuple[Sequence[Unknown], int]:
        context = self._visit.context
        with reading(context.engine) as connection:
            return context.unknown(connection, _SHOWN), unknown.nameless(connection)

    def _row(self, one: Unknown) -> present.Shown:
        visit = self._visit
        names = [(visit.context.site.register.property(value.property), value) for value in one.would_read]
        read = [
            f"{property_title(visit, known, value.property)} {value.value:g} {unit(value.unit, visit.lang)}".rstrip()
            for known, value in names
        ]
        kind = f"{visit.t(f'domain.{one.domain}')} · {visit.t(f'kind.{one.kind}')}" if one.domain and one.kind else ""
        missing = "" if one.domain else " --domain DOMAIN --kind KIND"
        return {
            "device": one.device,
            "guess": kind or visit.t("unknown.no_guess"),
            "sender": " ".join(part for part in (one.dialect, one.model) if part),
            "frames": one.frames,
            "first": one.first_received_at_ms,
            "last": one.last_received_at_ms,
            "values": ("，" if visit.lang == "zh" else ", ").join(read) or one.problem,
            "adopt": f"wangge devices adopt {shlex.quote(one.device)} --config site.toml --lat LAT --lon LON{missing}",
        }
