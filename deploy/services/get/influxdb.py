"""InfluxDB 2 built from its Go modules: about five minutes on two cores, 132 MB, no web console.

`go install` refuses the module (it has replace directives), and its Flux library asks for an old Rust compiler and
turns every warning into an error. So both modules are copied from Go's cache, the strict attribute is dropped,
the compiler at hand is taken, and `influxd` is built from the copy.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from deploy.services import cache
from deploy.services.cache import AbsentError, Found
from deploy.services.get._base import Build, Say, Server

VERSION = "2.7.12"
_NAME = f"influxdb-{VERSION}"
_MODULES = {  # module@version → its checksum (go.sum form); the second is the version that the first asks for
    f"github.com/influxdata/influxdb/v2@v{VERSION}": "h1:m25dUSO7h6nm3zFC4v/aCNeFFmnN/mlN/uPo1T63bmk=",
    "github.com/influxdata/flux@v0.196.1": "h1:RZypfrrAZeIixD/2As+qoyrwfs6Gx7VcnTRNGNjBfUA=",
}
_STRICT = '#![cfg_attr(feature = "strict", deny(warnings'


def find() -> Found | None:
    """Return `influxd` when its build is complete."""
    place = cache.complete(_NAME)
    return Found(VERSION, place / "influxd") if place else None


def get(say: Say) -> Found:
    """Build `influxd`."""
    build = Build(_NAME, say)
    go = build.need("go", "install Go 1.23 or newer")
    build.need("cargo", "install Rust with rustup (toolchain stable)")
    build.need("gcc", "install the Debian package gcc")
    build.need("pkg-config", "install the Debian package pkg-config")
    with cache.filling(_NAME) as place:
        work = place / "build"
        work.mkdir()
        say("getting the Go modules")
        influx, flux = (build.go_module(go, work, *module) for module in _MODULES.items())
        _soften(flux)
        build.run([go, "mod", "edit", f"-replace=github.com/influxdata/flux={flux}"], cwd=influx)
        build.run([go, "build", "-o", work / "pkg-config", "github.com/influxdata/pkg-config"], cwd=influx)
        say("building influxd and its Flux library: about five minutes on two cores")
        wrapper = {
            "PATH": f"{work}:{os.environ['PATH']}",
            "PKG_CONFIG": str(work / "pkg-config"),
            "RUSTUP_TOOLCHAIN": "stable",
            "CGO_ENABLED": "1",
        }
        link = f"-s -w -X main.version=v{VERSION}"
        tags = "sqlite_foreign_keys,sqlite_json"
        build.run(
            [go, "build", "-tags", tags, "-ldflags", link, "-o", place / "influxd", "./cmd/influxd"],
            cwd=influx,
            env=wrapper,
        )
        shutil.rmtree(work)
    return Found(VERSION, place / "influxd")


def _soften(flux: Path) -> None:
    """Let a compiler newer than the library's own warn without failing."""
    for library in ("flux", "flux-core"):
        source = flux / "libflux" / library / "src" / "lib.rs"
        first, rest = source.read_text(encoding="utf-8").split("\n", 1)
        if not first.startswith(_STRICT):
            raise AbsentError(f"the Flux library is not the one that we know: {library}/src/lib.rs begins {first!r}")
        source.write_text(rest, encoding="utf-8")


SERVER = Server("InfluxDB", find, get)
