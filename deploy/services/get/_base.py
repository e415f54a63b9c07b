"""What a file of this folder exports, and how it runs the tools that fetch and build."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import stat
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from deploy.services.cache import AbsentError, Found, folder

_TOLD_EVERY_S = 20.0
_SHOWN_CHARACTERS = 160

Say = Callable[[str], None]


@dataclasses.dataclass(frozen=True, slots=True)
class Server:
    """A server: `find` looks where it would be, `get` brings it there or raises AbsentError."""

    name: str
    find: Callable[[], Found | None]
    get: Callable[[Say], Found]


@dataclasses.dataclass(frozen=True, slots=True)
class Build:
    """Runs tools for one server; what they print goes to a log beside its folder, a failure is one line from it."""

    name: str
    say: Say

    @property
    def log(self) -> Path:
        """Return the file that holds what the tools printed."""
        return folder() / f"{self.name}.log"

    def need(self, program: str, remedy: str) -> str:
        """Return the path of a tool, or raise AbsentError with what would bring it."""
        path = shutil.which(program)
        if path is None:
            raise AbsentError(f"needs {program}: {remedy}")
        return path

    def run(self, command: Sequence[str | Path], cwd: Path, env: Mapping[str, str] | None = None) -> str:
        """Run a tool to its end and return its standard output; raise AbsentError with its reason when it fails."""
        program = Path(command[0]).name
        started = told = time.monotonic()
        with self.log.open("a", encoding="utf-8") as log:
            print("$", *command, file=log, flush=True)
            process = subprocess.Popen(  # noqa: S603 - our own arguments
                list(map(str, command)),
                cwd=cwd,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=(output := self.log.with_suffix(".out").open("w+", encoding="utf-8", errors="replace")),
                stderr=log,
            )
            try:
                while process.poll() is None:
                    time.sleep(0.1)
                    if time.monotonic() - told > _TOLD_EVERY_S:
                        told = time.monotonic()
                        self.say(f"{program} at work for {told - started:.0f} s")
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
            with output:
                output.seek(0)
                text = output.read()
            self.log.with_suffix(".out").unlink()
            log.write(text)
        if process.returncode:
            raise AbsentError(f"{program} failed: {self._reason()} (log: {self.log})")
        return text

    def go_module(self, go: str, work: Path, module: str, checksum: str) -> Path:
        """Return a writable copy, below `work`, of a Go module (`path@version`) whose checksum is the one we know.

        `go install` refuses a module with replace directives; a copy can be built.
        """
        told = json.loads(self.run([go, "mod", "download", "-json", module], cwd=work))
        if told.get("Sum") != checksum:
            raise AbsentError(f"{module} has the checksum {told.get('Sum')}, not {checksum}: it was not built")
        copy = work / module.partition("@")[0].replace("/", "-")
        shutil.copytree(told["Dir"], copy)
        for path in (copy, *copy.rglob("*")):
            path.chmod(path.stat().st_mode | stat.S_IWUSR)
        return copy

    def _reason(self) -> str:
        """Return the line of the log that says most: the first error after the last command, else the last line."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        start = max((number for number, line in enumerate(lines) if line.startswith("$ ")), default=-1)
        said = [line.strip() for line in lines[start + 1 :] if line.strip()]
        errors = [line for line in said if "error" in line.lower() or line.startswith("E:")]
        line = (errors or said[-1:] or ["it said nothing"])[0]
        return line if len(line) <= _SHOWN_CHARACTERS else f"{line[:_SHOWN_CHARACTERS]}…"
