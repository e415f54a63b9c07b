"""docs/profiles.md: its worked example runs as written, and its table is that of the shipped profiles."""

from __future__ import annotations

from pathlib import Path

from ingest.devices import Register
from ingest.model import Device, Frame
from ingest.profiles import drafting, loading, recordings
from ingest.profiles.reading import observe
from ingest.profiles.telling import markdown
from tests.docs.pages import ROOT, file_of
from tests.ingest.dialects.recorded import DICTIONARY

PAGE = ROOT / "docs" / "profiles.md"


def test_draft_is_as_written(tmp_path: Path) -> None:
    """The recorded messages of the page give the draft of the page."""
    recorded = tmp_path / "acme-bin-01.ndjson"
    recorded.write_text(file_of(PAGE, recorded.name), encoding="utf-8")
    recording = recordings.read([recorded])
    id_ = drafting.model_id(recording, recorded.stem)

    assert drafting.draft(recording, DICTIONARY, id_=id_) == file_of(PAGE, "draft.yaml")


def test_profile_reads_its_messages(tmp_path: Path) -> None:
    """The finished profile has no fault, and reads an object and bytes alike; with `ok` false the distance is void."""
    path = tmp_path / "acme-bin-01.yaml"
    path.write_text(file_of(PAGE, path.name), encoding="utf-8")
    profiles, faults = loading.load([path], DICTIONARY)
    device = Device(
        id="bin-0007",
        domain="waste",
        kind="waste_bin",
        cell="450107001001001",
        lat=22.85,
        lon=108.31,
        cadence_s=3600,
        attributes={"model": "acme-bin-01", "height_cm": "120"},
    )
    register = Register({device.id: device}, DICTIONARY, profiles)
    profile = register.profile(device)
    assert profile is not None

    def read(decoded: dict[str, object] | None, raw: bytes) -> dict[str, float]:
        found = observe(profile, decoded, raw, 2, device, 0, Frame("t", b"", 0, "s"), register)
        return {item.observed_property: round(item.value, 3) for item in found}

    good = {"dist": "412 mm", "tempC": 31, "bat": 3.6, "lid": "closed", "ok": True}
    expected = {"waste.fill_level": 69.0, "waste.distance": 41.2, "waste.temperature": 31.0}
    state = {"device.battery_voltage": 3.6, "waste.lid_open": 0.0}
    assert faults == ()
    assert read(good, b"") == read(None, bytes.fromhex("019c1f2401")) == expected | state
    assert read({**good, "ok": False}, b"") == {"waste.temperature": 31.0} | state


def test_table() -> None:
    """The table at the end of the page is what `wangge profiles list --markdown` prints."""
    profiles, _ = loading.load([loading.SHIPPED], DICTIONARY)

    assert PAGE.read_text(encoding="utf-8").endswith(f"a test compares -->\n\n{markdown(loading.distinct(profiles))}")
