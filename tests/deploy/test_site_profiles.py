"""A site's own profiles and the models of its devices are checked with the site, and its uplinks are read by them."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path

import pytest

from deploy.site import load_site
from ingest.model import Frame, Refusal
from ingest.topics import discover

PROFILE = """id: acme-bin-01
title: {zh: 某厂传感器, en: Acme bin sensor}
domains: [waste]
kinds: [waste_bin]
source: made up
fields:
  dist: {property: waste.fill_level, unit: mm, surface: {}}
  bat: {property: device.battery_voltage, unit: V, always: true}
bytes:
  - {port: 2, fields: [{name: dist, type: u16}, {name: bat, type: u8, scale: 0.1}]}
"""
BIN, LAMP = "bin-0001", "lamp-00001"


@pytest.fixture
def site(tmp_path: Path, site_folder: Path) -> Path:
    """Return a copy of the sample site with a profile of its own."""
    folder = tmp_path / "site"
    shutil.copytree(site_folder, folder)
    (folder / "profiles").mkdir(exist_ok=True)
    (folder / "profiles" / "acme-bin-01.yaml").write_text(PROFILE, encoding="utf-8")
    return folder


def give_model(folder: Path, device: str, model: str) -> int:
    """Give a device of the register a model; return its line."""
    path = folder / "devices.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    (line,) = [number for number, text in enumerate(lines) if text.startswith(f"{device},")]
    lines[line] += f";model={model}"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return line + 1


def test_uplink_without_decoded_object(site: Path) -> None:
    """The bytes of an uplink are read by the site's own profile."""
    give_model(site, BIN, "acme-bin-01@2.0")
    found, faults = load_site(site)
    assert faults == ()
    assert found is not None
    device = found.register.devices[BIN]
    raw = base64.b64encode(bytes.fromhex("012c24")).decode()  # 300 mm, 3.6 V
    uplink = {"received_at": "2026-07-01T08:00:00Z", "f_port": 2, "f_cnt": 7, "frm_payload": raw}
    payload = json.dumps({"end_device_ids": {"device_id": BIN}, "uplink_message": uplink}).encode()
    outcome = discover().decode(Frame(f"v3/a@t/devices/{BIN}/up", payload, 1_782_892_810_000, "test"), found.register)

    assert not isinstance(outcome, Refusal)
    height_cm = float(device.attributes["height_cm"])
    assert {one.observed_property: pytest.approx(one.value) for one in outcome} == {
        "waste.fill_level": 100.0 * (height_cm - 30.0) / height_cm,
        "device.battery_voltage": 3.6,
    }


def test_faults(site: Path) -> None:
    """A fault of a profile, a model that is none, and one of another kind are told with file and line."""
    (site / "profiles" / "acme-bin-01.yaml").write_text(PROFILE.replace("unit: V", "unit: mm"), encoding="utf-8")
    unknown, unfit = give_model(site, BIN, "acme-bin-02"), give_model(site, LAMP, "acme-bin-01")
    found, faults = load_site(site)

    assert found is None
    told = {(Path(fault.file).name, fault.line): fault.message for fault in faults}
    assert told.keys() == {("acme-bin-01.yaml", 8), ("devices.csv", unknown), ("devices.csv", unfit)}
    assert "did you mean 'acme-bin-01'?" in told["devices.csv", unknown]
    assert "is of waste_bin, not of street_light" in told["devices.csv", unfit]
