"""Makes a synthetic device register for a site: devices.csv over its cells, the same file for the same seed.

A plan says how many of each kind there are. Lamps hang in rows on circuits, circuits on a cabinet; every second cabinet
and all LoRaWAN bins have a gateway as parent. `protocol` names the dialect of a device that does not speak Wangge's
own JSON. EUIs are locally administered (second bit of the first byte), so they belong to no maker.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence

import msgspec

from deploy.site_places import Ground, Place, choose, eui, lamp_row, place
from simulators.noise import draw

COLUMNS = ("id", "domain", "kind", "title", "cell", "lat", "lon", "cadence_s", "parent", "eui", "attributes")

_TRAFFIC, _STATIONS, _GAUGES, _UNDERPASS_GAUGES, _BINS = 260, 40, 80, 20, 300
_CABINETS, _CIRCUITS_EACH, _LAMPS_EACH = 20, 3, 15
_WASTE_GATEWAYS = 30
_FAST_S, _SLOW_S = 60, 300
# by circuit of every fourth cabinet; NGSI-v2 key-values state no units, so the register does
_LAMP_PROTOCOLS = {
    1: ";protocol=ngsi_ld",
    2: ";protocol=ngsi_v2;unit.powerConsumption=W;unit.voltage=V;unit.current=A",
}


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A line of devices.csv."""

    id: str
    domain: str
    kind: str
    title: str
    at: Place
    cadence_s: int
    parent: str = ""
    eui: str = ""
    attributes: str = ""


def generate(grounds: Sequence[Ground], seed: int) -> str:
    """Return devices.csv for these cells (at least one of them urban)."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows(grounds, seed):
        at = row.at
        what = (row.id, row.domain, row.kind, row.title, at.cell, at.lat, at.lon)
        writer.writerow((*what, row.cadence_s, row.parent, row.eui, row.attributes))
    return out.getvalue()


def rows(grounds: Sequence[Ground], seed: int) -> Iterator[Row]:
    """Yield every device, a parent before its children."""
    urban = [ground for ground in grounds if ground.urban]
    if not urban:
        raise ValueError("no cell belongs to an urban sub-district of divisions.csv")
    gateways = list(_gateways(grounds, urban, seed))
    yield from gateways
    yield from _traffic(urban, seed)
    yield from _weather(grounds, urban, seed)
    yield from _lighting(urban, gateways[_WASTE_GATEWAYS:], seed)
    yield from _waste(grounds, gateways[:_WASTE_GATEWAYS], seed)


def _gateways(grounds: Sequence[Ground], urban: Sequence[Ground], seed: int) -> Iterator[Row]:
    for number in range(1, _WASTE_GATEWAYS + _CABINETS // 2 + 1):
        waste = number <= _WASTE_GATEWAYS
        device_id = f"gw-{number:03d}"
        ground = choose(grounds if waste else urban, seed, device_id)
        yield Row(
            id=device_id,
            domain="waste" if waste else "lighting",
            kind="gateway",
            title=f"{ground.place}{'LoRaWAN网关' if waste else '照明网关'}",
            cadence_s=_SLOW_S,
            eui=eui(seed, device_id) if waste else "",
            at=place(ground, seed, device_id),
        )


def _traffic(urban: Sequence[Ground], seed: int) -> Iterator[Row]:
    classes = (("expressway", "快速路", 4), ("arterial", "主干道", 3), ("arterial", "主干道", 2), ("branch", "支路", 1))
    for number in range(1, _TRAFFIC + 1):
        device_id = f"tr-{number:04d}"
        ground = choose(urban, seed, device_id)
        road_class, road, lanes = classes[int(draw(seed, device_id, "class") * len(classes))]
        yield Row(
            id=device_id,
            domain="traffic",
            kind="traffic_detector",
            title=f"{ground.place}{road}交通检测器",
            cadence_s=_FAST_S,
            attributes=f"road_class={road_class};lanes={lanes}",
            at=place(ground, seed, device_id),
        )


def _weather(grounds: Sequence[Ground], urban: Sequence[Ground], seed: int) -> Iterator[Row]:
    districts = sorted({ground.code[:9] for ground in grounds})
    for number in range(1, _STATIONS + 1):
        device_id = f"ws-{number:03d}"
        district = districts[(number - 1) % len(districts)]
        ground = choose([ground for ground in grounds if ground.code.startswith(district)], seed, device_id)
        yield Row(
            id=device_id,
            domain="weather",
            kind="weather_station",
            title=f"{ground.place}气象站",
            cadence_s=_FAST_S,
            attributes="protocol=senml" if number % 4 == 0 else "",
            at=place(ground, seed, device_id),
        )
    for number in range(1, _GAUGES + 1):
        device_id = f"wl-{number:03d}"
        ground = choose(urban, seed, device_id)
        underpass = number > _GAUGES - _UNDERPASS_GAUGES
        yield Row(
            id=device_id,
            domain="weather",
            kind="water_level_gauge",
            title=f"{ground.place}{'下穿通道' if underpass else '道路'}积水监测点",
            cadence_s=_FAST_S,
            attributes=f"place={'underpass' if underpass else 'road'}",
            at=place(ground, seed, device_id),
        )


def _lighting(urban: Sequence[Ground], gateways: Sequence[Row], seed: int) -> Iterator[Row]:
    grounds = {ground.code: ground for ground in urban}
    lamp = 0
    for cabinet in range(_CABINETS):
        cabinet_id = f"cabinet-{cabinet + 1:03d}"
        gateway = gateways[cabinet // 2] if cabinet % 2 == 0 else None
        ground = grounds[gateway.at.cell] if gateway else choose(urban, seed, cabinet_id)
        at = place(ground, seed, cabinet_id)
        yield Row(
            id=cabinet_id,
            domain="lighting",
            kind="lighting_cabinet",
            title=f"{ground.place}路灯控制柜",
            at=at,
            cadence_s=_SLOW_S,
            parent=gateway.id if gateway else "",
        )
        for circuit in range(_CIRCUITS_EACH):
            circuit_id = f"circuit-{cabinet * _CIRCUITS_EACH + circuit + 1:03d}"
            title = f"{ground.place}路灯第{circuit + 1}回路"
            yield Row(
                id=circuit_id,
                domain="lighting",
                kind="lighting_circuit",
                title=title,
                at=at,
                cadence_s=_SLOW_S,
                parent=cabinet_id,
            )
            protocol = _LAMP_PROTOCOLS.get(circuit, "") if cabinet % 4 == 0 else ""
            rated_w = (70, 120, 150, 250)[int(draw(seed, circuit_id, "rating") * 4)]
            for index, (lon, lat) in enumerate(lamp_row(ground, seed, circuit_id, _LAMPS_EACH), start=1):
                lamp += 1
                yield Row(
                    id=f"lamp-{lamp:05d}",
                    domain="lighting",
                    kind="street_light",
                    title=f"{title}{index}号灯",
                    at=Place(ground.code, lat, lon),
                    cadence_s=_SLOW_S,
                    parent=circuit_id,
                    attributes=f"rated_w={rated_w};position={index}{protocol}",
                )


def _waste(grounds: Sequence[Ground], gateways: Sequence[Row], seed: int) -> Iterator[Row]:
    for number in range(1, _BINS + 1):
        device_id = f"bin-{number:04d}"
        ground = choose(grounds, seed, device_id)
        at = place(ground, seed, device_id)
        lorawan = number % 5 in {1, 2}
        near = min(gateways, key=lambda gateway: math.dist((gateway.at.lat, gateway.at.lon), (at.lat, at.lon)))
        height_cm = (100, 120, 160)[int(draw(seed, device_id, "height") * 3)]
        yield Row(
            id=device_id,
            domain="waste",
            kind="waste_bin",
            title=f"{ground.place}垃圾箱{number}号",
            cadence_s=_SLOW_S,
            parent=near.id if lorawan else "",
            eui=eui(seed, device_id) if lorawan else "",
            attributes=f"height_cm={height_cm}" + (";protocol=thethings_v3" if lorawan else ""),
            at=at,
        )
