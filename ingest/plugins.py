"""Finds the units of a folder: one module, one unit, no central list.

A unit is a module of a package that exports one agreed name (`DIALECT`, `CONDITION`, `NOTIFIER`, …); modules that
begin with `_` are not units. Discovery runs once at start and is loud: an empty folder, a module without the name and
two units of the same name are mistakes of ours.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any


class PluginError(Exception):
    """A plug-in folder is not as it must be (the message names the module)."""


def find(package: str, export: str, *, key: str = "name") -> dict[str, Any]:
    """Return the units that the modules of `package` export as `export`, by their attribute `key`, in name order."""
    folder = importlib.import_module(package)
    units: dict[str, Any] = {}
    for found in sorted(pkgutil.iter_modules(folder.__path__), key=lambda module: module.name):
        if found.name.startswith("_"):
            continue
        module = importlib.import_module(f"{package}.{found.name}")
        unit = getattr(module, export, None)
        if unit is None:
            message = f"{module.__name__} does not export {export}"
            raise PluginError(message)
        name = getattr(unit, key)
        if name in units:
            message = f"{module.__name__}: there is another {export} named {name!r}"
            raise PluginError(message)
        units[name] = unit
    if not units:
        message = f"{package} has no unit"
        raise PluginError(message)
    return units
