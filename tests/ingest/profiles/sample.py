"""Profiles made of text, and a device to read with them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ingest import dictionary
from ingest.devices import Register
from ingest.located import Fault
from ingest.model import Device, Frame
from ingest.profiles import loading, reading
from ingest.profiles.model import Profile

DICTIONARY, _ = dictionary.load()
PROFILES, FAULTS = loading.load([loading.SHIPPED], DICTIONARY)
HEAD = """
id: acme-box
title: {zh: 盒子, en: Box}
domains: [waste]
source: made up
"""
RECEIVED_MS = 1_782_892_810_000
TIME_MS = RECEIVED_MS - 250


def written(folder: Path, text: str, head: str = HEAD) -> tuple[Profile | None, tuple[Fault, ...]]:
    """Return the profile that a text makes, and its faults."""
    path = folder / "acme-box.yaml"
    path.write_text(head.lstrip() + text, encoding="utf-8")
    return loading.load_one(path, DICTIONARY)


def profile_of(folder: Path, text: str, head: str = HEAD) -> Profile:
    """Return the profile that a text without fault makes."""
    profile, faults = written(folder, text, head)
    assert faults == ()
    assert profile is not None
    return profile


def device(kind: str = "waste_bin", **attributes: str) -> Device:
    """Return a device of the model."""
    return Device(
        id="d-1",
        domain="waste",
        kind=kind,
        cell="450107003013001",
        lat=22.8,
        lon=108.3,
        cadence_s=60,
        attributes={"model": "acme-box@1.2", **attributes},
    )


def samples(profile: Profile, raw: bytes, port: int | None = None) -> list[tuple[str, float, int]]:
    """Return what bytes say as (property, value, milliseconds after the message)."""
    one = device()
    register = Register({one.id: one}, DICTIONARY, {profile.id: profile})
    frame = Frame("t", b"", RECEIVED_MS, "test")
    found = reading.observe(profile, None, raw, port, one, TIME_MS, frame, register)
    return [(item.observed_property, item.value, item.phenomenon_time_ms - TIME_MS) for item in found]


def read(
    profile: Profile,
    decoded: Mapping[str, object] | None = None,
    raw: bytes = b"",
    port: int | None = None,
    of: Device | None = None,
) -> dict[str, float]:
    """Return what a message says as {property: value}."""
    one = of or device()
    register = Register({one.id: one}, DICTIONARY, {profile.id: profile})
    frame = Frame("t", b"", RECEIVED_MS, "test")
    observations = reading.observe(profile, decoded, raw, port, one, TIME_MS, frame, register)
    assert {(TIME_MS, RECEIVED_MS)} >= {(item.phenomenon_time_ms, item.result_time_ms) for item in observations}
    assert len({item.observed_property for item in observations}) == len(observations)
    return {item.observed_property: item.value for item in observations}
