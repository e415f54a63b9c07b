"""The responsibility matrix 人、事、岗、责: who (unit and crew), which matter (category), which post, which duty.

A duty row speaks about categories (or a whole domain), an area (a cell or the first digits of its code) and a time;
the most specific row that fits wins: a category over a domain over everything, then the longer area, then a named
time over `all`. `alerts.dispatch.responsibility` reads it from a file.
"""

from __future__ import annotations

import msgspec

from alerts.cases.categories import Category
from rules.model import Text


class Crew(msgspec.Struct, frozen=True, kw_only=True):
    """A crew of a unit; it serves the cells whose codes begin with one of its areas."""

    id: str
    unit: str
    title: Text
    areas: tuple[str, ...]


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """A unit that handles cases (处置部门)."""

    id: str
    title: Text
    supervisor: Text
    crews: tuple[Crew, ...]


class Duty(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the matrix. `categories` and `domain` are alternatives; with neither the row is about all."""

    unit: str
    post: Text
    duty: Text
    area: str
    categories: frozenset[str] = frozenset()
    domain: str | None = None
    hours: str = "all"
    days: str = "all"

    def covers(self, category: Category, cell: str, hours: str, days: str) -> bool:
        """Whether the row speaks about this category, cell and time."""
        matter = category.key in self.categories if self.categories else self.domain in {None, category.domain}
        return matter and cell.startswith(self.area) and self.hours in {"all", hours} and self.days in {"all", days}

    @property
    def rank(self) -> tuple[int, int, int]:
        """How specific the row is; the highest wins."""
        matter = 2 if self.categories else int(self.domain is not None)
        return matter, len(self.area), (self.hours != "all") + (self.days != "all")


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """What the matrix says: the unit, its post and duty, and the crews that serve the cell."""

    unit: Unit
    post: Text
    duty: Text
    crews: tuple[str, ...]


class Unassigned(msgspec.Struct, frozen=True, kw_only=True):
    """Why the matrix names nobody: `reason` is `no_duty` (no row fits) or `no_crew` (the unit has none there)."""

    reason: str
    detail: str


class Matrix(msgspec.Struct, frozen=True, kw_only=True):
    """The whole matrix; `day` is (first, last) minute of the local day that counts as day."""

    units: dict[str, Unit]
    duties: tuple[Duty, ...]
    day: tuple[int, int] = (7 * 60, 22 * 60)

    @property
    def crews(self) -> dict[str, Crew]:
        """Every crew by its id."""
        return {crew.id: crew for unit in self.units.values() for crew in unit.crews}

    def assign(self, category: Category, cell: str, minute: int, *, worked: bool) -> Assignment | Unassigned:
        """Return who is responsible at a local minute of the day (0-1439) of a day that is `worked` or not."""
        hours = "day" if self.day[0] <= minute < self.day[1] else "night"
        return self.assign_at(category, cell, hours, "working" if worked else "off")

    def assign_at(self, category: Category, cell: str, hours: str, days: str) -> Assignment | Unassigned:
        """Return who is responsible for a category in a cell at hours `day | night` of days `working | off`."""
        fitting = [row for row in self.duties if row.covers(category, cell, hours, days)]
        if not fitting:
            return Unassigned(
                reason="no_duty", detail=f"no duty covers {category.key} in {cell} ({hours}, {days} days)"
            )
        row = max(fitting, key=lambda one: one.rank)
        unit = self.units[row.unit]
        crews = tuple(crew.id for crew in unit.crews if cell.startswith(crew.areas))
        if not crews:
            return Unassigned(reason="no_crew", detail=f"unit {unit.id} has no crew for {cell}")
        return Assignment(unit=unit, post=row.post, duty=row.duty, crews=crews)
