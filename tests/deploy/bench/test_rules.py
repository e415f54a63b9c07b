"""The measurement of the rules engine: at a small size, every figure is there and says something."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.app import checked_site
from deploy.bench.rules import Sizes, measure


@pytest.mark.slow
def test_figures(site_folder: Path) -> None:
    """Rates and states are counted; more rules that select nobody change no state."""
    pytest.importorskip("bytewax")
    told: list[str] = []

    found = measure(checked_site(site_folder), 1, told.append, Sizes(200, 400, 60, 3, 2_000))

    assert found["observations_per_s"] > 1_000
    assert found["bytewax_items_per_s"] > 1_000
    assert (found["devices"], found["rules"]) == (400, len(checked_site(site_folder).rules))
    assert found["states"] > 0
    assert found["packed_bytes_per_state"] > 10
    assert [line.split(": ")[1] for line in told] == ["catalogue", "more rules", "more devices"]
