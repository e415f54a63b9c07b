"""An uplink over two network servers is stored once by either runtime, and the ledger adds up."""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Callable, Sequence

import pytest

from alerts.store import ledger
from alerts.store.database import reading
from deploy.runtimes.cluster.lines import Lines
from deploy.runtimes.cluster.normalise import Normaliser, Taken
from deploy.runtimes.cluster.records import pack_frames
from deploy.runtimes.line import Line, LineParts, Work
from ingest.flow import Counts, take_in
from ingest.model import Frame
from ingest.topics import discover

NOW_MS = 1_790_000_000_000  # 2026-09-21T14:13:20Z
OF = 4
DEVICE = "bin-0001"
Take = Callable[[Sequence[Frame]], None]


def the_things_stack(level: float, counter: int) -> Frame:
    """Return the uplink as The Things Stack received it."""
    uplink = {
        "received_at": f"2026-09-21T14:1{counter % 10}:19.4Z",
        "f_cnt": counter,
        "f_port": 2,
        "frm_payload": "AQ==",
    }
    ids = {"device_id": DEVICE, "dev_addr": "00BC0000"}
    message = {"end_device_ids": ids, "uplink_message": {**uplink, "decoded_payload": {"fill_level": level}}}
    return Frame(f"v3/bins@city/devices/{DEVICE}/up", json.dumps(message).encode(), NOW_MS, "tts")


def chirpstack(level: float, counter: int) -> Frame:
    """Return the same uplink as ChirpStack received it, 1.5 s later and with 16 bits of the counter."""
    known = {"deviceInfo": {"deviceName": DEVICE, "devEui": "026038532d641304"}, "devAddr": "00bc0000"}
    event = {"time": f"2026-09-21T14:1{counter % 10}:20.9+00:00", "fCnt": counter % 65_536, "fPort": 2, "data": "AQ=="}
    topic = "application/1/device/026038532d641304/event/up"
    return Frame(topic, json.dumps({**known, **event, "object": {"fill_level": level}}).encode(), NOW_MS, "chirpstack")


def embedded(parts: LineParts) -> Take:
    """Return what takes frames as the embedded runtime does after a start."""
    decode = functools.partial(discover().decode, lookup=parts.site.register)
    with reading(parts.database) as connection:
        line = Line(parts, connection)

    def take(frames: Sequence[Frame]) -> None:
        intakes = list(take_in(frames, decode, NOW_MS))
        work = Work(intakes, True, lambda _connection: None, lambda _stage: None)
        line.work(work, threading.Event(), NOW_MS)

    return take


def cluster(parts: LineParts) -> Take:
    """Return what takes frames as the cluster does after a start: one worker for each topic, then a line."""
    lines = Lines(parts, "observations", OF, lambda *_: None)
    offsets = iter(range(int(total(parts).received), 1_000))

    def take(frames: Sequence[Frame]) -> None:
        for number, frame in enumerate(frames):
            record = Taken("frames", number, 0, NOW_MS, pack_frames([frame]))
            for partition, packed in Normaliser(parts.site.register, OF).work([record], NOW_MS).outputs:
                lines.take(partition, [Taken("observations", partition, next(offsets), NOW_MS, packed)])

    return take


def total(parts: LineParts) -> Counts:
    """Return the sum of the ledger."""
    with reading(parts.database) as connection:
        return ledger.total(connection)


@pytest.mark.parametrize("start", [embedded, cluster])
@pytest.mark.parametrize("frames", [(the_things_stack, chirpstack), (chirpstack, the_things_stack)])
def test_two_servers(
    parts: LineParts, start: Callable[[LineParts], Take], frames: Sequence[Callable[[float, int], Frame]]
) -> None:
    """Together, one after the other, and with a restart between: one is stored, the other a duplicate."""
    first, second = frames
    together = start(parts)
    together([first(5.0, 70_000), second(5.0, 70_000)])
    assert (total(parts).received, total(parts).stored, total(parts).duplicate) == (2, 1, 1)

    together([first(6.0, 70_001)])
    start(parts)([second(6.0, 70_001)])

    counts = total(parts)
    assert counts.balanced
    assert (counts.received, counts.stored, counts.duplicate) == (4, 2, 2)
