"""What folding a transition can decide: commands, each a value with its reason; `alerts.execute` carries them out."""

from __future__ import annotations

import enum

import msgspec

from alerts.lifecycle import AlertEvent
from alerts.model import Alert, Case


class Reason(enum.StrEnum):
    """Why a command is given."""

    FIRST_FIRING = "first firing"
    FIRES_AGAIN = "fires again"
    RISES = "rises to a worse level"
    FALLS = "falls to a milder level"
    BACK_TO_NORMAL = "sensor back to normal"
    SAME_SUBJECT = "same category and subject"
    SAME_PLACE = "same category nearby"
    SAME_CELL = "same category in the same cell"
    SAME_CAUSE = "same cause"
    SUPPRESSED = "a rule that suppresses it fires"


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What the store knows around a transition: its live alert, that alert's case and the cases it could join."""

    alert: Alert | None = None
    own_case: Case | None = None
    same_subject: Case | None = None
    same_cause: Case | None = None
    suppressed: bool = False
    recent: tuple[Case, ...] = ()
    others_firing: bool = False


class RaiseAlert(msgspec.Struct, frozen=True):
    """Begin an alert of the transition's rule and subject."""

    reason: Reason


class MoveAlert(msgspec.Struct, frozen=True):
    """Let an event happen to the live alert."""

    event: AlertEvent
    reason: Reason


class EaseAlert(msgspec.Struct, frozen=True):
    """Let the live alert have a milder severity; nobody is alarmed by that."""

    reason: Reason


class OpenCase(msgspec.Struct, frozen=True):
    """Open a case for the alert."""

    reason: Reason


class JoinCase(msgspec.Struct, frozen=True):
    """Let the alert belong to an open case."""

    case: Case
    reason: Reason


class NoteCase(msgspec.Struct, frozen=True):
    """Add to the history of the alert's case."""

    case: Case
    reason: Reason


class CheckCase(msgspec.Struct, frozen=True):
    """Judge anew whether the fix of the alert's case holds."""

    case: Case
    reason: Reason


Command = RaiseAlert | MoveAlert | EaseAlert | OpenCase | JoinCase | NoteCase | CheckCase
