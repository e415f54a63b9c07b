"""The uCIFI lamp controller: its resources and units are those of the registry, and a lamp is read."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET  # the registry's own files
from pathlib import Path

import pytest

from ingest.units import ALIASES, conversion
from tests.ingest.profiles.sample import PROFILES, device, read

LAMP = PROFILES["ucifi-lamp-controller"]


def test_lamp() -> None:
    """The supply is taken from the electrical monitor, else what the light source draws."""
    controller = {"3": 60, "5": False, "7": True, "46": 71.5, "47": 12.25}
    both = {"3416": {"0": controller}, "3418": {"0": {"1": 231.0, "4": 80.0, "6": 12_500}}}
    expected = {
        "lighting.dimming_level": 60.0,
        "lighting.lamp_failure": 0.0,
        "lighting.gear_failure": 1.0,
        "lighting.power": 71.5,
        "lighting.energy": 12.25,
    }

    assert read(LAMP, {"3416": {"0": controller}}, of=device("street_light")) == expected
    assert read(LAMP, both, of=device("street_light")) == {
        **expected,
        "lighting.power": 80.0,
        "lighting.voltage": 231.0,
        "lighting.energy": 12.5,
    }


@pytest.mark.corpora
def test_units_of_the_registry(corpora: Path) -> None:
    """Every resource of the profile exists, and its unit in the registry becomes the property's as the profile says."""
    for reader in LAMP.readers:
        number, _, resource = reader.path.text.split(".")
        path = corpora / "lwm2m-ucifi-objects" / f"{number}.xml"
        found = ET.parse(path).getroot().find(f".//Item[@ID='{resource}']")  # noqa: S314 - recorded, not from outside
        assert found is not None, reader.path.text
        unit = re.sub(r"\s", "", found.findtext("Units") or "") or "1"
        factors = conversion(ALIASES.get(unit, unit), reader.target)
        assert factors is not None, reader.path.text
        assert factors.factor == pytest.approx(reader.factor), reader.path.text
