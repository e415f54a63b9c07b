"""Which other devices a condition about neighbours means: within a distance, or in the cell and those that touch it."""

from __future__ import annotations

from typing import Literal, Self

import pydantic

from rules.model import Text
from rules.nearby import Near


class AroundOptions(pydantic.BaseModel):
    """Options of conditions about neighbours: one of the two."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    within_m: float | None = pydantic.Field(None, gt=0, le=5000, description="How far others may be away, in metres")
    area: Literal["adjacent_cells"] | None = pydantic.Field(
        None, description="Instead of a distance: others are those in the same cell and in cells that touch it"
    )

    @pydantic.model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.within_m is None) is (self.area is None):
            raise ValueError("takes one of `within_m: METRES` and `area: adjacent_cells`")
        return self

    @property
    def near(self) -> Near:
        """Return what was chosen."""
        return Near(self.within_m)


def words(near: Near) -> Text:
    """Return where neighbours are: `within 500 m`."""
    if near.within_m is None:
        return Text(zh="所在单元网格及相邻网格内", en="in its cell and those that touch it")
    return Text(zh=f"周围 {near.within_m:g} 米内", en=f"within {near.within_m:g} m")
