"""Reading of files that people write (YAML, CSV), where every fault keeps its file and line.

`load_yaml` keeps the line of every node; `validate` runs a pydantic model over the result and turns each of its
complaints into a `Fault` at the line of the value that it is about. All faults are collected, none is raised alone.
"""

from __future__ import annotations

import csv
import dataclasses
import difflib
from pathlib import Path
from typing import Any, TypeVar

import pydantic
import yaml
from yaml.composer import Composer

Model = TypeVar("Model", bound=pydantic.BaseModel)
Path_ = tuple[int | str, ...]


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One mistake in a file: where it stands (`line` and `column` count from 1), and what is wrong there."""

    file: str
    line: int
    message: str
    path: str = ""
    column: int = 0

    def __str__(self) -> str:
        """Return `file:line: path: message`."""
        place = f"{self.file}:{self.line}"
        return f"{place}: {self.path}: {self.message}" if self.path else f"{place}: {self.message}"


@dataclasses.dataclass(frozen=True, slots=True)
class Document:
    """A parsed YAML document: `data` as plain values, `lines` the (line, column) of each path, `text` as written."""

    file: str
    data: Any
    lines: dict[Path_, tuple[int, int]]
    text: str = ""

    def at(self, path: Path_) -> tuple[int, int]:
        """Return (line, column) of `path`, or of its nearest parent that the file has."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, (1, 1))

    def fault(self, path: Path_, message: str) -> Fault:
        """Return a fault at the place of `path`."""
        line, column = self.at(path)
        return Fault(self.file, line, message, ".".join(map(str, path)), column)


def load_yaml(path: Path, name: str | None = None) -> Document | Fault:
    """Read a YAML file; a missing, unreadable or unparsable one (also one with a key twice) is a `Fault`."""
    file = name or str(path)
    try:
        text = path.read_text(encoding="utf-8")
        node = _composed(text)
    except OSError as exc:
        return Fault(file, 1, f"cannot be read: {exc.strerror}")
    except UnicodeDecodeError as exc:
        return _not_utf8(file, exc)
    except RecursionError:
        return Fault(file, 1, f"is nested deeper than {_MAX_DEPTH} levels")
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return Fault(file, line, f"is not YAML: {getattr(exc, 'problem', exc)}", column=column)
    lines: dict[Path_, tuple[int, int]] = {}
    try:
        data = _walk(node, (), lines, 0)
    except _FaultyNodeError as exc:
        return Fault(file, exc.line, exc.message, column=exc.column)
    return Document(file, data, lines, text)


def validate(model: type[Model], document: Document, path: Path_ = ()) -> Model | tuple[Fault, ...]:
    """Return the model made of the value at `path` of the document, or every fault in it with its line."""
    value = document.data
    for step in path:
        value = value[step]
    try:
        return model.model_validate(value)
    except pydantic.ValidationError as exc:
        names = _names(model)
        return tuple(
            document.fault((*path, *_clean(error["loc"], value)), _message(error, names)) for error in exc.errors()
        )


def load_csv(path: Path, columns: tuple[str, ...]) -> tuple[tuple[tuple[int, dict[str, str]], ...], tuple[Fault, ...]]:
    """Read a CSV file with a heading; return its rows as (line, row), and its faults (missing columns, ragged rows)."""
    file = str(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            missing = [column for column in columns if column not in (reader.fieldnames or ())]
            if missing:
                return (), (Fault(file, 1, f"column {missing[0]!r} is missing from the heading"),)
            rows, faults = [], []
            for row in reader:
                if None in row or None in row.values():
                    faults.append(Fault(file, reader.line_num, "has not as many fields as the heading"))
                else:
                    rows.append((reader.line_num, row))
            return tuple(rows), tuple(faults)
    except OSError as exc:
        return (), (Fault(file, 1, f"cannot be read: {exc.strerror}"),)
    except (UnicodeDecodeError, csv.Error) as exc:
        return (), (Fault(file, 1, f"is not UTF-8 CSV: {exc}"),)


class _FaultyNodeError(Exception):
    def __init__(self, node: yaml.Node, message: str) -> None:
        super().__init__(message)
        self.line, self.column, self.message = node.start_mark.line + 1, node.start_mark.column + 1, message


def _composed(text: str) -> yaml.Node | None:
    """Return the nodes of a text; what C does not take is read again in Python, which takes more and says it better."""
    try:
        return yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError:
        return yaml.compose(text, Loader=yaml.SafeLoader)


class _Loader(Composer, yaml.CSafeLoader):
    """Reads words and marks in C, which is most of the work, and builds nodes in Python: in C, depth has no bound."""

    def __init__(self, stream: str) -> None:
        yaml.CSafeLoader.__init__(self, stream)
        Composer.__init__(self)


_MAX_DEPTH = 64
_FEW = 20  # keys that are all listed where one is wrong
_MOST_VALUES = 200_000
_CONSTRUCT = yaml.constructor.SafeConstructor()


def _walk(node: yaml.Node | None, path: Path_, lines: dict[Path_, tuple[int, int]], depth: int) -> Any:
    if node is None:
        return None
    lines[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
    if depth > _MAX_DEPTH:
        raise _FaultyNodeError(node, f"is nested deeper than {_MAX_DEPTH} levels")
    if len(lines) > _MOST_VALUES:
        raise _FaultyNodeError(node, f"holds more than {_MOST_VALUES} values (with its aliases)")
    if isinstance(node, yaml.MappingNode):
        result: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = _scalar(key_node)
            if not isinstance(key, str | int):
                raise _FaultyNodeError(key_node, f"key {key!r} is not a word")
            if key in result:
                raise _FaultyNodeError(key_node, f"key {key!r} stands twice")
            result[key] = _walk(value_node, (*path, key), lines, depth + 1)
        return result
    if isinstance(node, yaml.SequenceNode):
        return [_walk(item, (*path, index), lines, depth + 1) for index, item in enumerate(node.value)]
    return _scalar(node)


def _scalar(node: yaml.Node) -> Any:
    try:
        return _CONSTRUCT.construct_object(node)
    except (ValueError, TypeError, yaml.YAMLError) as exc:  # no such day, bytes that are none, a tag that makes objects
        said = getattr(exc, "problem", None) or str(exc)
        raise _FaultyNodeError(node, f"{str(node.value)[:40]!r} cannot be read: {said}") from exc


def _clean(location: Path_, data: Any) -> Path_:
    """Keep of a pydantic location what the file has: not the names of alternatives, nor places in lists made of it."""
    path: list[int | str] = []
    for number, step in enumerate(location, start=1):
        known = range(len(data)) if isinstance(data, list) else data if isinstance(data, dict) else ()
        inside = step in known
        missing = isinstance(data, dict) and number == len(location) and not str(step).startswith("function-")
        if inside:
            data = data[step]
        if inside or missing:
            path.append(step)
    return tuple(path)


def _not_utf8(file: str, exc: UnicodeDecodeError) -> Fault:
    before = exc.object[: exc.start]
    line, column = before.count(b"\n") + 1, len(before) - before.rfind(b"\n")
    return Fault(file, line, "is not UTF-8 text: save it as UTF-8", column=column)


def _names(model: type[pydantic.BaseModel]) -> list[str]:
    """Return every key that the model knows, at any depth."""
    schema = model.model_json_schema(by_alias=True)
    return [name for part in (schema, *schema.get("$defs", {}).values()) for name in part.get("properties", {})]


def _message(error: Any, names: list[str]) -> str:
    """Return what is wrong, in the words of whoever wrote the file."""
    value = error.get("input")
    match error["type"]:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            near = difflib.get_close_matches(str(error["loc"][-1]), names, n=1)
            hint = (
                f": is it {near[0]!r}?" if near else f" (there are: {', '.join(names)})" if len(names) <= _FEW else ""
            )
            return f"is not a key that may stand here{hint}"
        case "too_long" if isinstance(value, dict):
            most = error["ctx"]["max_length"]
            return f"has {len(value)} keys ({', '.join(map(str, value))}): at most {most} may stand here"
        case "too_short" if isinstance(value, dict):
            return f"has too few keys: at least {error['ctx']['min_length']} must stand here"
        case "model_type" | "dict_type":
            given = "a list" if isinstance(value, list) else repr(value)
            return f"must be keys with values, as `key: value`, not {given}"
    message = str(error["msg"]).removeprefix("Value error, ")
    message = message.replace("Input should be", "must be", 1)
    return message if isinstance(value, dict | list) else f"{message} (is {value!r})"
