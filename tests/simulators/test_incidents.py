"""Incidents come, are mended or only said to be, and go into the truth file."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators.incidents import EFFECTS, Book, Incident, read, write


def incident(**changes: object) -> Incident:
    """Return an incident of a flooded road that begins at 100 s."""
    values: dict[str, object] = {
        "id": "1-01",
        "effect": "road_flooded",
        "domain": "weather",
        "category": "road_flooding",
        "device_id": "wl-001",
        "cell": "450107001001001",
        "start_ms": 100_000,
    }
    return Incident(**{**values, **changes})  # type: ignore[arg-type]  # a test's shorthand


@pytest.mark.parametrize(
    "at_s, strength",
    [
        # before it begins
        (99, 0.0),
        # it rises over 120 s
        (100, 0.0),
        (160, 0.5),
        (220, 1.0),
        # it stays
        (399, 1.0),
        # mended at 400 s, it falls over 120 s
        (460, 0.5),
        (520, 0.0),
        (9_999, 0.0),
    ],
)
def test_strength(at_s: int, strength: float) -> None:
    """Strength rises, stays, and falls after the mending."""
    assert incident(fixed_ms=400_000).strength(at_s * 1000) == pytest.approx(strength)


def test_strength_of_what_was_mended_while_it_rose() -> None:
    """It falls from where it was, not from 1."""
    assert incident(fixed_ms=160_000).strength(161_000) < 0.5


def test_book_mend() -> None:
    """Mending ends what is open at the device, and nothing else."""
    book = Book([incident(), incident(id="1-02", device_id="wl-002"), incident(id="1-03", start_ms=999_000)])

    assert book.mend("wl-001", 300_000) == 1
    assert [one.fixed_ms for one in book.begun(1_000_000)] == [300_000, None, None]
    assert book.mend("wl-001", 300_000) == 0


def test_book_note_false_fix() -> None:
    """A false fix is counted and mends nothing."""
    book = Book([incident()])

    book.note_false_fix("wl-001", 200_000)

    assert [(one.false_fixes, one.fixed_ms) for one in book.of("wl-001")] == [(1, None)]


def test_truth_file(tmp_path: Path) -> None:
    """What is written is read again."""
    known = (incident(), incident(id="1-02", fixed_ms=5))

    write(tmp_path / "truth.json", known)

    assert read(tmp_path / "truth.json") == known
    assert [path.name for path in tmp_path.iterdir()] == ["truth.json"]


def test_effects_cover_every_domain() -> None:
    """Every domain's devices can have an incident."""
    assert {effect.kind for effect in EFFECTS.values()} == {
        "water_level_gauge",
        "traffic_detector",
        "street_light",
        "lighting_circuit",
        "waste_bin",
    }
