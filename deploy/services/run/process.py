"""A server process of our own: started, stopped, killed and started again on the same data and port."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from deploy.commands._base import UserError

_LEFT_BEHIND_S = 5.0
_STOP_S = 30.0
_SHOWN_LINES = 25


class Process:
    """One server. `folder` keeps its log; `ready` tells whether it answers; `user` whom to become when we are root.

    A server started from the main thread ends when we end, however we end (setpriv --pdeathsig, where there is one).
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        folder: Path,
        ready: Callable[[], bool],
        *,
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._command = [*_prefix(user, stop_signal), *map(str, command)]
        self._folder = folder
        self._ready = ready
        self._stop_signal = stop_signal
        self._process: subprocess.Popen[bytes] | None = None
        self._was_killed = False

    @property
    def pid(self) -> int:
        """Return the process id; raise UserError when the server does not run."""
        if self._process is None:
            raise UserError(f"{self.name} does not run")
        return self._process.pid

    def start(self, within_s: float = 60.0) -> None:
        """Start the server and wait until it answers; raise UserError with the end of its log when it does not.

        One that was killed is started again for some seconds if it ends at once: what it left behind (the shared
        memory of PostgreSQL, while a child of it lives) takes a moment to go.
        """
        until = time.monotonic() + (_LEFT_BEHIND_S if self._was_killed else 0.0)
        code = self._begin(within_s)
        while code is not None and time.monotonic() < until:
            time.sleep(0.2)
            code = self._begin(within_s)
        if self._process is not None and code is None and self._ready():
            return
        self.kill()
        state = f"ended with code {code}" if code is not None else f"did not answer within {within_s:.0f} s"
        raise UserError(f"{self.name} {state}; the end of its log:\n{self.log_end()}")

    def _begin(self, within_s: float) -> int | None:
        """Start the program; return when it answers, when it does not in time (None both), or with how it ended."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own arguments
                self._command,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + within_s
        while self._process.poll() is None and time.monotonic() < deadline and not self._ready():
            time.sleep(0.05)
        return self._process.poll()

    def stop(self) -> None:
        """Ask the server to end and wait for it; kill it when it takes too long."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(self._stop_signal)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_S)
        self.kill()

    def kill(self) -> None:
        """End the server and its children at once (SIGKILL), as a fault would."""
        if self._process is None:
            return
        self._was_killed = True
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)  # its own session: nobody else's processes are in it
        self._process.wait(_STOP_S)
        self._process = None

    def answers(self) -> bool:
        """Tell whether the server runs and answers."""
        return self._process is not None and self._process.poll() is None and self._ready()

    def pause(self) -> None:
        """Freeze the server and its children: it takes connections and does not answer."""
        for pid in _tree(self.pid):  # a parent is frozen before its children are asked for: no new ones come
            _signal(pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let a frozen server go on."""
        for pid in reversed(list(_tree(self.pid))):
            _signal(pid, signal.SIGCONT)

    def log_end(self) -> str:
        """Return the last lines of the server's log."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-_SHOWN_LINES:]) or "(empty)"


@contextlib.contextmanager
def data_folder(name: str, given: Path | None = None, user: str | None = None) -> Iterator[Path]:
    """Yield the given folder (made if need be, kept), or a temporary one; it belongs to `user` when we are root."""
    with contextlib.ExitStack() as stack:
        if given is None:
            made = tempfile.TemporaryDirectory(prefix=f"wangge-{name}-", ignore_cleanup_errors=True)
            folder = Path(stack.enter_context(made))
        else:
            folder = given
            folder.mkdir(parents=True, exist_ok=True)
        if user is not None and os.geteuid() == 0:
            entry = pwd.getpwnam(user)
            os.chown(folder, entry.pw_uid, entry.pw_gid)
        yield folder


@contextlib.contextmanager
def started(process: Process) -> Iterator[None]:
    """Start the server; stop it at the end."""
    try:
        process.start()
        yield
    finally:
        process.stop()


def _tree(pid: int) -> Iterator[int]:
    """Yield a process and all below it; children may have sessions of their own, as those of PostgreSQL have."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in task.read_text(encoding="ascii").split():
                yield from _tree(int(child))


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _prefix(user: str | None, stop_signal: signal.Signals) -> list[str]:
    """Return how the command is started: as which user, and told to end when the thread that started it ends."""
    setpriv = shutil.which("setpriv")
    becoming = ["--reuid", user, "--regid", user, "--clear-groups"] if user and os.geteuid() == 0 else []
    if setpriv is None:
        if becoming:
            raise UserError(f"setpriv is not there to become {user}: start this as a plain user instead of root")
        return []
    following = threading.current_thread() is threading.main_thread()
    return [setpriv, *becoming, *(["--pdeathsig", stop_signal.name.removeprefix("SIG")] if following else []), "--"]
