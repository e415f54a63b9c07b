"""Apache Kafka from Maven: the jars of the broker in one folder, run by Java 17 or newer."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from deploy.services import cache
from deploy.services.cache import AbsentError, Found
from deploy.services.get._base import Build, Say, Server

_POM = Path(__file__).with_name("kafka_pom.xml")
_OLDEST_JAVA = 17


def version() -> str:
    """Return the version that the pom pins."""
    pinned = re.search(r"kafka_2\.13</artifactId>\s*<version>([\d.]+)<", _POM.read_text(encoding="utf-8"))
    if pinned is None:
        raise AbsentError(f"{_POM} pins no version of kafka_2.13")
    return pinned[1]


def find() -> Found | None:
    """Return the folder of the jars when it is complete, of this pom, and there is a Java that can run them."""
    place = cache.complete(f"kafka-{version()}")
    if place is None or _java() < _OLDEST_JAVA or (place / "pom.xml").read_bytes() != _POM.read_bytes():
        return None
    return Found(version(), place)


def get(say: Say) -> Found:
    """Copy the jars with Maven (about 43 MB)."""
    if _java() < _OLDEST_JAVA:
        raise AbsentError(f"needs Java {_OLDEST_JAVA} or newer: install the Debian package openjdk-17-jre-headless")
    name = f"kafka-{version()}"
    build = Build(name, say)
    maven = build.need("mvn", "install the Debian package maven")
    say("copying the jars with Maven")
    with cache.filling(name) as place:
        shutil.copy(_POM, place / "pom.xml")
        goal = "dependency:copy-dependencies"
        # -C: a jar whose checksum does not match is an error
        build.run([maven, "-B", "-ntp", "-C", "-q", goal, f"-DoutputDirectory={place / 'libs'}"], cwd=place)
    return Found(version(), place)


def _java() -> int:
    """Return the major version of the `java` in PATH, or 0."""
    java = shutil.which("java")
    if java is None:
        return 0
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603 - found in PATH
    major = re.search(r'version "(\d+)', told)
    return int(major[1]) if major else 0


SERVER = Server("Apache Kafka", find, get)
