"""Whatever arrives, a dialect answers with observations or one named refusal: nothing escapes."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.fuzz.run import fault_of
from deploy.fuzz.spoil import places
from ingest.dialects._base import MAX_PAYLOAD_BYTES, Dialect
from ingest.model import Frame, Observation, Refusal
from ingest.plugins import find
from ingest.topics import discover
from tests.ingest.dialects.recorded import CASES, Case, register_of

DIALECTS: dict[str, Dialect] = find("ingest.dialects", "DIALECT")
GOOD = [case for case in CASES if case.expect]
JSON = [case for case in GOOD if case.is_json]
SPOILERS: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**400, -(10**400), 2**63, 2**64, 1e308, -1e308, 1e306, 1e-320, 0, -0.0]),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(max_size=20),
    st.sampled_from(["NaN", "25 ℃", "1e999", "2026-13-45T99:00:00Z", "9999-12-31T23:59:59-23:59", "urn:dev:", "\x00"]),
    st.lists(st.one_of(st.integers(), st.text(max_size=3), st.none()), max_size=3),
    st.dictionaries(st.sampled_from(["value", "unit", "unitCode", "@value", "type"]), st.none() | st.text(max_size=3)),
)


def spoiled(value: Any, path: tuple[Any, ...], change: Any) -> Any:
    """Return the value with the part at `path` replaced by `change`, or left out where that is `...`."""
    if not path:
        return None if change is ... else change
    result = copy.deepcopy(value)
    parent = result
    for key in path[:-1]:
        parent = parent[key]
    if change is ...:
        del parent[path[-1]]
    else:
        parent[path[-1]] = change
    return result


def check(outcome: tuple[Observation, ...] | Refusal) -> None:
    """Assert that an outcome is whole: finite numbers and times, or a reason that is known and a short detail."""
    assert fault_of(outcome) is None


@settings(max_examples=600, deadline=None)
@given(data=st.data(), case=st.sampled_from(JSON))
def test_spoiled_payload(data: st.DataObject, case: Case) -> None:
    """A recorded payload with one part changed or dropped gives observations or a refusal."""
    content = json.loads(case.payload)
    path = data.draw(st.sampled_from(list(places(content))))
    change = data.draw(st.just(...) | SPOILERS)
    payload = json.dumps(spoiled(content, path, change), ensure_ascii=False).encode("utf-8", "surrogatepass")

    check(DIALECTS[case.dialect].decode(case.frame(payload), register_of(case.devices)))


@settings(max_examples=300, deadline=None)
@given(case=st.sampled_from(CASES), data=st.data())
def test_spoiled_bytes(case: Case, data: st.DataObject) -> None:
    """A recorded payload with bytes cut out, put in or flipped gives observations or a refusal."""
    begin = data.draw(st.integers(0, len(case.payload)))
    end = data.draw(st.integers(begin, min(len(case.payload), begin + 5)))
    payload = case.payload[:begin] + data.draw(st.binary(max_size=5)) + case.payload[end:]

    check(DIALECTS[case.dialect].decode(case.frame(payload), register_of(case.devices)))


@settings(max_examples=300, deadline=None)
@given(payload=st.binary(max_size=200), topic=st.text(max_size=30) | st.sampled_from([case.topic for case in CASES]))
def test_random_bytes(payload: bytes, topic: str) -> None:
    """Random bytes on any topic give observations or a refusal, from the chosen dialect and from each."""
    frame = Frame(topic=topic, payload=payload, received_at_ms=0, source="test")
    register = register_of({})

    check(discover().decode(frame, register))
    for dialect in DIALECTS.values():
        check(dialect.decode(frame, register))


@pytest.mark.parametrize("name", sorted({case.dialect for case in JSON}))
@pytest.mark.parametrize(
    "payload",
    [
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b'{"device_id":"a","time":1,"values":{},"x":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    ],
    ids=["arrays", "objects", "in an unused field"],
)
def test_nested_payload(name: str, payload: bytes) -> None:
    """Deep nesting is refused as such and does not exhaust the stack."""
    case = next(case for case in JSON if case.dialect == name)
    outcome = DIALECTS[name].decode(case.frame(payload), register_of(case.devices))

    assert isinstance(outcome, Refusal)
    assert outcome.reason == "too_deep"


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_large_payload(name: str) -> None:
    """A payload of ten megabytes is refused by its size alone."""
    case = next(case for case in GOOD if case.dialect == name)
    outcome = DIALECTS[name].decode(case.frame(case.payload + b" " * 10_000_000), register_of(case.devices))

    assert isinstance(outcome, Refusal)
    assert outcome.reason == "too_large"
    assert outcome.detail == f"{len(case.payload) + 10_000_000} bytes are more than {MAX_PAYLOAD_BYTES}"
