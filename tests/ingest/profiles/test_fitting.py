"""The attribute `model` of a device names a profile that fits it."""

from __future__ import annotations

import pytest

from ingest.profiles.fitting import misfits
from tests.ingest.profiles.sample import PROFILES


@pytest.mark.parametrize(
    "kind, attributes, expected",
    [
        ("waste_bin", {}, []),
        ("waste_bin", {"model": "teneo-filling-degree@1.3", "height_cm": "120"}, []),
        # the device works out the fill level by itself
        ("waste_bin", {"model": "netvox-r718x"}, []),
        ("waste_bin", {"model": "teneo-filling-degre", "height_cm": "120"}, ["did you mean 'teneo-filling-degree'?"]),
        ("waste_bin", {"model": "x"}, ["there is no profile 'x', see `wangge profiles list`"]),
        ("street_light", {"model": "netvox-r718x"}, ["is of waste_bin, water_level_gauge, not of street_light"]),
        ("waste_bin", {"model": "teneo-filling-degree"}, ["attribute 'height_cm' is missing"]),
        ("water_level_gauge", {"model": "netvox-r718x"}, ["attribute 'height_cm' is missing"]),
        ("waste_bin", {"sensor_offset_cm": "high"}, ["attribute 'sensor_offset_cm': 'high' is not a number"]),
    ],
)
def test_misfit(kind: str, attributes: dict[str, str], expected: list[str]) -> None:
    """What does not go together is told in words."""
    found = list(misfits(kind, attributes, PROFILES))

    assert len(expected) == len(found)
    assert all(part in message for part, message in zip(expected, found, strict=True))
