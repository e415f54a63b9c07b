"""Finds holes and contradictions in a responsibility matrix: the faults that only the whole of it shows."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator

from alerts.cases.categories import Categories, Category
from alerts.dispatch.matrix import Duty, Matrix, Unassigned

HOURS = ("day", "night")
DAYS = ("working", "off")


def holes(matrix: Matrix, categories: Categories, cells: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield (category key, what is missing where and when), once a category and reason.

    `cells` are codes of cells, or of areas where cells are not known.
    """
    for category in categories.values():
        seen: set[str] = set()
        for cell in sorted(cells):
            for detail in _missing(matrix, category, cell):
                if detail.reason not in seen:
                    seen.add(detail.reason)
                    yield category.key, detail.detail


def _missing(matrix: Matrix, category: Category, cell: str) -> Iterator[Unassigned]:
    for hours, days in itertools.product(HOURS, DAYS):
        found = matrix.assign_at(category, cell, hours, days)
        if isinstance(found, Unassigned):
            yield found


def contradictions(duties: Collection[Duty]) -> Iterator[tuple[int, int]]:
    """Yield the positions of two rows that fit the same case equally well, though neither is more specific."""
    for (first, one), (second, other) in itertools.combinations(enumerate(duties), 2):
        if one.rank == other.rank and one.area == other.area and _same_matter(one, other) and _same_time(one, other):
            yield first, second


def _same_matter(one: Duty, other: Duty) -> bool:
    if one.categories or other.categories:
        return bool(one.categories & other.categories)
    return one.domain == other.domain


def _same_time(one: Duty, other: Duty) -> bool:
    def meet(first: str, second: str) -> bool:
        return "all" in {first, second} or first == second

    return meet(one.hours, other.hours) and meet(one.days, other.days)
