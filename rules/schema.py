"""Reads rule files: a file holds one rule or a list of rules; every fault is reported with its file and line.

`load([CATALOG, site / "rules"], dictionary)`: a path is a file or a folder of `*.yaml`. Two rules of one folder must
not have the same id; a rule of a later folder replaces the one of an earlier folder (a site's over the catalogue's).
"""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from ingest.located import Document, Fault, load_yaml, validate
from ingest.model import Property, Quality
from rules import schema_when
from rules.conditions._base import PART, Condition, SampleCondition, ValueCondition
from rules.model import COUNTED, CaseTemplate, Flapping, Rule, Severity, Text
from rules.rule_file import CaseEntry, FlappingEntry, RuleEntry, TestEntry
from rules.schema_when import kinds

__all__ = ["CATALOG", "Loaded", "json_schema", "kinds", "load", "load_with_tests"]

CATALOG = Path(__file__).with_name("catalog")
_CONDITION = {"$ref": "#/$defs/Condition"}
_FLAGS = {one.name.lower(): one for one in Quality}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A rule with its tests and the place where it stands."""

    rule: Rule
    tests: tuple[TestEntry, ...]
    file: Path
    line: int
    test_lines: tuple[int, ...]
    document: Document
    place: tuple[int, ...] = ()

    def fault(self, path: tuple[int | str, ...], message: str) -> Fault:
        """Return what is to be said of a place in the rule, with its line and column."""
        found = self.document.fault((*self.place, *path), message)
        return dataclasses.replace(found, path=".".join(map(str, (self.rule.id, *path))))


def load(paths: Sequence[Path], dictionary: Mapping[str, Property]) -> tuple[tuple[Rule, ...], tuple[Fault, ...]]:
    """Return the rules of files and folders, by id, and every fault in them."""
    loaded, faults = load_with_tests(paths, dictionary)
    return tuple(item.rule for item in loaded), faults


def load_with_tests(
    paths: Sequence[Path], dictionary: Mapping[str, Property]
) -> tuple[tuple[Loaded, ...], tuple[Fault, ...]]:
    """Return the rules with the tests that they carry, by id, and every fault in them."""
    known: dict[str, Loaded] = {}
    faults: list[Fault] = []
    for file in _files(paths, faults):
        document = load_yaml(file)
        if isinstance(document, Fault):
            faults.append(document)
            continue
        for place in _places(document, faults):
            item, found = _rule(document, place, file, dictionary)
            faults += found
            if item is None:
                continue
            other = known.get(item.rule.id)
            if other is not None and other.file.parent == file.parent:
                where = f"{other.file}:{other.line}"
                faults.append(document.fault((*place, "id"), f"the id {item.rule.id!r} is taken by {where}"))
            else:
                known[item.rule.id] = item
    return tuple(known[name] for name in sorted(known)), tuple(sorted(faults))


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a rule file, for editors."""
    rule = RuleEntry.model_json_schema(by_alias=True)
    definitions = rule.pop("$defs", {})
    conditions = []
    for name, kind in kinds().items():
        options = kind.options.model_json_schema(by_alias=True)
        definitions |= options.pop("$defs", {})
        conditions.append(
            {"type": "object", "properties": {name: options}, "required": [name], "additionalProperties": False}
        )
    definitions["Condition"] = {"oneOf": _with_parts(conditions)}
    rule["properties"]["when"] = {"description": rule["properties"]["when"]["description"], **_CONDITION}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Wangge rule file",
        "oneOf": [{"$ref": "#/$defs/RuleEntry"}, {"type": "array", "items": {"$ref": "#/$defs/RuleEntry"}}],
        "$defs": definitions | {"RuleEntry": rule},
    }


def _with_parts(schema: Any) -> Any:
    """Return a JSON Schema in which every place of a condition refers to that of conditions."""
    if isinstance(schema, list):
        return [_with_parts(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if PART in schema:
        return {key: value for key, value in schema.items() if key != PART} | _CONDITION
    return {key: _with_parts(value) for key, value in schema.items()}


def _files(paths: Sequence[Path], faults: list[Fault]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        files = sorted(path.glob("*.yaml"))
        if not files:
            faults.append(Fault(str(path), 1, "holds no rule file (*.yaml)"))
        yield from files


def _places(document: Document, faults: list[Fault]) -> list[tuple[int, ...]]:
    if isinstance(document.data, dict):
        return [()]
    if isinstance(document.data, list) and document.data:
        return [(index,) for index in range(len(document.data))]
    faults.append(document.fault((), "is neither a rule nor a list of rules"))
    return []


def _rule(
    document: Document, place: tuple[int, ...], file: Path, dictionary: Mapping[str, Property]
) -> tuple[Loaded | None, list[Fault]]:
    entry = validate(RuleEntry, document, place)
    faults = list(entry) if isinstance(entry, tuple) else []
    condition, found = (
        schema_when.condition(document, (*place, "when"), dictionary) if _has_when(document, place) else (None, [])
    )
    faults += found
    if isinstance(entry, tuple):
        return None, faults
    faults += _further(document, place, entry, condition, dictionary)
    if faults or condition is None:
        return None, faults
    tests = [document.at((*place, "tests", index))[0] for index in range(len(entry.tests))]
    rule = _build(entry, condition, _text(document, place))
    line, _ = document.at((*place, "id"))
    loaded = Loaded(
        rule=rule,
        tests=tuple(entry.tests),
        file=file,
        line=line,
        test_lines=tuple(tests),
        document=document,
        place=place,
    )
    return loaded, []


def _further(
    document: Document,
    place: tuple[int, ...],
    entry: RuleEntry,
    condition: Condition | None,
    dictionary: Mapping[str, Property],
) -> Iterator[Fault]:
    """Yield the faults that only the whole rule shows."""
    if entry.id in entry.suppresses:
        yield document.fault((*place, "suppresses"), "names the rule itself")
    if condition is not None and condition.reads == "clock":
        given = {"for": entry.for_, "keep_firing_for": entry.keep_firing_for}
        given |= {"quality": bool(entry.quality), "flapping": entry.flapping is not None}
        for key in (key for key, is_given in given.items() if is_given):
            yield document.fault((*place, key), "has no meaning for a condition that looks at the clock")
        if entry.subject != "device":
            yield document.fault((*place, "subject"), "must be device: a condition that looks at the clock judges one")
    elif condition is not None:
        yield from _levels(document, place, entry, condition)
    for index, test in enumerate(entry.tests):
        yield from _test(document, (*place, "tests", index), test, dictionary)


def _test(
    document: Document, path: tuple[int | str, ...], test: TestEntry, dictionary: Mapping[str, Property]
) -> Iterator[Fault]:
    for name in test.series:
        observed_property = name.rpartition("/")[2]
        if observed_property not in dictionary:
            yield document.fault((*path, "series", name), f"{observed_property!r} is not in the data dictionary")
    end_s = max(len(values) for values in test.series.values()) * test.interval
    for number, expected in enumerate(test.expect):
        if expected.at >= end_s:
            yield document.fault((*path, "expect", number, "at"), "is after the last value of the series")


def _levels(
    document: Document, place: tuple[int, ...], entry: RuleEntry, condition: ValueCondition | SampleCondition
) -> Iterator[Fault]:
    severities = condition.severities
    if not condition.properties:
        yield document.fault((*place, "when"), "observes nothing: it can only be a part of all_of and the like")
    if severities and severities[-1] is not entry.severity:
        yield document.fault((*place, "severity"), f"must be that of the worst level, {severities[-1]}")
    if condition.reads == "samples" and condition.near is not None and entry.subject != "device":
        yield document.fault((*place, "subject"), "must be device: neighbours are those of a device")


def _text(document: Document, place: tuple[int, ...]) -> str:
    """Return a rule as it stands in its file: from where it begins to the next one, without what is said of that."""
    if not place:
        return document.text.strip()
    first, column = document.at(place)
    following = (place[0] + 1,)
    after = document.at(following)[0] if following in document.lines else None
    lines = document.text.splitlines()[first - 1 : max(first, after - 1) if after else None]
    while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
        lines.pop()
    return textwrap.dedent("\n".join([" " * (column - 1) + lines[0][column - 1 :], *lines[1:]])) if lines else ""


def _has_when(document: Document, place: tuple[int, ...]) -> bool:
    data = document.data[place[0]] if place else document.data
    return isinstance(data, dict) and "when" in data


def _build(entry: RuleEntry, condition: Condition, text: str) -> Rule:
    content = entry.model_dump(mode="json", include={"subject", "domain", "where", "when", "for_", "keep_firing_for"})
    if entry.quality is not None:
        content["quality"] = entry.quality
    if entry.flapping is not None:
        content["flapping"] = entry.flapping.model_dump()
    return Rule(
        id=entry.id,
        version=blake2b(msgspec.json.encode(content, order="sorted"), digest_size=6).hexdigest(),
        domain=entry.domain,
        title=Text(zh=entry.title.zh, en=entry.title.en),
        subject=entry.subject,
        severity=Severity(entry.severity),
        condition=condition,
        where=tuple(sorted(entry.where.items())),
        for_s=entry.for_,
        keep_firing_for_s=entry.keep_firing_for,
        case=_case(entry.case),
        runbook=Text(zh=entry.runbook.zh, en=entry.runbook.en),
        source=entry.source,
        author=entry.author,
        text=text,
        quality=COUNTED if entry.quality is None else tuple(sorted({int(_FLAGS[one]) for one in entry.quality})),
        flapping=_flapping(entry.flapping),
        suppresses=tuple(sorted(set(entry.suppresses))),
    )


def _flapping(entry: FlappingEntry | None) -> Flapping | None:
    return None if entry is None else Flapping(firings=entry.firings, within_s=entry.within)


def _case(entry: CaseEntry | None) -> CaseTemplate | None:
    if entry is None:
        return None
    return CaseTemplate(
        category=entry.category,
        normal_for_s=entry.verify.normal_for,
        give_up_after_s=entry.verify.give_up_after,
    )
