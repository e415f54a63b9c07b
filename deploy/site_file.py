"""Reads `site.yaml`, the head of a site folder: what the site is called, where it is, and in which datum it is written.

version: 1
id: xixiangtang                          # small letters, digits and -; part of MQTT topics
title: {zh: 南宁市西乡塘区, en: "Xixiangtang District, Nanning"}
division: "450107"                       # county-level code (GB/T 2260): 6 digits
timezone: Asia/Shanghai
datum: WGS84                             # of devices.csv and the position below: WGS84, CGCS2000, GCJ-02 or BD-09
position: {lat: 22.8337, lon: 108.3134}
"""

from __future__ import annotations

import zoneinfo
from pathlib import Path
from typing import Annotated, Literal

import pydantic

from ingest.datum import Datum
from ingest.located import Fault, load_yaml, validate

VERSION = 1
REMEDY = "install a newer Wangge for this site"


def _zone(name: str) -> str:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is not a time zone such as Asia/Shanghai") from None
    return name


def _datum(name: object) -> Datum:
    if name not in list(Datum):
        raise ValueError(f"{name!r} is not one of {', '.join(Datum)}")
    return Datum(str(name))


class _Model(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, strict=True)


class Title(_Model):
    """The same text in Chinese and English."""

    zh: str = pydantic.Field(min_length=1)
    en: str = pydantic.Field(min_length=1)


class Position(_Model):
    """A place in degrees."""

    lat: float = pydantic.Field(ge=-90, le=90)
    lon: float = pydantic.Field(ge=-180, le=180)


class SiteFile(_Model):
    """The content of `site.yaml`."""

    version: Literal[1]
    id: str = pydantic.Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")
    title: Title
    division: str = pydantic.Field(pattern=r"^[1-9][0-9]{5}$")
    timezone: Annotated[str, pydantic.AfterValidator(_zone)]
    datum: Annotated[Datum, pydantic.BeforeValidator(_datum)]
    position: Position


def load(path: Path) -> tuple[SiteFile | None, tuple[Fault, ...]]:
    """Read `site.yaml`; of a newer version only that is told, because the rest cannot be judged."""
    document = load_yaml(path)
    if isinstance(document, Fault):
        return None, (document,)
    version = document.data.get("version") if isinstance(document.data, dict) else None
    if isinstance(version, int) and version > VERSION:
        message = f"is {version}, and this program reads up to {VERSION}: {REMEDY}"
        return None, (document.fault(("version",), message),)
    found = validate(SiteFile, document)
    return (found, ()) if isinstance(found, SiteFile) else (None, found)
