"""The state of one rule for one subject: plain data, packed as msgpack, with a version.

    phase     where the life cycle stands after all observations so far
    base      where it stood before those in `history`
    history   (time, value) of the observations within the lateness bound, in time order: a late one is put in its
              place and the life cycle is run again from `base`
    emitted   (state, since) of the transitions given out within the bound, so that no identity is used twice
    shown     the last firing or resolved transition given out: what the stages behind us believe

Only subjects that are not quiet have one; it is dropped when nothing within the bound tells it from a new one.
"""

from __future__ import annotations

import msgspec

from rules.errors import RuleStateError
from rules.model import State

VERSION = 1
MOST_REMEMBERED = 256
"""Observations of a series that are kept for late ones; a faster series has a shorter lateness bound."""


class Phase(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A point of the life cycle.

    `since_ms`: event time at which the status began; `began_ms`, `value`: the observation with which the condition
    began to hold; `clear_since_ms`: since when a firing one reads clear.
    """

    status: State = State.INACTIVE
    since_ms: int = 0
    began_ms: int = 0
    value: float = 0.0
    clear_since_ms: int | None = None


INACTIVE = Phase()


class RuleState(msgspec.Struct, array_like=True, kw_only=True):
    """State of one (rule, subject); `rule_version` names the rule content that it belongs to."""

    version: int = VERSION
    rule_version: str
    phase: Phase = INACTIVE
    base: Phase = INACTIVE
    history: list[tuple[int, float]] = []
    emitted: list[tuple[State, int]] = []
    shown: tuple[State, int] | None = None

    @property
    def is_quiet(self) -> bool:
        """True if it says no more than no state at all."""
        return self.phase == self.base == INACTIVE and not self.emitted

    @property
    def is_shown_firing(self) -> bool:
        """True if the last transition given out was a firing one."""
        return self.shown is not None and self.shown[0] is State.FIRING


class _Head(msgspec.Struct, array_like=True):
    version: int


_ENCODER = msgspec.msgpack.Encoder()
_HEAD = msgspec.msgpack.Decoder(_Head)
_DECODER = msgspec.msgpack.Decoder(RuleState)


def pack(state: RuleState) -> bytes:
    """Return the state as bytes."""
    return _ENCODER.encode(state)


def unpack(packed: bytes, name: str) -> RuleState:
    """Return the state that `pack` made bytes of; `name` stands in the error.

    Raises RuleStateError if a newer program wrote it, or if it is damaged.
    """
    try:
        version = _HEAD.decode(packed).version
        if version > VERSION:
            raise RuleStateError(
                f"rule state of {name} has version {version}, this program reads up to {VERSION}: "
                "run the newer program, or delete the row to begin anew"
            )
        return _DECODER.decode(packed)
    except msgspec.MsgspecError as exc:
        raise RuleStateError(f"rule state of {name} is damaged ({exc}): delete the row to begin anew") from exc
