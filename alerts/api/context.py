"""What the web application is given: one frozen value, filled by `deploy.web`, the same for API and console."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from fastapi import Request
from sqlalchemy import Connection, Engine

from alerts.cases.categories import Categories
from alerts.context import CaseContext
from alerts.unknown import Unknown
from ingest.cells import COMMUNITY_DIGITS, SUBDISTRICT_DIGITS, Cells
from ingest.devices import Register
from ingest.stores._base import Point
from rules.model import Rule, Text


class SeriesReader(Protocol):
    """The part of the time-series store that is read here (`ingest.stores._base.SeriesStore` has it)."""

    def read(
        self, device_id: str, observed_property: str, from_ms: int, to_ms: int, limit: int = 10_000
    ) -> list[Point]:
        """Return the newest `limit` points of a series with from_ms ≤ time < to_ms, in order of time."""

    def close(self) -> None:
        """Release files and connections."""


class FrameOutlet(Protocol):
    """Where frames go that come over HTTP (`deploy.web` has one); `topics`: the filters that the pipeline hears."""

    @property
    def topics(self) -> Sequence[str]:
        """The MQTT filters that the pipeline hears."""

    def publish(self, messages: Sequence[tuple[str, bytes]], timeout_s: float) -> list[bool]:
        """Hand (topic, payload) to the broker; tell of each whether it was acknowledged within `timeout_s`."""

    def stop(self) -> None:
        """Disconnect."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SiteView:
    """The parts of a site that people look at.

    `places` names division codes (12, 9 and 6 digits); `units` and `crews` have the title of each by its id.
    """

    id: str
    title: Text
    zone: ZoneInfo
    cells: Cells
    register: Register
    rules: Sequence[Rule]
    categories: Categories
    places: Mapping[str, str]
    units: Mapping[str, Text]
    crews: Mapping[str, Text]

    def place(self, cell: str) -> str:
        """Return the sub-district and community of a cell, as far as they are named."""
        return " ".join(
            self.places[code] for code in (cell[:SUBDISTRICT_DIGITS], cell[:COMMUNITY_DIGITS]) if code in self.places
        )

    def offset_ms(self, at_ms: int) -> int:
        """Return how far the site's zone is ahead of UTC at a time."""
        offset = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(self.zone).utcoffset()
        return 0 if offset is None else int(offset.total_seconds() * 1000)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class WebContext:
    """Everything that a route or page may use.

    `now_ms` is the site's clock (it may be scaled), `wall_ms` the wall clock (sessions and time-outs are for people);
    `actions` is handed to `alerts.cases.actions.perform`; without `frames` none are taken over HTTP; `unknown`
    returns so many of the devices that the register lacks.
    """

    engine: Engine
    series: SeriesReader
    now_ms: Callable[[], int]
    wall_ms: Callable[[], int]
    speed: float
    site: SiteView
    actions: CaseContext
    frames: FrameOutlet | None = None
    unknown: Callable[[Connection, int], Sequence[Unknown]] = lambda _connection, _limit: ()


def of(request: Request) -> WebContext:
    """Return the context of the application that serves this request."""
    context: WebContext = request.app.state.context
    return context
