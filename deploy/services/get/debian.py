"""Servers that Debian has: found where its packages put them, installed when we are root, never started as services."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from deploy.services.cache import AbsentError, Found
from deploy.services.get._base import Build, Say, Server

_POLICY = Path("/usr/sbin/policy-rc.d")  # Debian's way to say: an installed package starts no service
_WHERE = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"  # sbin: not in a plain user's PATH


def mosquitto() -> Found | None:
    """Return Mosquitto."""
    return _found(_program("mosquitto"), "-h")


def victoria_metrics() -> Found | None:
    """Return VictoriaMetrics (single node)."""
    return _found(_program("victoria-metrics"))


def postgresql() -> Found | None:
    """Return the newest PostgreSQL (its `postgres`; `initdb` lies beside it)."""
    places = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    newest = max(places, key=lambda path: int(path.parts[-3]), default=_program("postgres"))
    return _found(newest.resolve() if newest else None, "--version")


def _program(name: str) -> Path | None:
    path = shutil.which(name) or shutil.which(name, path=_WHERE)
    return Path(path) if path else None


def _found(program: Path | None, option: str | None = None) -> Found | None:
    """Return the program with the version that it tells when asked with `option`, else that of its package."""
    if program is None:
        return None
    asked = [str(program), option] if option else ["dpkg-query", "-W", "-f", "${Version}", program.name]
    try:
        told = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments
    except OSError:
        return Found("unknown", program)
    version = re.search(r"\d+\.\d+(\.\d+)?", told.stdout + told.stderr)
    return Found(version[0] if version else "unknown", program)


def _get(package: str, find: Callable[[], Found | None]) -> Callable[[Say], Found]:
    def get(say: Say) -> Found:
        build = Build(package, say)
        apt = build.need("apt-get", f"install {package} by the means of this system")
        if os.geteuid() != 0:
            raise AbsentError(f"not root: run `apt-get install --no-install-recommends {package}` as root")
        say(f"installing the Debian package {package}")
        env = {"DEBIAN_FRONTEND": "noninteractive"}
        here = Path("/")
        ours = not _POLICY.exists()
        try:
            if ours:
                _POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
                _POLICY.chmod(0o755)
            install = [apt, "install", "-y", "-qq", "--no-install-recommends", package]
            try:
                build.run(install, cwd=here, env=env)
            except AbsentError:  # a new machine has no package lists, an old one may have stale ones
                build.run([apt, "update", "-qq"], cwd=here, env=env)
                build.run(install, cwd=here, env=env)
        finally:
            if ours:
                _POLICY.unlink(missing_ok=True)
        found = find()
        if found is None:
            raise AbsentError(f"the package {package} brought no program that we know")
        return found

    return get


MOSQUITTO = Server("Mosquitto", mosquitto, _get("mosquitto", mosquitto))
POSTGRESQL = Server("PostgreSQL", postgresql, _get("postgresql", postgresql))
VICTORIA_METRICS = Server("VictoriaMetrics", victoria_metrics, _get("victoria-metrics", victoria_metrics))
