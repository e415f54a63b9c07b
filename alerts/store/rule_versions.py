"""Every version of a rule that ever ran, with its author, its text and when it first ran."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, select

from alerts.store.statements import insert_new
from alerts.store.tables import RULE_VERSIONS
from rules.model import Rule


class RuleVersion(NamedTuple):
    """A version of a rule; `text` is how it stood in its file when it first ran."""

    rule_id: str
    version: str
    author: str
    first_run_ms: int
    text: str


def record(connection: Connection, rules: Iterable[Rule], now_ms: int) -> None:
    """Enter the versions that were not there."""
    rows = connection.execute(select(RULE_VERSIONS.c.rule_id, RULE_VERSIONS.c.version))
    known = {(row.rule_id, row.version) for row in rows}
    new = [
        RuleVersion(rule.id, rule.version, rule.author, now_ms, rule.text)._asdict()
        for rule in rules
        if (rule.id, rule.version) not in known
    ]
    if new:
        connection.execute(insert_new(connection, RULE_VERSIONS), new)


def of_rule(connection: Connection, rule_id: str) -> list[RuleVersion]:
    """Return the versions of a rule, the newest first."""
    query = select(RULE_VERSIONS).where(RULE_VERSIONS.c.rule_id == rule_id)
    order = RULE_VERSIONS.c.first_run_ms.desc(), RULE_VERSIONS.c.version
    return [RuleVersion(*row) for row in connection.execute(query.order_by(*order))]
