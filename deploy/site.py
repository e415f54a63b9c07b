"""A site: everything that a district writes, loaded from its folder and checked as a whole.

`load_site` reads each file with the loader of the stage that it belongs to, then checks what must agree between them.
A site with any fault is no site: nothing starts on half a configuration.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from alerts.cases import calendar as working_calendar
from alerts.cases import categories as problem_classes
from alerts.cases.calendar import Calendar
from alerts.cases.categories import Categories
from alerts.dispatch import responsibility
from alerts.dispatch.responsibility import Matrix
from deploy import site_checks, site_file
from deploy.cells import Division, load_divisions, short_name
from ingest import cells as grid
from ingest import devices, dictionary
from ingest.cells import Cells
from ingest.datum import Datum, to_wgs84
from ingest.devices import Register
from ingest.located import Fault
from ingest.model import Property
from ingest.profiles import loading as profiles
from rules import schema
from rules.book import RuleBook
from rules.view import Locale


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A district that is served. `position` is (lat, lon) in WGS 84 degrees; `places` names division codes.

    `datum` is what the coordinates of devices.csv are written in; the register has them in WGS 84. Register and
    rules are what changes of a site while it is served (`deploy.register_watch`, `deploy.rules_watch`).
    """

    folder: Path
    id: str
    title_zh: str
    title_en: str
    division: str
    zone: ZoneInfo
    datum: Datum
    position: tuple[float, float]
    places: Mapping[str, str]
    cells: Cells
    register: Register
    dictionary: Mapping[str, Property]
    categories: Categories
    calendar: Calendar
    matrix: Matrix
    rules: RuleBook

    @property
    def locale(self) -> Locale:
        """Return the zone, the working days and the neighbours of cells that rules judge by."""
        return Locale(self.zone, lambda day: self.calendar.judge(day)[0], self.cells.neighbours)


def load_site(folder: Path) -> tuple[Site | None, tuple[Fault, ...]]:
    """Return the site of a folder, or None and every fault of its files, in order of file and line."""
    if not folder.is_dir():
        return None, (Fault(str(folder), 1, "is not a folder: name the folder that holds site.yaml"),)
    head, faults = site_file.load(folder / "site.yaml")
    if any(fault.message.endswith(site_file.REMEDY) for fault in faults):
        return None, faults
    divisions, more = load_divisions(folder / "divisions.csv")
    faults += more
    found_cells, more = grid.load(folder / "cells.geojson")
    faults += more
    known, more = dictionary.load(folder / "dictionary.yaml")
    faults += more
    datum = head.datum if head else Datum.WGS84
    models, more = profiles.for_site(folder, known)
    faults += more
    register, more = devices.load(folder / "devices.csv", known, found_cells, models, datum=datum)
    faults += more
    categories, more = problem_classes.load(folder / "categories.yaml")
    faults += more
    calendar, more = working_calendar.load(folder / "calendar.yaml")
    faults += more
    matrix, more = responsibility.load(folder / "responsibility.yaml", categories)
    faults += more
    own_rules = folder / "rules"
    loaded, more = schema.load_with_tests([schema.CATALOG, *([own_rules] if own_rules.is_dir() else [])], known)
    faults += more
    if head is None:
        return None, tuple(sorted(faults))
    site = Site(
        folder=folder,
        id=head.id,
        title_zh=head.title.zh,
        title_en=head.title.en,
        division=head.division,
        zone=ZoneInfo(head.timezone),
        datum=datum,
        position=to_wgs84(head.position.lat, head.position.lon, datum),
        places={row.code: short_name(row.name) for row in divisions},
        cells=found_cells,
        register=register,
        dictionary=known,
        categories=categories,
        calendar=calendar,
        matrix=matrix,
        rules=RuleBook(item.rule for item in loaded),
    )
    faults += tuple(_disagreements(folder, site, divisions, loaded, faults))
    return (None, tuple(sorted(faults))) if faults else (site, ())


def _disagreements(
    folder: Path,
    site: Site,
    divisions: tuple[Division, ...],
    loaded: tuple[schema.Loaded, ...],
    faults: tuple[Fault, ...],
) -> Iterator[Fault]:
    """Yield what does not agree between files; a file with faults of its own is not held against others."""
    faulty = {Path(fault.file).name for fault in faults}
    if "divisions.csv" not in faulty:
        yield from site_checks.divisions_match(folder, site.division, divisions)
        if "cells.geojson" not in faulty:
            yield from site_checks.cells_match(folder, site.division, divisions, site.cells)
    yield from site_checks.devices_stand_in_their_cells(folder, site.cells, site.register)
    if "categories.yaml" not in faulty:
        yield from site_checks.categories_exist(loaded, site.categories)
        if "responsibility.yaml" not in faulty:
            yield from site_checks.everyone_is_served(folder, site.matrix, site.categories, site.cells)
