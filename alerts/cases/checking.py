"""Check 核查 by the sensor: begins when the crew reports done, ends in closing 结案 or rework 返工.

The verdict is `alerts.cases.verification`'s; here it is carried out.
"""

from __future__ import annotations

from collections.abc import Sequence

from alerts import alerting
from alerts.cases import record
from alerts.cases.record import Desk
from alerts.cases.verification import Judgement, Verdict, judge
from alerts.cases.workflow import CaseState, Move, Role
from alerts.model import Actor, Alert, Case
from alerts.store import alerts, cases, transitions

VERIFIED = "verified"
_ASKED = "ask"


def begin(desk: Desk, case: Case) -> Case:
    """Take a case whose crew has reported done into the sensor's check; one without alerts waits for a person."""
    if not alerts.of_case(desk.connection, case.id):
        return case
    ask = desk.ask(Move.CHECK, Role.SENSOR, "the sensor confirms or refutes the fix")
    return check(desk, record.move(desk, case, ask, next_check_ms=desk.now_ms))


def check(desk: Desk, case: Case) -> Case:
    """Judge a case in CHECKING by its alerts and let it follow: closed, reworked or looked at again later."""
    if case.state is not CaseState.CHECKING:
        return case
    own = alerts.of_case(desk.connection, case.id)
    judgement = judge(case, own, desk.now_ms, grace_ms=_grace_ms(desk, own), silent=_silent(desk, own))
    if judgement.verdict is Verdict.PASS:
        return _close(desk, case, judgement)
    if judgement.verdict is Verdict.FAIL:
        return rework(desk, case, Actor.system(Role.SENSOR), judgement.reason)
    if judgement.verdict is Verdict.ASK and not _asked(desk, case):
        return record.note(desk, case, Role.SENSOR, _ASKED, judgement.reason, next_check_ms=judgement.next_check_ms)
    if case.next_check_ms == judgement.next_check_ms:
        return case
    return cases.change(desk.connection, case, desk.now_ms, next_check_ms=judgement.next_check_ms)


def rework(desk: Desk, case: Case, actor: Actor, reason: str) -> Case:
    """Send a case back to its crew with the trace of its sensors; the old deadline stays and runs on."""
    trace = transitions.trace(desk.connection, alerts.of_case(desk.connection, case.id))
    ask = desk.ask(Move.FAIL, actor, reason)
    count = case.rework_count + 1
    failed = record.move(desk, case, ask, detail={"trace": trace}, rework_count=count, done_at_ms=None)
    again = desk.ask(Move.HANDLE_AGAIN, Role.MATRIX, reason)
    return record.move(desk, failed, again, detail={"trace": trace})


def _close(desk: Desk, case: Case, judgement: Judgement) -> Case:
    own = alerts.of_case(desk.connection, case.id)
    closed = record.move(
        desk,
        case,
        desk.ask(Move.PASS, Role.SENSOR, judgement.reason),
        detail={"trace": transitions.trace(desk.connection, own)},
        closed_at_ms=desk.now_ms,
        closed_how=VERIFIED,
    )
    alerting.settle(desk, closed, Role.SENSOR.value)
    return closed


def _grace_ms(desk: Desk, own: Sequence[Alert]) -> int:
    devices = (desk.context.device(one.device_id) for one in own if one.device_id)
    return max((device.cadence_s * 1000 for device in devices if device), default=0)


def _silent(desk: Desk, own: Sequence[Alert]) -> bool:
    silence = [rule.id for rule in desk.context.rules.values() if rule.condition.reads == "clock"]
    return alerts.any_firing(desk.connection, silence, {one.device_id for one in own if one.device_id})


def _asked(desk: Desk, case: Case) -> bool:
    """Whether somebody was asked to look since the crew reported done."""
    done_ms = case.done_at_ms or 0
    return any(entry.move == _ASKED and entry.at_ms >= done_ms for entry in cases.log_of(desk.connection, case.id))
