"""Bodies of newline-delimited JSON, plain or gzip-compressed, with bounds: how large, how many lines."""

from __future__ import annotations

import zlib

from fastapi import Request

from alerts.api.errors import ApiError

MAX_BODY_BYTES = 2 * 1024 * 1024  # as it is sent
MAX_PLAIN_BYTES = 8 * 1024 * 1024  # decompressed
MAX_LINES = 10_000
_GZIP = 16 + zlib.MAX_WBITS  # of zlib: read a gzip header and check the trailer


async def body_of(request: Request) -> bytes:
    """Return the body as it was sent; raises ApiError (413) as soon as it is too large."""
    parts = []
    room = MAX_BODY_BYTES
    async for chunk in request.stream():
        room -= len(chunk)
        if room < 0:
            raise ApiError(413, "too_large", f"the body has more than {MAX_BODY_BYTES} bytes: send it in parts")
        parts.append(chunk)
    return b"".join(parts)


def lines_of(body: bytes, encoding: str | None) -> list[tuple[int, bytes]]:
    """Return (number, line) of the lines that are not empty; raises ApiError (400, 413)."""
    plain = _plain(body, (encoding or "identity").strip().lower())
    found = [(number, line) for number, line in enumerate(map(bytes.strip, plain.split(b"\n")), start=1) if line]
    if not found:
        raise ApiError(400, "empty", "the body has no line")
    if len(found) > MAX_LINES:
        raise ApiError(413, "too_large", f"{len(found)} lines are more than {MAX_LINES}: send them in parts")
    return found


def _plain(body: bytes, encoding: str) -> bytes:
    if encoding == "identity":
        return body
    if encoding != "gzip":
        raise ApiError(400, "encoding", "Content-Encoding may be gzip, or absent")
    opening = zlib.decompressobj(_GZIP)
    try:
        plain = opening.decompress(body, MAX_PLAIN_BYTES + 1)
    except zlib.error as exc:
        raise ApiError(400, "encoding", f"the body is not gzip: {exc}") from exc
    if len(plain) > MAX_PLAIN_BYTES:
        raise ApiError(413, "too_large", f"the body expands to more than {MAX_PLAIN_BYTES} bytes: send it in parts")
    if not opening.eof or opening.unused_data:
        raise ApiError(400, "encoding", "the gzip body breaks off, or something follows it")
    return plain
