"""Several brokers as one source: each gets its share of an epoch, and one that is away holds up none of the others.

    broker a ─ MqttSource ─┐
    broker b ─ MqttSource ─┼─ take: in turn, an equal share each; what one leaves free, the others may have
    broker c ─ MqttSource ─┘

Frames of one broker stay in the order in which it sent them. Each broker is acknowledged by itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from ingest.io.mqtt_source import MqttOptions, MqttSource
from ingest.model import Frame
from ingest.parting import by_source


class Sources:
    """Takes frames from brokers. `parts`: options of each, and how many of its frames make it wait for an answer."""

    def __init__(self, parts: Sequence[tuple[MqttOptions, int]], now_ms: Callable[[], int]) -> None:
        self._arrived = threading.Event()
        self._sources = {one.source: MqttSource(one, now_ms, self._arrived) for one, _ in parts}
        self._shares = {one.source: share for one, share in parts}
        self._taken = dict.fromkeys(self._sources, 0)
        self._turn = list(self._sources)

    def start(self) -> None:
        """Begin to connect to all of them."""
        for source in self._sources.values():
            source.start()

    def ensure(self) -> None:
        """See to it that frames keep coming."""
        for source in self._sources.values():
            source.ensure()

    def take(self, limit: int, wait_s: float) -> list[Frame]:
        """Return up to `limit` frames; an empty list when none comes within `wait_s`."""
        self._arrived.clear()
        frames = self._at_hand(limit)
        if not frames and wait_s > 0 and self._arrived.wait(wait_s):
            frames = self._at_hand(limit)
        return frames

    @property
    def held_up(self) -> bool:
        """Tell whether some broker has sent what it may, and waits until it is acknowledged."""
        return any(self._taken[name] >= share for name, share in self._shares.items())

    def acknowledge(self, frames: Sequence[Frame]) -> int:
        """Tell each broker that its frames are safe, in order. Return how many they still wanted to know of."""
        heard = 0
        for name, part in by_source(frames):
            heard += self._sources[name].acknowledge(part)
            self._taken[name] = 0
        return heard

    def stop(self) -> None:
        """Disconnect from all of them."""
        for source in self._sources.values():
            source.stop()

    @property
    def connected(self) -> bool:
        """Tell whether all brokers can be heard."""
        return all(source.connected for source in self._sources.values())

    @property
    def problem(self) -> str | None:
        """Which brokers cannot be heard, and why; None where all can."""
        told = [f"{name}: {source.problem}" for name, source in self._sources.items() if not source.connected]
        return "; ".join(told) or None

    @property
    def links(self) -> dict[str, bool]:
        """Whether each broker can be heard."""
        return {name: source.connected for name, source in self._sources.items()}

    def _at_hand(self, limit: int) -> list[Frame]:
        """Return what is there: first an equal share of each in turn, then what is left of whoever has more."""
        self._turn.append(self._turn.pop(0))
        share = -(-limit // len(self._turn))
        frames: list[Frame] = []
        for most in (share, limit):
            for name in self._turn:
                wanted = min(most, limit - len(frames))
                while wanted and (some := self._sources[name].take(wanted, 0)):
                    frames += some
                    wanted -= len(some)
                    self._taken[name] += len(some)
        return frames
