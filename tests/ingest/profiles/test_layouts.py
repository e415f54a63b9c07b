"""Byte layouts: every type, scale and arrangement, and messages that break off."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from ingest.errors import RefusedError
from tests.ingest.profiles.sample import profile_of, read, samples

ONE = "fields:\n  v: {property: device.clock_offset, unit: s}\nbytes:\n"


def value(folder: Path, layout: str, raw: bytes, port: int | None = 1) -> float | None:
    """Return the number that a layout reads from bytes."""
    return read(profile_of(folder, ONE + layout), None, raw, port).get("device.clock_offset")


@pytest.mark.parametrize(
    "field, raw, expected",
    [
        ("type: u8", b"\xfe", 254),
        ("type: i8", b"\xfe", -2),
        ("type: u16", b"\x01\x02", 258),
        ("type: u16, endian: little", b"\x01\x02", 513),
        ("type: i16", b"\xff\xfe", -2),
        ("type: u24", b"\x01\x00\x00", 65_536),
        ("type: i32, endian: little", b"\xfe\xff\xff\xff", -2),
        # the low word first, each word with its high byte first
        ("type: u32, endian: mixed", b"\x40\x9a\x00\x01", 0x1409A),
        ("type: f32", struct.pack(">f", 1.5), 1.5),
        ("type: f64, endian: little", struct.pack("<d", -2.25), -2.25),
        ("type: bcd16", b"\x12\x34", 1234),
        ("type: bcd16, endian: little", b"\x34\x12", 1234),
        # bits are counted from the lowest
        ("type: u8, bits: [4, 7]", b"\xa5", 10),
        ("type: u8, bits: 0", b"\xa5", 1),
        ("type: i16, bits: [4, 15]", b"\xff\xe7", -2),
        ("type: i16, bits: [0, 9], endian: little", b"\xff\x01", 511),
        ("type: i16, bits: [0, 9], endian: little", b"\x00\xfe", -512),
        ("type: f16, endian: little", struct.pack("<e", -1.5), -1.5),
        # (number + bias) · scale + offset; a scale that is 1/n divides, so that 26.4 stays 26.4
        ("type: u16, bias: -32768, scale: 0.1, offset: 1", b"\x81\x08", 27.4),
        ("type: u16, at: -2", b"\x00\x00\x00\x07", 7),
        ("type: u8, missing: [0xff]", b"\xff", None),
        ("type: u8, at: 3, optional: true", b"\x01", None),
        ("type: u8, at: 1, when: [{at: 0, is: [1, 2]}]", b"\x02\x09", 9),
        ("type: u8, at: 1, when: [{at: 0, not: 2}]", b"\x02\x09", None),
    ],
)
def test_number(tmp_path: Path, field: str, raw: bytes, expected: float | None) -> None:
    """A number is read by its type, place, byte order, bits and scale."""
    assert expected == value(tmp_path, f"  - fields: [{{name: v, {field}}}]\n", raw)


def test_one_after_another(tmp_path: Path) -> None:
    """Fields without a place follow one another; one without name takes its room."""
    layout = "  - fields: [{type: u8}, {type: u24}, {name: v, type: u8}]\n"

    assert value(tmp_path, layout, bytes(range(5))) == 4


def test_first_layout_that_fits(tmp_path: Path) -> None:
    """Port, length and the tests of a layout decide whether it is the one."""
    layout = """
  - {port: 2, fields: [{name: v, type: u8, scale: 100}]}
  - {length: [3, 4], fields: [{name: v, type: u8, scale: 10}]}
  - {when: [{at: 0, bits: [4, 7], is: 1}, {at: -1, not: 0}], fields: [{name: v, type: u8}]}
"""
    read_it = [(b"\x10\x05", 2), (b"\x10\x05\x05", 1), (b"\x10\x05", 1)]

    assert [value(tmp_path, layout, raw, port) for raw, port in read_it] == [1600, 160, 16]
    with pytest.raises(RefusedError, match="no byte layout of profile acme-box fits 2 bytes on port 1"):
        value(tmp_path, layout, b"\x10\x00")


def test_sum(tmp_path: Path) -> None:
    """A field may be the sum of others: what lies in two places, or is counted in two ways."""
    layout = """
  - fields:
      - {name: high, type: u8, scale: 16}
      - {name: low, type: u8, bits: [4, 7]}
      - {name: v, sum: [high, low], bias: -800, scale: 0.1}
"""

    assert value(tmp_path, layout, b"\x3d\xaa") == 18.6


FLAGS = """
  - flags:
      at: 1
      start: 2
      groups:
        - {bit: 0, fields: [{type: u16}]}
        - {bit: 1, fields: [{name: v, type: u8}]}
"""


@pytest.mark.parametrize(
    "raw, expected", [(b"\x00\x02\x07", 7), (b"\x00\x03\x01\x02\x07", 7), (b"\x00\x01\x01\x02", None)]
)
def test_flags(tmp_path: Path, raw: bytes, expected: float | None) -> None:
    """Groups are there by flag; one that is not there takes no room."""
    assert expected == value(tmp_path, FLAGS, raw)


ITEMS = """
  - items: {key: 1, KEYS end: 1, known: {"01": [{type: u16}], "0a": [{name: v, type: u8}]}}
"""


@pytest.mark.parametrize(
    "length, raw",
    [
        ("", b"\x01\xff\xff\x0a\x07\x00"),
        ("length: after,", b"\x01\x02\xff\xff\x0a\x01\x07\x00"),
        ("length: before,", b"\x02\x01\xff\xff\x01\x0a\x07\x00"),
        ("length: before, counts_key: true,", b"\x03\x01\xff\xff\x02\x0a\x07\x00"),
        # with a length, an item that nobody knows is passed over
        ("length: after,", b"\x99\x03\x01\x02\x03\x0a\x01\x07\x00"),
    ],
)
def test_items(tmp_path: Path, length: str, raw: bytes) -> None:
    """Fields announce themselves by a key, with or without their length; the check sum at the end is none of them."""
    assert value(tmp_path, ITEMS.replace("KEYS", length), raw) == 7


@pytest.mark.parametrize(
    "layout, raw, refusal",
    [
        ("  - fields: [{name: v, type: u16}]\n", b"\x01", r"breaks off before v \(1 bytes\)"),
        ("  - fields: [{name: v, type: bcd8}]\n", b"\xfa", "0xfa is not a binary coded decimal"),
        ("  - fields: [{name: v, type: f32}]\n", struct.pack(">f", float("nan")), "not a finite number"),
        (FLAGS, b"\x00", "breaks off before its flags"),
        (FLAGS, b"\x00\x02", "breaks off before v"),
        (ITEMS.replace("KEYS", ""), b"\x77\x00", "item 0x77 of the message is not in the profile"),
        (ITEMS.replace("KEYS", ""), b"\x01\x02\x00", "breaks off within item 0x01"),
        (ITEMS.replace("KEYS", "length: after,"), b"\x0a\x09\x01\x00", "breaks off within item 0x0a"),
        (ITEMS.replace("KEYS", "length: before, counts_key: true,"), b"\x00\x0b\x01\x00", "0x0b of the message is not"),
    ],
)
def test_refusal(tmp_path: Path, layout: str, raw: bytes, refusal: str) -> None:
    """A message that breaks off, or says what cannot be, is refused."""
    with pytest.raises(RefusedError, match=refusal):
        value(tmp_path, layout, raw)


LOG = """fields:
  t: {property: waste.temperature, unit: Cel}
  bat: {property: device.battery_voltage, unit: V}
bytes:
"""


def test_any_channel(tmp_path: Path) -> None:
    """A key with `..` fits any byte there; one without counts before it (Cayenne LPP: channel and type)."""
    layout = """  - items:
      key: 2
      known:
        "..67": [{name: t, type: i16, scale: 0.1}]
        "0967": [{type: i16}]
        "..02": [{name: bat, type: i16, scale: 0.01}]
"""
    profile = profile_of(tmp_path, LOG + layout)

    assert read(profile, None, bytes.fromhex("0967 00ff 0367 010a 0602 016c".replace(" ", ""))) == {
        "waste.temperature": 26.6,
        "device.battery_voltage": 3.64,
    }
    with pytest.raises(RefusedError, match="item 0x0368 of the message is not in the profile"):
        read(profile, None, bytes.fromhex("036801"))


@pytest.mark.parametrize("newest, ages", [("first", [0, -600_000, -1_200_000]), ("last", [-1_200_000, -600_000, 0])])
def test_samples_at_intervals(tmp_path: Path, newest: str, ages: list[int]) -> None:
    """Samples at intervals count from the message, whose own fields hold for its own time."""
    layout = f"""  - fields: [{{name: bat, type: u8, scale: 0.1}}]
    samples: {{start: 1, size: 2, every_s: 600, newest: {newest}, fields: [{{name: t, type: i16, scale: 0.1}}]}}
"""
    found = samples(profile_of(tmp_path, LOG + layout), bytes.fromhex("24 00d7 00d8 00d9".replace(" ", "")))

    assert found == [
        ("device.battery_voltage", 3.6, 0),
        *(("waste.temperature", value, age) for value, age in zip((21.5, 21.6, 21.7), ages, strict=True)),
    ]


def test_samples_with_times(tmp_path: Path) -> None:
    """A sample may tell its own time; one whose time is missing is passed over, as its clock was not set."""
    layout = """  - samples:
      size: 6
      fields: [{name: "@time", type: u32, missing: [0]}, {name: t, type: i16, scale: 0.1}]
"""
    raw = b"".join(struct.pack(">Ih", at, value) for at, value in ((1_782_892_740, 215), (0, 999), (1_782_892_680, -5)))
    found = samples(profile_of(tmp_path, LOG + layout), raw)

    assert [(name, value, after % 1000) for name, value, after in found] == [
        ("waste.temperature", 21.5, found[0][2] % 1000),
        ("waste.temperature", -0.5, found[1][2] % 1000),
    ]
    assert found[0][2] - found[1][2] == 60_000


def test_items_with_times(tmp_path: Path) -> None:
    """An item with a time is a sample of its own: what a device sends later after it had no network."""
    layout = """  - endian: little
    items:
      key: 2
      known:
        "0175": [{name: bat, type: u8, scale: 0.1}]
        "0367": [{name: t, type: i16, scale: 0.1}]
        "20ce": [{name: "@time", type: u32}, {name: t, type: i16, scale: 0.1}]
"""
    history = b"".join(b"\x20\xce" + struct.pack("<Ih", 1_782_892_000 + at, 200 + at) for at in (0, 60))
    found = samples(profile_of(tmp_path, LOG + layout), b"\x01\x75\x24\x03\x67\xd7\x00" + history)

    assert [(name, value) for name, value, _ in found] == [
        ("waste.temperature", 21.5),
        ("device.battery_voltage", 3.6),
        ("waste.temperature", 20.0),
        ("waste.temperature", 26.0),
    ]
    assert found[3][2] - found[2][2] == 60_000


@pytest.mark.parametrize(
    "raw, why",
    [
        (bytes(5), r"breaks off within a sample \(5 bytes\)"),
        (bytes(2 * 257), "more than 256 samples"),
    ],
)
def test_samples_refused(tmp_path: Path, raw: bytes, why: str) -> None:
    """Half a sample, and samples without end, refuse the message."""
    layout = "  - samples: {size: 2, every_s: 60, fields: [{name: t, type: i16}]}\n"

    with pytest.raises(RefusedError, match=why):
        samples(profile_of(tmp_path, LOG + layout), raw)
