"""A running site takes over changes of its devices.csv: within a second, as a whole, and only where it has no fault.

Everything that looks devices up holds the one register of the site, so that it is changed in place; what was made from
it (the rules' program) is made anew by whoever asked. A file with faults changes nothing and is told once in the log.
What holds is noted in the case store (`register`), so that `wangge devices adopt` knows when frames may come again.
"""

from __future__ import annotations

import threading
from typing import Any

import structlog
from sqlalchemy import Engine

from alerts.errors import StoreError
from alerts.store import meta
from deploy import hangup, register_file
from deploy.clock import monotonic_s, wall_ms
from deploy.site import Site
from ingest import devices

LOG = structlog.get_logger("register")
KEY = "register"
LOOK_S = 1.0


class RegisterWatch:
    """Looks after the register of a site, every `look_s` seconds; without a database, what holds is not noted."""

    def __init__(self, site: Site, database: Engine | None = None, look_s: float = LOOK_S) -> None:
        self._site, self._database, self._look_s = site, database, look_s
        self._file = site.folder / register_file.NAME
        self._looked_s = -look_s
        self._hangups = hangup.heard()
        self._seen: tuple[int, int, int] | None = None
        self._refused: dict[str, Any] = {}
        self._noted = False

    def look(self) -> bool:
        """Tell whether the register is another now."""
        hurried, self._hangups = hangup.heard() != self._hangups, hangup.heard()
        is_early = monotonic_s() - self._looked_s < self._look_s and not hurried
        if is_early or not self._site.register.version:
            return False
        self._looked_s = monotonic_s()
        changed = (self._is_touched() or hurried) and self._renew()
        if self._database is not None and not self._noted:
            self._note(self._database)
        return changed

    def _is_touched(self) -> bool:
        try:
            state = self._file.stat()
        except OSError:
            return False
        seen, self._seen = self._seen, (state.st_mtime_ns, state.st_size, state.st_ino)
        return self._seen != seen

    def _renew(self) -> bool:
        version = devices.version(self._file)
        if version in {self._site.register.version, self._refused.get("version")}:
            return False
        register, faults = register_file.load(self._site)
        self._noted = False
        if faults:
            LOG.warning("the register has faults and was not taken over", faults=len(faults), first=str(faults[0]))
            self._refused = {"version": version, "faults": len(faults), "first": str(faults[0])}
            return False
        before = len(self._site.register.devices)
        self._site.register.take_over(register)
        self._refused = {}
        LOG.info("the register was taken over", devices=len(register.devices), before=before)
        return True

    def _note(self, database: Engine) -> None:
        register = self._site.register
        fact = {"version": register.version, "devices": len(register.devices), "at_wall_ms": wall_ms()}
        try:
            with database.begin() as connection:
                meta.put(connection, KEY, fact | ({"refused": self._refused} if self._refused else {}))
        except StoreError as exc:
            LOG.warning("what the register is could not be noted", reason=str(exc))
        else:
            self._noted = True


def follow(site: Site, stop: threading.Event, look_s: float = LOOK_S) -> threading.Thread:
    """Look after the register of a site in a thread of its own, for a process that has no loop for it."""

    def look() -> None:
        watch = RegisterWatch(site, look_s=look_s / 2)
        while not stop.wait(look_s):
            watch.look()

    thread = threading.Thread(target=look, name="register", daemon=True)
    thread.start()
    return thread
