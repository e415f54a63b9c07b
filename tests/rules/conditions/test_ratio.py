"""The share of the devices of an area."""

from __future__ import annotations

from typing import Any

import pytest

from rules.conditions._base import Verdict
from rules.view import View
from tests.rules.samples import area_of

LIT = {"threshold": {"property": "lighting.power", "above": 10}}


def lamps(world: Any, *powers: float | None) -> View:
    """Return a view of lamps with these powers; None: nothing was heard of it."""
    return area_of(
        world,
        [
            (world.device(f"l{number}"), {"lighting.power": [] if power is None else [(0, power)]})
            for number, power in enumerate(powers)
        ],
        60,
    )


@pytest.mark.parametrize(
    "powers, verdict",
    [
        ((60, 60, 60, 60), Verdict.CLEAR),
        ((60, 60, 60, 0), Verdict.HOLDS),
        ((60, 60, 60, None), Verdict.CLEAR),
        ((60, 0), Verdict.UNKNOWN),
    ],
)
def test_judge_counts_known_devices(world: Any, powers: tuple[float | None, ...], verdict: Verdict) -> None:
    """Whoever is silent is not counted; too few known ones say nothing."""
    condition = world.condition("ratio", of=LIT, below=98, min_devices=3)

    assert condition.judge(lamps(world, *powers)) == (verdict,)


def test_describe_and_evidence_name_the_dark_ones(world: Any) -> None:
    """Numbers, share and limit; the evidence is what is on the bad side."""
    condition = world.condition("ratio", of=LIT, below=98)
    view = lamps(world, 60, 0, 60, 1)

    assert condition.describe(view) == "2 of 4 devices (50 %), below 98"
    assert [one.device_id for one in condition.evidence(view)] == ["l1", "l3"]
