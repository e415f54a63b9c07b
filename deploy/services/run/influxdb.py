"""InfluxDB 2 on the loopback, set up by its API: one organisation, one bucket, one token that may do all."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

from deploy.broker import free_port
from deploy.commands._base import UserError
from deploy.services.cache import Found
from deploy.services.run.http import answers, post
from deploy.services.run.process import Process, data_folder, started

ORG = "wangge"
BUCKET = "wangge"


@dataclasses.dataclass(frozen=True, slots=True)
class InfluxDb:
    """A running server and what a client needs to use it."""

    process: Process
    url: str
    token: str
    org_id: str
    org: str = ORG
    bucket: str = BUCKET


@contextlib.contextmanager
def running(found: Found, folder: Path | None = None, port: int = 0, options: Sequence[str] = ()) -> Iterator[InfluxDb]:
    """Run the server and yield it; `folder` keeps data and access (else a temporary one), `options` are arguments."""
    port = port or free_port(0)
    url = f"http://127.0.0.1:{port}"
    with data_folder("influxdb", folder) as place:
        command: list[str | Path] = [
            found.path,
            "--bolt-path",
            place / "influxd.bolt",
            "--engine-path",
            place / "engine",
        ]
        command += ["--sqlite-path", place / "influxd.sqlite", "--http-bind-address", f"127.0.0.1:{port}"]
        command += ["--reporting-disabled", "--log-level", "warn", *options]
        process = Process("influxdb", command, place, lambda: answers(f"{url}/health"))
        with started(process):
            yield InfluxDb(process, url, *_set_up(url, place / "access.json"))


def _set_up(url: str, kept: Path) -> tuple[str, str]:
    """Make organisation, bucket and token of a new server; return the token and the organisation's id."""
    if not kept.exists():
        token = secrets.token_urlsafe(32)
        body = {"username": "wangge", "password": secrets.token_urlsafe(16), "org": ORG, "bucket": BUCKET}
        answer = post(f"{url}/api/v2/setup", {**body, "token": token})
        if not answer.is_success:
            raise UserError(f"InfluxDB at {url} cannot be set up: {answer.status_code} {answer.text}")
        kept.touch(mode=0o600)
        kept.write_text(json.dumps({"token": token, "org_id": answer.json()["org"]["id"]}), encoding="utf-8")
    access = json.loads(kept.read_text(encoding="utf-8"))
    return access["token"], access["org_id"]
