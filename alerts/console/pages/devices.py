"""`/devices`: the device register, to find a device by id, name, kind or domain."""

from __future__ import annotations

from alerts.console.live import DOMAINS
from alerts.console.markup import box, link, panel, search, select
from alerts.console.parts import DataTable
from alerts.console.shell import shell
from alerts.console.visit import Visit
from ingest.model import Device

_SHOWN = 200


def build(visit: Visit) -> None:
    """Build the page."""
    with shell(visit, "devices"), box("div", "w-page"):
        Devices(visit)


class Devices:
    """The table and what it is narrowed to."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._chosen = {"domain": "", "kind": "", "text": ""}
        every = {"": visit.t("form.all")}
        kinds = sorted({device.kind for device in visit.context.site.register.devices.values()})
        with panel(visit.t("nav.devices")) as head:
            columns = (
                ("link", visit.t("device.id"), "link"),
                ("name", visit.t("device.name"), "text"),
                ("kind", visit.t("device.kind"), "text"),
                ("domain", visit.t("filter.domain"), "text"),
                ("place", visit.t("device.place"), "text"),
                ("cell", visit.t("case.cell"), "code"),
                ("cadence", f"{visit.t('device.cadence')} ({visit.t('unit.s')})", "number"),
            )
            self._table = DataTable(columns, empty=(visit.t("devices.none"), visit.t("devices.none_means")))
        with head, box("div", "w-filters grow"):
            domains = every | {one: visit.t(f"domain.{one}") for one in DOMAINS}
            titles = every | {one: visit.t(f"kind.{one}") for one in kinds}
            select(visit.t("filter.domain"), domains, "", lambda value: self._choose("domain", value))
            select(visit.t("device.kind"), titles, "", lambda value: self._choose("kind", value))
            search(visit.t("form.search_device"), lambda value: self._choose("text", value))
        with head:
            link(visit.t("unknown.title"), "/devices/unknown", "w-button")
        self._show()

    def _choose(self, what: str, value: str) -> None:
        self._chosen[what] = value
        self._show()

    def _show(self) -> None:
        found = [one for one in self._visit.context.site.register.devices.values() if self._is_wanted(one)]
        self._table.show(rows=[self._row(one) for one in found[:_SHOWN]], total=len(found))

    def _is_wanted(self, device: Device) -> bool:
        words = self._chosen["text"].strip().lower()
        return (
            self._chosen["domain"] in {"", device.domain}
            and self._chosen["kind"] in {"", device.kind}
            and (words in device.id.lower() or words in (device.title or "").lower())
        )

    def _row(self, device: Device) -> dict[str, object]:
        visit = self._visit
        return {
            "link": [f"/devices/{device.id}", device.id],
            "name": device.title,
            "kind": visit.t(f"kind.{device.kind}"),
            "domain": visit.t(f"domain.{device.domain}"),
            "place": visit.context.site.place(device.cell),
            "cell": device.cell,
            "cadence": device.cadence_s if device.cadence_declared else None,
        }
