"""What the Kafka records hold: msgpack arrays, the version first. Pure: bytes in, values out.

    frames         [1, beat, [[topic, payload, received_at_ms, source, qos, retain, dup], …]]
    observations   [1, {frames partition: beat}, [intake, …]]
    intake         [source, hour_ms, frames, [[device, property], …], rows, letters, looks]
    look           [dialect, model, {property: value}, reason, firmware]
    row            [number of the series in the list above, value, time - hour_ms, received - hour_ms, quality, uplink]
    letter         [topic, payload, received_at_ms, source, stage, reason, detail, dialect, device, model]

A *beat* is the wall clock of the bridge, in ms, while it was connected to MQTT (0: says nothing). It travels with the
frames, so that a line knows that it hears the sensors, up to then: only then does their silence mean something.

Bytes that are not such a record, or are of another version, raise `UnreadableError`, nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from ingest.drift import Look
from ingest.flow import Intake, Letter
from ingest.model import Frame, Lookup, Observation, Refusal

VERSION = 1


class UnreadableError(Exception):
    """A record cannot be read; `reason` is a short stable word, the text a sentence."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Frames(NamedTuple):
    """A micro-batch of frames, in order of arrival."""

    frames: list[Frame]
    beat_ms: int = 0


class Observations(NamedTuple):
    """A micro-batch of what frames gave, and the latest beat of each frames partition that it speaks for."""

    intakes: list[Intake]
    beats: dict[int, int]


class _FrameRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    topic: str
    payload: bytes
    received_at_ms: int
    source: str
    qos: int
    retain: bool
    dup: bool


class _LetterRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    topic: str
    payload: bytes
    received_at_ms: int
    source: str
    stage: str
    reason: str
    detail: str
    dialect: str = ""  # an earlier version of the program wrote no more than the above
    device: str = ""
    model: str = ""


class _Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    series: int
    value: float
    time_ms: int
    received_ms: int
    quality: int
    uplink: int = 0  # an earlier version of the program wrote none


class _IntakeRow(msgspec.Struct, frozen=True, array_like=True):
    source: str
    hour_ms: int
    frames: int
    series: list[tuple[str, str]]
    rows: list[_Row]
    letters: list[_LetterRow]
    looks: Sequence[Look] = ()  # an earlier version of the program wrote none


class _Head(msgspec.Struct, array_like=True):
    version: int


class _FramesRecord(msgspec.Struct, array_like=True):
    version: int
    beat_ms: int
    frames: list[_FrameRow]


class _ObservationsRecord(msgspec.Struct, array_like=True):
    version: int
    beats: dict[int, int]
    intakes: list[_IntakeRow]


_ENCODER = msgspec.msgpack.Encoder()
_HEAD = msgspec.msgpack.Decoder(_Head)
_FRAMES = msgspec.msgpack.Decoder(_FramesRecord)
_OBSERVATIONS = msgspec.msgpack.Decoder(_ObservationsRecord)


def pack_frames(frames: Sequence[Frame], beat_ms: int = 0) -> bytes:
    """Return a record of frames."""
    rows = [
        _FrameRow(one.topic, one.payload, one.received_at_ms, one.source, one.qos, one.retain, one.dup)
        for one in frames
    ]
    return _ENCODER.encode(_FramesRecord(VERSION, beat_ms, rows))


def unpack_frames(packed: bytes) -> Frames:
    """Return the frames of a record."""
    try:
        _check_version(packed)
        record = _FRAMES.decode(packed)
    except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
        raise UnreadableError("record_unreadable", f"not a record of frames: {exc}") from exc
    frames = [
        Frame(row.topic, row.payload, row.received_at_ms, row.source, row.qos, row.retain, row.dup)
        for row in record.frames
    ]
    return Frames(frames, record.beat_ms)


def pack_observations(intakes: Sequence[Intake], beats: Mapping[int, int]) -> bytes:
    """Return a record of observations and refusals."""
    return _ENCODER.encode(_ObservationsRecord(VERSION, dict(beats), [_intake_row(one) for one in intakes]))


def unpack_observations(packed: bytes, lookup: Lookup) -> Observations:
    """Return the intakes of a record; an observation of a series that the register does not have is a letter."""
    try:
        _check_version(packed)
        record = _OBSERVATIONS.decode(packed)
        intakes = [_intake(row, lookup) for row in record.intakes]
    except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
        raise UnreadableError("record_unreadable", f"not a record of observations: {exc}") from exc
    except IndexError as exc:
        raise UnreadableError("record_unreadable", "a row names a series that the record does not list") from exc
    return Observations(intakes, record.beats)


def _check_version(packed: bytes) -> None:
    version = _HEAD.decode(packed).version
    if version != VERSION:
        raise UnreadableError("record_version", f"record of version {version}, this program reads {VERSION}")


def _intake_row(intake: Intake) -> _IntakeRow:
    numbers: dict[int, int] = {}
    names: list[tuple[str, str]] = []
    rows = []
    hour_ms = intake.hour_ms
    for one in intake.observations:
        series = one.series
        number = numbers.get(series.id)
        if number is None:
            number = numbers[series.id] = len(names)
            names.append((series.device.id, series.property.name))
        time, received = one.phenomenon_time_ms - hour_ms, one.result_time_ms - hour_ms
        rows.append(_Row(number, one.value, time, received, int(one.quality), one.uplink))
    letters = [
        _LetterRow(
            frame.topic,
            frame.payload,
            frame.received_at_ms,
            frame.source,
            refusal.stage,
            refusal.reason,
            _text(refusal.detail),
            refusal.dialect,
            _text(refusal.device),
            _text(refusal.model),
        )
        for frame, refusal in intake.letters
    ]
    return _IntakeRow(intake.source, hour_ms, intake.frames, names, rows, letters, intake.looks)


def _text(value: str) -> str:
    return value.encode("utf-8", "backslashreplace").decode()


def _intake(row: _IntakeRow, lookup: Lookup) -> Intake:
    hour_ms = row.hour_ms
    letters = [
        Letter(
            Frame(one.topic, one.payload, one.received_at_ms, one.source),
            Refusal(
                stage=one.stage,
                reason=one.reason,
                detail=one.detail,
                dialect=one.dialect,
                device=one.device,
                model=one.model,
            ),
        )
        for one in row.letters
    ]
    series = [lookup.series(*names) for names in row.series]
    observations = []
    for one in row.rows:
        if one.series < 0:
            raise IndexError(one.series)
        found = series[one.series]
        if found is None:
            letters.append(_stranger(row, one))
            continue
        observations.append(
            Observation(found, one.value, one.time_ms + hour_ms, one.received_ms + hour_ms, one.quality, one.uplink)
        )
    return Intake(row.source, hour_ms, row.frames, observations, letters, row.looks)


def _stranger(intake: _IntakeRow, row: _Row) -> Letter:
    device, name = intake.series[row.series]
    payload = {"device_id": device, "time": row.time_ms + intake.hour_ms, "values": {name: row.value}}
    return Letter(
        Frame(f"observation/{device}", msgspec.json.encode(payload), row.received_ms + intake.hour_ms, intake.source),
        Refusal(
            stage="normalise",
            reason="unknown_series",
            detail=f"the register of this worker has no {name} of {device}: give every worker the same site",
            device=device,
        ),
    )
