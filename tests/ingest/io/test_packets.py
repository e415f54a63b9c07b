"""The MQTT packet splitter: whole, byte by byte, and with rubbish."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.io.packets import MalformedError, Packet, split
from ingest.model import Frame


def publish(topic: bytes, payload: bytes, *, packet_id: int | None = None, flags: int = 0) -> bytes:
    """Return the bytes of a PUBLISH packet."""
    body = len(topic).to_bytes(2, "big") + topic
    if packet_id is not None:
        body += packet_id.to_bytes(2, "big")
        flags |= 2
    body += payload
    length, remaining = b"", len(body)
    while True:
        byte, remaining = remaining & 0x7F, remaining >> 7
        length += bytes([byte | (0x80 if remaining else 0)])
        if not remaining:
            return bytes([0x30 | flags]) + length + body


def take(data: bytes, generation: int = 1) -> tuple[list[Frame], list[Packet], int, int]:
    """Split with a plain topic decoder."""
    return split(data, 5, "s", generation, lambda raw: raw.decode("utf-8", "backslashreplace"))


def test_split_publish_with_packet_id() -> None:
    """A QoS 1 frame carries generation and packet id as its receipt, and its flags."""
    frames, packets, consumed, _ = take(publish(b"a/b", b"xyz", packet_id=513, flags=9), generation=2)

    assert frames == [Frame("a/b", b"xyz", 5, "s", 1, True, True, 2 << 16 | 513)]
    assert (packets, consumed) == ([], 2 + 2 + 3 + 2 + 3)


def test_split_keeps_other_packets_apart() -> None:
    """CONNACK and PINGRESP come out as packets, in order."""
    frames, packets, _, _ = take(b"\x20\x02\x00\x00" + publish(b"t", b"") + b"\xd0\x00")

    assert [frame.payload for frame in frames] == [b""]
    assert packets == [Packet(0x20, b"\x00\x00"), Packet(0xD0, b"")]


def test_split_invalid_utf8_topic_is_readable() -> None:
    """A topic that is not UTF-8 becomes text that no dialect knows."""
    frames, *_ = take(publish(b"a/\xff", b"1", packet_id=1))

    assert frames[0].topic == "a/\\xff"


def test_split_says_how_much_it_wants() -> None:
    """A large packet that is cut off asks for exactly its size, so that nothing is joined in vain."""
    whole = publish(b"t", b"x" * 100_000, packet_id=1)

    _, _, consumed, wanted = take(whole[:5_000])

    assert (consumed, wanted) == (0, len(whole))


@pytest.mark.parametrize(
    "data,words",
    [
        (b"\x30\xff\xff\xff\xff\x01", "more than four bytes"),
        (b"\x30\x01\x00", "without a topic"),
        (b"\x30\x04\x00\x09ab", "longer than the packet"),
    ],
)
def test_split_malformed(data: bytes, words: str) -> None:
    """What no server sends is named."""
    with pytest.raises(MalformedError, match=words):
        take(data)


@given(
    st.lists(st.tuples(st.binary(min_size=1, max_size=9), st.binary(max_size=300), st.none() | st.integers(1, 65535))),
    st.integers(1, 50),
)
def test_split_in_pieces_equals_whole(packets: list[tuple[bytes, bytes, int | None]], size: int) -> None:
    """However the network cuts the stream, the frames are the same."""
    stream = b"".join(publish(topic, payload, packet_id=packet_id) for topic, payload, packet_id in packets)
    expected, *_ = take(stream)
    frames: list[Frame] = []
    rest = b""
    for start in range(0, len(stream), size):
        rest += stream[start : start + size]
        found, _, consumed, _ = take(rest)
        frames += found
        rest = rest[consumed:]

    assert (frames, rest) == (expected, b"")


@given(st.binary(max_size=200))
def test_split_rubbish(data: bytes) -> None:
    """Any bytes are split or refused with the one error; nothing is read past the end."""
    try:
        _, _, consumed, wanted = take(data)
    except MalformedError:
        return
    assert consumed <= len(data)
    assert wanted >= 2
