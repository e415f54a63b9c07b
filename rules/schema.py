"""Reads rule files: a file holds one rule or a list of rules; every fault is reported with its file and line.

`load([CATALOG, site / "rules"], dictionary)`: a path is a file or a folder of `*.yaml`. Two rules of one folder must
not have the same id; a rule of a later folder replaces the one of an earlier folder (a site's over the catalogue's).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from ingest.located import Document, Fault, load_yaml, validate
from ingest.model import Property
from ingest.plugins import find
from rules.conditions._base import Condition, ConditionKind
from rules.model import CaseTemplate, Rule, Severity, Text
from rules.rule_file import CaseEntry, RuleEntry, TestEntry

CATALOG = Path(__file__).with_name("catalog")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A rule with its tests and the place where it stands."""

    rule: Rule
    tests: tuple[TestEntry, ...]
    file: Path
    line: int
    test_lines: tuple[int, ...]


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


@cache
def kinds() -> Mapping[str, ConditionKind[Any]]:
    """Return the conditions that a rule may ask for, by name."""
    return find("rules.conditions", "CONDITION")


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
    rule["properties"]["when"] = {"description": rule["properties"]["when"]["description"], "oneOf": conditions}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Wangge rule file",
        "oneOf": [{"$ref": "#/$defs/RuleEntry"}, {"type": "array", "items": {"$ref": "#/$defs/RuleEntry"}}],
        "$defs": definitions | {"RuleEntry": rule},
    }


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
    condition, found = _condition(document, place, dictionary)
    faults += found
    if isinstance(entry, tuple):
        return None, faults
    faults += _further(document, place, entry, condition, dictionary)
    if faults or condition is None:
        return None, faults
    tests = [document.at((*place, "tests", index))[0] for index in range(len(entry.tests))]
    rule = _build(entry, condition)
    line, _ = document.at((*place, "id"))
    return Loaded(rule=rule, tests=tuple(entry.tests), file=file, line=line, test_lines=tuple(tests)), []


def _condition(
    document: Document, place: tuple[int, ...], dictionary: Mapping[str, Property]
) -> tuple[Condition | None, list[Fault]]:
    data = document.data[place[0]] if place else document.data
    when = data.get("when") if isinstance(data, dict) else None
    if not isinstance(when, dict) or len(when) != 1:
        return None, []  # the rule's model has said so
    (name,) = when
    path = (*place, "when", name)
    kind = kinds().get(name)
    if kind is None:
        return None, [document.fault(path, f"there is no condition {name!r} (there are: {', '.join(kinds())})")]
    written = when[name]
    faults = [
        document.fault((*path, *where), f"{observed_property!r} is not in the data dictionary")
        for where, observed_property in (kind.reads(written) if isinstance(written, dict) else ())
        if observed_property not in dictionary
    ]
    options = validate(kind.options, document, path)
    if isinstance(options, tuple):
        faults += options
    return (None, faults) if faults else (kind.build(options, dictionary), [])


def _further(
    document: Document,
    place: tuple[int, ...],
    entry: RuleEntry,
    condition: Condition | None,
    dictionary: Mapping[str, Property],
) -> Iterator[Fault]:
    """Yield the faults that only the whole rule shows."""
    if condition is not None and condition.reads == "clock":
        for key, given in (("for", entry.for_), ("keep_firing_for", entry.keep_firing_for)):
            if given:
                yield document.fault((*place, key), "has no meaning for a condition that looks at the clock")
    for index, test in enumerate(entry.tests):
        path: tuple[int | str, ...] = (*place, "tests", index)
        for observed_property in test.series:
            if observed_property not in dictionary:
                message = f"{observed_property!r} is not in the data dictionary"
                yield document.fault((*path, "series", observed_property), message)
        end_s = max(len(values) for values in test.series.values()) * test.interval
        for number, expected in enumerate(test.expect):
            if expected.at >= end_s:
                yield document.fault((*path, "expect", number, "at"), "is after the last value of the series")


def _build(entry: RuleEntry, condition: Condition) -> Rule:
    content = entry.model_dump(mode="json", include={"subject", "domain", "where", "when", "for_", "keep_firing_for"})
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
    )


def _case(entry: CaseEntry | None) -> CaseTemplate | None:
    if entry is None:
        return None
    return CaseTemplate(
        category=entry.category,
        normal_for_s=entry.verify.normal_for,
        give_up_after_s=entry.verify.give_up_after,
    )
