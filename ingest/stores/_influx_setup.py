"""Makes what the InfluxDB store needs in a server; doing it again changes only what is different.

    wangge     every observation      keeps e.g. 400 days
    wangge_5m  `value`, a mean of five minutes of each series, at the start of the five minutes: keeps e.g. 10 years

A task in the server computes the means every five minutes, three minutes after them, and the three before them again,
so that what comes up to a quarter of an hour late is in them. Values that the quality checks call wrong (FAIL, MISSING)
are left out, and so is the wind direction, because the mean of 350° and 10° is not 180°.
"""

from __future__ import annotations

from typing import Any

from influxdb_client.domain.bucket_retention_rules import BucketRetentionRules
from influxdb_client.domain.task_create_request import TaskCreateRequest
from influxdb_client.domain.task_update_request import TaskUpdateRequest

from ingest.model import Quality
from ingest.stores._base import StoreError
from ingest.stores._influx_client import InfluxClient
from ingest.stores._influx_options import InfluxOptions
from ingest.stores._influx_queries import literal

_DAY_S = 86_400
_LEFT_OUT = "weather.wind_direction"


def means_bucket(bucket: str) -> str:
    """Return the name of the bucket that holds the means of another."""
    return f"{bucket}_5m"


def provide(options: InfluxOptions, keeps_days: int, means_days: int) -> list[str]:
    """Make buckets and task where they are not as they should be; return a line for each.

    0 days: for ever. Raises StoreError when the server is away or the token may not do it.
    """
    client = InfluxClient(options)
    try:
        org_id = _organisation(client, options)
        with client.errors():
            return [
                _bucket(client, org_id, options.bucket, keeps_days),
                _bucket(client, org_id, means_bucket(options.bucket), means_days),
                _task(client, org_id, options.bucket),
            ]
    finally:
        client.close()


def means_task(bucket: str) -> str:
    """Return the Flux source of the task."""
    return f"""import "date"

option task = {{name: {literal(means_bucket(bucket) + "-means")}, every: 5m, offset: 3m}}

stop = date.truncate(t: now(), unit: 5m)

from(bucket: {literal(bucket)})
    |> range(start: date.sub(d: 20m, from: stop), stop: stop)
    |> filter(fn: (r) => r._measurement != {literal(_LEFT_OUT)})
    |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
    |> filter(fn: (r) => r.quality < {int(Quality.FAIL)})
    |> aggregateWindow(every: 5m, fn: mean, column: "value", createEmpty: false, timeSrc: "_start")
    |> to(bucket: {literal(means_bucket(bucket))}, tagColumns: ["device"], fieldFn: (r) => ({{value: r.value}}))
"""


def _organisation(client: InfluxClient, options: InfluxOptions) -> str:
    """Return the id of the organisation."""
    absent = f"InfluxDB at {options.url}: no organisation {options.org!r} that this token may see: mend org or token"
    with client.errors(absent):
        api: Any = client.api.organizations_api()
        for one in api.find_organizations(org=options.org):
            if one.name == options.org:
                return str(one.id)
    raise StoreError(absent, retryable=True)


def _bucket(client: InfluxClient, org_id: str, name: str, days: int) -> str:
    api: Any = client.api.buckets_api()
    for_how_long = f"keeps {days} days" if days else "keeps points for ever"
    rules = [BucketRetentionRules(type="expire", every_seconds=days * _DAY_S)]  # type: ignore[no-untyped-call] # hints in part only
    found = [one for one in api.find_buckets_iter(org_id=org_id) if one.name == name]  # by name: 404 if absent
    if not found:
        api.create_bucket(bucket_name=name, org=org_id, retention_rules=rules)
        return f"bucket {name}: made, {for_how_long}"
    if sum(rule.every_seconds for rule in found[0].retention_rules or ()) == days * _DAY_S:
        return f"bucket {name}: is there, {for_how_long}"
    found[0].retention_rules = rules
    api.update_bucket(found[0])
    return f"bucket {name}: was there, now {for_how_long}"


def _task(client: InfluxClient, org_id: str, bucket: str) -> str:
    api: Any = client.api.tasks_api()
    source, name = means_task(bucket), f"{means_bucket(bucket)}-means"
    found = api.find_tasks(name=name, org_id=org_id)
    if not found:
        request = TaskCreateRequest(flux=source, org_id=org_id, status="active")  # type: ignore[no-untyped-call] # as above
        api.create_task(task_create_request=request)
        return f"task {name}: made, every 5 minutes"
    if found[0].flux.strip() == source.strip() and found[0].status == "active":
        return f"task {name}: is there, every 5 minutes"
    api.update_task_request(found[0].id, TaskUpdateRequest(flux=source, status="active"))  # type: ignore[no-untyped-call] # as above
    return f"task {name}: was there, now as it should be"
