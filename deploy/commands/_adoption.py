"""How `wangge devices adopt` makes a row of the register, and when the frames of its device may come again."""

from __future__ import annotations

import getpass
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from shapely import Point
from sqlalchemy import Connection, Engine

from alerts.store import audit, meta
from alerts.store.database import reading
from alerts.unknown import Unknown
from deploy import register_file, register_watch
from deploy.clock import wall_ms
from deploy.commands._base import UserError
from deploy.site import Site
from deploy.unknown import eui_of
from ingest import devices
from ingest.datum import from_wgs84, to_wgs84

_ALIVE_MS = 10_000
_LOOK_S = 0.2


class Wish(NamedTuple):
    """What the person says of the device; None is left to be found out. `lat` and `lon` are in the site's datum."""

    name: str
    id: str | None
    domain: str | None
    kind: str | None
    title: str | None
    cell: str | None
    lat: float | None
    lon: float | None
    cadence_s: int | None
    parent: str | None
    eui: str | None
    attributes: Mapping[str, str]


def row_of(wish: Wish, guess: Unknown | None, site: Site) -> dict[str, str]:
    """Return the row of the register; raises UserError where something is neither said nor can be guessed."""
    domain = wish.domain or (guess.domain if guess else None)
    kind = wish.kind or (guess.kind if guess and guess.domain == domain else None)
    missing = [name for name, value in (("--domain", domain), ("--kind", kind)) if not value]
    if missing:
        raise UserError(f"nothing tells what kind of device {wish.name!r} is: name {' and '.join(missing)}")
    cell, lat, lon = _place(wish, site)
    attributes = dict(wish.attributes)
    model = guess.model.partition("@")[0] if guess else ""
    if model in site.register.profiles:
        attributes.setdefault("model", model)
    return {
        "id": wish.id or (wish.name.split() or [""])[0],
        "domain": domain or "",
        "kind": kind or "",
        "title": wish.title or "",
        "cell": cell,
        "lat": lat,
        "lon": lon,
        "cadence_s": str(wish.cadence_s or (guess.cadence_s if guess else None) or ""),
        "parent": wish.parent or "",
        "eui": wish.eui or eui_of(wish.name) or "",
        "attributes": ";".join(f"{name}={value}" for name, value in attributes.items()),
    }


def _place(wish: Wish, site: Site) -> tuple[str, str, str]:
    """Return cell, latitude and longitude: the cell that holds the place, or a place in the middle of the cell."""
    if (wish.lat is None) is not (wish.lon is None):
        raise UserError("--lat and --lon are one place: name both")
    if wish.lat is not None and wish.lon is not None:
        cell = wish.cell or site.cells.at(*to_wgs84(wish.lat, wish.lon, site.datum))
        if cell is None:
            raise UserError(f"no cell of the site holds {wish.lat:g}, {wish.lon:g}: name the nearest with --cell")
        return cell, repr(wish.lat), repr(wish.lon)
    if wish.cell is None:
        raise UserError("where does it stand? name --lat and --lon, or --cell")
    found = site.cells.get(wish.cell)
    if found is None:
        raise UserError(f"cell {wish.cell!r} is not a cell of the site")
    middle: Point = found.polygon.representative_point()
    lat, lon = from_wgs84(middle.y, middle.x, site.datum)
    return wish.cell, f"{lat:.6f}", f"{lon:.6f}"


def write(site: Site, row: Mapping[str, str], engine: Engine, name: str) -> str:
    """Add the row to the register and to the audit log; return the new version. Raises UserError with every fault."""
    try:
        faults = register_file.append(site, row)
    except OSError as exc:
        raise UserError(f"{site.folder / register_file.NAME} cannot be written: {exc.strerror}") from exc
    if faults:
        raise UserError("\n".join([*map(str, faults), "nothing was written"]))
    with engine.begin() as connection:
        audit.append(
            connection,
            now_ms=wall_ms(),
            actor=f"shell:{getpass.getuser()}",
            action="devices.adopt",
            object=f"device {row['id']}",
            detail={"name": name, **{column: value for column, value in row.items() if value}},
        )
    return devices.version(site.folder / register_file.NAME)


def is_met(engine: Engine, version: str, wait_s: float) -> bool:
    """Return whether frames would meet this register: the running pipeline has it, or none runs and will read it."""
    deadline_s = time.monotonic() + wait_s
    while True:
        with reading(engine) as connection:
            if not _runs(connection) or (meta.get(connection, register_watch.KEY) or {}).get("version") == version:
                return True
        if time.monotonic() >= deadline_s:
            return False
        time.sleep(_LOOK_S)


def _runs(connection: Connection) -> bool:
    heartbeat = meta.get(connection, "pipeline") or {}
    return wall_ms() - int(heartbeat.get("at_wall_ms", 0)) < _ALIVE_MS


def attributes(pairs: Sequence[str], height_cm: float | None, topic: str | None) -> dict[str, str]:
    """Return the attributes that were named, `NAME=VALUE` each; raises UserError for another form."""
    named = [("height_cm", None if height_cm is None else f"{height_cm:g}"), ("topic", topic)]
    found = {name: value for name, value in named if value is not None}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name or ";" in pair:
            raise UserError(f"--attribute {pair!r} is not NAME=VALUE")
        found[name] = value
    return found


def folder_of(config: Path | None, site: Path | None) -> Path:
    """Return the site folder that the settings or the option name."""
    from deploy.settings import load

    if site is not None:
        return site
    if config is None:
        raise UserError("name the settings file with --config, or the site with --site and the data folder with --data")
    return load(config).site
