"""The register generator: the same file for the same seed, every device in its cell, parents and kinds complete."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from shapely.geometry import Point

from deploy import site_devices, site_places
from deploy.cells import load_divisions
from ingest import cells, devices, dictionary


def test_generate_same_seed_same_bytes(site_folder: Path) -> None:
    """Seed 7 gives the file that the site has; another seed gives another."""
    divisions, _ = load_divisions(site_folder / "divisions.csv")
    grid, _ = cells.load(site_folder / "cells.geojson")
    grounds = site_places.grounds(divisions, grid)
    shipped = (site_folder / "devices.csv").read_text(encoding="utf-8")

    assert shipped == site_devices.generate(grounds, 7)
    assert shipped != site_devices.generate(grounds, 8)


def test_generate_gives_a_register_without_fault(site_folder: Path) -> None:
    """The register loads, has its four domains, and every device stands in the cell that it names."""
    grid, _ = cells.load(site_folder / "cells.geojson")
    known, _ = dictionary.load()

    register, faults = devices.load(site_folder / "devices.csv", known, grid)

    assert faults == ()
    assert len(register.devices) == 1_700
    assert {device.domain for device in register.devices.values()} == {"traffic", "weather", "lighting", "waste"}
    assert {
        device.id
        for device in register.devices.values()
        if (cell := grid.get(device.cell)) and not cell.polygon.buffer(1e-5).covers(Point(device.lon, device.lat))
    } == set()


def test_generate_hierarchy(site_folder: Path) -> None:
    """Lamps hang on circuits, circuits on cabinets, every second cabinet and each LoRaWAN bin on a gateway."""
    grid, _ = cells.load(site_folder / "cells.geojson")
    known, _ = dictionary.load()
    register, _ = devices.load(site_folder / "devices.csv", known, grid)
    kind_of = {device.id: device.kind for device in register.devices.values()}

    links = Counter((device.kind, kind_of.get(device.parent or "")) for device in register.devices.values())

    assert links == {
        ("gateway", None): 40,
        ("traffic_detector", None): 260,
        ("weather_station", None): 40,
        ("water_level_gauge", None): 80,
        ("lighting_cabinet", None): 10,
        ("lighting_cabinet", "gateway"): 10,
        ("lighting_circuit", "lighting_cabinet"): 60,
        ("street_light", "lighting_circuit"): 900,
        ("waste_bin", None): 180,
        ("waste_bin", "gateway"): 120,
    }
