"""Batches in NDJSON: whatever a line holds, the batch is read or refused with that line."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.dialects import wangge_json, wangge_ndjson
from ingest.errors import Reason
from ingest.model import Refusal
from ingest.topics import opened
from tests.ingest.dialects.recorded import CASES, Case, register_of

GOOD = [case for case in CASES if case.dialect == "wangge_ndjson" and case.expect]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["value", "unit", "x"]), inner),
)


@settings(max_examples=300, deadline=None)
@given(data=st.data(), case=st.sampled_from(GOOD))
def test_spoiled_line(data: st.DataObject, case: Case) -> None:
    """A recorded batch with one field of one line changed or dropped gives observations or a refusal of that line."""
    lines = [json.loads(line) for line in case.payload.splitlines() if line.strip()]
    number = data.draw(st.integers(0, len(lines) - 1))
    field = data.draw(st.sampled_from(["device_id", "time", "values", "cell", "x"]))
    value = data.draw(st.just(...) | VALUES)
    if value is ...:
        lines[number].pop(field, None)
    else:
        lines[number][field] = value
    payload = "\n".join(map(json.dumps, lines)).encode()
    outcome = wangge_ndjson.DIALECT.decode(case.frame(payload), register_of(case.devices))

    if isinstance(outcome, Refusal):
        assert outcome.reason in set(Reason)
        assert outcome.detail.startswith(f"line {number + 1}: ") or outcome.reason == "nothing_known"


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_lines_give_what_an_array_gives(case: Case) -> None:
    """The lines of a batch give the same as the same messages in a JSON array."""
    frame, register = opened(case.frame()), register_of(case.devices)
    array = b"[" + b",".join(line for line in frame.payload.splitlines() if line.strip()) + b"]"

    assert wangge_ndjson.DIALECT.decode(frame, register) == wangge_json.DIALECT.decode(case.frame(array), register)


@pytest.mark.parametrize(
    "payload, is_batch",
    [
        (b'{"device_id": "a"}\n{"device_id": "b"}', True),
        (b'\n{"device_id": "a"} \r\n\n {"x": 1}\n', True),
        (b'{"device_id": "a",\n "values": {"x": {\n}\n}}', False),
        (b'[{"device_id": "a"},\n{"device_id": "b"}]', False),
        (b'{"x": 1}\n{"device_id": "b"}', False),
        (b'{"device_id": "a"}', False),
        (b"", False),
    ],
)
def test_marks(payload: bytes, *, is_batch: bool) -> None:
    """Two objects on two lines are a batch; one object on many lines, or an array, is none."""
    assert wangge_ndjson.DIALECT.matches("", payload) is is_batch
