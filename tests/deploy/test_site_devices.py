"""The register generator: the same file for the same seed, every device in its cell, parents and kinds complete."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest
from shapely.geometry import Point
from typer.testing import CliRunner

from deploy import site_devices, site_places
from deploy.cells import load_divisions
from deploy.cli import build
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


def test_devices_command_writes_the_register(site_folder: Path, tmp_path: Path) -> None:
    """The command writes the sample site's register; a folder without cells is told what it lacks."""
    for name in ("divisions.csv", "cells.geojson"):
        shutil.copy(site_folder / name, tmp_path)

    result = CliRunner().invoke(build(), ["devices", "generate", "--site", str(tmp_path), "--seed", "7"])
    assert result.output == f"{tmp_path / 'devices.csv'}: 1700 devices\n"
    assert (tmp_path / "devices.csv").read_bytes() == (site_folder / "devices.csv").read_bytes()

    (tmp_path / "cells.geojson").unlink()
    result = CliRunner().invoke(build(), ["devices", "generate", "--site", str(tmp_path)])
    assert str(result.exception) == (
        f"the site has faults:\n{tmp_path / 'cells.geojson'}:1: cannot be read: No such file or directory"
    )


def test_generate_needs_an_urban_cell(site_folder: Path) -> None:
    """Lamps and detectors need a built-up sub-district."""
    divisions, _ = load_divisions(site_folder / "divisions.csv")
    grid, _ = cells.load(site_folder / "cells.geojson")
    rural = [ground for ground in site_places.grounds(divisions, grid) if not ground.urban]

    with pytest.raises(ValueError, match=r"no cell belongs to an urban sub-district of divisions\.csv"):
        site_devices.generate(rural, 7)
