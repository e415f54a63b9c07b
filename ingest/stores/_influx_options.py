"""What the InfluxDB store must be told. Apart from its client, so that settings need no extra library."""

from __future__ import annotations

import msgspec


class InfluxOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Where the server is and what we may do there. `spool_bytes` bounds what waits on disk while it is away.

    `timeout_s` bounds one request; `ca_file` holds the certificates to trust for https (None: the usual ones).
    """

    url: str
    org: str
    bucket: str
    token: str
    spool_bytes: int = 256 * 1024 * 1024
    timeout_s: float = 10.0
    ca_file: str | None = None
