"""The examples of the Smart Data Models give observations or a named refusal, in all their forms."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from ingest.model import Refusal
from tests.ingest.dialects.real import outcome_of, values

pytestmark = pytest.mark.corpora

MODELS = {
    "TrafficFlowObserved": "traffic",
    "Streetlight": "lighting",
    "StreetlightControlCabinet": "lighting",
    "WasteContainer": "waste",
}


def entities(corpora: Path) -> list[Path]:
    """Return every example of the eight models."""
    return sorted((corpora / "fiware-smart-data-models").glob("*/*/examples/*"))


def test_smart_data_models(corpora: Path) -> None:
    """Every example of the Smart Data Models gives observations or a named refusal, in all four forms alike."""
    measured: Counter[str] = Counter()
    reasons: dict[str, set[str]] = {}
    for file in entities(corpora):
        model = file.parts[-3]
        units = {"unit.voltage": "V", "unit.current": "mA", "unit.powerConsumption": "W", "unit.currentLevel": "m"}
        entity_id = json.loads(file.read_text(encoding="utf-8"))["id"]
        device = {"domain": MODELS.get(model, "weather"), "attributes": units}
        outcome = outcome_of(f"ngsi/{model}", file.read_bytes(), {entity_id: device})
        measured[model] += not isinstance(outcome, Refusal)
        if isinstance(outcome, Refusal):
            reasons.setdefault(model, set()).add(outcome.reason)

    assert len(measured) == 8
    assert (measured["TrafficFlowObserved"], measured["WeatherObserved"], measured["Streetlight"]) == (4, 4, 4)
    assert (measured["AirQualityObserved"], measured["FloodMonitoring"]) == (5, 4)
    assert (measured["StreetlightControlCabinet"], measured["WasteContainer"]) == (4, 1)
    assert reasons == {"WasteContainer": {"nothing_known"}, "Alert": {"not_measured"}}


def test_smart_data_model_values(corpora: Path) -> None:
    """Fractions become percent, a count of five minutes becomes vehicles an hour, in every form."""
    for file in entities(corpora):
        if file.parts[-3] == "TrafficFlowObserved":
            entity_id = json.loads(file.read_text(encoding="utf-8"))["id"]
            found = values(outcome_of("ngsi/x", file.read_bytes(), {entity_id: {"domain": "traffic"}}))

            assert found == pytest.approx(
                {
                    "traffic.speed": 52.6,
                    "traffic.occupancy": 76.0,
                    "traffic.flow": 2364.0,
                    "traffic.vehicle_length": 9.87,
                    "traffic.headway": 0.5,
                }
            )
