"""Parting a site by sub-district: stable, whole, and the same in every process."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from deploy.runtimes.shard import WHOLE, Shard, area_of, shard_of


@given(some.text(max_size=20), some.integers(min_value=1, max_value=64))
def test_every_area_has_one_shard(area: str, of: int) -> None:
    """Whatever the name and the number of parts, exactly one part serves it."""
    assert [Shard(number, of).serves(area) for number in range(of)].count(True) == 1


def test_digest_is_for_ever() -> None:
    """The part of an area never changes: records and rows lie there."""
    assert [shard_of(area, 8) for area in ("450107001", "450107002", "450107003")] == [0, 6, 2]


def test_whole_serves_all() -> None:
    """The embedded runtime serves every area, also one without a name."""
    assert (WHOLE.serves("450107001"), WHOLE.serves("")) == (True, True)


def test_area_is_the_subdistrict() -> None:
    """The first nine digits of a cell name its sub-district."""
    assert area_of("450107001002003") == "450107001"
