"""The parts that pages are made of: each is a small Vue component in `parts/`, given plain values, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import nicegui
from nicegui.element import Element
from nicegui.events import GenericEventArguments

from alerts.console.present import Shown

_LEAFLET = Path(nicegui.__file__).parent / "elements" / "leaflet" / "dist"


class Part(Element):
    """A component whose properties are sent to the browser when they change."""

    def show(self, **values: object) -> None:
        """Set properties (named as in the component, camel case); only a change is sent."""
        changed = {name: value for name, value in values.items() if self._props.get(name, _ABSENT) != value}
        if changed:
            self._props.update(changed)
            self.update()

    def when(self, event: str, do: Callable[[Any], object]) -> None:
        """Call `do` with the event's value."""

        def handle(arguments: GenericEventArguments) -> object:
            return do(arguments.args)

        self.on(event, handle)


_ABSENT = object()


class AlertList(Part, component="parts/alert_list.js"):
    """Alerts, worst first, with buttons for those who may act."""

    def __init__(self, *, can_act: bool, shelving: bool = False, more_href: str = "") -> None:
        super().__init__()
        self.show(rows=[], total=0, canAct=can_act, filtered=False, shelving=shelving, moreHref=more_href)


class CaseList(Part, component="parts/case_list.js"):
    """Cases with countdowns."""

    def __init__(self, *, more_href: str = "") -> None:
        super().__init__()
        self.show(rows=[], total=0, filtered=False, moreHref=more_href)


class CellMap(Part, component="parts/cell_map.js", esm={"nicegui-leaflet": str(_LEAFLET)}):
    """The unit grid; emits `choose` with a cell code or None."""

    def __init__(self) -> None:
        super().__init__()
        self.add_resource(_LEAFLET)
        self.show(paint={}, dots=[], chosen=None)


class Counters(Part, component="parts/counters.js"):
    """Figures by domain; emits `choose` with a domain or None."""

    def __init__(self) -> None:
        super().__init__()
        self.show(rows=[], chosen=None)


class Status(Part, component="parts/status.js"):
    """State of the pipeline and the site's clock."""

    def __init__(self) -> None:
        super().__init__()
        self.show(heartbeat=None, balanced=True)


class DataTable(Part, component="parts/data_table.js"):
    """A table; `columns` are (key, title, kind)."""

    def __init__(self, columns: Sequence[tuple[str, str, str]], *, empty: tuple[str, str]) -> None:
        super().__init__()
        heads = [{"key": key, "title": title, "kind": kind} for key, title, kind in columns]
        self.show(columns=heads, rows=[], total=0, emptyTitle=empty[0], emptyMeans=empty[1])


class Timeline(Part, component="parts/timeline.js"):
    """The log of a case."""

    def __init__(self, rows: Sequence[Shown]) -> None:
        super().__init__()
        self.show(rows=list(rows))


class Deadline(Part, component="parts/deadline.js"):
    """The countdown of one case."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        super().__init__()
        self.show(row=dict(row))


class Moves(Part, component="parts/moves.js"):
    """The moves that the visitor may make; emits `changed`."""

    def __init__(self, case_id: int, crews: Sequence[Sequence[str]]) -> None:
        super().__init__()
        self.show(caseId=case_id, version=1, moves=[], crews=[list(one) for one in crews])
