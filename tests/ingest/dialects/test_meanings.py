"""What names were found to mean is remembered: it follows a register that changes, and never grows without end."""

from __future__ import annotations

import json

import pytest

from ingest.devices import Register
from ingest.dialects import _meanings, senml_json
from ingest.dialects._meanings import Meaning, Meanings, holds, learn
from ingest.model import Frame, Observation, Refusal
from tests.ingest.dialects.recorded import RECEIVED_MS, register_of

WEATHER, WASTE = ({"x-1": {"domain": domain}} for domain in ("weather", "waste"))


def decoded(register: Register, name: str = "x-1/temperature") -> tuple[str, float]:
    """Return property and value of a temperature that a device says in SenML."""
    pack = [{"n": name, "u": "K", "v": 300.15}]
    frame = Frame(topic="senml/x-1", payload=json.dumps(pack).encode(), received_at_ms=RECEIVED_MS, source="test")
    outcome = senml_json.DIALECT.decode(frame, register)
    assert not isinstance(outcome, Refusal)
    (one,) = outcome
    assert one.series.device is register.device("x-1")
    return one.observed_property, round(one.value, 6)


def test_meaning_follows_the_register() -> None:
    """When a register becomes another one, what was remembered of its devices holds no more."""
    register = register_of(WEATHER)
    first, again = decoded(register), decoded(register)
    register.take_over(register_of(WASTE))

    assert first == again == ("weather.temperature", 27.0)
    assert decoded(register) == ("waste.temperature", 27.0)


def test_registers_are_kept_apart() -> None:
    """The same name may mean something else to another site."""
    weather, waste = register_of(WEATHER), register_of(WASTE)

    assert [decoded(register)[0] for register in (weather, waste, weather, waste)] == [
        "weather.temperature",
        "waste.temperature",
    ] * 2


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sender of ever new names cannot fill the memory."""
    monkeypatch.setattr(_meanings, "MAX_REMEMBERED", 2)
    register = register_of(WEATHER)
    series = register.series("x-1", "weather.temperature")
    assert series is not None
    meanings = Meanings().of(register)
    observed = Observation(series, 27.0, RECEIVED_MS, RECEIVED_MS)
    sizes = []
    for number in range(5):
        learn(meanings, number, "Cel", 27.0, observed)
        sizes.append(len(meanings))

    assert sizes == [1, 2, 1, 2, 1]
    assert meanings[4] == Meaning(series, 1.0, 0.0)
    assert holds(meanings[4], register)


def test_what_is_not_merely_converted_is_not_remembered() -> None:
    """A fill level that was made of a distance is found anew each time."""
    register = register_of(WASTE)
    series = register.series("x-1", "waste.fill_level")
    assert series is not None
    meanings = Meanings().of(register)
    learn(meanings, "x", "cm", 30.0, Observation(series, 75.0, RECEIVED_MS, RECEIVED_MS))

    assert meanings == {}
