"""`/api/v1/devices`, `/api/v1/observations`: what the site has, and what it measured."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from alerts.api import context as contexts
from alerts.api.errors import ApiError, answers
from alerts.api.paging import CellPrefix, Page, PageQuery
from alerts.api.security import requires
from alerts.cases.workflow import Role
from alerts.errors import NotFound
from ingest.model import Device
from ingest.trust import PROPERTY as TRUST

router = APIRouter(tags=["observations"])
MAX_POINTS = 10_000
_HOUR_MS = 3_600_000
_LAST_MS = 2**53  # what JSON numbers hold exactly


class DeviceOut(BaseModel):
    """An entry of the device register; `lat`, `lon` in degrees (WGS 84)."""

    id: str = Field(examples=["wl-0007"])
    domain: str = Field(examples=["weather"])
    kind: str = Field(examples=["water_level_gauge"])
    title: str | None
    cell: str = Field(examples=["450107003013001"])
    place: str = Field(examples=["西乡塘街道 广西大学社区"])
    lat: float = Field(examples=[22.8467])
    lon: float = Field(examples=[108.2886])
    cadence_s: int = Field(examples=[60])
    parent: str | None
    attributes: dict[str, str]


class TrustedDeviceOut(DeviceOut):
    """A device, and how far its data can be trusted, in per cent; null: it never failed a quality test."""

    trust: float | None = Field(examples=[81.0])


class SeriesOut(BaseModel):
    """A stretch of one series in the property's canonical unit, in order of time.

    `points` are (time in ms since 1970 UTC, value, QARTOD flag: 1 good, 2 unknown, 3 suspect, 4 fail). When there are
    more than `limit`, they are the newest and `truncated` is true.
    """

    device_id: str = Field(examples=["wl-0007"])
    observed_property: str = Field(examples=["weather.water_level"])
    unit: str = Field(examples=["cm"])
    from_ms: int
    to_ms: int
    points: list[tuple[int, float, int]] = Field(examples=[[[1764223200000, 16.2, 1]]])
    truncated: bool


class DeviceQuery(PageQuery):
    """Which devices are asked for; what is left out does not limit."""

    domain: str | None = None
    kind: str | None = None
    cell: CellPrefix | None = None
    text: str | None = Field(default=None, max_length=64, description="part of the id or title")


class SeriesQuery(BaseModel):
    """Which stretch of which series is asked for."""

    model_config = ConfigDict(extra="forbid")

    device_id: str = Field(examples=["wl-0007"])
    observed_property: str = Field(examples=["weather.water_level"])
    from_ms: int | None = Field(default=None, description="default: an hour before `to_ms`")
    to_ms: int | None = Field(default=None, description="default: now")
    limit: int = Field(default=MAX_POINTS, ge=1, le=MAX_POINTS)


@router.get("/devices", summary="List devices", responses=answers(401, 403, 422), dependencies=[requires(Role.VIEWER)])
def list_devices(request: Request, query: Annotated[DeviceQuery, Query()]) -> Page[DeviceOut]:
    """Return devices in the order of the register."""
    site = contexts.of(request).site
    found = [
        device
        for device in site.register.devices.values()
        if query.domain in {None, device.domain}
        and query.kind in {None, device.kind}
        and (query.cell is None or device.cell.startswith(query.cell))
        and (query.text is None or query.text in device.id or query.text in (device.title or ""))
    ]
    items = [_device(site, device) for device in found[query.offset : query.offset + query.limit]]
    return Page(items=items, total=len(found), limit=query.limit, offset=query.offset)


@router.get(
    "/devices/{device_id}",
    summary="Get one device",
    responses=answers(401, 403, 404),
    dependencies=[requires(Role.VIEWER)],
)
def get_device(request: Request, device_id: str) -> TrustedDeviceOut:
    """Return one device."""
    context = contexts.of(request)
    site = context.site
    device = site.register.device(device_id)
    if device is None:
        raise NotFound(f"there is no device {device_id!r} in the register")
    told = context.series.read(device_id, TRUST, 0, context.now_ms() + 1, 1)
    return TrustedDeviceOut(**_device(site, device).model_dump(), trust=told[-1].value if told else None)


@router.get(
    "/observations",
    summary="Read a series",
    responses=answers(401, 403, 404, 422, 503),
    dependencies=[requires(Role.VIEWER)],
)
def read_series(request: Request, query: Annotated[SeriesQuery, Query()]) -> SeriesOut:
    """Return the points of one series with from_ms ≤ time < to_ms."""
    context = contexts.of(request)
    series = context.site.register.series(query.device_id, query.observed_property)
    if series is None:
        known = context.site.register.device(query.device_id) is not None
        missing = f"property {query.observed_property!r} in the dictionary" if known else f"device {query.device_id!r}"
        raise NotFound(f"there is no {missing}")
    end_ms = context.now_ms() + 1 if query.to_ms is None else query.to_ms
    begin_ms = end_ms - _HOUR_MS if query.from_ms is None else query.from_ms
    if not 0 <= begin_ms < end_ms <= _LAST_MS:
        raise ApiError(422, "invalid", "from_ms must lie before to_ms, both in milliseconds since 1970")
    points = context.series.read(query.device_id, query.observed_property, begin_ms, end_ms, query.limit + 1)
    return SeriesOut(
        device_id=query.device_id,
        observed_property=query.observed_property,
        unit=series.property.unit,
        from_ms=begin_ms,
        to_ms=end_ms,
        points=[(one.time_ms, one.value, one.quality) for one in points[-query.limit :]],
        truncated=len(points) > query.limit,
    )


def _device(site: contexts.SiteView, device: Device) -> DeviceOut:
    return DeviceOut(
        id=device.id,
        domain=device.domain,
        kind=device.kind,
        title=device.title,
        cell=device.cell,
        place=site.place(device.cell),
        lat=device.lat,
        lon=device.lon,
        cadence_s=device.cadence_s,
        parent=device.parent,
        attributes=device.attributes,
    )
