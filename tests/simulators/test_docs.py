"""The guide for sites names everything that a simulated city can do."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.plugins import find
from simulators import scenario
from simulators.faults import FAULTS
from simulators.incidents import EFFECTS

_GUIDE = Path(__file__).parents[2] / "docs" / "site.md"
_KINDS = find("simulators.devices", "DEVICE", key="kind")
_PROTOCOLS = [protocol for kind in _KINDS.values() for protocol in kind.encodings]


@pytest.mark.parametrize("name", [*EFFECTS, *FAULTS, *_KINDS, *_PROTOCOLS])
def test_guide_names_every_unit(name: str) -> None:
    """Effects, faults, kinds of devices and protocols stand in docs/site.md."""
    assert f"{name}`" in _GUIDE.read_text(encoding="utf-8") or f"={name}" in _GUIDE.read_text(encoding="utf-8")


def test_guide_names_a_shipped_scenario() -> None:
    """The example of the guide is a scenario that is shipped."""
    assert "evening" in scenario.names()
