"""What must agree between the files of a site folder: each check yields faults at the line that is to be changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from shapely.geometry import Point

from alerts.cases.categories import Categories
from alerts.dispatch.coverage import holes
from alerts.dispatch.responsibility import Matrix
from deploy.cells import Division
from ingest.cells import Cells
from ingest.devices import Register
from ingest.located import Fault
from rules.schema import Loaded

_FAR_DEGREES = 0.01  # about 1 km: a device that far from its cell stands elsewhere, or its lat and lon are swapped


def divisions_match(folder: Path, division: str, divisions: Sequence[Division]) -> Iterator[Fault]:
    """Check that the district row of divisions.csv is the site's division."""
    districts = {row.code: row for row in divisions if row.level == "district"}
    path = folder / "divisions.csv"
    if division not in districts:
        yield Fault(str(path), 1, f"has no district {division}, which site.yaml names as the division")
    for code, row in districts.items():
        if code != division:
            yield Fault(str(path), row.line, f"district {code} is not the division {division} of site.yaml")


def cells_match(folder: Path, division: str, divisions: Sequence[Division], cells: Cells) -> Iterator[Fault]:
    """Check that every cell lies in a community of the site, and every community has a cell."""
    path = folder / "cells.geojson"
    communities = {row.code: row for row in divisions if row.level == "community"}
    for cell in cells:
        if cell.community not in communities:
            place = "another district" if not cell.code.startswith(division) else "a community that divisions.csv lacks"
            yield Fault(str(path), _line(path, f'"{cell.code}"'), f"cell {cell.code} lies in {place}")
    empty = communities.keys() - {cell.community for cell in cells}
    for code in sorted(empty):
        yield Fault(str(folder / "divisions.csv"), communities[code].line, f"community {code} has no cell")


def devices_stand_in_their_cells(folder: Path, cells: Cells, register: Register) -> Iterator[Fault]:
    """Check that no device stands more than about a kilometre away from the cell that it names."""
    path = folder / "devices.csv"
    for device in register.devices.values():
        cell = cells.get(device.cell)
        if cell and cell.polygon.distance(Point(device.lon, device.lat)) > _FAR_DEGREES:
            message = f"lat {device.lat:g}, lon {device.lon:g} is far from its cell {device.cell}"
            yield Fault(str(path), _line(path, f"{device.id},"), message, device.id)


def categories_exist(loaded: Iterable[Loaded], categories: Categories) -> Iterator[Fault]:
    """Check that every rule that opens cases names a category of the site."""
    for item in loaded:
        case = item.rule.case
        if case and case.category not in categories:
            message = f"there is no category {case.category!r} in categories.yaml"
            yield item.fault(("case", "category"), message)


def everyone_is_served(folder: Path, matrix: Matrix, categories: Categories, cells: Cells) -> Iterator[Fault]:
    """Check that every category has a unit and a crew in every cell at every time."""
    for key, detail in holes(matrix, categories, [cell.code for cell in cells]):
        yield Fault(str(folder / "responsibility.yaml"), 1, f"category {key!r} has nobody: {detail}")


def _line(path: Path, text: str) -> int:
    """Return the number of the first line of a file that holds the text, 1 where none does."""
    with path.open(encoding="utf-8") as stream:
        return next((number for number, line in enumerate(stream, start=1) if text in line), 1)
