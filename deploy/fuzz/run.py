"""Decodes spoiled messages and judges what comes of them."""

from __future__ import annotations

import base64
import math
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from random import Random
from typing import Any, NamedTuple

from deploy.fuzz import spoil
from deploy.fuzz.recordings import RECEIVED_MS, Recording
from ingest.dialects._base import Dialect
from ingest.errors import Reason
from ingest.model import Frame, Lookup, Observation, Refusal
from ingest.plugins import find
from ingest.topics import Dialects

_REASONS = frozenset(Reason)
_LONGEST_DETAIL = 500
_TELL_EVERY = 10_000
_SHRINKS = 400
_KEPT = 20
_TIMES_MS = (0, RECEIVED_MS, 253_402_300_799_999)


class Crash(NamedTuple):
    """A message that gave neither observations nor a named refusal: where it came from, and what happened."""

    recording: str
    dialect: str
    topic: str
    payload: bytes
    received_at_ms: int
    fault: str

    def told(self) -> dict[str, Any]:
        """Return it as JSON shows it."""
        return self._asdict() | {"payload": base64.b64encode(self.payload).decode()}


class Result(NamedTuple):
    """How many messages gave what; of equal crashes one is kept, made as small as can be."""

    cases: int
    observations: int
    refusals: int
    crashes: int
    kept: list[Crash]


class _Case(NamedTuple):
    recording: str
    frame: Frame
    lookup: Lookup


def fault_of(outcome: object) -> str | None:
    """Return what is wrong with what a dialect answers; None: observations that are whole, or a named refusal."""
    if isinstance(outcome, Refusal):
        if outcome.stage not in {"decode", "normalise"} or outcome.reason not in _REASONS:
            return f"refusal of stage {outcome.stage!r} with reason {outcome.reason!r}"
        return None if 0 < len(outcome.detail) < _LONGEST_DETAIL else "refusal without detail, or with too long a one"
    if not isinstance(outcome, tuple) or not outcome:
        return f"{type(outcome).__name__} without observations"
    return next((fault for one in outcome if (fault := _fault_in(one)) is not None), None)


def _fault_in(one: object) -> str | None:
    if not isinstance(one, Observation):
        return f"{type(one).__name__} among the observations"
    if type(one.value) is not float or not math.isfinite(one.value):
        return f"value of {one.observed_property} is no finite number"
    if type(one.phenomenon_time_ms) is not int or one.phenomenon_time_ms < 0:
        return f"time of {one.observed_property} is none"
    return None


def run(recordings: Sequence[Recording], cases: int, seed: int, tell: Callable[[str], None]) -> Result:
    """Decode `cases` messages that are spoiled by chance; the same seed and recordings give the same messages.

    Those that give observations as they are get spoiled three times as often as the others: they come furthest.
    """
    whole = Dialects(find("ingest.dialects", "DIALECT").values())
    good = [
        one for one in recordings if not isinstance(whole.decode(_frame(one.topic, one.payload), one.lookup), Refusal)
    ]
    return _judge(_by_chance([*recordings, *good, *good], cases, seed), cases, tell)


def run_every_field(recordings: Sequence[Recording], tell: Callable[[str], None], step: int = 1) -> Result:
    """Decode every recording with each of its fields left out and replaced (`spoil.every_field`)."""
    every = (
        _Case(one.name, _frame(one.topic, payload), one.lookup)
        for one in recordings
        for payload in spoil.every_field(one.payload, step)
    )
    return _judge(every, 0, tell)


def _by_chance(recordings: Sequence[Recording], cases: int, seed: int) -> Iterator[_Case]:
    random = Random(seed)  # noqa: S311 - to be the same for the same seed
    forms = [spoil.form_of(one.payload) for one in recordings]
    payloads = [one.payload for one in recordings]
    for _ in range(cases):
        at = random.randrange(len(recordings))
        one = recordings[at]
        payload = spoil.by_chance(one.payload, forms[at], payloads, random)
        topic = one.topic if random.random() < 0.95 else random.choice(recordings).topic  # noqa: PLR2004 - its own
        if random.random() < 0.02:  # noqa: PLR2004 - now and then
            cut = random.randint(0, len(topic))
            topic = topic[:cut] + random.choice(("", "/", "\ud800", "\x00", "wangge/redrive/up/x/", "é", "+"))
        yield _Case(one.name, _frame(topic, payload, random.choice(_TIMES_MS)), one.lookup)


def _frame(topic: str, payload: bytes, received_at_ms: int = RECEIVED_MS) -> Frame:
    return Frame(topic=topic, payload=payload, received_at_ms=received_at_ms, source="fuzz")


def _judge(cases: Iterable[_Case], expected: int, tell: Callable[[str], None]) -> Result:
    dialects: dict[str, Dialect] = find("ingest.dialects", "DIALECT")
    chosen = Dialects(dialects.values())
    number = observations = refusals = crashes = 0
    kept: dict[str, Crash] = {}
    for number, case in enumerate(cases, start=1):
        readers: dict[str, Dialects | Dialect] = {"": chosen}
        own = case.recording.partition("/")[0]
        if own in dialects:
            readers[own] = dialects[own]
        for name, reader in readers.items():
            outcome, fault = _decode(reader, case)
            if fault is not None:
                crashes += 1
                if fault not in kept and len(kept) < _KEPT:
                    kept[fault] = _smallest(case, name, reader, fault)
                break
        else:
            observations += not isinstance(outcome, Refusal)
            refusals += isinstance(outcome, Refusal)
        if number % _TELL_EVERY == 0:
            tell(f"{number}{f' of {expected}' if expected else ''} messages, {crashes} crashes")
    return Result(number, observations, refusals, crashes, list(kept.values()))


def _decode(reader: Dialects | Dialect, case: _Case) -> tuple[object, str | None]:
    try:
        outcome = reader.decode(case.frame, case.lookup)
    except Exception as exc:  # noqa: BLE001 - what is looked for
        last = traceback.extract_tb(exc.__traceback__)[-1]
        return None, f"{type(exc).__name__} in {last.name}, {last.filename.rpartition('/')[2]}:{last.lineno}"
    return outcome, fault_of(outcome)


def _smallest(case: _Case, name: str, reader: Dialects | Dialect, fault: str) -> Crash:
    """Leave out parts of the payload as long as the fault stays the same: halves first, then less."""
    frame, tries = case.frame, 0
    size = len(frame.payload) // 2
    while size:
        at = 0
        while at < len(frame.payload) and tries < _SHRINKS:
            tries += 1
            shorter = _frame(frame.topic, frame.payload[:at] + frame.payload[at + size :], frame.received_at_ms)
            if _decode(reader, _Case(case.recording, shorter, case.lookup))[1] == fault:
                frame = shorter
            else:
                at += size
        size //= 2
    return Crash(case.recording, name, frame.topic, frame.payload, frame.received_at_ms, fault)
