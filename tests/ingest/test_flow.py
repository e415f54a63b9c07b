"""The ingest stage: grouping by source and hour, flags, refusals, and the ledger's arithmetic."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.flow import HOUR_MS, Counts, count, take_in
from ingest.model import Device, Frame, Observation, Property, Quality, Refusal, Series, series_id

NOW_MS = 1_790_000_000_000
DEVICE = Device(id="d", domain="waste", kind="waste_bin", cell="450107003013001", lat=0, lon=0, cadence_s=60)
LEVEL = Series(
    id=series_id("d", "waste.fill_level"),
    device=DEVICE,
    property=Property(name="waste.fill_level", unit="%", title_zh="满溢率", title_en="Fill level", high=100.0),
)
UNREADABLE = Refusal(stage="decode", reason="json", detail="not JSON")
UNKNOWN = Refusal(stage="normalise", reason="unknown_device", detail="who is x")


def decode(frame: Frame) -> tuple[Observation, ...] | Refusal:
    """Decode a digit to so many observations, the second a wrong one; `!` unreadable, `?` unknown, `x` a bug."""
    if frame.payload == b"!":
        return UNREADABLE
    if frame.payload == b"?":
        return UNKNOWN
    values = [1000.0 if number == 1 else 1.0 for number in range(int(frame.payload))]
    return tuple(Observation(LEVEL, value, NOW_MS + at, frame.received_at_ms) for at, value in enumerate(values))


def frames(*payloads: bytes, at_ms: int = 0, source: str = "s") -> list[Frame]:
    """Return a frame for each payload."""
    return [Frame("t", payload, at_ms, source) for payload in payloads]


def test_take_in_groups_by_source_and_hour() -> None:
    """The hour of receipt and the source decide which row of the ledger a frame belongs to."""
    feed = frames(b"1", b"2") + frames(b"1", at_ms=HOUR_MS) + frames(b"1", at_ms=HOUR_MS, source="t")

    intakes = list(take_in(feed, decode, NOW_MS))

    rows = [(one.source, one.hour_ms, one.frames, len(one.observations)) for one in intakes]
    assert rows == [("s", 0, 2, 3), ("s", HOUR_MS, 1, 1), ("t", HOUR_MS, 1, 1)]


def test_take_in_flags_and_goes_on_after_anything() -> None:
    """Flags are set, refusals keep their frame, a mistake of ours is a dead letter, and the next frame is taken."""
    (intake,) = take_in(frames(b"!", b"2", b"?", b"x", b"1"), decode, NOW_MS)

    assert [one.quality for one in intake.observations] == [Quality.GOOD, Quality.FAIL, Quality.GOOD]
    assert [letter.refusal.reason for letter in intake.letters] == ["json", "unknown_device", "internal"]
    assert intake.letters[2].frame.payload == b"x"


def test_count_tells_refused_from_dead_lettered() -> None:
    """Unreadable is dead-lettered, not acceptable is refused, the same bytes again are a duplicate."""
    (intake,) = take_in(frames(b"!", b"2", b"?", b"!"), decode, NOW_MS)

    counts = count(intake, stored=1, unstorable=0, new_letters=frozenset({0, 1}))

    assert counts == Counts(frames=4, received=5, stored=1, duplicate=2, refused=1, dead_lettered=1)


@given(st.data())
def test_count_balances(data: st.DataObject) -> None:
    """Whatever comes: received = stored + duplicate + refused + dead-lettered."""
    payloads = data.draw(st.lists(st.sampled_from([b"!", b"?", b"x", b"0", b"1", b"3"]), min_size=1, max_size=20))
    (intake,) = take_in(frames(*payloads), decode, NOW_MS)
    stored = data.draw(st.integers(0, len(intake.observations)))
    unstorable = data.draw(st.integers(0, len(intake.observations) - stored))
    positions = range(len(intake.letters))
    new = frozenset(position for position in positions if data.draw(st.booleans()))

    counts = count(intake, stored=stored, unstorable=unstorable, new_letters=new)

    assert counts.balanced
    assert min(counts.duplicate, counts.refused, counts.dead_lettered) >= 0
