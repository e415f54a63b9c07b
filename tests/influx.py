"""A bucket of its own for a test, on a running InfluxDB."""

from __future__ import annotations

import uuid

from deploy.services.run.http import post
from deploy.services.run.influxdb import InfluxDb
from ingest.stores._influx_options import InfluxOptions


def bucket(server: InfluxDb, keeps_s: int = 0) -> InfluxOptions:
    """Make an empty bucket that keeps points for so many seconds (0: for ever); return how to reach it."""
    name = f"test-{uuid.uuid4().hex}"
    body = {"name": name, "orgID": server.org_id, "retentionRules": [{"type": "expire", "everySeconds": keeps_s}]}
    post(f"{server.url}/api/v2/buckets", body, server.token).raise_for_status()
    return InfluxOptions(url=server.url, org=server.org, bucket=name, token=server.token)
