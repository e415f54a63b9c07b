"""Devices are found by the topic they publish on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import topic_filters
from ingest.model import Device
from ingest.topic_filters import DevicesByTopic

LEVEL = st.sampled_from(["a", "b", "c", ""])
TOPIC = st.lists(LEVEL, min_size=1, max_size=4).map("/".join)
FILTER = st.lists(LEVEL | st.just("+"), min_size=1, max_size=4).map("/".join) | TOPIC.map(lambda text: f"{text}/#")


def device(name: str) -> Device:
    """Return a device of this id."""
    return Device(id=name, domain="waste", kind="waste_bin", cell="", lat=22.8, lon=108.3, cadence_s=600)


def fits(text: str, topic: str) -> bool:
    """Say by the words of the standard whether a filter fits a topic."""
    levels, wanted = topic.split("/"), text.split("/")
    if wanted[-1] == "#":
        del wanted[-1]
        levels = levels[: len(wanted)]
    return len(levels) == len(wanted) and all(w in {"+", level} for w, level in zip(wanted, levels, strict=True))


@pytest.mark.parametrize(
    "topic, found",
    [
        ("city/bins/17/state", "17"),
        ("city/bins/17/battery", "17"),
        ("city/bins/17", None),
        ("city/bins/17/state/raw", None),
        ("city/bins/18/state", "18"),  # written out: before the wildcard
        ("city/bins/18/battery", "any"),
        ("north/x/y", "north"),
        ("north", "north"),
        ("", None),
    ],
)
def test_find(topic: str, found: str | None) -> None:
    """The filter with most plain levels counts, whatever the order of the register."""
    table = DevicesByTopic(
        (text, device(name))
        for text, name in (
            ("city/bins/+/battery", "any"),
            ("city/bins/17/+", "17"),
            ("city/bins/18/state", "18"),
            ("north/#", "north"),
        )
    )

    for _ in range(2):  # the second time it is remembered
        answer = table.find(topic)
        assert found == (answer and answer.id)


@given(filters=st.lists(FILTER.filter(lambda text: topic_filters.fault(text) is None), unique=True), topic=TOPIC)
def test_find_agrees_with_the_standard(filters: list[str], topic: str) -> None:
    """A device is found if and only if a filter fits, and then none that fits has more plain levels."""
    found = DevicesByTopic((text, device(text)) for text in filters).find(topic)
    fitting = [text for text in filters if fits(text, topic)]
    plain = [sum(level not in {"+", "#"} for level in text.split("/")) for text in fitting]

    assert (found is not None) == bool(fitting)
    if found is not None:
        assert plain[fitting.index(found.id)] == max(plain)


def test_nothing_is_remembered_without_filters() -> None:
    """A register without topics keeps no topic of the broker, and one with topics not more than its bound."""
    table = DevicesByTopic([("a/+", device("a"))])
    for number in range(topic_filters.MAX_REMEMBERED + 10):
        table.find(f"noise/{number}")

    assert DevicesByTopic([]).find("a/b") is None
    found = table.find("a/b")
    assert found is not None
    assert found.id == "a"


@pytest.mark.parametrize(
    "text, told",
    [
        ("", "a topic filter has 1 to 1000 characters"),
        ("a" * 1001, "a topic filter has 1 to 1000 characters"),
        ("a/#/b", "# may only be the last level, alone"),
        ("a/b#", "# may only be the last level, alone"),
        ("a/b+/c", "+ must be a level of its own"),
        ("+/+", "it has no level that is written out, so that it would catch the topics of others"),
        ("#", "it has no level that is written out, so that it would catch the topics of others"),
        ("a/+/#", None),
    ],
)
def test_fault(text: str, told: str | None) -> None:
    """A filter that MQTT would not take, and one that catches everything, are faults."""
    assert topic_filters.fault(text) == told
