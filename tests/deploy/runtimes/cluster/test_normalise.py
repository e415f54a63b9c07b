"""Frames in, observations out, by partition; nothing is lost on the way, whatever a record holds."""

from __future__ import annotations

import json
from collections import Counter

from msgspec.structs import replace

from deploy.runtimes.cluster.normalise import Normaliser, Taken, merge
from deploy.runtimes.cluster.records import Observations, pack_frames, unpack_observations
from deploy.runtimes.shard import area_of, shard_of
from deploy.site import Site
from ingest.flow import Intake
from ingest.model import Frame
from ingest.rate import Limit, Rates

NOW_MS = 1_790_000_000_000
PARTITIONS = 4


def frame(device: str, *values: float) -> Frame:
    """Return a frame with a water level for each value, as one batch."""
    rows = [
        {"device_id": device, "time": NOW_MS + number, "values": {"weather.water_level": value}}
        for number, value in enumerate(values)
    ]
    return Frame(f"wangge/xixiangtang/up/{device}", json.dumps(rows).encode(), NOW_MS, "mqtt")


def taken(value: bytes, offset: int = 0, partition: int = 0) -> Taken:
    """Return a record as Kafka gives it."""
    return Taken("wangge.frames.v1", partition, offset, NOW_MS, value)


def outputs(site: Site, *records: Taken) -> dict[int, Observations]:
    """Return what the records give, unpacked, by partition."""
    done = Normaliser(site.register, PARTITIONS).work(records, NOW_MS)
    return {number: unpack_observations(value, site.register) for number, value in done.outputs}


def test_observations_go_to_their_subdistrict(site: Site) -> None:
    """Each partition gets the observations of its sub-districts only, several records as one."""
    gauges = [one for one in site.register.devices.values() if one.kind == "water_level_gauge"]
    records = [taken(pack_frames([frame(one.id, 3.0, 4.0)]), number) for number, one in enumerate(gauges)]

    found = outputs(site, *records)

    assert len(found) > 1
    for number, record in found.items():
        cells = [one.cell for intake in record.intakes for one in intake.observations]
        assert {shard_of(area_of(cell), PARTITIONS) for cell in cells} == {number}
    assert sum(len(i.observations) for record in found.values() for i in record.intakes) == 2 * len(gauges)


def test_frames_are_counted_once(site: Site) -> None:
    """Frames whose observations are parted count once in the ledger, also those that hold none."""
    frames = [frame("wl-001", 1.0), frame("wl-002", 1.0), frame("wl-003", 1.0), frame("wl-001")]

    found = outputs(site, taken(pack_frames(frames)))

    assert sum(intake.frames for record in found.values() for intake in record.intakes) == 4


def test_rubbish_becomes_letters(site: Site) -> None:
    """Frames that cannot be read travel on as letters, with their bytes."""
    rubbish = [Frame(f"wangge/xixiangtang/up/{n}", b"rubbish", NOW_MS, "mqtt") for n in range(20)]

    found = outputs(site, taken(pack_frames(rubbish)))

    letters = [one for record in found.values() for intake in record.intakes for one in intake.letters]
    assert len(found) > 1
    assert {(one.frame.payload, one.refusal.stage) for one in letters} == {(b"rubbish", "decode")}
    assert len(letters) == 20


def test_unreadable_record_costs_itself(site: Site) -> None:
    """A record that cannot be read is one dead letter, with its bytes and place; its neighbours go on."""
    done = Normaliser(site.register, PARTITIONS).work(
        [taken(b"\xc1poison", 7, partition=2), taken(pack_frames([frame("wl-001", 5.0)]), 8)], NOW_MS
    )

    found = [unpack_observations(value, site.register) for _, value in done.outputs]
    letters = [one for record in found for intake in record.intakes for one in intake.letters]

    assert [(one.offset, exc.reason) for one, exc in done.unreadable] == [(7, "record_unreadable")]
    assert letters[0].frame.payload == b"\xc1poison"
    assert letters[0].refusal.detail.startswith("partition 2 offset 7: not a record of frames")
    assert sum(len(i.observations) for record in found for i in record.intakes) == 1


def test_mistake_of_ours_costs_the_record_that_brings_it_out(site: Site) -> None:
    """A frame that makes the stage fail takes its record to the dead letters; other records go on."""
    packed = pack_frames([frame("wl-001", 5.0)]), pack_frames([frame("wl-002", 1.0)])
    normaliser = Normaliser(site.register, PARTITIONS)
    decode = normaliser._decode
    normaliser._decode = lambda one: (None,) if one.topic.endswith("wl-002") else decode(one)  # type: ignore[assignment,return-value]

    done = normaliser.work([taken(value, number) for number, value in enumerate(packed)], NOW_MS)

    assert [(one.offset, exc.reason) for one, exc in done.unreadable] == [(1, "internal")]
    assert len(done.outputs) == 2


def test_beat_reaches_every_partition(site: Site) -> None:
    """A sign of life of the bridge goes to all, as that of the partition it came through."""
    found = outputs(site, taken(pack_frames([], 50), partition=3), taken(pack_frames([], 40), partition=3))

    assert {number: record.beats for number, record in found.items()} == {n: {3: 50} for n in range(PARTITIONS)}


def test_merge_joins_what_one_row_of_the_ledger_counts() -> None:
    """Intakes of one source and hour become one, in order."""
    intakes = [
        Intake("a", 0, 1, [], []),
        Intake("b", 0, 2, [], []),
        Intake("a", 0, 4, [], []),
        Intake("a", 1, 8, [], []),
    ]

    assert [(one.source, one.hour_ms, one.frames) for one in merge(intakes)] == [("a", 0, 5), ("b", 0, 2), ("a", 1, 8)]


def test_several_sources_and_their_limits(site: Site) -> None:
    """Frames of two brokers are counted for each, however mixed; what is too fast for its topic is a letter."""
    mixed = [replace(frame("wl-001", float(n)), source=("mqtt", "west")[n % 2]) for n in range(10)]
    rates = Rates({}, {"west": Limit(per_s=1, burst_s=3)})
    done = Normaliser(site.register, PARTITIONS, rates).work([taken(pack_frames(mixed))], NOW_MS)
    records = [unpack_observations(value, site.register) for _, value in done.outputs]
    counts = Counter[tuple[str, str]]()
    for intake in (intake for record in records for intake in record.intakes):
        counts[intake.source, "frames"] += intake.frames
        counts[intake.source, "observations"] += len(intake.observations)
        counts[intake.source, "rate_limited"] += sum(one.refusal.reason == "rate_limited" for one in intake.letters)

    assert +counts == {
        ("mqtt", "frames"): 5,
        ("mqtt", "observations"): 5,
        ("west", "frames"): 5,
        ("west", "observations"): 3,
        ("west", "rate_limited"): 2,
    }
