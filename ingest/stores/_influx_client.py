"""The only user of influxdb-client: its transport, without its batching, retrying and point objects.

The client's own batching takes points for ever while the server is away and drops them after a few tries, with a log
line only. So batches are ours (ingest.stores._line_protocol), sent one at a time, and an answer is one of three: taken,
a `StoreError` that waiting or mending the settings can help, or a `StoreError` that it cannot (the lines are bad).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import urllib3
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.domain.dialect import Dialect
from influxdb_client.rest import ApiException

from ingest.stores._base import ServerAwayError, StoreError
from ingest.stores._influx_options import InfluxOptions

_BAD_LINES = {400, 413, 422}
_DENIED = {401, 403}
_ABSENT = 404
_SHOWN_CHARACTERS = 300
_PLAIN_CSV = Dialect(annotations=[])  # type: ignore[no-untyped-call] # hints in part only


class InfluxClient:
    """One connection to one bucket. Construction does no I/O. Used from one thread."""

    def __init__(self, options: InfluxOptions) -> None:
        self._options = options
        self.api = InfluxDBClient(
            url=options.url,
            token=options.token,
            org=options.org,
            timeout=int(options.timeout_s * 1000),
            ssl_ca_cert=options.ca_file,
        )
        self._writer = self.api.write_api(write_options=SYNCHRONOUS)
        self._reader = self.api.query_api()

    def send(self, lines: bytes) -> None:
        """Write line protocol with times in ms; raise StoreError, not retryable when the server refuses a line."""
        with self.errors():
            self._writer.write(self._options.bucket, record=lines, write_precision="ms")  # type: ignore[arg-type] # is a str

    def query(self, flux: str) -> list[dict[str, str]]:
        """Return the rows of a Flux query as text by column."""
        with self.errors():
            text = self._reader.query_raw(flux, dialect=_PLAIN_CSV).data.decode()
        # An empty line stands between tables whose columns differ; each has a header of its own.
        rows: list[dict[str, str]] = []
        for table in text.replace("\r\n", "\n").split("\n\n"):
            rows += csv.DictReader(io.StringIO(table.strip("\n")))
        for row in rows:
            if "error" in row:  # it failed when the answer had begun, with the status of success
                raise ServerAwayError(f"InfluxDB at {self._options.url} broke off a query: {row['error']}")
        return rows

    def retention_ms(self) -> int:
        """Return how long the bucket keeps points (0: for ever); raise StoreError when there is no such bucket."""
        with self.errors():
            buckets = self.api.buckets_api()
            found: Any = buckets.find_buckets(name=self._options.bucket, org=self._options.org)  # type: ignore[no-untyped-call] # hints in part only
        if not found.buckets:
            raise self._no_bucket()
        return 1000 * sum(int(rule.every_seconds) for rule in found.buckets[0].retention_rules or ())

    def close(self) -> None:
        """Close the connection."""
        self.api.close()  # type: ignore[no-untyped-call] # as above

    def _no_bucket(self) -> StoreError:
        options = self._options
        return StoreError(
            f"InfluxDB at {options.url}: no bucket {options.bucket!r} in organisation {options.org!r} "
            "that this token may see: make it with `wangge influx setup`, or mend org, bucket or token under [influx]",
            retryable=True,
        )

    @contextmanager
    def errors(self, absent: str | None = None) -> Iterator[None]:
        """Tell in one line what a failed request means; `absent`: what it means that a thing is not found."""
        place = f"InfluxDB at {self._options.url}"
        try:
            yield
        except ApiException as exc:
            if exc.status in _DENIED:
                text = f"{place} refuses the token: mend token under [influx] ({_message(exc)})"
                raise StoreError(text, retryable=True) from exc
            if exc.status == _ABSENT:
                raise (StoreError(absent, retryable=True) if absent else self._no_bucket()) from exc
            if exc.status in _BAD_LINES:
                raise StoreError(f"{place}: {_message(exc)}", retryable=False) from exc
            raise ServerAwayError(f"{place} cannot take it now: {_message(exc)}") from exc
        except (urllib3.exceptions.HTTPError, OSError) as exc:
            text = f"{place} does not answer ({_cause(exc)}): start it, or mend url under [influx]"
            raise ServerAwayError(text) from exc


def _message(exc: ApiException) -> str:
    """Return what the server says, on one line."""
    body = exc.body.decode(errors="replace") if isinstance(exc.body, bytes) else str(exc.body or "")
    try:
        text = str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        text = body or str(exc.reason)
    text = " ".join(text.split())
    return f"{exc.status} {text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + '…'}"


def _cause(exc: BaseException) -> str:
    """Return the innermost reason of a failed connection: urllib3 wraps it several times."""
    reason = getattr(exc, "reason", None)
    if isinstance(reason, BaseException):
        return _cause(reason)
    if isinstance(exc, urllib3.exceptions.NewConnectionError):
        return "connection refused" if isinstance(exc.__cause__, ConnectionRefusedError) else str(exc.__cause__)
    return f"{type(exc).__name__}: {exc}" if not isinstance(exc, TimeoutError) else "no answer in time"
