"""What the alerts stage knows of the site: one frozen value, made by the composition root, handed to every call."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

from alerts.cases.calendar import Calendar
from alerts.cases.categories import Categories
from alerts.dispatch.matrix import Matrix
from ingest.model import Device
from rules.model import Rule, Text


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CaseSettings:
    """Choices of the site.

    `duplicate_distance_m` and `duplicate_window_s`: what is nearer and younger than that joins an open case of a
    category that folds. `warn_share`: the share of the limit after which a deadline is warned of.
    """

    duplicate_distance_m: float = 50.0
    duplicate_window_s: int = 24 * 3600
    warn_share: float = 0.8


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CaseContext:
    """The site: its codes, its calendar, who is responsible, its rules by id, and its devices by id."""

    site_id: str
    division: str
    zone: ZoneInfo
    categories: Categories
    calendar: Calendar
    matrix: Matrix
    rules: Mapping[str, Rule]
    device: Callable[[str], Device | None]
    settings: CaseSettings = CaseSettings()

    def local(self, at_ms: int) -> dt.datetime:
        """Return an instant in the site's zone."""
        return dt.datetime.fromtimestamp(at_ms / 1000, self.zone)

    def runbook(self, category: str) -> Text | None:
        """Return what to do about a case of a category, by the first of the rules that open such cases."""
        found = (
            rule.runbook for rule in self.rules.values() if rule.case is not None and rule.case.category == category
        )
        return next(found, None)
