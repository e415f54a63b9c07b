"""The packs of RFC 8428 resolve exactly as the standard says, in JSON and in CBOR."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest.dialects._senml import resolve
from ingest.dialects.senml_cbor import named, read_cbor
from ingest.model import Refusal
from tests.ingest.dialects.real import outcome_of, values

pytestmark = pytest.mark.corpora


@pytest.mark.parametrize("number", range(1, 13))
def test_senml_resolution(corpora: Path, number: int) -> None:
    """Every form of a pack of RFC 8428 resolves exactly as the RFC's own tool resolves it (which leaves out data)."""
    folder = corpora / "senml-rfc8428"
    expected = json.loads((folder / f"ex{number}.gen.resolved.json").read_text(encoding="utf-8"))
    for file in sorted(folder.glob(f"ex{number}.*json")):
        pack = json.loads(file.read_text(encoding="utf-8"))
        resolved = [record for record in resolve(pack, expected[0]["t"]) if "vd" not in record]

        assert resolved == expected, file.name


@pytest.mark.parametrize("number", [3, 5])
def test_senml_cbor(corpora: Path, number: int) -> None:
    """A pack in CBOR resolves exactly as the same pack in JSON."""
    folder = corpora / "senml-rfc8428"
    expected = json.loads((folder / f"ex{number}.gen.resolved.json").read_text(encoding="utf-8"))
    pack = json.loads((folder / f"ex{number}.json").read_text(encoding="utf-8"))
    records = read_cbor((folder / f"ex{number}.gen.cbor").read_bytes())
    resolved = resolve([named(record) for record in records], 0)

    assert resolved == resolve(pack, 0)
    assert resolved == expected


def test_senml_cbor_measures_as_json(corpora: Path) -> None:
    """A pack in CBOR gives the same observations as the same pack in JSON."""
    devices = {"urn:dev:ow:10e2073a01080063": {"domain": "weather"}, "10e2073a0108006": {"domain": "lighting"}}
    for number in (3, 5):
        binary, text = (
            outcome_of("senml/x", (corpora / "senml-rfc8428" / f"ex{number}.{form}").read_bytes(), devices)
            for form in ("gen.cbor", "json")
        )
        assert not isinstance(text, Refusal)
        assert binary == text


def test_senml_packs(corpora: Path) -> None:
    """Every pack in JSON gives observations or a named refusal."""
    names = ("urn:dev:ow:10e2073a01080063", "urn:dev:ow:10e2073a0108006", *(f"2001:db8::{n}" for n in range(1, 5)))
    devices = {name: {"domain": "weather"} for name in names}
    files = sorted((corpora / "senml-rfc8428").glob("ex*.json"))
    found = {file.name: outcome_of("senml/x", file.read_bytes(), devices) for file in files}

    assert values(found["ex1.json"]) == {"weather.temperature": 23.1}
    assert values(found["ex6.json"]) == {"weather.temperature": 12.3, "weather.humidity": 67.0}
    assert values(found["ex5.json"]) == {
        "weather.humidity": 21.2,
        "device.battery_level": 98.0,
        "device.position_offset": pytest.approx(7_496_711, abs=1),
    }
    assert sum(not isinstance(outcome, Refusal) for outcome in found.values()) >= 20
