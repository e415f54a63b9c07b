"""Opens payloads that are gzip-compressed (RFC 1952), whatever dialect is inside.

A compressed payload is known by its first two bytes, `1f 8b`, with which no dialect of ours begins. It may consist of
a few members, as `cat a.gz b.gz` makes them. It is opened no further than `MAX_PAYLOAD_BYTES`, however much is in it,
and once only: gzip inside gzip is not read.
"""

from __future__ import annotations

import zlib

from ingest.dialects._base import MAX_PAYLOAD_BYTES
from ingest.errors import Reason, unreadable

MAGIC = b"\x1f\x8b"
MAX_MEMBERS = 16  # each costs a copy of what follows it
_GZIP = 16 + zlib.MAX_WBITS  # of zlib: read a gzip header and check the trailer


def opened(payload: bytes) -> bytes:
    """Return what is in a gzip payload; one that breaks off, is damaged or holds too much is refused."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise unreadable(Reason.TOO_LARGE, f"{len(payload)} bytes are more than {MAX_PAYLOAD_BYTES}")
    parts: list[bytes] = []
    room = MAX_PAYLOAD_BYTES + 1
    while payload:
        if len(parts) == MAX_MEMBERS:
            raise unreadable(Reason.NOT_GZIP, f"the gzip payload has more than {MAX_MEMBERS} members")
        member = zlib.decompressobj(_GZIP)
        try:
            part = member.decompress(payload, room)
        except zlib.error as exc:
            raise unreadable(Reason.NOT_GZIP, f"the payload begins as gzip, but is none: {exc}") from exc
        parts.append(part)
        room -= len(part)
        if room <= 0:
            raise unreadable(Reason.TOO_LARGE, f"the payload expands to more than {MAX_PAYLOAD_BYTES} bytes")
        if not member.eof:
            raise unreadable(Reason.NOT_GZIP, "the gzip payload breaks off")
        payload = member.unused_data
    return b"".join(parts)
