"""`python -m deploy.demo.screenshots DIR`: runs a demo of its own and takes the documentation's pictures of it.

The lists are pictured while the evening's incidents are open, the case when one was sent back by its sensor.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import httpx

from deploy import broker
from deploy.clock import monotonic_s
from deploy.commands._base import UserError
from deploy.commands.screenshots import PICTURES, take

_START_S, _PATIENCE_S = 90.0, 240.0
_LIVELY = 8  # open cases
_PASSWORD = re.compile(r"login\s+admin\s+password\s+(\S+)")


def main(out: Path) -> None:
    """Run a demo in a folder of its own, take the pictures, end it."""
    out.mkdir(parents=True, exist_ok=True)
    port = broker.free_port(0)
    with tempfile.TemporaryDirectory(prefix="wangge-pictures-") as data:
        command = [sys.executable, "-c", "from deploy.cli import main; main()", "demo"]
        arguments = ["--data", data, "--port", str(port)]
        with subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True) as demo:  # noqa: S603 - ourselves
            try:
                _take(f"http://127.0.0.1:{port}", _password(demo.stdout), out)
            finally:
                demo.send_signal(signal.SIGINT)
                demo.communicate()


def _take(url: str, password: str, out: Path) -> None:
    who = ("admin", password)
    with httpx.Client(base_url=url, timeout=10) as client:
        token = client.post("/api/v1/login", json={"name": who[0], "password": who[1]}).json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        _until(client, "/api/v1/cases?state=open", lambda found: found["total"] >= _LIVELY)
        of_a_case = [picture for picture in PICTURES if "{" in picture.path]
        for path in take([picture for picture in PICTURES if picture not in of_a_case], url, who, out):
            _say(path)
        _until(client, "/api/v1/cases?limit=500", lambda found: any(one["rework_count"] for one in found["items"]))
        for path in take(of_a_case, url, who, out):
            _say(path)


def _until(client: httpx.Client, path: str, holds: Callable[[Any], bool]) -> None:
    """Wait until what the API answers is worth a picture; after a while, take what there is."""
    deadline = monotonic_s() + _PATIENCE_S
    while monotonic_s() < deadline and not holds(client.get(path).json()):
        threading.Event().wait(1.0)


def _password(told: IO[str] | None) -> str:
    deadline = monotonic_s() + _START_S
    for line in told or ():
        found = _PASSWORD.search(line)
        if found is not None:
            return found[1]
        if monotonic_s() > deadline:
            break
    raise UserError("the demo did not start: run `wangge demo` to see why")


def _say(path: Path) -> None:
    print(path)  # noqa: T201 - a command of the Makefile


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except (UserError, httpx.HTTPError) as exc:
        sys.exit(f"no pictures: {exc}")
