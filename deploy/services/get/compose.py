"""Docker Compose built from its Go module: about two minutes on two cores, 83 MB. It checks `deploy/compose.yaml`."""

from __future__ import annotations

import shutil

from deploy.services import cache
from deploy.services.cache import Found
from deploy.services.get._base import Build, Say, Server

VERSION = "2.29.7"
_NAME = f"compose-{VERSION}"
_MODULE = f"github.com/docker/compose/v2@v{VERSION}"
_CHECKSUM = "h1:92dZa2M71isE1Qi6D7z1i+0P1pyeyWMwrxBuRIXe52w="  # go.sum form


def find() -> Found | None:
    """Return `docker-compose` when its build is complete."""
    place = cache.complete(_NAME)
    return Found(VERSION, place / "docker-compose") if place else None


def get(say: Say) -> Found:
    """Build `docker-compose`."""
    build = Build(_NAME, say)
    go = build.need("go", "install Go 1.23 or newer")
    with cache.filling(_NAME) as place:
        work = place / "build"
        work.mkdir()
        say("getting the Go module")
        source = build.go_module(go, work, _MODULE, _CHECKSUM)
        say("building docker-compose: about two minutes on two cores")
        link = f"-s -w -X github.com/docker/compose/v2/internal.Version=v{VERSION}"
        build.run([go, "build", "-ldflags", link, "-o", place / "docker-compose", "./cmd"], cwd=source)
        shutil.rmtree(work)
    return Found(VERSION, place / "docker-compose")


SERVER = Server("Docker Compose", find, get)
