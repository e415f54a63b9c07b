"""Payloads that are gzip-compressed are opened once, within bounds, and read as if they had come open."""

from __future__ import annotations

import gzip
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.dialects import _gzip
from ingest.dialects._base import MAX_PAYLOAD_BYTES
from ingest.errors import RefusedError
from ingest.flow import take_in
from ingest.model import Frame, Refusal
from ingest.topics import discover
from tests.ingest.dialects.recorded import CASES, Case, register_of

SMALL = b'{"device_id": "wb-0001"}'


def refusal(payload: bytes) -> Refusal:
    """Return why a payload is not opened."""
    with pytest.raises(RefusedError) as caught:
        _gzip.opened(payload)
    return caught.value.refusal


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_compressed_case(case: Case) -> None:
    """Every recorded case of every dialect gives the same compressed as open."""
    register = register_of(case.devices)
    plain = discover().decode(case.frame(), register)

    assert discover().decode(case.frame(gzip.compress(case.payload)), register) == plain


def test_sniffing_sees_what_is_inside() -> None:
    """On a topic of nobody's the marks in the opened payload decide."""
    payload = gzip.compress(b'{"end_device_ids": {}, "uplink_message": {}}')
    frame = Frame(topic="sensors/x", payload=payload, received_at_ms=0, source="test")
    outcome = discover().decode(frame, register_of({}))

    assert isinstance(outcome, Refusal)
    assert outcome.dialect == "the_things_stack"


def test_letter_keeps_the_bytes_that_arrived() -> None:
    """The dead letter of a compressed frame holds the compressed bytes."""
    payload = gzip.compress(b"no message of any dialect")
    frame = Frame(topic="wangge/x/up", payload=payload, received_at_ms=0, source="test")
    register, dialects = register_of({}), discover()
    (intake,) = take_in([frame], lambda one: dialects.decode(one, register), 0)

    assert [letter.frame for letter in intake.letters] == [frame]
    assert intake.letters[0].refusal.reason == "not_json"


def test_members() -> None:
    """A payload of several members is what they hold together."""
    assert _gzip.opened(gzip.compress(SMALL[:7]) + gzip.compress(SMALL[7:])) == SMALL


def test_too_many_members() -> None:
    """Tens of thousands of empty members do not keep us busy."""
    began = time.process_time()
    refused = refusal(gzip.compress(b"") * (MAX_PAYLOAD_BYTES // 20))

    assert (refused.stage, refused.reason) == ("decode", "not_gzip")
    assert refused.detail == "the gzip payload has more than 16 members"
    assert time.process_time() - began < 0.5


def test_largest_payload() -> None:
    """What expands to just the bound is opened; one byte more is refused, without opening the rest."""
    assert len(_gzip.opened(gzip.compress(b" " * MAX_PAYLOAD_BYTES))) == MAX_PAYLOAD_BYTES

    refused = refusal(gzip.compress(b" " * (MAX_PAYLOAD_BYTES + 1)))
    assert (refused.stage, refused.reason) == ("decode", "too_large")
    assert refused.detail == f"the payload expands to more than {MAX_PAYLOAD_BYTES} bytes"


@pytest.mark.parametrize("parts", [1, 3], ids=["one member", "members"])
def test_bomb(parts: int) -> None:
    """A small payload that would become 60 MB is refused by its size, at the cost of the bound."""
    bomb = gzip.compress(b"\0" * (60_000_000 // parts)) * parts

    assert len(bomb) < MAX_PAYLOAD_BYTES
    assert refusal(bomb).reason == "too_large"


def test_too_large_as_it_arrived() -> None:
    """A compressed payload of more than the bound is not opened at all."""
    assert refusal(_gzip.MAGIC + bytes(MAX_PAYLOAD_BYTES)).reason == "too_large"


@pytest.mark.parametrize("length", [2, 10, 15, len(gzip.compress(SMALL)) - 1])
def test_truncated(length: int) -> None:
    """A payload that breaks off anywhere is named so."""
    refused = refusal(gzip.compress(SMALL)[:length])

    assert (refused.reason, refused.detail) == ("not_gzip", "the gzip payload breaks off")


@pytest.mark.parametrize("payload", [b"\x1f\x8b{}", gzip.compress(SMALL) + b"tail"], ids=["magic alone", "tail"])
def test_not_gzip(payload: bytes) -> None:
    """Two bytes do not make gzip, and nothing but gzip may follow."""
    refused = refusal(payload)

    assert (refused.stage, refused.reason) == ("decode", "not_gzip")
    assert refused.detail.startswith("the payload begins as gzip, but is none: ")


@given(data=st.data(), content=st.binary(max_size=50))
def test_spoiled(data: st.DataObject, content: bytes) -> None:
    """A compressed payload with bytes changed is opened or refused; nothing else happens."""
    whole = gzip.compress(content, mtime=0)
    begin = data.draw(st.integers(2, len(whole)))
    end = data.draw(st.integers(begin, len(whole)))
    payload = whole[:begin] + data.draw(st.binary(max_size=4)) + whole[end:]
    try:
        _gzip.opened(payload)
    except RefusedError as exc:
        assert exc.refusal.reason in {"not_gzip", "too_large"}  # noqa: PT017 - either is right
