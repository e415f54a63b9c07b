"""The sensor has the last word: judges whether a fix that a crew reported is one. Pure.

A fix holds when every alert of the case is not firing, and was not for the rule's `normal_for`, counted from the
report or the last return to normal, whichever is later. It does not when an alert fires after the report (with a
grace of one cadence of the device, since a value that was under way may still tell of the old state), or when one
still fires `give_up_after` after it. Silence is no proof: while a device of the case is silent, the sensor says
nothing, and after `give_up_after` a person has to.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

import msgspec

from alerts.model import Alert, Case

_LOOK_AGAIN_MS = 60_000


class Verdict(enum.Enum):
    """What the sensor says."""

    PASS = "pass"  # noqa: S105 - the verdict, no password
    FAIL = "fail"
    WAIT = "wait"
    ASK = "ask"  # a person must look


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict with its reason, and when to judge again (event and clock time agree to the lateness bound)."""

    verdict: Verdict
    reason: str
    next_check_ms: int | None = None


def judge(case: Case, alerts: Sequence[Alert], now_ms: int, *, grace_ms: int, silent: bool) -> Judgement:
    """Return what the alerts of a case that is being checked say about the fix."""
    done_ms = case.done_at_ms or case.updated_at_ms
    give_up_ms = done_ms + case.give_up_after_s * 1000
    again = [one for one in alerts if one.last_fired_at_ms > done_ms + grace_ms]
    if again:
        late_s = (again[0].last_fired_at_ms - done_ms) // 1000
        return Judgement(
            verdict=Verdict.FAIL, reason=f"{again[0].rule_id} fired {late_s} s after the crew reported done"
        )
    firing = [one for one in alerts if one.firing]
    if firing:
        told = f"{firing[0].rule_id} still fires {case.give_up_after_s} s after the crew reported done"
        return _until(give_up_ms, now_ms, Judgement(verdict=Verdict.FAIL, reason=told))
    if silent or not alerts:
        again_ms = now_ms + max(_LOOK_AGAIN_MS, case.normal_for_s * 1000)
        told = "the sensor is silent: somebody must look on the spot"
        return _until(give_up_ms, now_ms, Judgement(verdict=Verdict.ASK, reason=told, next_check_ms=again_ms))
    normal_since_ms = max(done_ms, *(one.resolved_at_ms or 0 for one in alerts))
    told = f"sensor normal for {max(0, now_ms - normal_since_ms) // 1000} s"
    enough_ms = normal_since_ms + case.normal_for_s * 1000
    return _until(enough_ms, now_ms, Judgement(verdict=Verdict.PASS, reason=told))


def _until(at_ms: int, now_ms: int, judgement: Judgement) -> Judgement:
    """Return the judgement if its time has come, else that we wait for it."""
    if now_ms >= at_ms:
        return judgement
    return Judgement(verdict=Verdict.WAIT, reason="it is too early to say", next_check_ms=at_ms)
