"""A bounded file of records that wait: appended durably, read in order, emptied when all were dealt with.

    record = length (4 bytes) · CRC-32 (4 bytes) · payload

A record cut short by a crash was never promised to anybody: it and what follows is dropped at the next start. Records
that were dealt with stay in the file until it is emptied, so after a crash they are dealt with again.
"""

from __future__ import annotations

import fcntl
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from ingest.stores._base import StoreError

_HEAD = struct.Struct("<II")


class Spool:
    """The file. It is opened, and locked for this process, when it is first needed."""

    def __init__(self, path: Path, limit_bytes: int) -> None:
        self._path = path
        self._limit = limit_bytes
        self._file: int | None = None
        self._size = 0
        self._done = 0

    def waiting(self) -> bool:
        """Tell whether there are records that were not dealt with."""
        if self._file is None and self._path.exists() and self._path.stat().st_size:
            self._open()
        return self._size > self._done

    def append(self, payloads: Sequence[bytes]) -> None:
        """Keep records on disk before returning, all or none; raise StoreError (retryable) when they do not fit."""
        file = self._open() if self._file is None else self._file
        records = b"".join(_HEAD.pack(len(one), zlib.crc32(one)) + one for one in payloads)
        if self._size + len(records) > self._limit:
            raise StoreError(
                f"{self._path} is full ({self._limit / 2**20:g} MiB): nothing more is taken until the server is back",
                retryable=True,
            )
        try:
            os.pwrite(file, records, self._size)
            os.fdatasync(file)
        except OSError as exc:
            raise StoreError(f"{self._path}: {exc.strerror}", retryable=True) from exc
        self._size += len(records)

    def records(self) -> Iterator[bytes]:
        """Yield the waiting records in order."""
        start = self._done
        while self.waiting() and start < self._size:
            payload, start = self._read(start)
            yield payload

    def done(self) -> None:
        """Note that the first waiting record was dealt with; after the last one the file is emptied."""
        _, self._done = self._read(self._done)
        if self._done == self._size:
            self.clear()

    def clear(self) -> None:
        """Forget all records."""
        if self._file is not None:
            os.ftruncate(self._file, 0)
            os.fdatasync(self._file)
            self._size = self._done = 0

    def close(self) -> None:
        """Close the file; what waits in it is there for the next process."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
            self._size = self._done = 0

    def _open(self) -> int:
        try:
            new = not self._path.exists()
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            if new:
                _sync_folder(self._path.parent)
        except OSError as exc:
            raise StoreError(f"{self._path}: {exc.strerror}", retryable=True) from exc
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            os.close(file)
            text = f"{self._path} belongs to another process: give each process that writes a data folder of its own"
            raise StoreError(text, retryable=True) from exc
        self._file, self._done, self._size = file, 0, 0
        size = os.fstat(file).st_size
        while self._size < size:
            _, end = self._read(self._size)
            if end == self._size:
                os.ftruncate(file, end)
                break
            self._size = end
        return file

    def _read(self, start: int) -> tuple[bytes, int]:
        """Return the record at `start` and where it ends (`start` itself when there is no whole one)."""
        file = self._open() if self._file is None else self._file
        head = os.pread(file, _HEAD.size, start)
        if len(head) < _HEAD.size:
            return b"", start
        length, checksum = _HEAD.unpack(head)
        payload = os.pread(file, length, start + _HEAD.size)
        if len(payload) < length or zlib.crc32(payload) != checksum:
            return b"", start
        return payload, start + _HEAD.size + length


def _sync_folder(folder: Path) -> None:
    """Let the name of a new file outlive a power failure too."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
