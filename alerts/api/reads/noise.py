"""How much noise each rule makes: its share of all alerts, and the share of them that led to work.

An alert led to work when a crew reported its case done. It led to nothing when it is over and its case was rejected,
cancelled, or never needed a hand; alerts whose case is open still wait to be counted.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, and_, case, func, or_, select

from alerts.cases.workflow import FINAL
from alerts.store.tables import ALERTS, CASES

BUDGET_SHARE = 0.2
BUDGET_WORK = 0.5
"""Defaults (our choice): over its budget is a rule that makes more than a fifth of all alerts, or of whose alerts with
a case less than half led to work."""
_FEW = 5  # of fewer alerts nothing can be told


class Noise(NamedTuple):
    """A rule: its alerts, their firings (one alert may fire several times), those whose case led to work or to nothing.

    `share`: of all alerts; `led_to_work`: of those whose case is over (None: there is none).
    """

    rule_id: str
    alerts: int
    firings: int
    worked: int
    nothing: int
    share: float

    @property
    def led_to_work(self) -> float | None:
        """Return the share of the alerts with an ended case that led to work."""
        over = self.worked + self.nothing
        return self.worked / over if over else None

    @property
    def over_budget(self) -> tuple[str, ...]:
        """Return why the rule is over its budget: `share`, `work`; empty if it is not."""
        reasons = []
        if self.alerts >= _FEW and self.share > BUDGET_SHARE:
            reasons.append("share")
        if self.worked + self.nothing >= _FEW and (self.led_to_work or 0.0) < BUDGET_WORK:
            reasons.append("work")
        return tuple(reasons)


def noise(connection: Connection, since_ms: int) -> list[Noise]:
    """Return the rules that raised alerts since a time, the loudest first."""
    done = CASES.c.done_at_ms.is_not(None)
    over = and_(CASES.c.state.in_(sorted(FINAL)), CASES.c.done_at_ms.is_(None))
    counts = (
        select(
            ALERTS.c.rule_id,
            func.count(),
            func.sum(ALERTS.c.activations),
            func.sum(case((done, 1), else_=0)),
            func.sum(case((over, 1), else_=0)),
        )
        .select_from(ALERTS.outerjoin(CASES, ALERTS.c.case_id == CASES.c.id))
        .where(or_(ALERTS.c.fired_at_ms >= since_ms, ALERTS.c.last_fired_at_ms >= since_ms))
        .group_by(ALERTS.c.rule_id)
    )
    rows = connection.execute(counts).all()
    total = sum(row[1] for row in rows)
    found = [
        Noise(rule_id, alerts, int(firings), int(worked), int(nothing), alerts / total)
        for rule_id, alerts, firings, worked, nothing in rows
    ]
    return sorted(found, key=lambda one: (-one.alerts, one.rule_id))
