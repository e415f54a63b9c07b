"""Reads recorded messages to draft a profile from: which fields they have, with which values and units.

A recording is one JSON value a line, or one JSON document; each is an uplink of The Things Stack v3 or ChirpStack v4,
or a bare decoded object, and may lie in the field `payload` of a line that tells more about it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from ingest.profiles.model import Scalar

_LABELS = ("measurementId", "type", "channel", "name", "id")
_PLAIN_KEY = re.compile(r"[^.\[\]'=]+")
_MAX_DEPTH, _MAX_FIELDS = 8, 400


class Field(msgspec.Struct):
    """A field of a recording: where it stands, what it said, and the units that stood beside it or in its text."""

    path: str
    values: list[Scalar | None]
    units: set[str]


class Recording(msgspec.Struct):
    """What messages of one model have in common: their fields by path, bytes by port, and names for the model."""

    messages: int = 0
    fields: dict[str, Field] = {}
    raw: list[tuple[int | None, bytes]] = []
    names: list[str] = []


class RecordingError(Exception):
    """A file cannot be read as a recording; the message names file and line."""


def read(files: Iterable[Path]) -> Recording:
    """Return the recording of these files; raises `RecordingError`."""
    recording = Recording()
    for file in files:
        for message in _messages(file):
            _take(message, recording)
    return recording


def _messages(file: Path) -> Iterator[Mapping[str, object]]:
    try:
        text = file.read_bytes()
    except OSError as exc:
        raise RecordingError(f"{file} cannot be read: {exc.strerror}") from exc
    try:
        whole = msgspec.json.decode(text)
        numbered = list(enumerate(whole if isinstance(whole, list) else [whole], start=1))
    except (msgspec.DecodeError, UnicodeDecodeError):
        numbered = [
            (number, _line(line, file, number)) for number, line in enumerate(text.splitlines(), 1) if line.strip()
        ]
    for number, message in numbered:
        if not isinstance(message, dict):
            raise RecordingError(f"{file}:{number} is not a JSON object")
        yield message


def _line(line: bytes, file: Path, number: int) -> object:
    try:
        return msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise RecordingError(f"{file}:{number} is not JSON: {exc}") from exc


def _take(message: Mapping[str, object], recording: Recording) -> None:
    inner = message.get("payload")
    if isinstance(inner, dict) and ("uplink_message" in inner or "deviceInfo" in inner):
        message = inner
    uplink, device = message.get("uplink_message"), message.get("deviceInfo")
    if isinstance(uplink, dict):
        decoded, data, port = uplink.get("decoded_payload"), uplink.get("frm_payload"), uplink.get("f_port")
        recording.names += _names_of_things_stack(message, uplink)
    elif isinstance(device, dict):
        decoded, data, port = message.get("object"), message.get("data"), message.get("fPort")
        recording.names += [str(device[key]) for key in ("deviceProfileName", "deviceName") if device.get(key)]
    else:
        decoded, data, port = message, None, None
    recording.messages += 1
    if isinstance(decoded, dict):
        void = decoded.get("valid") is False
        for path, value, unit in _leaves(decoded, "", 0):
            if void and path != "valid" and not path.lower().startswith(("bat", "err")):
                value = None  # noqa: PLW2901 - a message that calls itself invalid shows fields, not values
            if len(recording.fields) < _MAX_FIELDS or path in recording.fields:
                field = recording.fields.setdefault(path, Field(path, [], set()))
                field.values.append(value)
                field.units |= {unit} if unit else set()
    if isinstance(data, str):
        try:
            raw = base64.b64decode(data, validate=True)
        except binascii.Error:
            return
        recording.raw.append((port if isinstance(port, int) else None, raw))


def _names_of_things_stack(message: Mapping[str, object], uplink: Mapping[str, object]) -> Iterator[str]:
    version, ids = uplink.get("version_ids"), message.get("end_device_ids")
    if isinstance(version, dict) and version.get("brand_id") and version.get("model_id"):
        yield f"{version['brand_id']}-{version['model_id']}"
    if isinstance(ids, dict) and isinstance(ids.get("device_id"), str):
        yield ids["device_id"]


def _leaves(value: object, path: str, depth: int) -> Iterator[tuple[str, Scalar | None, str | None]]:
    """Yield path, value and unit of every scalar of a decoded object."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, dict):
        if path and isinstance(value.get("value"), str | int | float | bool):
            unit = value.get("unit")
            yield path, value["value"], unit if isinstance(unit, str) else None
            return
        for key, item in value.items():
            name = key if _PLAIN_KEY.fullmatch(key) else f"'{key}'"
            if "'" not in key and key.strip() == key and key:
                yield from _leaves(item, f"{path}.{name}" if path else name, depth + 1)
    elif isinstance(value, list):
        yield from _items(value, path, depth)
    elif value is None or isinstance(value, str | int | float):
        yield path, value, None


def _items(items: list[object], path: str, depth: int) -> Iterator[tuple[str, Scalar | None, str | None]]:
    """Yield the leaves of a list of objects, each item named by its label; lists of bare numbers say nothing."""
    for item in items:
        if isinstance(item, list):
            yield from _items(item, path, depth + 1)
        elif isinstance(item, dict):
            label = next((name for name in _LABELS if isinstance(item.get(name), str | int)), None)
            rest = {key: one for key, one in item.items() if key not in _LABELS}
            text = str(item.get(label)) if label else ""
            if label and text.strip() == text and _PLAIN_KEY.fullmatch(text):
                yield from _leaves(rest, f"{path}[{label}={text}]", depth + 1)
            else:
                yield from _leaves(rest, path, depth + 1)
