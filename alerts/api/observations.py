"""`/api/v1/devices`, `/api/v1/observations`: what the site has, and what it measured."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from alerts.api import context as contexts
from alerts.api.errors import ApiError, answers
from alerts.api.paging import DEFAULT_LIMIT, Limit, Offset, Page
from alerts.cases.workflow import Role
from alerts.api.security import requires
from alerts.errors import NotFound
from ingest.model import Device

router = APIRouter(tags=["observations"])
MAX_POINTS = 10_000
_HOUR_MS = 3_600_000


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


@router.get(
    "/devices", summary="List devices", responses=answers(401, 403, 422), dependencies=[requires(Role.VIEWER)]
)
def list_devices(
    request: Request,
    domain: str | None = None,
    kind: str | None = None,
    cell: Annotated[str | None, Query(pattern=r"^\d{1,15}$", description="cell code or its beginning")] = None,
    text: Annotated[str | None, Query(max_length=64, description="part of the id or title")] = None,
    limit: Limit = DEFAULT_LIMIT,
    offset: Offset = 0,
) -> Page[DeviceOut]:
    """Return devices in the order of the register."""
    site = contexts.of(request).site
    found = [
        device
        for device in site.register.devices.values()
        if domain in {None, device.domain}
        and kind in {None, device.kind}
        and (cell is None or device.cell.startswith(cell))
        and (text is None or text in device.id or text in (device.title or ""))
    ]
    items = [_device(site, device) for device in found[offset : offset + limit]]
    return Page(items=items, total=len(found), limit=limit, offset=offset)


@router.get(
    "/devices/{device_id}", summary="Get one device", responses=answers(401, 403, 404),
    dependencies=[requires(Role.VIEWER)],
)
def get_device(request: Request, device_id: str) -> DeviceOut:
    """Return one device."""
    site = contexts.of(request).site
    device = site.register.device(device_id)
    if device is None:
        raise NotFound(f"there is no device {device_id!r} in the register")
    return _device(site, device)


@router.get(
    "/observations", summary="Read a series", responses=answers(401, 403, 404, 422, 503),
    dependencies=[requires(Role.VIEWER)],
)
def read_series(
    request: Request,
    device_id: Annotated[str, Query(examples=["wl-0007"])],
    observed_property: Annotated[str, Query(examples=["weather.water_level"])],
    from_ms: Annotated[int | None, Query(description="default: an hour before `to_ms`")] = None,
    to_ms: Annotated[int | None, Query(description="default: now")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_POINTS)] = MAX_POINTS,
) -> SeriesOut:
    """Return the points of one series with from_ms ≤ time < to_ms."""
    context = contexts.of(request)
    series = context.site.register.series(device_id, observed_property)
    if series is None:
        known = context.site.register.device(device_id) is not None
        missing = f"no property {observed_property!r} in the dictionary" if known else f"no device {device_id!r}"
        raise NotFound(f"there is {missing}")
    end_ms = context.now_ms() + 1 if to_ms is None else to_ms
    begin_ms = end_ms - _HOUR_MS if from_ms is None else from_ms
    if not 0 <= begin_ms < end_ms <= 2**53:
        raise ApiError(422, "invalid", "from_ms must lie before to_ms, both in milliseconds since 1970")
    points = context.series.read(device_id, observed_property, begin_ms, end_ms, limit + 1)
    return SeriesOut(
        device_id=device_id, observed_property=observed_property, unit=series.property.unit,
        from_ms=begin_ms, to_ms=end_ms, points=[tuple(one) for one in points[-limit:]], truncated=len(points) > limit,
    )


def _device(site: contexts.SiteView, device: Device) -> DeviceOut:
    return DeviceOut(
        id=device.id, domain=device.domain, kind=device.kind, title=device.title, cell=device.cell,
        place=site.place(device.cell), lat=device.lat, lon=device.lon, cadence_s=device.cadence_s,
        parent=device.parent, attributes=device.attributes,
    )
