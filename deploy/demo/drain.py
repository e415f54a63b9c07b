"""How the demo knows, when its sensors are silent, that everything they sent was worked on."""

from __future__ import annotations

import threading
from collections.abc import Callable

from sqlalchemy import Engine

from alerts.store import ledger
from alerts.store.database import reading
from deploy.clock import monotonic_s
from deploy.settings import Settings

_LIMIT_S = 120.0
_LOOK_S = 0.1


class Standstill:
    """Tells that the ledger's count of frames has stood still for a while."""

    def __init__(self, for_s: float) -> None:
        self._for_s = for_s
        self._frames, self._since_s = -1, 0.0

    def __call__(self, _settings: Settings, database: Engine) -> bool:
        """Look once more."""
        with reading(database) as connection:
            frames = ledger.total(connection).frames
        if frames != self._frames:
            self._frames, self._since_s = frames, monotonic_s()
        return monotonic_s() - self._since_s >= self._for_s


def wait(is_done: Callable[[], bool]) -> None:
    """Wait until it is so; after two minutes go on: what is left stays in broker or Kafka for the next run."""
    limit_s = monotonic_s() + _LIMIT_S
    while not is_done() and monotonic_s() < limit_s:
        threading.Event().wait(_LOOK_S)
