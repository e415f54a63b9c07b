"""Every shipped profile reads the recorded messages of its model: the decoded object and the bytes say the same.

`recorded.json` holds what each recorded message must give for a bin (gauge, station …) 10 m high at 0° N, 0° E:
`expect` from the maker's decoded object, and from the bytes too, unless `bytes` says what they give instead (a reason,
where they cannot be read). `within` is how far the maker's rounding may stand from the bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.devices import Register
from ingest.errors import RefusedError
from ingest.model import Device, Frame
from ingest.profiles import loading
from ingest.profiles.model import Profile
from ingest.profiles.reading import observe
from tests.ingest.profiles.sample import DICTIONARY, PROFILES

RECORDED: dict[str, dict[str, dict[str, Any]]] = json.loads(
    Path(__file__).with_name("recorded.json").read_text(encoding="utf-8")
)
CODEC = re.compile(r"vendor/[^;,\s]+-codec\.yaml")


def result(profile: Profile, decoded: dict[str, object] | None, raw: bytes, port: int) -> dict[str, float] | str:
    """Return what a message gives, or the stage and reason of its refusal."""
    device = Device(
        id="d",
        domain=profile.domains[0],
        kind=profile.kinds[0] if profile.kinds else "sensor",
        cell="0" * 15,
        lat=0.0,
        lon=0.0,
        cadence_s=60,
        attributes={"model": profile.id, "height_cm": "1000"},
    )
    register = Register({"d": device}, DICTIONARY, PROFILES)
    assert register.profile(device) is profile
    try:
        found = observe(profile, decoded, raw, port, device, 0, Frame("t", b"", 0, "s"), register)
    except RefusedError as exc:
        return f"{exc.refusal.stage}/{exc.refusal.reason}"
    return {item.observed_property: item.value for item in found}


def examples(corpora: Path) -> Iterator[tuple[Profile, dict[str, Any]]]:
    """Yield the profile and each recorded uplink of every model."""
    by_codec = {match[0]: item for item in loading.distinct(PROFILES) if (match := CODEC.search(item.source))}
    path = corpora / "ttn-lorawan-devices" / "codec-examples.jsonl"
    for example in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
        if example["direction"] == "uplinkDecoder":
            yield by_codec[example["codec"]], example


@pytest.mark.corpora
def test_recorded_messages(corpora: Path) -> None:
    """All recorded uplinks of all models give what is expected, from the object and from the bytes."""
    told: dict[str, set[str]] = {}
    for profile, example in examples(corpora):
        case = RECORDED[profile.id][example["description"]]
        told.setdefault(profile.id, set()).add(example["description"])
        expected = case["expect"] if "expect" in case else case["refused"]
        decoded, raw, port = example["output"].get("data"), bytes.fromhex(example["bytes_hex"]), example["fPort"]
        name = f"{profile.id}: {example['description']}"
        if decoded is not None:
            assert alike(result(profile, decoded, b"", port), expected, case.get("within")), name
        from_bytes = result(profile, None, raw, port)
        assert alike(from_bytes, case.get("bytes", expected), case.get("within")), name

    assert {model: set(cases) for model, cases in RECORDED.items()} == told


def alike(
    found: dict[str, float] | str, expected: dict[str, float] | str, within: dict[str, float] | None = None
) -> bool:
    """Say whether two results are the same but for the last digits, or what the maker rounds."""
    if isinstance(found, str) or isinstance(expected, str):
        return found == expected
    near = {name: pytest.approx(value, abs=(within or {}).get(name, 1e-5)) for name, value in expected.items()}
    return found == near


def test_twenty_models() -> None:
    """At least twenty models, over three domains, are proven on recorded messages that measure something."""
    proven = {model for model, cases in RECORDED.items() if any(case.get("expect") for case in cases.values())}

    assert len(proven) >= 20
    assert {"traffic", "weather", "waste"} == {domain for model in proven for domain in PROFILES[model].domains}
    assert {model for model in RECORDED if model not in proven} == {"noah-trashbin", "dragino-ldds75"}
