"""Imports point one way: ingest ← rules ← alerts ← deploy; simulators reach the rest over the wire."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("ingest", "rules", "alerts", "simulators", "deploy")
MAY_IMPORT = {
    "ingest": ("ingest",),
    "rules": ("rules", "ingest"),
    "alerts": ("alerts", "rules", "ingest"),
    "simulators": (
        "simulators",
        "ingest.model",
        "ingest.units",
        "ingest.plugins",
        "ingest.located",
    ),
    "deploy": PACKAGES,
}
MAY_NOT_IMPORT = {
    "rules": ("ingest.dialects", "ingest.io", "ingest.stores.sqlite"),
    "alerts": ("ingest.dialects", "ingest.io", "ingest.stores.sqlite"),
}
ONLY_IN = {  # a library → the one place that may import it
    "paho": (
        "ingest/io/",
        "simulators/",
        "deploy/runtimes/sender.py",
        "deploy/bench/",
        "deploy/replay",
        "deploy/commands/",
    ),
    "nicegui": ("alerts/console/",),
    "sqlite3": ("ingest/stores/sqlite.py",),
    "influxdb_client": ("ingest/stores/_influx_",),
}
CLOCK_CALLS = ("time.time(", "time.time_ns(", "datetime.now(", "datetime.utcnow(", "date.today(")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


@functools.cache
def imports(path: Path) -> tuple[str, ...]:
    """Return the full names of the modules that a file imports, wherever in it."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, prefix: str) -> bool:
    """Tell whether a dotted name is `prefix` or lies in it."""
    return name == prefix or name.startswith(prefix + ".")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_import_direction(path: Path) -> None:
    """A module imports only what its stage may know of."""
    package = path.relative_to(ROOT).parts[0]
    ours = [name for name in imports(path) if name.split(".")[0] in PACKAGES]

    wrong = [
        name
        for name in ours
        if not any(within(name, prefix) for prefix in MAY_IMPORT[package])
        or any(within(name, prefix) for prefix in MAY_NOT_IMPORT.get(package, ()))
    ]

    assert wrong == []


@pytest.mark.parametrize("library,places", ONLY_IN.items())
def test_library_in_its_place(library: str, places: tuple[str, ...]) -> None:
    """A library that is a border of ours is imported at that border only."""
    users = [str(path.relative_to(ROOT)) for path in MODULES if any(within(name, library) for name in imports(path))]

    assert [user for user in users if not user.startswith(places)] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_size(path: Path) -> None:
    """A module has at most 300 lines: above that it does more than one thing."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_name_says_what_it_is(path: Path) -> None:
    """No attic: a module is named for the one thing it holds."""
    assert path.stem not in {"utils", "util", "helpers", "helper", "common", "misc", "manager"}


def test_only_one_real_clock() -> None:
    """Decisions are handed the time: only deploy/clock.py asks for the date, outside tests and measurements."""
    asking = []
    for path in MODULES:
        place = str(path.relative_to(ROOT))
        if place == "deploy/clock.py" or place.startswith("deploy/bench/"):
            continue
        text = path.read_text(encoding="utf-8")
        if any(
            call in text for call in ("time.time(", "time.time_ns(", "datetime.now(", "datetime.utcnow(", "date.today(")
        ):
            asking.append(place)

    assert asking == []
