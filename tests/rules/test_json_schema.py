"""The JSON Schema of rule files, which editors check by: the whole catalogue fits, spoiled files do not."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from rules.schema import CATALOG, json_schema, kinds

jsonschema = pytest.importorskip("jsonschema")
SCHEMA = json_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
SITES = Path(__file__).parents[2] / "deploy" / "sites"
FILES = [*sorted(CATALOG.glob("*.yaml")), *sorted(SITES.glob("*/rules/*.yaml"))]
RULE: dict[str, Any] = {
    "id": "flood.road",
    "title": {"zh": "道路积水", "en": "Road flooding"},
    "domain": "weather",
    "when": {"threshold": {"property": "weather.water_level", "above": 15}},
    "for": "2m",
    "severity": "critical",
    "runbook": {"zh": "抽水", "en": "Pump"},
    "tests": [{"name": "x", "series": {"weather.water_level": "10 16x5"}, "expect": [{"at": "3m", "state": "firing"}]}],
}
ALL_OF = {"all_of": {"conditions": [{"threshold": {"property": "weather.water_level", "above": 15}}]}}
SPOILS: list[tuple[tuple[str | int, ...], Any]] = [
    (("id",), "NoDots"),
    (("title",), "only one"),
    (("title", "de"), "Straße"),
    (("domain",), "water"),
    (("severity",), "bad"),
    (("for",), "soon"),
    (("for",), 5),
    (("where",), {"kind": []}),
    (("when",), {}),
    (("when",), {"treshold": {}}),
    (("when", "threshold", "above"), "15"),
    (("when", "threshold", "abov"), 15),
    (("when", "none_of"), {"conditions": []}),
    (("when",), {"all_of": {"conditions": []}}),
    (("when",), {"all_of": {"conditions": [{"treshold": {}}]}}),
    (("when",), {"all_of": {"conditions": [{"threshold": {"property": "weather.water_level", "above": "15"}}]}}),
    (("when",), {"repeated": {"times": 1, "of": 2, "condition": {"threshold": {"propert": "x"}}}}),
    (("case",), {"category": "road_flooding"}),
    (("tests", 0, "expect", 0, "state"), "fires"),
    (("tests", 0, "series", "weather.water_level"), [1, 2]),
    (("surprise",), 1),
]


def described(schema: Any, path: str = "") -> Iterator[tuple[str, bool]]:
    """Yield (path, whether it is described) of every option of a condition."""
    for name, one in schema.get("properties", {}).items():
        yield f"{path}.{name}", "description" in one


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_rule_file_fits(file: Path) -> None:
    """What the loader takes, the schema takes."""
    content = yaml.safe_load(file.read_text(encoding="utf-8"))

    assert [error.message for error in VALIDATOR.iter_errors(content)] == []


def test_rule_fits_alone_in_a_list_and_with_nested_conditions() -> None:
    """The rule that is spoiled below is a right one."""
    for content in (
        RULE,
        [RULE, RULE],
        RULE | {"when": ALL_OF},
        RULE | {"when": {"none_of": {"conditions": [ALL_OF]}}},
    ):
        assert VALIDATOR.is_valid(content)


@pytest.mark.parametrize("path, value", SPOILS, ids=str)
def test_spoiled_rule_does_not_fit(path: tuple[str | int, ...], value: Any) -> None:
    """One wrong thing anywhere is seen, in conditions within conditions too."""
    spoiled = deepcopy(RULE)
    place: Any = spoiled
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value

    assert not VALIDATOR.is_valid(spoiled)


@pytest.mark.parametrize("key", ["id", "title", "domain", "when", "severity", "runbook"])
def test_rule_without_what_it_needs_does_not_fit(key: str) -> None:
    """Each of these must be there."""
    assert not VALIDATOR.is_valid({name: value for name, value in RULE.items() if name != key})


def test_schema_has_every_condition_with_described_options() -> None:
    """An editor shows what each option means; nothing of how we mark parts is left in it."""
    conditions = SCHEMA["$defs"]["Condition"]["oneOf"]
    options = {name: one["properties"][name] for one in conditions for name in one["properties"]}

    assert list(options) == list(kinds())
    assert [path for name, one in options.items() for path, told in described(one, name) if not told] == []
    assert "x-condition" not in str(SCHEMA)
