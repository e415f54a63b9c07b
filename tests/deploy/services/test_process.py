"""Starting, stopping and killing a server process (a small HTTP server stands for one)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.broker import free_port
from deploy.commands._base import UserError
from deploy.services.run.http import answers
from deploy.services.run.process import Process

pytestmark = pytest.mark.network
PARENT = """
import sys, time
from pathlib import Path
from deploy.services.run.process import Process
process = Process("sleeper", [sys.executable, "-c", "import time; time.sleep(60)"], Path(sys.argv[1]), lambda: True)
process.start()
print(process.pid, flush=True)
time.sleep(60)
"""


def gone(pid: int) -> bool:
    """Tell whether a process has ended (a zombie that nobody has waited for has)."""
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return True


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    """Return an HTTP server that does not run yet."""
    port = free_port(0)
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    made = Process("pages", command, tmp_path, lambda: answers(f"http://127.0.0.1:{port}/"))
    yield made
    made.stop()


def test_started_stopped_and_started_again(process: Process) -> None:
    """A server answers once started, ends by its id, and can be started again."""
    process.start()
    first = process.pid
    process.stop()
    stopped = gone(first)
    process.start()
    second = process.pid
    process.kill()

    assert (stopped, gone(second), first != second) == (True, True, True)


def test_ended_at_once(tmp_path: Path) -> None:
    """A server that ends instead of answering is told with its exit code and the end of its log."""
    script = "import sys; print('port is taken'); sys.exit(3)"
    process = Process("broken", [sys.executable, "-c", script], tmp_path, lambda: False)

    with pytest.raises(UserError, match="broken ended with code 3; the end of its log:\nport is taken"):
        process.start()


def test_never_answers(tmp_path: Path) -> None:
    """A server that does not answer is given up, and does not go on running."""
    process = Process("silent", [sys.executable, "-c", "import time; time.sleep(60)"], tmp_path, lambda: False)

    with pytest.raises(UserError, match="silent did not answer within 0 s"):
        process.start(within_s=0.3)
    with pytest.raises(UserError, match="silent does not run"):
        assert process.pid


def test_ends_with_its_parent(tmp_path: Path) -> None:
    """A server does not outlive the one that started it, however that one ended."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True, env={**os.environ}
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while not gone(pid) and time.monotonic() < deadline:
        time.sleep(0.02)

    assert gone(pid)
