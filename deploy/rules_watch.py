"""A running site takes over changes of its rule files: within a second, as a whole, and only where they have no fault.

Rules are looked for where the site was loaded from: the catalogue and the `rules` folder of the site. Everything that
holds the rules of the site holds one book, which is exchanged at once; the program made of it is made anew by whoever
asked, between two epochs. Rules that did not change keep their states. A faulty file changes nothing: the log says
where it is wrong, the metric `wangge_rules_faults` counts, and what holds is noted in the case store (`rules`), with
what was refused since when, and with every version of a rule that was not there before (`rule_versions`). SIGHUP makes
it look at once.
"""

from __future__ import annotations

import threading
from hashlib import blake2b
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Engine

from alerts.errors import StoreError
from alerts.store import meta, rule_versions
from deploy import hangup, metrics, site_checks
from deploy.clock import monotonic_s, wall_ms
from deploy.site import Site
from ingest.located import Fault
from rules import schema
from rules.schema import Loaded

LOG = structlog.get_logger("rules")
KEY = "rules"
LOOK_S = 1.0
_SHOWN = 20


def paths(folder: Path) -> list[Path]:
    """Return where the rules of a site folder stand, later ones over earlier ones."""
    own = folder / "rules"
    return [schema.CATALOG, *([own] if own.is_dir() else [])]


def load(site: Site) -> tuple[tuple[Loaded, ...], tuple[Fault, ...]]:
    """Return the rules of a site as they are on the disk, with the faults that keep them from being taken over."""
    loaded, faults = schema.load_with_tests(paths(site.folder), site.dictionary)
    return loaded, faults or tuple(site_checks.categories_exist(loaded, site.categories))


class RulesWatch:
    """Looks after the rules of a site, every `look_s` seconds; without a database, what holds is not noted."""

    def __init__(self, site: Site, database: Engine | None = None, look_s: float = LOOK_S) -> None:
        self._site, self._database, self._look_s = site, database, look_s
        self._looked_s = monotonic_s()
        self._hangups = hangup.heard()
        self._seen = self._signature()
        self._refused: dict[str, Any] = {}
        self._noted = False

    def look(self) -> bool:
        """Tell whether the rules are others now."""
        hurried, self._hangups = hangup.heard() != self._hangups, hangup.heard()
        if not hurried and monotonic_s() - self._looked_s < self._look_s:
            return False
        self._looked_s = monotonic_s()
        changed = (self._is_touched() or hurried) and self._renew()
        if self._database is not None and not self._noted:
            self._note(self._database)
        return changed

    def _signature(self) -> tuple[tuple[str, int, int], ...]:
        """Return what tells one state of the files from another."""
        found = []
        for folder in paths(self._site.folder):
            for file in sorted(folder.glob("*.yaml")):
                try:
                    state = file.stat()
                except OSError:  # it went away just now
                    continue
                found.append((str(file), state.st_mtime_ns, state.st_size))
        return tuple(found)

    def _is_touched(self) -> bool:
        seen, self._seen = self._seen, self._signature()
        return self._seen != seen

    def _renew(self) -> bool:
        loaded, faults = load(self._site)
        self._noted = False
        metrics.RULES_FAULTS.set(len(faults))
        if faults:
            told = [str(fault) for fault in faults[:_SHOWN]]
            LOG.warning("rules have faults and were not taken over", faults=len(faults), first=told)
            since_ms = self._refused.get("since_wall_ms", wall_ms())
            self._refused = {"faults": len(faults), "first": told, "since_wall_ms": since_ms}
            return False
        self._refused = {}
        before = {rule.id: rule.version for rule in self._site.rules}
        self._site.rules.take_over(item.rule for item in loaded)
        after = {rule.id: rule.version for rule in self._site.rules}
        LOG.info(
            "rules were taken over",
            rules=len(after),
            new=sorted(after.keys() - before.keys()),
            gone=sorted(before.keys() - after.keys()),
            changed=sorted(name for name in after.keys() & before.keys() if after[name] != before[name]),
        )
        return True

    def _note(self, database: Engine) -> None:
        fact: dict[str, Any] = {"rules": len(self._site.rules), "version": version(self._site), "at_wall_ms": wall_ms()}
        try:
            with database.begin() as connection:
                meta.put(connection, KEY, fact | ({"refused": self._refused} if self._refused else {}))
                rule_versions.record(connection, self._site.rules, fact["at_wall_ms"])
        except StoreError as exc:
            LOG.warning("what the rules are could not be noted", reason=str(exc))
        else:
            self._noted = True


def version(site: Site) -> str:
    """Return a digest of the rules that a site judges by."""
    versions = "\n".join(f"{rule.id} {rule.version}" for rule in site.rules)
    return blake2b(versions.encode(), digest_size=6).hexdigest()


def follow(site: Site, stop: threading.Event, look_s: float = LOOK_S) -> threading.Thread:
    """Look after the rules of a site in a thread of its own, for a process that has no loop for it."""
    watch = RulesWatch(site, look_s=look_s / 2)

    def look() -> None:
        while not stop.wait(look_s):
            watch.look()

    thread = threading.Thread(target=look, name="rules", daemon=True)
    thread.start()
    return thread
