"""`/devices/{id}`: one device: what it measures, with the limits of the rules that judge it, and its alerts."""

from __future__ import annotations

import asyncio
import dataclasses
import functools

from alerts.api.reads import alerts as reads
from alerts.console import present
from alerts.console.markup import Words, box, button, empty, facts, panel
from alerts.console.parts import AlertList
from alerts.console.shell import shell
from alerts.console.trace import Stretch, Trace, judging, property_title
from alerts.console.visit import Visit
from alerts.store.database import reading
from ingest.model import Device
from ingest.trust import PROPERTY as TRUST

_RANGES_MS = {"1h": 3_600_000, "6h": 6 * 3_600_000, "24h": 86_400_000, "7d": 7 * 86_400_000}
_REDRAW_MS = 4_000  # of wall time


def build(visit: Visit, device_id: str) -> None:
    """Build the page."""
    device = visit.context.site.register.device(device_id)
    with shell(visit, "devices", device_id), box("div", "w-page"):
        if device is None:
            empty(visit.t("device.missing"), device_id)
        else:
            DevicePage(visit, device)


class DevicePage:
    """The parts of the page, and which series is shown over which range."""

    def __init__(self, visit: Visit, device: Device) -> None:
        self._visit, self._device = visit, device
        self._measured = measured(visit, device)
        self._property = self._measured[0] if self._measured else ""
        self._range = "6h" if self._has_history() else "1h"
        self._drawn_at_ms = 0
        with box("div", "w-headline"), box("div"):
            Words(device.title or device.id, "h1")
            Words(f"{visit.t('kind.' + device.kind)} · {visit.context.site.place(device.cell)}", classes="muted")
        with box("div", "w-two"):
            with box("div", "w-left"):
                self._series_panel()
                with panel(visit.t("device.alerts")):
                    self._alerts = AlertList(can_act=visit.may_act)
            with box("div", "w-left"):
                with panel(visit.t("device.facts")):
                    facts(self._facts())
                self._trust = self._trust_panel()
        self._alerts.when("changed", lambda _: visit.live.refresh())
        visit.follow(self.refresh)

    def _series_panel(self) -> None:
        visit = self._visit
        with panel(visit.t("device.series")) as head:
            if not self._measured:
                empty(visit.t("device.no_series"))
                return
            self._trace = Trace(visit, tall=True)
            with box("div") as self._no_points:
                empty(visit.t("device.no_points"))
        with head, box("div", "w-filters grow"):
            self._property_buttons = {
                name: button(self._title(name), functools.partial(self._choose_property, name))
                for name in self._measured
            }
        with head, box("div", "w-filters"):
            self._range_buttons = {
                word: button(visit.t(f"range.{word}"), functools.partial(self._choose_range, word))
                for word in _RANGES_MS
            }

    def _trust_panel(self) -> Trace | None:
        if TRUST not in self._measured:
            return None
        with panel(self._title(TRUST), self._visit.t("range.7d")):
            return Trace(self._visit)

    async def refresh(self) -> None:
        """Show what the stores say now; the chart is drawn anew a few seconds apart."""
        visit, site = self._visit, self._visit.context.site
        rows, total = await asyncio.to_thread(self._read)
        self._alerts.show(rows=[present.alert(row, site, visit.lang) for row in rows], total=total, filtered=True)
        wall_ms = visit.context.wall_ms()
        if self._measured and wall_ms - self._drawn_at_ms >= _REDRAW_MS:
            self._drawn_at_ms = wall_ms
            await self._draw()

    async def _choose_property(self, name: str) -> None:
        self._property = name
        await self._draw()

    async def _choose_range(self, word: str) -> None:
        self._range = word
        await self._draw()

    async def _draw(self) -> None:
        to_ms = self._visit.context.now_ms() + 1
        stretch = Stretch(
            device=self._device,
            observed_property=self._property,
            from_ms=to_ms - _RANGES_MS[self._range],
            to_ms=to_ms,
        )
        for buttons, chosen in ((self._property_buttons, self._property), (self._range_buttons, self._range)):
            for key, one in buttons.items():
                one.classes(add="on" if key == chosen else "", remove="" if key == chosen else "on")
        self._no_points.set_visibility(not await self._trace.show(stretch))
        if self._trust is not None:
            week = dataclasses.replace(stretch, observed_property=TRUST, from_ms=to_ms - _RANGES_MS["7d"])
            await self._trust.show(week)

    def _has_history(self) -> bool:
        to_ms = self._visit.context.now_ms() - _RANGES_MS["1h"]
        from_ms = to_ms + _RANGES_MS["1h"] - _RANGES_MS["6h"]
        return bool(self._visit.context.series.read(self._device.id, self._property, from_ms, to_ms, 1))

    def _read(self) -> present.Rows:
        with reading(self._visit.context.engine) as connection:
            return reads.find(connection, reads.AlertFilter(device_id=self._device.id), limit=50)

    def _latest(self, name: str) -> float | None:
        context = self._visit.context
        points = context.series.read(self._device.id, name, 0, context.now_ms() + 1, 1)
        return points[-1].value if points else None

    def _title(self, name: str) -> str:
        return property_title(self._visit, self._visit.context.site.register.property(name), name)

    def _facts(self) -> list[tuple[str, str | tuple[str, str] | None]]:
        visit, device = self._visit, self._device
        trust = self._latest(TRUST)
        offset = self._latest("device.position_offset")
        attributes = "，".join(f"{key}={value}" for key, value in device.attributes.items())
        return [
            (visit.t("device.id"), device.id),
            (visit.t("device.kind"), visit.t(f"kind.{device.kind}")),
            (visit.t("filter.domain"), visit.t(f"domain.{device.domain}")),
            (visit.t("device.place"), visit.context.site.place(device.cell)),
            (visit.t("case.cell"), device.cell),
            (visit.t("device.position"), f"{device.lat:.5f}, {device.lon:.5f}"),
            (self._title("device.position_offset"), None if offset is None else f"{offset:g} m"),
            (self._title(TRUST), visit.t("device.trusted") if trust is None else f"{trust:g} %"),
            (visit.t("device.cadence"), _cadence(visit, device)),
            (visit.t("device.parent"), (f"/devices/{device.parent}", device.parent) if device.parent else None),
            ("EUI", device.eui),
            (visit.t("device.attributes"), attributes.replace("，", ", ") if visit.lang == "en" else attributes),
        ]


def measured(visit: Visit, device: Device) -> list[str]:
    """Return the properties that the device has reported: those with rules first, then by name."""
    context = visit.context
    names = [
        name
        for name in context.site.register.dictionary
        if name.partition(".")[0] in {device.domain, "device"}
        and context.series.read(device.id, name, 0, context.now_ms() + 1, 1)
    ]
    return sorted(names, key=lambda name: (not judging(visit, device, name), name.startswith("device."), name))


def _cadence(visit: Visit, device: Device) -> str:
    return f"{device.cadence_s} {visit.t('unit.s')}" if device.cadence_declared else visit.t("device.cadence_learned")
