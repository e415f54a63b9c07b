"""Spoiled recordings and random bytes, over all dialects, a little of what `make fuzz` does."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from deploy.fuzz import recordings, run, spoil
from deploy.fuzz.__main__ import main
from deploy.fuzz.recordings import Anybody, Recording
from ingest.dialects import wangge_json
from ingest.model import Observation, Refusal
from ingest.plugins import find
from ingest.topics import discover
from tests.ingest.dialects.recorded import PAYLOADS

CASES = recordings.of_folder(PAYLOADS)


def quiet(_text: str) -> None:
    """Say nothing of the progress."""


def test_every_dialect_is_spoiled() -> None:
    """Each dialect of the folder has recordings, among them some that give observations."""
    dialects = discover()
    good = {
        one.name.partition("/")[0]
        for one in CASES
        if not isinstance(dialects.decode(run._frame(one.topic, one.payload), one.lookup), Refusal)
    }

    assert good == set(find("ingest.dialects", "DIALECT"))


def test_nothing_crashes(capsys: pytest.CaptureFixture[str]) -> None:
    """Spoiled messages give observations or named refusals; what is printed says how many, as JSON."""
    code = main(["5000", "--seed", "20261124"])
    counts = json.loads(capsys.readouterr().out)

    assert code == 0
    assert list(counts) == ["cases", "observations", "refusals", "crashes"]
    assert (counts["cases"], counts["crashes"]) == (5000, 0)
    assert counts["observations"] > 500
    assert counts["observations"] + counts["refusals"] == 5000


@pytest.mark.slow
def test_every_field() -> None:
    """Each recording with each field left out, and replaced by each wrong value, gives what can be named."""
    result = run.run_every_field(CASES, quiet)

    assert [one.told() for one in result.kept] == []
    assert result.cases > 100_000


@pytest.mark.corpora
@pytest.mark.slow
@pytest.mark.parametrize("way", ["fields", "chance"])
def test_real_messages(corpora: Path, way: str) -> None:
    """So do the messages of vendors, network servers and standards, from devices that are all known."""
    anybody = Anybody()
    uplinks = recordings.of_file(corpora / "ttn-lorawan-devices" / "network-uplinks.jsonl", anybody)
    real = uplinks if way == "chance" else uplinks[::50]
    for folder, pattern, topic in (
        ("fiware-smart-data-models", "*/*/examples/*", "ngsi/x"),
        ("senml-rfc8428", "ex*.json", "senml/x"),
        ("senml-rfc8428", "ex*.cbor", "senmlc/x"),
        ("thethingsstack-v3", "*.json", "v3/app1@city/devices/dev1/up"),
        ("chirpstack-v4", "*.json", "application/a/device/70b3d57ed0000001/event/up"),
    ):
        files = sorted((corpora / folder).glob(pattern))
        real += [Recording(str(file), topic, file.read_bytes(), anybody) for file in files]
    result = run.run(real, 10_000, 7, quiet) if way == "chance" else run.run_every_field(real, quiet, step=17)

    assert [one.told() for one in result.kept] == []
    assert result.observations > 500


def test_same_seed() -> None:
    """The same seed spoils in the same way, another one in another."""
    results = [run.run(CASES, 500, seed, quiet) for seed in (1, 1, 2)]

    assert results[0] == results[1] != results[2]


def test_crash_is_kept_small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Any) -> None:
    """A dialect that raises is found out: exit code 1, and the smallest message that makes it raise is kept."""
    decode = wangge_json.DIALECT.decode

    def careless(frame: Any, lookup: Any) -> tuple[Observation, ...] | Refusal:
        if b"\x00" in frame.payload:
            raise ZeroDivisionError
        return decode(frame, lookup)

    monkeypatch.setattr(wangge_json.DIALECT, "decode", careless, raising=False)
    code = main(["3000", "--crashes", str(tmp_path / "crashes.jsonl")])
    kept = [json.loads(line) for line in (tmp_path / "crashes.jsonl").read_text("ascii").splitlines()]

    assert code == 1
    assert json.loads(capsys.readouterr().out)["crashes"] > 0
    assert {(one["payload"], one["fault"].partition(",")[0]) for one in kept} == {
        ("AA==", "ZeroDivisionError in careless")
    }


@pytest.mark.parametrize("payload", [b"", b"a,b\n1,2\n", b'{"a": [1, null]}', b"\x81\xa1\x00\x18\x2a"])
def test_spoil(payload: bytes) -> None:
    """Any payload can be spoiled, also none at all."""
    random = Random(1)
    found = {spoil.by_chance(payload, spoil.form_of(payload), [payload], random) for _ in range(200)}

    assert len(found) > 10
    assert payload in {*spoil.every_field(payload), payload}
