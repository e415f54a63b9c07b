"""Whatever stands in a profile file, its faults are told; nothing else comes of it."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.profiles import loading
from tests.ingest.profiles.sample import DICTIONARY

FILES = {path.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(loading.SHIPPED.glob("*.yaml"))}
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-300, 300),
    st.floats(),
    st.text(max_size=6),
    st.sampled_from(["", "u8", "%", "a..b", "waste.fill_level", [], {}, [[]], [0, 99], {"is": 1}, 10**30]),
    st.lists(st.integers(-2, 70), max_size=3),
    st.dictionaries(st.sampled_from(["at", "type", "property", "unit", "field", "bit", "x"]), st.integers(-9, 9)),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return every place in a document."""
    found = [path] if path else []
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        found += places(inner, (*path, key))
    return found


@st.composite
def spoiled(draw: st.DrawFn) -> tuple[str, Any]:
    """Draw a shipped file in which up to three things are replaced, dropped or added."""
    name = draw(st.sampled_from(sorted(FILES)))
    document = copy.deepcopy(FILES[name])
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(places(document) or [("id",)]))
        holder = document
        for step in path[:-1]:
            holder = holder[step]
        how = draw(st.sampled_from(["replace", "drop", "add"]))
        if how == "drop":
            del holder[path[-1]]
        elif how == "add" and isinstance(holder, dict):
            holder[draw(st.sampled_from(["x", 1, "port", "endian", "sum", "surface"]))] = copy.deepcopy(draw(JUNK))
        else:
            holder[path[-1]] = copy.deepcopy(draw(JUNK))
    return name, document


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(spoiled())
def test_spoiled_file(tmp_path_factory: pytest.TempPathFactory, file: tuple[str, Any]) -> None:
    """A spoiled profile loads, or each of its faults has a line of the file."""
    name, document = file
    path = tmp_path_factory.mktemp("spoiled") / name
    text = yaml.safe_dump(document, allow_unicode=True)
    path.write_text(text, encoding="utf-8")
    profile, faults = loading.load_one(path, DICTIONARY)

    assert profile is not None or faults
    assert all(1 <= fault.line <= len(text.splitlines()) + 1 and fault.message for fault in faults)
