"""The recorded cases of the dialects, and registers for tests."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ingest import dictionary
from ingest.devices import Register
from ingest.model import Device, Frame

PAYLOADS = Path(__file__).with_name("payloads")
RECEIVED_MS = 1_782_892_810_000  # 2026-07-01T08:00:10Z
CELL = "450107003013001"
DICTIONARY, _ = dictionary.load()


def register_of(devices: Mapping[str, Mapping[str, Any]]) -> Register:
    """Return a register of `{device id: {domain, eui, attributes}}`."""
    return Register(
        {
            device_id: Device(
                id=device_id,
                domain=device["domain"],
                kind="sensor",
                cell=CELL,
                lat=22.8,
                lon=108.3,
                cadence_s=60,
                eui=device.get("eui"),
                attributes=device.get("attributes", {}),
            )
            for device_id, device in devices.items()
        },
        DICTIONARY,
    )


@dataclasses.dataclass(frozen=True)
class Case:
    """One file of `payloads`: what arrives, for which devices, and what must come of it."""

    name: str
    about: str
    topic: str
    payload: bytes
    devices: dict[str, dict[str, Any]]
    expect: list[tuple[str, str, float, str]] | None
    refusal: str | None
    detail: str | None

    @property
    def dialect(self) -> str:
        """Return the name of the dialect that the case is for."""
        return self.name.partition("/")[0]

    @property
    def is_json(self) -> bool:
        """Tell whether the payload is JSON."""
        try:
            json.loads(self.payload)
        except ValueError:
            return False
        return True

    def frame(self, payload: bytes | None = None) -> Frame:
        """Return the frame of the case, or one with another payload on its topic."""
        content = self.payload if payload is None else payload
        return Frame(topic=self.topic, payload=content, received_at_ms=RECEIVED_MS, source="test")


def _read(file: Path) -> Case:
    content = json.loads(file.read_text(encoding="utf-8"))
    if "hex" in content:
        payload = bytes.fromhex(content["hex"])
    else:
        text = content["text"] if "text" in content else json.dumps(content["payload"], ensure_ascii=False)
        payload = text.encode()
    expect = content.get("expect")
    return Case(
        name=f"{file.parent.name}/{file.stem}",
        about=content["about"],
        topic=content["topic"],
        payload=payload,
        devices=content["devices"],
        expect=None if expect is None else [tuple(row) for row in expect],
        refusal=content.get("refusal"),
        detail=content.get("detail"),
    )


CASES = [_read(file) for file in sorted(PAYLOADS.glob("*/*.json"))]
