"""SenML in CBOR: whatever the bytes are, a pack is read within bounds or refused by name."""

from __future__ import annotations

import time
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.dialects import senml_cbor
from ingest.errors import Reason, RefusedError
from ingest.model import Refusal
from tests.ingest.dialects.recorded import CASES, Case, register_of

GOOD = [case for case in CASES if case.dialect == "senml_cbor" and case.expect]
SCALARS: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.binary(max_size=9)
    | st.text(max_size=9)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.integers(-9, 9), inner, max_size=3)
)


def reason_of(payload: bytes) -> str:
    """Return why a payload is not read as CBOR."""
    with pytest.raises(RefusedError) as caught:
        senml_cbor.read_cbor(payload)
    return caught.value.refusal.reason


@settings(max_examples=400, deadline=None)
@given(case=st.sampled_from(GOOD), label=st.integers(-8, 10) | st.text(max_size=3), value=st.just(...) | VALUES)
def test_spoiled_record(case: Case, label: int | str, value: Any) -> None:
    """A recorded pack with one field changed, put in or dropped gives observations or a refusal."""
    pack = cbor2.loads(case.payload.removeprefix(b"\xd9\xd9\xf7"))
    if value is ...:
        pack[0].pop(label, None)
    else:
        pack[0][label] = value
    outcome = senml_cbor.DIALECT.decode(case.frame(cbor2.dumps(pack)), register_of(case.devices))

    if isinstance(outcome, Refusal):
        assert outcome.reason in set(Reason)
        assert 0 < len(outcome.detail) < 500


@pytest.mark.parametrize(
    "payload",
    [
        b"\x9b\x7f\xff\xff\xff\xff\xff\xff\xff",
        b"\xbb\x7f\xff\xff\xff\xff\xff\xff\xff\x01",
        b"\x81\x5b\x7f\xff\xff\xff\xff\xff\xff\xff",
        b"\x81\xc2\x5a\x00\x0f\x00\x00" + b"\xff" * 0xF0000,
        b"\x81\xc4\x82\x1b\x7f\xff\xff\xff\xff\xff\xff\xff\x01",
    ],
    ids=["endless array", "endless map", "endless bytes", "integer of a million bytes", "fraction without bounds"],
)
def test_lengths_that_lie(payload: bytes) -> None:
    """A length or an exponent beyond reason costs neither memory nor time."""
    begin = time.perf_counter()

    assert reason_of(payload) == "not_cbor"
    assert time.perf_counter() - begin < 0.5


def test_nested() -> None:
    """Deep nesting is refused as such, however deep it is."""
    assert {reason_of(head * 200_000) for head in (b"\x81", b"\xa1\x00", b"\x9f")} == {"too_deep"}


def test_json_is_no_cbor() -> None:
    """What begins as JSON does is never taken for CBOR."""
    assert not any(senml_cbor.is_array(case.payload) for case in CASES if case.is_json)
