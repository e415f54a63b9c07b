"""The values of the rules stage: Rule, Subject, Transition.

Life of one (rule, subject): inactive → pending → firing → resolved (= inactive again), by event time. `for` is how
long the condition must hold before it fires, `keep_firing_for` how long it must be clear before it resolves.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import msgspec

from ingest.model import Quality

if TYPE_CHECKING:
    from rules.conditions._base import Condition


class Severity(enum.StrEnum):
    """How bad it is, worst first."""

    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """Return 0 for the worst."""
        return _WORST_FIRST.index(self)


_WORST_FIRST = tuple(Severity)


class State(enum.StrEnum):
    """State of one rule for one subject. `resolved` is the transition back to `inactive`."""

    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"
    FLAPPING = "flapping"
    RESOLVED = "resolved"


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """The same text in Chinese and English."""

    zh: str
    en: str


class CaseTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """What case an alert of the rule becomes: a category key of the site, and how the fix is verified.

    `normal_for_s`: how long the sensor must read normal after the crew reports done; `give_up_after_s`: when it has
    not by then, the case goes back as rework.
    """

    category: str
    normal_for_s: int
    give_up_after_s: int


COUNTED = (int(Quality.GOOD), int(Quality.UNKNOWN), int(Quality.SUSPECT))
"""The flags of observations that count for a rule which does not ask for others."""


class Flapping(msgspec.Struct, frozen=True, kw_only=True):
    """When a rule flaps: so many firings of a subject within so long."""

    firings: int
    within_s: int


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as the engine runs it.

    `version` is a digest of what it judges by (where, when, for, …), not of its texts; an alert names it, and a rule of
    another version begins anew. `where` selects devices: every (attribute, allowed values) must match; `kind`, `domain`
    and `id` are attributes too; without `domain` there, it selects devices of its own domain. `quality`: the flags of
    observations that count, in order. `author` is who wrote it, `text` how it stands in its file. `suppresses`: ids of
    rules whose alerts of the same subject open no case and are out of sight while this one fires.
    """

    id: str
    version: str
    domain: str
    title: Text
    subject: str
    severity: Severity
    condition: Condition
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    for_s: int = 0
    keep_firing_for_s: int = 0
    case: CaseTemplate | None = None
    runbook: Text = Text(zh="", en="")
    source: str = ""
    author: str = ""
    text: str = ""
    quality: tuple[int, ...] = COUNTED
    flapping: Flapping | None = None
    suppresses: tuple[str, ...] = ()

    def severity_of(self, level: int) -> Severity:
        """Return the severity of a level of its condition (0 is the mildest)."""
        severities = () if self.condition.reads == "clock" else self.condition.severities
        return severities[level] if severities else self.severity

    @property
    def levels(self) -> int:
        """How many levels its condition has: at least one."""
        return 1 if self.condition.reads == "clock" else max(1, len(self.condition.severities))


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule speaks about: kind `device`, `cell` or `subdistrict`, and its id."""

    kind: str
    id: str


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """An observation that caused a transition (value in the property's canonical unit)."""

    device_id: str
    observed_property: str
    value: float
    phenomenon_time_ms: int


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a rule's state for one subject. Identity: (rule_id, subject, state, since_ms).

    `since_ms` is event time (for no data: the time at which the silence became too long); `received_at_ms` is the
    receipt time of the observation that caused it (0 for clock-driven ones), from which latency is measured. Firing and
    resolved alternate in the order in which they are given, whatever their since (rules.lateness, docs/rules.md).
    """

    rule_id: str
    rule_version: str
    subject: Subject
    state: State
    since_ms: int
    severity: Severity
    reason: str
    evidence: tuple[Evidence, ...] = ()
    received_at_ms: int = 0
