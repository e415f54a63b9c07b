"""Tries a commit again until it is done: nothing is acknowledged before, so nothing is lost by waiting."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec
import structlog

from alerts.errors import StoreError as CaseStoreError
from deploy.metrics import RETRIES
from ingest.flow import Letter
from ingest.model import Frame, Observation, Refusal, series_id
from ingest.stores._base import Refused, SeriesStore, Spooling
from ingest.stores._base import StoreError as SeriesStoreError

LOG = structlog.get_logger("pipeline")
Result = TypeVar("Result")
_LONGEST_WAIT_S = 10.0


class StoppedError(Exception):
    """The pipeline was asked to stop while a store was down; what was not committed was not acknowledged either."""


def until_done(store: str, action: Callable[[], Result], stop: threading.Event) -> Result:
    """Return what the action returns, trying again with full-jitter back-off while the store says that this can help.

    Raises StoppedError when `stop` is set meanwhile, and the store's own error when trying again is no use.
    """
    attempt = 0
    while True:
        try:
            return action()
        except (SeriesStoreError, CaseStoreError) as exc:
            if not exc.retryable:
                raise
            RETRIES.labels(store).inc()
            wait_s = random.uniform(0, min(_LONGEST_WAIT_S, 0.1 * 2**attempt))  # noqa: S311 - jitter, not a secret
            attempt += 1
            LOG.warning("store is down, trying again", store=store, error=str(exc), wait_s=round(wait_s, 2))
            if stop.wait(wait_s):
                raise StoppedError(store) from exc


def write_all(
    store: SeriesStore,
    observations: Sequence[Observation],
    stop: threading.Event,
    unsent: frozenset[tuple[int, int]] = frozenset(),
) -> list[Letter]:
    """Store the observations; return as dead letters those that the store refuses for good.

    Among them are earlier ones that a spooling store had taken for a server that refuses them now. Those of the keys
    `unsent` (series id, time) nobody sent: they were derived, and are no letters.
    """
    refused = _write(store, observations, stop)
    if refused and unsent:
        refused = [one for one in refused if (series_id(*one[:2]), one.time_ms) not in unsent]
    if isinstance(store, Spooling):
        refused += store.refused()
    return [_letter(one) for one in refused]


def _write(store: SeriesStore, observations: Sequence[Observation], stop: threading.Event) -> list[Refused]:
    """Store the observations; return those that the store refuses for good, found by halving."""
    try:
        until_done("series", lambda: store.write(observations), stop)
    except SeriesStoreError as exc:
        if len(observations) > 1:
            half = len(observations) // 2
            return _write(store, observations[:half], stop) + _write(store, observations[half:], stop)
        one = observations[0]
        times_ms = one.phenomenon_time_ms, one.result_time_ms
        return [Refused(one.device_id, one.observed_property, one.value, *times_ms, str(exc))]
    return []


def _letter(one: Refused) -> Letter:
    payload = {"device_id": one.device_id, "time": one.time_ms, "values": {one.observed_property: one.value}}
    frame = Frame(f"observation/{one.device_id}", msgspec.json.encode(payload), one.result_time_ms, "store")
    return Letter(frame, Refusal(stage="store", reason="unstorable", detail=one.reason))
