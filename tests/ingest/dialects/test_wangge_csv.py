"""Batches in CSV: whatever the fields are, a batch is read or refused with the line that is wrong."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.dialects import wangge_csv
from ingest.errors import Reason
from ingest.model import Refusal
from tests.ingest.dialects.recorded import CASES, Case, register_of

GOOD = [case for case in CASES if case.dialect == "wangge_csv" and case.expect]
WORDS = [
    *("", "1", "-0", "1e308", "1e309", "NaN", "٣", "1_0", "0x1", " 1", "%", "K", "9" * 15, "9" * 30),
    *("\x00", '"', "a,b", "a\nb"),
]


@settings(max_examples=400, deadline=None)
@given(data=st.data(), case=st.sampled_from(GOOD))
def test_spoiled_field(data: st.DataObject, case: Case) -> None:
    """A recorded batch with one field changed gives observations or a refusal."""
    rows = list(csv.reader(io.StringIO(case.payload.decode("utf-8-sig"))))
    row = data.draw(st.sampled_from([row for row in rows if row]))
    row[data.draw(st.integers(0, len(row) - 1))] = data.draw(st.sampled_from(WORDS) | st.text(max_size=8))
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    payload = text.getvalue().encode("utf-8", "surrogatepass")
    outcome = wangge_csv.DIALECT.decode(case.frame(payload), register_of(case.devices))

    if isinstance(outcome, Refusal):
        assert outcome.reason in set(Reason)
        assert 0 < len(outcome.detail) < 500


@pytest.mark.parametrize("text", ["1_0", "٣", "0x1", " 1", "inf", "1e", ".", "+"])
def test_what_is_no_number(text: str) -> None:
    """What Python would take for a number, but nobody else, is refused."""
    payload = f"device_id,time,property,value\nwb-0001,2026-07-01T08:00:00Z,waste.tilt,{text}\n".encode()
    outcome = wangge_csv.DIALECT.decode(GOOD[0].frame(payload), register_of({"wb-0001": {"domain": "waste"}}))

    assert isinstance(outcome, Refusal)
    assert (outcome.reason, outcome.detail) == ("number", f"line 2: waste.tilt is {text!r}, not a number")
