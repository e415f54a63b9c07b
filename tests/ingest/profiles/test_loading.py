"""Profile files: what is wrong is told with file and line, all of it; a site's file replaces a shipped one."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.profiles import loading
from tests.ingest.profiles.sample import DICTIONARY, HEAD, written


@pytest.mark.parametrize(
    "text, line, message",
    [
        (
            "fields:\n  t: {property: waste.temprature, unit: Cel}\n",
            6,
            "not a property of the dictionary, did you mean",
        ),
        ("fields:\n  t: {property: waste.temperature}\n", 6, "has no unit (waste.temperature is kept in Cel"),
        ("fields:\n  t: {property: waste.temperature, unit: mm}\n", 6, "'mm' is not a unit of waste.temperature"),
        ("fields:\n  t: {property: waste.temperature, unit: Cel, scal: 2}\n", 6, "is not a key that may stand here"),
        ("fields:\n  t:\n    property: waste.temperature\n    unit: 7\n", 8, "valid string"),
        ("fields:\n  t:\n    - property: waste.tilt\n      unit: deg\n    - unit: deg\n", 9, "is missing"),
        ("fields:\n  a..b: {property: waste.tilt, unit: deg}\n", 6, "is not a path"),
        (
            "fields:\n  d: {property: waste.tilt, unit: mm, surface: {}}\n",
            6,
            "neither a fill level in %",
        ),
        ("fields:\n  d: {property: waste.fill_level, unit: kg, surface: {}}\n", 6, "'kg' is not a length"),
        ("fields:\n  c: {property: traffic.flow, unit: '{veh}', per: {}}\n", 6, "needs either `seconds` or `field`"),
        ("fields:\n  c: {property: traffic.flow, unit: '{veh}', per: {field: p, unit: m}}\n", 6, "not a unit of time"),
        ("fields:\n  c: {property: traffic.speed, unit: 'km', per: {seconds: 0}}\n", 6, "greater than 0"),
        ("fields:\n  s: {property: waste.full, missing: [[1]]}\n", 6, "is not a number, a text, true or false"),
        ("fields: {}\n", 1, "has no fields: say what it measures, or why it is `unusable`"),
        ("unusable: x\nposition: {lat: a, lon: b..c}\n", 6, "'b..c' is not a path"),
        ("unusable: x\nposition: {lat: a}\n", 6, "is missing"),
        ("unusable: x\nvalid_when: [{field: v}]\n", 6, "needs `is` or `not`"),
        ("unusable: x\nvalid_when: [{field: v, is: 1, void: [w]}]\n", 6, "'w' is not one of the fields"),
        ("unusable: x\nbytes: [{fields: [{name: a, type: u7}]}]\n", 6, "should match pattern"),
        ("unusable: x\nbytes: [{length: [9, 3]}]\n", 6, "9 is above 3: the lower comes first"),
        ("unusable: x\nbytes: [{fields: [{type: u8, bits: [7, 0]}]}]\n", 6, "7 is above 0: the lower comes first"),
        ("unusable: x\nbytes: [{fields: [{name: a}]}]\n", 6, "needs either `type` or `sum`"),
        ("unusable: x\nbytes: [{fields: [{type: bcd8, bits: 1}]}]\n", 6, "`bits` are taken of a whole number"),
        (
            "unusable: x\nbytes: [{samples: {size: 1, fields: [{type: u8}]}}]\n",
            6,
            "needs either `every_s` or a field `@time`",
        ),
        ("unusable: x\nbytes: [{items: {key: 1, known: {01: []}}}]\n", 6, "hexadecimal digits in quotes"),
        ("unusable: x\nbytes: [{items: {key: 2, known: {'01': []}}}]\n", 6, "key '01' is not 4 hexadecimal digits"),
        ("unusable: x\nbytes:\n  - port: 1\n    fields:\n      - {name: tmp, type: u8}\n", 9, "not one of the fields"),
        (
            "fields:\n  tem: {property: waste.full}\nbytes: [{fields: [{name: tmp, type: u8}]}]\n",
            7,
            "mean 'tem'",
        ),
        (
            "fields:\n  s: {property: waste.full}\nbytes: [{fields: [{name: s, sum: [a]}]}]\n",
            7,
            "of the fields of the layout",
        ),
        (
            "kinds: [waste_bin]\nfields:\n  t: {property: {bin: waste.full}}\n",
            7,
            "'bin' is not one of the kinds (waste_bin)",
        ),
    ],
)
def test_fault(tmp_path: Path, text: str, line: int, message: str) -> None:
    """Each mistake is told once, at its line."""
    _, faults = written(tmp_path, text)

    assert [line] == [fault.line for fault in faults]
    assert message in faults[0].message


def test_all_faults(tmp_path: Path) -> None:
    """Every fault of a file is reported together."""
    head = HEAD.replace("[waste]", "[bins]").replace("acme-box", "acme-tin")
    text = "fields:\n  t: {property: waste.t, unit: Cel}\n  u: {property: waste.tilt}\n"
    profile, faults = written(tmp_path, text, head)

    assert profile is not None
    assert sorted(fault.line for fault in faults) == [1, 3, 6, 7]


def test_unreadable(tmp_path: Path) -> None:
    """A file that is no YAML, or of another shape, gives no profile."""
    results = [written(tmp_path, "fields: [\n"), written(tmp_path, "fields: 3\n")]

    assert [(profile, len(faults)) for profile, faults in results] == [(None, 1), (None, 1)]


def test_site_replaces_shipped(tmp_path: Path) -> None:
    """A file of the site's folder `profiles` replaces the shipped one of the same id, and adds others."""
    own = tmp_path / "profiles"
    own.mkdir()
    text = "fields:\n  t: {property: waste.temperature, unit: Cel}\n"
    for name in ("acme-box", "bosch-tps110-0392"):
        (own / f"{name}.yaml").write_text(HEAD.lstrip().replace("acme-box", name) + text, encoding="utf-8")
    profiles, faults = loading.for_site(tmp_path, DICTIONARY)
    shipped, _ = loading.for_site(tmp_path / "nothing", DICTIONARY)

    assert faults == ()
    assert {"acme-box"} == profiles.keys() - shipped.keys()
    assert profiles["bosch-tps110-0392"].source == "made up"


def test_other_names(tmp_path: Path) -> None:
    """A profile is found by its other names, too; a name belongs to one profile of a folder."""
    text = "fields:\n  t: {property: waste.temperature, unit: Cel}\n"
    for name, other in (("acme-box", "acme-tin"), ("acme-can", "acme-tin")):
        head = HEAD.lstrip().replace("acme-box", name).replace("title", f"known_as: [{other}]\ntitle")
        (tmp_path / f"{name}.yaml").write_text(head + text, encoding="utf-8")
    profiles, faults = loading.load([tmp_path], DICTIONARY)
    one, no_fault = loading.load([tmp_path / "acme-can.yaml"], DICTIONARY)

    assert [fault.message for fault in faults] == ["'acme-tin' is a name of profile 'acme-box' already"]
    assert [profile.id for profile in loading.distinct(profiles)] == ["acme-box", "acme-can"]
    assert (no_fault, one["acme-tin"]) == ((), one["acme-can"])
