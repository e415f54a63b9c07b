"""Real uplinks, entities, packs and traffic series through the whole line: replay → broker → pipeline → cases.

The site is the sample site with the devices that the recordings name (`corpora/devices.csv`) and rules whose limits the
series cross (`corpora/rules.yaml`); `corpora/mapping.yaml` moves the series of 2015 into the present. Nothing of it is
changed on the way: what `wangge replay` publishes is what stands in the files.
"""

from __future__ import annotations

import base64
import csv
import dataclasses
import datetime as dt
import json
import shutil
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts.store.deadletters import letter_id
from deploy.replay import play, series
from deploy.site import load_site
from ingest import dictionary, repeats
from ingest.errors import Reason
from ingest.model import Frame, Observation, Refusal
from ingest.topics import discover
from tests.command import wangge
from tests.flow.line import SOURCE, Line, received, running_broker, running_line

pytestmark = [pytest.mark.corpora, pytest.mark.network, pytest.mark.slow]

HERE = Path(__file__).with_name("corpora")
NOW_MS = 1_795_485_600_000  # 2026-11-24T10:00+08:00, after everything that was recorded
ZONE = ZoneInfo("Asia/Shanghai")
TOPICS = ("wangge/+/up/#", "v3/#", "ngsi/#", "senml/#", "application/#")
RUN_MS = 600_000  # more than a run lasts
YEARS = 11  # by which the series are moved


@dataclasses.dataclass(frozen=True, slots=True)
class Replayed:
    """A line that has heard everything, and what it was sent."""

    line: Line
    site: Path
    files: tuple[Path, ...]
    published: int
    labels: Path


def site_of(folder: Path, sample: Path) -> Path:
    """Make the site of this test: the sample site, the devices that the recordings name, and rules for them."""
    site = Path(shutil.copytree(sample, folder / "site"))
    rows = (HERE / "devices.csv").read_text(encoding="utf-8").partition("\n")[2]
    with (site / "devices.csv").open("a", encoding="utf-8") as register:
        register.write(rows)
    shutil.copy(HERE / "rules.yaml", site / "rules" / "recorded.yaml")
    return site


def documents(corpora: Path) -> Iterator[tuple[str, Path]]:
    """Yield topic and file of every recording that is one message a file."""
    for file in sorted((corpora / "thethingsstack-v3").glob("*.json")):
        yield "v3/app1@city/devices/dev1/up", file
    for file in sorted((corpora / "fiware-smart-data-models").glob("*/*/examples/*")):
        yield f"ngsi/{file.parts[-3]}", file
    for file in sorted((corpora / "senml-rfc8428").glob("*.json")):
        yield "senml/recorded", file


def recordings(folder: Path, corpora: Path) -> tuple[Path, ...]:
    """Return the files to replay: the uplinks and series as they are, the documents as lines of one file."""
    together = folder / "documents.jsonl"
    with together.open("w", encoding="utf-8") as lines:
        for topic, file in documents(corpora):
            payload = base64.b64encode(file.read_bytes()).decode()
            lines.write(json.dumps({"topic": topic, "payload_b64": payload}) + "\n")
    traffic = sorted((corpora / "nab" / "data" / "realTraffic").glob("*.csv"))
    return corpora / "ttn-lorawan-devices" / "network-uplinks.jsonl", together, *traffic


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory, site_folder: Path, corpora: Path) -> Iterator[Replayed]:
    """Return a line to which everything was replayed, and that still runs."""
    folder = tmp_path_factory.mktemp("corpora")
    site, files = site_of(folder, site_folder), recordings(folder, corpora)
    with running_broker() as port, running_line(folder, site, port, NOW_MS, TOPICS) as line:
        options = ("--mapping", HERE / "mapping.yaml", "--broker", f"127.0.0.1:{port}", "--full", "--json")
        told = wangge("replay", *files, *options)
        assert told.returncode == 0, told.stderr
        report = json.loads(told.stdout)
        assert report["acknowledged"] == report["frames"]
        line.wait_for_frames(report["frames"])
        yield Replayed(line, site, files, report["frames"], corpora / "nab" / "labels" / "combined_windows.json")


def by_source(replayed: Replayed) -> Counter[str]:
    """Return how many observations of the devices of this test are stored, by the source of the recording."""
    with (HERE / "devices.csv").open(encoding="utf-8") as register:
        sources = {row["id"]: row["attributes"].split(";")[0] for row in csv.DictReader(register)}
    return Counter(sources[device] for device, _, _ in replayed.line.observations())


@pytest.mark.parametrize("source, least", [("lorawan", 300), ("ngsi", 30), ("senml", 25), ("recorded", 7_300)])
def test_each_source_is_stored(replayed: Replayed, source: str, least: int) -> None:
    """Uplinks, entities, packs and series become stored observations."""
    assert by_source(replayed)[f"source={source}"] >= least, replayed.line.reasons()


def is_stored(one: Observation, stored: Collection[tuple[str, str, int]]) -> bool:
    """Tell whether an observation is stored: at its own time, or where it may have another.

    An uplink that came over two servers has the time of the first; a time relative to the receipt is one of the run.
    """
    device, known, time_ms = one.device_id, one.observed_property, one.phenomenon_time_ms
    if (device, known, time_ms) in stored:
        return True
    run = range(time_ms, time_ms + RUN_MS) if abs(time_ms - NOW_MS) < RUN_MS else range(0)
    if one.uplink:
        run = range(time_ms - repeats.APART_MS, time_ms + repeats.APART_MS)
    return any(key[:2] == (device, known) and key[2] in run for key in stored)


def test_everything_is_stored_or_refused_by_name(replayed: Replayed) -> None:
    """Each message that was published lies in the dead letters for a reason, or all that it says is stored."""
    site, faults = load_site(replayed.site)
    assert site is not None, faults
    mapping, _ = series.load(HERE / "mapping.yaml")
    letters, stored, dialects = replayed.line.letters(), replayed.line.observations(), discover()
    lost: list[str] = []
    for message in play.messages(replayed.files, mapping):
        frame = Frame(topic=message.topic, payload=message.payload, received_at_ms=NOW_MS, source=SOURCE)
        if letter_id(frame) in letters:
            continue
        outcome = dialects.decode(frame, site.register)
        told = () if isinstance(outcome, Refusal) else outcome
        if not told or not all(is_stored(one, stored) for one in told):
            lost.append(f"{message.topic}: {outcome}")

    assert lost == []
    assert {reason for _, reason in letters.values()} <= set(Reason), replayed.line.reasons()


def test_ledger_balances(replayed: Replayed) -> None:
    """Every frame that was published is in the ledger, and all that it counts is accounted for."""
    line = replayed.line

    assert line.sum("frames") == replayed.published
    assert line.balance() == 0, line.reasons()
    assert line.sum("stored") == len(received(line.observations(), dictionary.load()[0]))
    assert line.sum("refused") + line.sum("dead_lettered") == len(line.letters())


@pytest.mark.parametrize("rule", ["recorded.slow", "recorded.dense", "recorded.delay"])
def test_real_series_raise_alerts(replayed: Replayed, rule: str) -> None:
    """Each of the traffic series crosses its limit for long enough, and comes back."""
    fired = replayed.line.query("SELECT count(*), count(resolved_at_ms) FROM alerts WHERE rule_id = ?", rule)

    assert min(fired[0]) >= 1


def test_real_series_become_cases(replayed: Replayed) -> None:
    """What the series show is filed as cases with a number, a deadline and a crew that was sent."""
    found = replayed.line.query(
        "SELECT c.subject_id, c.category, c.number, c.deadline_ms, count(t.id) FROM cases c "
        "LEFT JOIN tasks t ON t.case_id = c.id WHERE c.subject_id LIKE 'nab-%' GROUP BY c.id"
    )

    assert {(device, category) for device, category, *_ in found} == {
        ("nab-6005", "traffic_congestion"),
        ("nab-387", "traffic_stopped"),
    }
    assert all(number and deadline and tasks for _, _, number, deadline, tasks in found)


@pytest.mark.parametrize(
    "rule, file",
    [("recorded.slow", "speed_6005"), ("recorded.dense", "occupancy_6005"), ("recorded.delay", "TravelTime_387")],
)
def test_labelled_anomalies_are_noticed(replayed: Replayed, rule: str, file: str) -> None:
    """An alert fires in a window that the publishers of the series labelled as anomalous."""
    windows = json.loads(replayed.labels.read_text(encoding="utf-8"))[f"realTraffic/{file}.csv"]
    spans = [tuple(moved_ms(text) for text in window) for window in windows]
    query = "SELECT since_ms FROM transitions WHERE state = 'firing' AND rule_id = ?"
    fired = [row[0] for row in replayed.line.query(query, rule)]

    assert [time for time in fired if any(start <= time <= end for start, end in spans)] != []


def moved_ms(text: str) -> int:
    """Return where a local time of the series lies after the mapping has moved it."""
    moment = dt.datetime.fromisoformat(text).replace(tzinfo=ZONE)
    return round(moment.replace(year=moment.year + YEARS).timestamp() * 1000)
