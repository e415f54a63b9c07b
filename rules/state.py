"""The state of one rule for one subject: plain data, packed as msgpack, with a version.

    stand     where the life cycle of each level stands after all observations so far
    base      where it stood before those in `history`
    history   (time, value) of the observations within the lateness bound, in time order: a late one is put in its
              place and the life cycle is run again from `base`. For conditions that judge samples the value is the
              judgement as a number (`rules.judging`)
    emitted   (state, since) of the transitions given out within the bound, so that no identity is used twice
    shown     the last transition given out that is not pending, with its level: what the stages behind us believe

Only subjects that are not quiet have one; it is dropped when nothing within the bound tells it from a new one. Rows of
version 1 (one level, subjects are devices) are read too.
"""

from __future__ import annotations

import sys

import msgspec

from rules.errors import RuleStateError
from rules.model import State

VERSION = 2


class Phase(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A point of the life cycle.

    `since_ms`: event time at which the status began; `began_ms`, `value`: the observation with which the condition
    began to hold; `clear_since_ms`: since when a firing one reads clear; `fired`: when it fired of late (only of rules
    that look for flapping).
    """

    status: State = State.INACTIVE
    since_ms: int = 0
    began_ms: int = 0
    value: float = 0.0
    clear_since_ms: int | None = None
    fired: tuple[int, ...] = ()


INACTIVE = Phase()
_INACTIVE = {levels: (INACTIVE,) * levels for levels in range(1, 8)}
Stand = tuple[Phase, ...]
"""One phase for each level of a rule, mildest first."""


class RuleState(msgspec.Struct, array_like=True, kw_only=True):
    """State of one (rule, subject); `rule_version` names the rule content that it belongs to."""

    version: int = VERSION
    rule_version: str
    kind: str = "device"
    stand: Stand = (INACTIVE,)
    base: Stand = (INACTIVE,)
    history: list[tuple[int, float]] = []
    emitted: list[tuple[State, int]] = []
    shown: tuple[State, int, int] | None = None

    @property
    def is_quiet(self) -> bool:
        """True if it says no more than no state at all."""
        return not self.emitted and self.stand == self.base and all(phase == INACTIVE for phase in self.stand)

    @property
    def is_shown_firing(self) -> bool:
        """True if the last transition given out said that the rule fires."""
        return self.shown is not None and self.shown[0] is not State.RESOLVED


class _First(msgspec.Struct, array_like=True, kw_only=True):
    """A row of version 1."""

    version: int
    rule_version: str
    phase: Phase = INACTIVE
    base: Phase = INACTIVE
    history: list[tuple[int, float]] = []
    emitted: list[tuple[State, int]] = []
    shown: tuple[State, int] | None = None

    def as_now(self) -> RuleState:
        """Return the same as a row of today."""
        return RuleState(
            rule_version=self.rule_version,
            stand=(self.phase,),
            base=(self.base,),
            history=self.history,
            emitted=self.emitted,
            shown=(*self.shown, -1 if self.shown[0] is State.RESOLVED else 0) if self.shown else None,
        )


class _Head(msgspec.Struct, array_like=True):
    version: int


_ENCODER = msgspec.msgpack.Encoder()
_HEAD = msgspec.msgpack.Decoder(_Head)
_DECODER = msgspec.msgpack.Decoder(RuleState)
_DECODER_1 = msgspec.msgpack.Decoder(_First)


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
        state = _DECODER_1.decode(packed).as_now() if version == 1 else _DECODER.decode(packed)
    except msgspec.MsgspecError as exc:
        raise RuleStateError(f"rule state of {name} is damaged ({exc}): delete the row to begin anew") from exc
    # what most rows have alike is kept once: a fifth of the memory
    state.rule_version, state.kind = sys.intern(state.rule_version), sys.intern(state.kind)
    state.base = _INACTIVE[len(state.base)] if state.base == _INACTIVE.get(len(state.base)) else state.base
    return state
