"""The bounded file of records that wait."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.stores._base import StoreError
from ingest.stores._spool import Spool


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the file will be."""
    return tmp_path / "spool"


@pytest.fixture
def spool(path: Path) -> Iterator[Spool]:
    """Return an empty spool of at most 100 bytes (a record has 8 bytes besides its payload)."""
    opened = Spool(path, 100)
    yield opened
    opened.close()


def test_nothing_is_made_before_it_is_needed(path: Path, spool: Spool) -> None:
    """A reader that only asks leaves no file behind."""
    assert (spool.waiting(), path.exists()) == (False, False)


def test_records_come_in_order_and_go_when_done(path: Path, spool: Spool) -> None:
    """Each record waits until it is done; after the last one the file is empty."""
    spool.append([b"one", b"two"])
    spool.append([b"three"])

    seen = list(spool.records())
    spool.done()
    left = list(spool.records())
    spool.done()
    spool.done()

    assert (seen, left) == ([b"one", b"two", b"three"], [b"two", b"three"])
    assert (spool.waiting(), path.stat().st_size) == (False, 0)


def test_full(spool: Spool) -> None:
    """What does not fit is refused whole, with the bound; what was there stays."""
    spool.append([b"x" * 40])

    with pytest.raises(StoreError, match=r"spool is full \(9\.53674e-05 MiB\): nothing more is taken") as raised:
        spool.append([b"y", b"z" * 40])

    assert (raised.value.retryable, list(spool.records())) == (True, [b"x" * 40])


def test_next_process_goes_on(path: Path, spool: Spool) -> None:
    """What waited when the process ended is there for the next one."""
    spool.append([b"one", b"two"])
    spool.done()
    spool.close()

    again = Spool(path, 100)
    waiting = again.waiting()
    records = list(again.records())
    again.close()

    assert (waiting, records) == (True, [b"one", b"two"])


def test_two_processes(path: Path, spool: Spool) -> None:
    """A second writer is told to take a folder of its own."""
    spool.append([b"one"])
    other = Spool(path, 100)

    with pytest.raises(StoreError, match="belongs to another process: give each process that writes a data folder"):
        other.append([b"two"])

    assert list(spool.records()) == [b"one"]


@given(payloads=st.lists(st.binary(max_size=9), max_size=4), cut=st.integers(min_value=0), flip=st.booleans())
def test_spoiled_file(tmp_path_factory: pytest.TempPathFactory, payloads: list[bytes], cut: int, flip: bool) -> None:  # noqa: FBT001 - drawn
    """A file cut short or with a changed byte gives the whole records before the damage, and takes new ones."""
    path = tmp_path_factory.mktemp("spool") / "spool"
    first = Spool(path, 1_000)
    first.append([*payloads, b"last"])
    first.close()
    data = bytearray(path.read_bytes())
    place = cut % len(data)
    if flip:
        data[place] ^= 0xFF
    else:
        del data[place:]
    path.write_bytes(data)

    again = Spool(path, 1_000)
    kept = list(again.records())
    again.append([b"new"])
    records = list(again.records())
    again.close()

    assert kept == [*payloads, b"last"][: len(kept)]
    assert len(kept) <= len(payloads)
    assert records == [*kept, b"new"]
