"""Every recorded case of every dialect gives what it says, and every dialect has cases."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from ingest.dialects import _template
from ingest.dialects._base import Dialect
from ingest.model import Frame, Refusal
from ingest.plugins import find
from ingest.topics import discover, opened
from tests.ingest.dialects.recorded import CASES, RECEIVED_MS, Case, register_of

DIALECTS: dict[str, Dialect] = find("ingest.dialects", "DIALECT")


def milliseconds(time: str) -> int:
    """Return an RFC 3339 time in milliseconds since 1970."""
    return round(dt.datetime.fromisoformat(time).timestamp() * 1000)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_recorded_case(case: Case) -> None:
    """A recorded frame is decoded by its own dialect into exactly the observations or the refusal of its case."""
    dialects, register = discover(), register_of(case.devices)
    chosen = dialects.choose(opened(case.frame()), register)
    outcome = dialects.decode(case.frame(), register)

    assert chosen is DIALECTS[case.dialect]
    if isinstance(outcome, Refusal):
        assert (f"{outcome.stage}/{outcome.reason}", outcome.detail) == (case.refusal, case.detail)
        return
    expected = case.expect or []
    assert [(one.device_id, one.observed_property) for one in outcome] == [(row[0], row[1]) for row in expected]
    assert [one.value for one in outcome] == pytest.approx([row[2] for row in expected])
    assert [one.phenomenon_time_ms for one in outcome] == [milliseconds(row[3]) for row in expected]
    assert {one.result_time_ms for one in outcome} == {RECEIVED_MS}


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_dialect_is_complete(name: str) -> None:
    """A dialect has recorded cases that succeed and that are refused, and a row in the documentation."""
    cases = [case for case in CASES if case.dialect == name]
    page = Path(__file__).resolve().parents[3] / "docs" / "dialects.md"

    assert DIALECTS[name].name == name
    assert any(case.expect for case in cases)
    assert any(case.refusal for case in cases)
    assert f"`{name}`" in page.read_text(encoding="utf-8")


def test_template() -> None:
    """The template that new dialects are copied from works as its docstring draws it."""
    register = register_of({"ws-0001": {"domain": "weather"}})
    payload = b'{"device": "ws-0001", "at": "2026-07-01T08:00:00Z", "temp_c": 31.5}'
    frame = Frame(topic="template/x", payload=payload, received_at_ms=RECEIVED_MS, source="test")
    outcome = _template.DIALECT.decode(frame, register)

    assert _template.DIALECT.matches(frame.topic, b"")
    assert not isinstance(outcome, Refusal)
    assert [(one.observed_property, one.value) for one in outcome] == [("weather.temperature", 31.5)]
