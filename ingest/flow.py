"""The ingest stage, written once: frames → decoded and flagged observations, refusals, and counts for the ledger.

    frame ─ decode (dialect, register) ─┬─ observations ─ flag (quality) ─ sift (dedup) ─▶ store, rules
                                        └─ refusal ─▶ dead letters

A frame is taken whole or not at all. The ledger counts per source and hour of receipt, in observations; a frame that
gave none counts as one: received = stored + duplicate + refused + dead-lettered (`Counts.balanced`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from ingest.drift import Look, Outcome
from ingest.model import Frame, Observation, Refusal
from ingest.quality import flagged

HOUR_MS = 3_600_000
LOOKS = 16  # frames that are looked at, of those that are taken in together

Decode = Callable[[Frame], Outcome]


class Letter(NamedTuple):
    """A frame that gave no observations, and why."""

    frame: Frame
    refusal: Refusal


class Intake(NamedTuple):
    """What the frames of one source and hour gave; `looks`: what a few of them looked like, for `ingest.drift`."""

    source: str
    hour_ms: int
    frames: int
    observations: list[Observation]
    letters: list[Letter]
    looks: Sequence[Look] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """One row of the ledger (frames and acknowledged count frames, the others observations)."""

    frames: int = 0
    acknowledged: int = 0
    received: int = 0
    stored: int = 0
    duplicate: int = 0
    refused: int = 0
    dead_lettered: int = 0

    @property
    def balanced(self) -> bool:
        """Tell whether every observation that was received is accounted for."""
        return self.received == self.stored + self.duplicate + self.refused + self.dead_lettered


def take_in(
    frames: Sequence[Frame],
    decode: Decode,
    now_ms: int,
    look: Callable[[Frame, Outcome], Look] | None = None,
) -> Iterator[Intake]:
    """Decode and flag frames, grouped by source and hour of receipt (an epoch has one group, seldom two).

    `look` is asked of a few frames of each group, evenly among all.
    """
    stride = max(1, -(-len(frames) // LOOKS))
    for (source, hour), group in groupby(frames, key=lambda frame: (frame.source, frame.received_at_ms // HOUR_MS)):
        observations: list[Observation] = []
        letters: list[Letter] = []
        looks: list[Look] = []
        count = 0
        due = now_ms % stride + 1 if look else 0
        for frame in group:
            count += 1
            try:
                outcome = decode(frame)
            except Exception as exc:  # noqa: BLE001 - a mistake of ours must not stop the stream; the frame is kept
                outcome = Refusal(stage="decode", reason="internal", detail=f"{type(exc).__name__}: {exc}")
            if count == due and look:
                due += stride
                looks.append(look(frame, outcome))
            if isinstance(outcome, Refusal):
                letters.append(Letter(frame, outcome))
                continue
            observations += outcome
        yield Intake(source, hour * HOUR_MS, count, flagged(observations, now_ms), letters, looks)


def count(intake: Intake, *, stored: int, unstorable: int, new_letters: Collection[int]) -> Counts:
    """Return the ledger row of an intake; a letter whose bytes lie in the dead letters already is a duplicate.

    `stored` and `unstorable`: how many of its observations the store took and refused, the others are duplicates;
    `new_letters`: the positions in `intake.letters` that were not there before.
    """
    unread = sum(intake.letters[index].refusal.stage == "decode" for index in new_letters)
    repeated = len(intake.observations) - stored - unstorable + len(intake.letters) - len(new_letters)
    return Counts(
        frames=intake.frames,
        received=len(intake.observations) + len(intake.letters),
        stored=stored,
        duplicate=repeated,
        refused=len(new_letters) - unread + unstorable,
        dead_lettered=unread,
    )
