"""`/api/v1/cells`: the unit grid as GeoJSON, and the outline and label point of every sub-district.

The map is large and does not change while the application runs: the answer carries an ETag, and a browser that has it
is told so (304). What changes (colours) travels apart.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Sequence
from typing import Any

import shapely
from fastapi import APIRouter, Request, Response
from shapely.geometry import mapping

from alerts.api import context as contexts
from alerts.api.errors import answers
from alerts.api.security import requires
from alerts.cases.workflow import Role
from ingest.cells import Cells

router = APIRouter(tags=["cells"])
Place = tuple[float, float]  # longitude, latitude
_DECIMALS = 6  # of a degree: about 0.1 m
_EXAMPLE = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"kind": "cell", "code": "450107003013001", "place": "西乡塘街道 广西大学社区"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[108.28, 22.84], [108.29, 22.84], [108.29, 22.85], [108.28, 22.84]]],
            },
        }
    ],
}


@router.get(
    "/cells",
    summary="The unit grid as GeoJSON (RFC 7946)",
    response_class=Response,
    dependencies=[requires(Role.VIEWER)],
    responses={
        200: {"content": {"application/geo+json": {"example": _EXAMPLE}}},
        304: {"description": "the browser has it"},
        **answers(401, 403),
    },
)
def cells(request: Request) -> Response:
    """Return features of kind `cell` (code, place) and `subdistrict` (code, name, lat, lon of its label).

    `bbox` holds all cells, the foreign member `core` the part where most devices stand (for a first view).
    """
    body, tag = _document(contexts.of(request).site)
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if request.headers.get("If-None-Match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/geo+json", headers=headers)


def _document(site: contexts.SiteView) -> tuple[bytes, str]:
    devices = tuple((device.lon, device.lat) for device in site.register.devices.values())
    return _encoded(site.cells, tuple(site.places.items()), devices)


@functools.lru_cache(maxsize=4)
def _encoded(grid: Cells, names: tuple[tuple[str, str], ...], devices: tuple[Place, ...]) -> tuple[bytes, str]:
    places = dict(names)
    features = [_feature(cell.polygon, kind="cell", code=cell.code, place=_place(places, cell.code)) for cell in grid]
    by_subdistrict: dict[str, list[Any]] = {}
    for cell in grid:
        by_subdistrict.setdefault(cell.subdistrict, []).append(cell.polygon)
    for code, polygons in by_subdistrict.items():
        outline = shapely.union_all(polygons)
        label = outline.representative_point()
        features.append(
            _feature(
                outline,
                kind="subdistrict",
                code=code,
                name=places.get(code, code),
                lat=round(label.y, _DECIMALS),
                lon=round(label.x, _DECIMALS),
            )
        )
    bounds = [round(float(edge), _DECIMALS) for edge in shapely.total_bounds([cell.polygon for cell in grid])]
    document = {"type": "FeatureCollection", "bbox": bounds, "core": core(devices) or bounds, "features": features}
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return body.encode(), f'"{hashlib.sha256(body.encode()).hexdigest()[:16]}"'


def core(devices: Sequence[Place]) -> list[float]:
    """Return (west, south, east, north) of the middle of most devices: a tenth is left out at each end of each axis."""
    if not devices:
        return []
    lons, lats = sorted(lon for lon, _ in devices), sorted(lat for _, lat in devices)
    low, high = len(devices) // 10, len(devices) - 1 - len(devices) // 10
    margin = 0.1
    edges = []
    for ordered in (lons, lats):
        span = ordered[high] - ordered[low]
        edges.append((ordered[low] - margin * span, ordered[high] + margin * span))
    (west, east), (south, north) = edges
    return [round(edge, _DECIMALS) for edge in (west, south, east, north)]


def _place(places: dict[str, str], code: str) -> str:
    return " ".join(places[part] for part in (code[:9], code[:12]) if part in places)


def _feature(shape: Any, **properties: Any) -> dict[str, Any]:
    rounded = shapely.set_precision(shape, 10**-_DECIMALS)
    return {"type": "Feature", "properties": properties, "geometry": mapping(rounded)}
