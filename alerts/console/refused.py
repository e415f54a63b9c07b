"""The banner under the head of each page: changed files that were not taken over, for those who can mend them."""

from __future__ import annotations

from datetime import UTC, datetime

from alerts.api.roles import satisfies
from alerts.cases.workflow import Role
from alerts.console.markup import Words, box
from alerts.console.visit import Visit

_SHOWN = 3


class RefusedBanner:
    """Shows what was refused, with file and line, and since when; nothing to other roles, and while all is well."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._shown: object = ()
        self._box = None
        if satisfies(visit.principal.role, Role.ADMINISTRATOR):
            with box("div", "w-refused", role="alert") as self._box:
                pass
            self._box.set_visibility(False)

    def show(self) -> None:
        """Show what the snapshot says now."""
        found = self._visit.live.snapshot.refused
        if self._box is None or found == self._shown:
            return
        self._shown = found
        self._box.clear()
        self._box.set_visibility(bool(found))
        zone = self._visit.context.site.zone
        with self._box:
            for one in found:
                since = datetime.fromtimestamp(one.since_wall_ms / 1000, UTC).astimezone(zone)
                Words(self._visit.t(f"refused.{one.what}", n=one.faults, since=f"{since:%m-%d %H:%M}"), "b")
                for line in one.first[:_SHOWN]:
                    Words(line, "code")
